//! One builder: takes batches of the selection, builds and compares them, hands on what has changed.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Span;

use super::buffers::Buffers;
use super::changed::{ComparedBatch, Through};
use super::claims::Moments;
use super::compare::{Compared, Comparison, Terms};
use super::parts::{Part, Parts};
use super::patience::Patience;
use super::progress::Progress;
use super::seen::SeenRows;
use super::selection::Batches;
use super::summary::InvalidExample;
use super::totals::Totals;
use super::{FeedRun, RunError};
use crate::digest::FeedId;
use crate::document::{Assembler, Built, EntityBatch};
use crate::entity::EntityKey;
use crate::feed::store::FeedReader;
use crate::plan::Plan;
use crate::source::{SourceError, SourceReader};

/// A builder's own connections and buffers.
pub struct Builder<'a> {
    plan: &'a Plan,
    source: Box<dyn SourceReader>,
    store: Box<dyn FeedReader>,
    assembler: Assembler<'a>,
    built: Built,
    /// Owners of contested identities.
    owners: Built,
    buffers: Buffers,
    patience: Patience<'a>,
}

/// What the builders of a run share.
pub struct Shared<'a> {
    pub batches: &'a Batches,
    pub terms: &'a Terms<'a>,
    pub seen: &'a SeenRows,
    pub moments: &'a Moments,
    pub progress: &'a dyn Progress,
    /// True when nothing more shall be built.
    pub stopped: &'a (dyn Fn() -> bool + Sync),
    /// Of all builders.
    pub tally: &'a Mutex<Tally>,
}

/// Sums over all that was built.
#[derive(Debug, Default)]
pub struct Tally {
    pub totals: Totals,
    /// One per column.
    pub examples: Vec<InvalidExample>,
    /// Entities with invalid items.
    pub invalid_owners: HashSet<EntityKey>,
}

impl Tally {
    fn add(&mut self, totals: &Totals, examples: Vec<InvalidExample>) {
        self.totals.add(totals);
        for example in examples {
            if !self.examples.iter().any(|known| known.column == example.column) {
                self.examples.push(example);
            }
        }
    }
}

impl<'a> Builder<'a> {
    pub fn new(run: &'a FeedRun<'a>) -> Result<Self, RunError> {
        let patience = run.patience();
        Ok(Builder {
            plan: run.plan,
            source: patience.with(|| run.source.connect())?,
            store: run.store.reader(&run.definition.name)?,
            assembler: Assembler::new(run.plan),
            built: Built::default(),
            owners: Built::default(),
            buffers: Buffers::default(),
            patience,
        })
    }

    /// Builds until the selection is used up, the run is to stop, or `hand_on` refuses a batch.
    pub fn run(
        &mut self,
        shared: &Shared<'_>,
        hand_on: &dyn Fn(ComparedBatch) -> Result<(), ()>,
    ) -> Result<(), RunError> {
        let (batches, plan) = (shared.batches, self.plan);
        let mut parts = Parts::default();
        while !(shared.stopped)() {
            let Some(part) = parts.next() else {
                let Some(batch) = self.ask(|source| batches.next(plan, source))? else { break };
                parts = Parts::of(batch);
                continue;
            };
            let compared = match self.compare(shared, &part, None) {
                Ok(compared) => compared,
                Err(RunError::Source(SourceError::TooLarge { .. })) if part.most_bytes < usize::MAX => {
                    self.ask(|source| parts.halve(&part, plan, source))?;
                    continue;
                }
                Err(error) => {
                    shared.moments.end(part.number);
                    return Err(error);
                }
            };
            let Part { entities, ends_batch, .. } = part;
            let through = match entities {
                EntityBatch::Range { last, .. } => Some(Through { key: last, ends_batch }),
                EntityBatch::Listed(_) => None,
            };
            if hand_on(ComparedBatch { through, ..compared }).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Builds and compares some entities; what is to be summed up goes to the tally. With `only`, items whose comparison is
    /// repeated: their entities are not counted again.
    pub fn compare(
        &mut self,
        shared: &Shared<'_>,
        part: &Part,
        only: Option<&HashSet<FeedId>>,
    ) -> Result<ComparedBatch, RunError> {
        let Part { number, root_rows, most_bytes, .. } = *part;
        let (source, built) = (&mut self.source, &mut self.built);
        self.patience.with(|| self.assembler.build_at_most(source.as_mut(), &part.entities, most_bytes, built))?;
        // From here on the feed table is read: what is committed later may be news to this batch.
        shared.moments.begin(number);
        shared.batches.learn(root_rows, &self.built);
        let comparison = Comparison::new(shared.terms, number, &self.built, self.store.as_mut(), only)?;
        let owners = comparison.owners_to_build();
        self.owners.clear();
        if !owners.is_empty() {
            let owners = EntityBatch::Listed(owners);
            self.patience.with(|| self.assembler.build(self.source.as_mut(), &owners, &mut self.owners))?;
        }
        let compared = comparison.finish(&self.owners, self.store.as_mut())?;
        let Compared { batch, mut totals, seen, examples, invalid_owners, .. } =
            compared.take_out(&mut self.built.arena, &self.buffers, shared.terms);
        // Of a range, the entities that give no item (where_sql, inner joins) are counted too.
        let keyless_rows = self.built.keyless_rows;
        totals.entities = root_rows.map_or(totals.entities, |rows| rows.saturating_sub(keyless_rows));
        if only.is_some() {
            totals.entities = 0;
        } else {
            shared.batches.pass_over(keyless_rows);
        }
        shared.seen.mark(number, &seen);
        shared.progress.built(totals.entities, totals.items, batch.changed.len() as u64);
        tracing::info!(
            entities = totals.entities,
            items = totals.items,
            to_send = batch.changed.len(),
            unchanged = totals.unchanged,
            invalid = totals.invalid,
            "a batch is built and compared"
        );
        let mut tally = shared.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.invalid_owners.extend(invalid_owners);
        tally.add(&totals, examples);
        Ok(batch)
    }

    /// Builds entities as they are now, outside of any selection.
    pub fn build_now(&mut self, keys: Vec<EntityKey>) -> Result<&Built, SourceError> {
        let entities = EntityBatch::Listed(keys);
        self.patience.with(|| self.assembler.build(self.source.as_mut(), &entities, &mut self.owners))?;
        Ok(&self.owners)
    }

    pub fn build_into(&mut self, entities: &EntityBatch, out: &mut Built) -> Result<(), SourceError> {
        self.patience.with(|| self.assembler.build(self.source.as_mut(), entities, out))
    }

    /// Looks something up between two builds.
    pub fn ask<T>(
        &mut self,
        question: impl FnMut(&mut dyn SourceReader) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        self.patience.ask(self.source.as_mut(), question)
    }
}

/// One builder on each thread of a pool; `failed` is set when one of them fails, so that the others may stop.
pub fn build_all(
    run: &FeedRun<'_>,
    shared: &Shared<'_>,
    failed: &AtomicBool,
    hand_on: &(dyn Fn(ComparedBatch) -> Result<(), ()> + Sync),
) -> Result<(), RunError> {
    let feed = Span::current();
    let build = || {
        let _feed = feed.enter();
        let built = Builder::new(run).and_then(|mut builder| builder.run(shared, hand_on));
        if built.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        built
    };
    match run.builder_count() {
        1 => build(),
        builders => match rayon::ThreadPoolBuilder::new().num_threads(builders).build() {
            Ok(pool) => pool.broadcast(|_| build()).into_iter().collect(),
            // No threads to be had: one builder does it too.
            Err(_) => build(),
        },
    }
}
