//! The rows of the feed table that a run has met: those it has not met may be gone.

use std::sync::Mutex;

use roaring::RoaringBitmap;

use crate::feed::store::StoredRow;

/// Shared by all builders. Rows written during the run are beyond `first_new` and never count as gone.
pub struct SeenRows {
    first_new: u32,
    rows: Mutex<RoaringBitmap>,
}

impl SeenRows {
    /// `first_new`: all ordinals of rows that were there when the run began are below it. `rows`: met by the run that
    /// this one resumes.
    pub fn new(first_new: u32, rows: RoaringBitmap) -> Self {
        SeenRows { first_new, rows: Mutex::new(rows) }
    }

    pub fn first_new(&self) -> u32 {
        self.first_new
    }

    /// Marks the rows with these ordinals, in any order.
    pub fn mark(&self, ordinals: &mut [u32]) {
        ordinals.sort_unstable();
        let mut rows = self.lock();
        for &ordinal in ordinals.iter() {
            rows.insert(ordinal);
        }
    }

    /// True when the row was there at the start and nothing has met it.
    pub fn is_unseen(&self, row: &StoredRow) -> bool {
        row.ordinal < self.first_new && !self.lock().contains(row.ordinal)
    }

    pub fn snapshot(&self) -> RoaringBitmap {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RoaringBitmap> {
        self.rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
