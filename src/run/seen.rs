//! The rows of the feed table that a run has met: those it has not met may be gone.

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
        SeenRows { first_new, standing: None, met: Mutex::new(Met { ordinals, standing: 0 }) }
    }

    pub fn first_new(&self) -> u32 {
        self.first_new
    }

    /// Marks rows, in any order.
    pub fn mark(&self, rows: &[SeenRow]) {
        let mut met = self.lock();
        for row in rows {
            if met.ordinals.insert(row.ordinal) && row.standing && row.ordinal < self.first_new {
                met.standing += 1;
            }
        }
    }

    /// True when the row was there at the start and nothing has met it.
    pub fn is_unseen(&self, row: &StoredRow) -> bool {
        row.ordinal < self.first_new && !self.lock().ordinals.contains(row.ordinal)
    }

    /// True when no row can be gone: every one that stood at the start was met.
    pub fn saw_all(&self) -> bool {
        self.standing == Some(self.lock().standing)
    }

    pub fn snapshot(&self) -> RoaringBitmap {
        self.lock().ordinals.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
