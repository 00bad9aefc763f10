//! Builds a sample of a feed's documents twice, as a full run reads them and as a partial run does, and compares.

use std::collections::HashMap;

use crate::command::exit::Failure;
use crate::document::{Assembler, Built, BuiltEntity, EntityBatch};
use crate::entity::EntityKey;
use crate::plan::Plan;
use crate::run::selection::{Batches, Selection};
use crate::source::Source;

/// Entities of a sample: enough to meet most shapes of rows, few enough for a second or two.
const SAMPLE: usize = 1_000;

/// Entities of a batch of the second build: few, and another number than any that a run uses.
const SECOND_BATCH: usize = 7;

pub struct Sample {
    pub entities: u64,
    /// The first entity whose documents differ.
    pub differing: Option<EntityKey>,
}

/// The documents of an entity, and what is invalid about the others.
#[derive(PartialEq)]
struct Documents {
    items: Vec<Vec<u8>>,
    invalid: Vec<(String, String)>,
}

pub fn build_twice(plan: &Plan, source: &dyn Source) -> Result<Sample, Failure> {
    let mut reader = source.connect()?;
    let mut assembler = Assembler::new(plan);
    let mut built = Built::default();
    let batches = Batches::new(&Selection::All { after: None });
    let mut first: Vec<(EntityKey, Documents)> = Vec::new();
    while first.len() < SAMPLE {
        let Some(batch) = batches.next(plan, reader.as_mut())? else { break };
        assembler.build(reader.as_mut(), &batch.entities, &mut built)?;
        first.extend(built.entities.iter().map(|entity| (entity.key.clone(), documents(&built, entity))));
    }
    for chunk in first.chunks(SECOND_BATCH) {
        let keys = chunk.iter().map(|(key, _)| key.clone()).collect();
        assembler.build(reader.as_mut(), &EntityBatch::Listed(keys), &mut built)?;
        let second: HashMap<&EntityKey, Documents> =
            built.entities.iter().map(|entity| (&entity.key, documents(&built, entity))).collect();
        if let Some((key, _)) = chunk.iter().find(|(key, documents)| second.get(key) != Some(documents)) {
            return Ok(Sample { entities: first.len() as u64, differing: Some(key.clone()) });
        }
    }
    Ok(Sample { entities: first.len() as u64, differing: None })
}

fn documents(built: &Built, entity: &BuiltEntity) -> Documents {
    Documents {
        items: built.items[entity.items.clone()].iter().map(|item| built.bytes(&item.document).to_vec()).collect(),
        invalid: built.invalid[entity.invalid.clone()]
            .iter()
            .map(|item| (item.column.clone(), item.reason.clone()))
            .collect(),
    }
}
