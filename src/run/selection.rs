//! Which entities a run works on, cut into batches.
//!
//! Every way of choosing entities ends here. Batches are handed to the builders one by one, numbered in order; nothing
//! of a selection but its ids is held in memory.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::parts;
use crate::document::{Built, EntityBatch};
use crate::entity::EntityKey;
use crate::plan::Plan;
use crate::source::{SourceError, SourceReader};

/// Bytes of documents that a batch aims at, and half of what the rows that they are made of may take up. A few batches are
/// in memory at once, so this bounds a run's memory whatever its documents weigh.
pub(super) const BATCH_BYTES: usize = 2 << 20;

/// Entities of a first batch, before anything is known of the documents' size.
const FIRST_BATCH: usize = 100;

/// Below this a batch's fixed cost (a query a relation) shows; above, nothing is gained any more.
const BATCH_ENTITIES: std::ops::RangeInclusive<usize> = 20..=5_000;

/// Entities of a batch of listed ids, at most.
const LISTED_BATCH: usize = 500;

/// What a run works on.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Every entity of the root table; with a key, those after it (a resumed run).
    All { after: Option<EntityKey> },
    /// What the newest full run left undone (`--continue`); becomes `All` when the run begins.
    Resume,
    /// These, known to the source or not.
    Ids(Vec<EntityKey>),
    /// Owners of failed items that are due.
    Failed(Vec<EntityKey>),
}

impl Selection {
    /// The word for it in summaries and the run history.
    pub fn word(&self) -> &'static str {
        match self {
            Selection::All { .. } | Selection::Resume => "all",
            Selection::Ids(_) => "ids",
            Selection::Failed(_) => "failed",
        }
    }

    pub fn is_full(&self) -> bool {
        matches!(self, Selection::All { .. } | Selection::Resume)
    }

    /// The listed keys; none for a full run.
    pub fn keys(&self) -> &[EntityKey] {
        match self {
            Selection::All { .. } | Selection::Resume => &[],
            Selection::Ids(keys) | Selection::Failed(keys) => keys,
        }
    }
}

/// A batch and its place in the selection.
#[derive(Debug)]
pub struct NumberedBatch {
    /// Ascending; between two of them is room for the numbers of parts.
    pub number: u64,
    pub entities: EntityBatch,
    /// Rows of the root table in a range; a listed batch does not know before it is built.
    pub root_rows: Option<u64>,
}

/// Hands out a selection's batches to any number of builders.
pub struct Batches {
    cutting: Mutex<Cutting>,
    /// Entities of the next batch, following the documents' size.
    batch_entities: AtomicUsize,
    /// Rows that are no entities, as their key cannot be read.
    keyless_rows: AtomicU64,
}

struct Cutting {
    next_number: u64,
    rest: Rest,
}

enum Rest {
    Ranges { after: Option<EntityKey> },
    Listed(std::vec::IntoIter<EntityKey>),
    Nothing,
}

impl Batches {
    pub fn new(selection: &Selection) -> Self {
        let rest = match selection {
            Selection::All { after } => Rest::Ranges { after: after.clone() },
            Selection::Resume => Rest::Ranges { after: None },
            Selection::Ids(keys) | Selection::Failed(keys) => {
                let mut met = HashSet::new();
                let distinct: Vec<EntityKey> = keys.iter().filter(|key| met.insert(*key)).cloned().collect();
                Rest::Listed(distinct.into_iter())
            }
        };
        Batches {
            cutting: Mutex::new(Cutting { next_number: 0, rest }),
            batch_entities: AtomicUsize::new(FIRST_BATCH),
            keyless_rows: AtomicU64::new(0),
        }
    }

    /// The next batch; `reader` finds the ends of its range.
    pub fn next(&self, plan: &Plan, reader: &mut dyn SourceReader) -> Result<Option<NumberedBatch>, SourceError> {
        let mut cutting = self.cutting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut root_rows = None;
        let entities = match &mut cutting.rest {
            Rest::Nothing => return Ok(None),
            Rest::Listed(keys) => {
                let limit = self.batch_entities.load(Ordering::Relaxed).min(LISTED_BATCH);
                let batch: Vec<EntityKey> = keys.by_ref().take(limit).collect();
                if batch.is_empty() {
                    cutting.rest = Rest::Nothing;
                    return Ok(None);
                }
                EntityBatch::Listed(batch)
            }
            Rest::Ranges { after } => {
                let limit = self.batch_entities.load(Ordering::Relaxed);
                let next = plan.next_range(reader, after.as_ref(), limit)?;
                self.pass_over(next.keyless_rows);
                match next.range {
                    None => {
                        cutting.rest = Rest::Nothing;
                        return Ok(None);
                    }
                    Some(range) => {
                        *after = Some(range.last.clone());
                        root_rows = Some(range.count);
                        EntityBatch::Range { first: range.first, last: range.last }
                    }
                }
            }
        };
        let number = cutting.next_number;
        cutting.next_number = parts::behind(number, true);
        Ok(Some(NumberedBatch { number, entities, root_rows }))
    }

    /// Counts rows that have no key that could be read.
    pub fn pass_over(&self, keyless_rows: u64) {
        self.keyless_rows.fetch_add(keyless_rows, Ordering::Relaxed);
    }

    pub fn keyless_rows(&self) -> u64 {
        self.keyless_rows.load(Ordering::Relaxed)
    }

    /// Learns from a batch that was built of entities, or of the `root_rows` of a range, most of which `where_sql` may leave
    /// out.
    pub fn learn(&self, root_rows: Option<u64>, built: &Built) {
        self.learn_size(root_rows, built.entities.len(), built.arena.len().max(built.row_bytes / 2));
    }

    fn learn_size(&self, root_rows: Option<u64>, entities: usize, bytes: usize) {
        let rows = root_rows.map_or(entities, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let Some(bytes_an_entity) = bytes.checked_div(rows) else { return };
        let fitting = BATCH_BYTES / bytes_an_entity.max(1);
        let now = self.batch_entities.load(Ordering::Relaxed);
        // At most doubled, so that one batch of small documents does not make the next one of large ones huge.
        let next = fitting.min(now * 2).clamp(*BATCH_ENTITIES.start(), *BATCH_ENTITIES.end());
        self.batch_entities.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_after(root_rows: Option<u64>, entities: usize, bytes: usize) -> usize {
        let batches = Batches::new(&Selection::All { after: None });
        batches.learn_size(root_rows, entities, bytes);
        batches.batch_entities.load(Ordering::Relaxed)
    }

    #[test]
    fn batches_follow_the_size_of_what_their_rows_give() {
        assert_eq!(next_after(None, 100, 100 * 100), 200, "at most doubled");
        assert_eq!(next_after(None, 100, 100 << 20), 20, "a megabyte each");
        assert_eq!(next_after(Some(100), 100, 100 * (16 << 10)), BATCH_BYTES / (16 << 10));
        // One row in a hundred gives a document: the range may be wide all the same.
        assert_eq!(next_after(Some(100), 1, 16 << 10), 200);
        assert_eq!(next_after(Some(100), 0, 0), 200);
    }
}
