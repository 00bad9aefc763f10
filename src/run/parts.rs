//! A batch in parts: one that is too large for memory is halved until its parts are not.
//!
//! How large a batch is shows only when it is read, and the ones before it may have been small. Invariant: parts are worked
//! on in order, and together they are the batch; their numbers lie between those of the batch and of the next one.

use super::selection::{BATCH_BYTES, NumberedBatch};
use crate::document::EntityBatch;
use crate::entity::EntityKey;
use crate::plan::Plan;
use crate::source::{SourceError, SourceReader};

/// Bytes that the rows of a part may take up, and its documents: more than a batch aims at, so that few are halved.
const MOST_BYTES: usize = 3 * BATCH_BYTES;

/// Numbers of the parts of a batch. No batch has as many entities.
const NUMBERS: u64 = 1 << 16;

/// The number behind another one: of the next batch behind a batch's last part.
pub fn behind(number: u64, ends_batch: bool) -> u64 {
    if ends_batch { (number / NUMBERS + 1) * NUMBERS } else { number + 1 }
}

/// What is left of a batch; of none by default.
#[derive(Default)]
pub struct Parts {
    next_number: u64,
    /// The next one last.
    left: Vec<Piece>,
}

struct Piece {
    entities: EntityBatch,
    root_rows: Option<u64>,
    /// It cannot be halved.
    is_whole: bool,
}

impl Piece {
    fn new(entities: EntityBatch, root_rows: Option<u64>) -> Self {
        Piece { entities, root_rows, is_whole: false }
    }
}

/// Some of a batch's entities, as a rule all.
pub struct Part {
    pub number: u64,
    pub entities: EntityBatch,
    /// See [`NumberedBatch::root_rows`].
    pub root_rows: Option<u64>,
    /// What its rows may take up, and its documents; else it is to be halved.
    pub most_bytes: usize,
    /// None of its batch comes behind it.
    pub ends_batch: bool,
}

impl Part {
    /// One entity by itself.
    pub fn of_one(number: u64, key: EntityKey) -> Self {
        let entities = EntityBatch::Listed(vec![key]);
        Part { number, entities, root_rows: None, most_bytes: usize::MAX, ends_batch: true }
    }
}

impl Parts {
    pub fn of(batch: NumberedBatch) -> Self {
        let NumberedBatch { number, entities, root_rows } = batch;
        Parts { next_number: number, left: vec![Piece::new(entities, root_rows)] }
    }

    pub fn next(&mut self) -> Option<Part> {
        let Piece { entities, root_rows, is_whole } = self.left.pop()?;
        let count = match &entities {
            EntityBatch::Listed(keys) => keys.len() as u64,
            EntityBatch::Range { .. } => root_rows.unwrap_or(0),
        };
        let most_bytes = if is_whole || count < 2 { usize::MAX } else { MOST_BYTES };
        let number = self.next_number;
        let ends_batch = self.left.is_empty();
        self.next_number = behind(number, ends_batch);
        Some(Part { number, entities, root_rows, most_bytes, ends_batch })
    }

    /// Takes back the part that came last, and gives its halves instead.
    pub fn halve(&mut self, part: &Part, plan: &Plan, reader: &mut dyn SourceReader) -> Result<(), SourceError> {
        let halves = match &part.entities {
            EntityBatch::Listed(keys) => {
                let (keys, others) = keys.split_at(keys.len() / 2);
                [others, keys].map(|keys| Piece::new(EntityBatch::Listed(keys.to_vec()), None)).into()
            }
            EntityBatch::Range { first, last } => {
                let rows = part.root_rows.unwrap_or(0);
                let half = rows / 2;
                let piece = |first: &EntityKey, last: &EntityKey, rows| {
                    Piece::new(EntityBatch::Range { first: first.clone(), last: last.clone() }, Some(rows))
                };
                match plan.middle_of_range(reader, (first, last), half as usize)? {
                    Some((middle, next)) => vec![piece(&next, last, rows - half), piece(first, &middle, half)],
                    // Rows have gone meanwhile, or many are of one key.
                    None => vec![Piece { is_whole: true, ..piece(first, last, rows) }],
                }
            }
        };
        self.next_number = part.number;
        self.left.extend(halves);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_parts_lie_between_those_of_batches() {
        let second = behind(0, true);
        assert_eq!((behind(0, false), behind(1, true), behind(second, true)), (1, second, 2 * second));
        let listed = |keys: std::ops::Range<i64>| EntityBatch::Listed(keys.map(Into::into).collect());
        let mut parts = Parts::of(NumberedBatch { number: second, entities: listed(0..5), root_rows: None });
        let whole = parts.next().unwrap();
        assert!(whole.ends_batch && parts.next().is_none());
        assert_eq!((whole.number, whole.most_bytes), (second, MOST_BYTES));
    }
}
