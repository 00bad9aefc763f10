//! The rows of the feed table that a run has met: those it has not met may be gone.

use std::collections::BTreeMap;
use std::sync::Mutex;

use roaring::RoaringBitmap;

use crate::feed::store::StoredRow;

/// Shared by all builders. Rows written during the run are beyond `first_new` and never count as gone.
pub struct SeenRows {
    first_new: u32,
    /// Rows that stood at the run's start and were no delivered deletes; `None` for a resumed run, which does not know
    /// what of them its predecessor met.
    standing: Option<u64>,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    ordinals: RoaringBitmap,
    /// Of those that were standing.
    standing: u64,
    /// What a run that goes on with this one need not meet again: rows of batches that are done.
    behind: RoaringBitmap,
    /// By the batch that met them.
    ahead: BTreeMap<u64, RoaringBitmap>,
}

/// A row that is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRow {
    ordinal: u32,
    standing: bool,
}

impl From<&StoredRow> for SeenRow {
    fn from(row: &StoredRow) -> Self {
        SeenRow { ordinal: row.ordinal, standing: !row.is_delivered_delete() }
    }
}

impl SeenRows {
    /// For a run that begins at the beginning. `first_new`: all ordinals of rows that are there are below it.
    pub fn new(first_new: u32, standing: u64) -> Self {
        SeenRows { first_new, standing: Some(standing), met: Mutex::default() }
    }

    /// For a run that goes on with another one, which met `ordinals`.
    pub fn resumed(first_new: u32, ordinals: RoaringBitmap) -> Self {
        SeenRows {
            first_new,
            standing: None,
            met: Mutex::new(Met { behind: ordinals.clone(), ordinals, ..Met::default() }),
        }
    }

    pub fn first_new(&self) -> u32 {
        self.first_new
    }

    /// Marks rows that this batch has met, in any order.
    pub fn mark(&self, batch: u64, rows: &[SeenRow]) {
        let counts = |row: &&SeenRow| row.standing && row.ordinal < self.first_new;
        let ordinals = bitmap(rows.iter().map(|row| row.ordinal));
        let standing = bitmap(rows.iter().filter(counts).map(|row| row.ordinal));
        let mut met = self.lock();
        met.standing += (standing - &met.ordinals).len();
        met.ordinals |= &ordinals;
        *met.ahead.entry(batch).or_default() |= ordinals;
    }

    /// True when the row was there at the start and nothing has met it.
    pub fn is_unseen(&self, row: &StoredRow) -> bool {
        row.ordinal < self.first_new && !self.lock().ordinals.contains(row.ordinal)
    }

    /// True when no row can be gone: every one that stood at the start was met.
    pub fn saw_all(&self) -> bool {
        self.standing == Some(self.lock().standing)
    }

    /// The rows that were met when all batches below this number are done. What later batches have met is not among them:
    /// they are built again by a run that goes on from there, and may then be gone.
    pub fn behind(&self, batches: u64) -> RoaringBitmap {
        let mut met = self.lock();
        let still_ahead = met.ahead.split_off(&batches);
        for rows in std::mem::replace(&mut met.ahead, still_ahead).into_values() {
            met.behind |= rows;
        }
        met.behind.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Quick where they are ascending, as those of a full run mostly are.
fn bitmap(ordinals: impl Iterator<Item = u32> + Clone) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(ordinals.clone()).unwrap_or_else(|_| ordinals.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ordinal: u32) -> SeenRow {
        SeenRow { ordinal, standing: true }
    }

    #[test]
    fn what_batches_ahead_have_met_is_met_but_not_behind() {
        let seen = SeenRows::new(10, 4);
        seen.mark(1, &[row(3), row(4)]);
        seen.mark(0, &[row(1)]);
        assert_eq!(seen.behind(1).iter().collect::<Vec<u32>>(), [1]);
        assert!(!seen.saw_all());
        // One whose entity is built again meets it again.
        seen.mark(2, &[row(1), row(2)]);
        assert!(seen.saw_all());
        assert_eq!(seen.behind(2).iter().collect::<Vec<u32>>(), [1, 3, 4]);
        assert_eq!(seen.behind(3).iter().collect::<Vec<u32>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_resumed_run_hands_on_what_it_was_given() {
        let seen = SeenRows::resumed(10, [1, 2].into_iter().collect());
        seen.mark(0, &[row(5)]);
        assert!(!seen.saw_all());
        assert_eq!(seen.behind(0).iter().collect::<Vec<u32>>(), [1, 2]);
        assert_eq!(seen.behind(1).iter().collect::<Vec<u32>>(), [1, 2, 5]);
    }
}
