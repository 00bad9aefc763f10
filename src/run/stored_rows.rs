//! What the feed table has of a batch: the rows of its identities, found by them.
//!
//! Where nothing has changed, the table gives the rows in the order of the items that they are of, as both go by their
//! entities: then each stands where its item does, and nothing is looked up.

use crate::digest::{FeedId, FeedIdMap};
use crate::entity::EntityKey;
use crate::feed::store::{FeedReader, StoreError, StoredRow};

pub struct StoredRows {
    rows: Vec<StoredRow>,
    /// Indexes into `rows`; empty where each stands where its item does.
    by_id: FeedIdMap<usize>,
}

impl StoredRows {
    /// The rows that these entities own, and those of these identities that other ones own.
    pub fn read(owners: &[EntityKey], ids: &[FeedId], store: &mut dyn FeedReader) -> Result<Self, StoreError> {
        let mut rows = Vec::with_capacity(ids.len());
        store.rows_of(owners, &mut rows)?;
        if rows.iter().map(|row| &row.feed_id).eq(ids) {
            return Ok(StoredRows { rows, by_id: FeedIdMap::default() });
        }
        let index = |(at, row): (usize, &StoredRow)| (row.feed_id, at);
        let mut by_id: FeedIdMap<usize> = rows.iter().enumerate().map(index).collect();
        let others: Vec<FeedId> = ids.iter().filter(|id| !by_id.contains_key(id)).copied().collect();
        let owned = rows.len();
        store.rows_by_id(&others, &mut rows)?;
        by_id.extend(rows.iter().enumerate().skip(owned).map(index));
        Ok(StoredRows { rows, by_id })
    }

    /// The row of an identity, which is that of the item with this number.
    pub fn get(&self, item: usize, id: &FeedId) -> Option<&StoredRow> {
        match self.rows.get(item) {
            Some(row) if row.feed_id == *id => Some(row),
            _ => self.by_id.get(id).map(|at| &self.rows[*at]),
        }
    }

    pub fn all(&self) -> &[StoredRow] {
        &self.rows
    }
}
