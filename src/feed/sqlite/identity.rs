//! One row per `feed_id`: kept by a unique index, but while a full run fills an empty table.
//!
//! Identities are hashes: each new row goes to a random place of the index, and a run that writes a million of them slows
//! down as it goes. A full run that begins with an empty table therefore goes without the index. It is built in one go, of
//! sorted rows, when the run ends, or, when it died, before anything else is written.
//!
//! Invariant: while there is no index, [`Unindexed`] knows the identity of every row. It may take a new one for known,
//! which costs a look at the table; never the other way round.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rusqlite::{Connection, OptionalExtension};

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::value;
use crate::digest::FeedId;

/// Looks at the whole table after which the index is the cheaper way: the shop gives many identities twice.
const MOST_LOOKS: u32 = 16;

/// Drops the index of a table that has no rows; false when it has some.
pub(super) fn drop_index_of_empty(transaction: &Connection, table: &FeedTable) -> Result<bool, Failure> {
    let any = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name());
    if transaction.query_row(&any, [], |row| row.get(0))? {
        return Ok(false);
    }
    transaction.execute_batch(&format!("DROP INDEX IF EXISTS {}", table.index("identity")))?;
    Ok(true)
}

pub(super) fn has_index(connection: &Connection, table: &FeedTable) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = 'identity_' || ?1";
    Ok(connection.query_row(sql, [table.feed()], |_| Ok(())).optional()?.is_some())
}

/// Builds the index when it is not there.
pub(super) fn ensure_index(connection: &Connection, table: &FeedTable) -> Result<(), Failure> {
    if !has_index(connection, table)? {
        let (index, name) = (table.index("identity"), table.name());
        connection.execute_batch(&format!("CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {name} (feed_id)"))?;
    }
    Ok(())
}

/// The identities of a table without an index; shared by the writer that fills it and the readers beside it.
#[derive(Debug, Default)]
pub(super) struct Unindexed {
    /// `None`: the table has its index.
    known: RwLock<Option<Fingerprints>>,
    looks: AtomicU32,
}

impl Unindexed {
    /// The index of the empty table is gone.
    pub(super) fn begin(&self) {
        *self.write() = Some(Fingerprints::default());
        self.looks.store(0, Ordering::Relaxed);
    }

    /// The index is there.
    pub(super) fn end(&self) {
        *self.write() = None;
    }

    pub(super) fn is_active(&self) -> bool {
        self.read().is_some()
    }

    /// Those of the identities that the table may have rows of: all of them when there is an index to ask.
    fn candidates(&self, ids: &[FeedId]) -> Vec<FeedId> {
        match &*self.read() {
            Some(known) => {
                let candidates = known.those_of(ids);
                self.looks.fetch_add(candidates.len() as u32, Ordering::Relaxed);
                candidates
            }
            None => ids.to_vec(),
        }
    }

    /// Rows of these identities are about to be written. Gives those that there may be rows of already, without an index
    /// that says where.
    pub(super) fn meet(&self, ids: impl Iterator<Item = FeedId>) -> Vec<FeedId> {
        let mut known = self.write();
        let Some(known) = known.as_mut() else { return Vec::new() };
        let met: Vec<FeedId> = ids.filter(|id| !known.insert(id)).collect();
        self.looks.fetch_add(met.len() as u32, Ordering::Relaxed);
        met
    }

    /// True when there is no index, and it would have been the better choice.
    pub(super) fn costs_too_much(&self) -> bool {
        self.looks.load(Ordering::Relaxed) > MOST_LOOKS && self.is_active()
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Fingerprints>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Fingerprints>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a reader knows of a table that may have no index.
pub(super) enum Identities {
    /// The writer of this process keeps it up to date.
    Shared(Arc<Unindexed>),
    /// Another process fills the table, or died doing so: read from it when it is first needed.
    Foreign(OnceCell<Fingerprints>),
}

impl Identities {
    /// Those of the identities that the table may have rows of, so that nobody looks through all of it for others.
    pub(super) fn candidates(
        &self,
        ids: &[FeedId],
        connection: &Connection,
        table: &FeedTable,
    ) -> Result<Vec<FeedId>, Failure> {
        match self {
            Identities::Shared(unindexed) => Ok(unindexed.candidates(ids)),
            Identities::Foreign(known) => {
                if let Some(known) = known.get() {
                    return Ok(known.those_of(ids));
                }
                let read = Fingerprints::of_table(connection, table)?;
                Ok(known.get_or_init(|| read).those_of(ids))
            }
        }
    }
}

/// A set of identities by 46 of their 256 bits, in little more than four bytes each.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    /// By the first bits; each grows by itself, so that little of it stands empty.
    buckets: Vec<Vec<u32>>,
}

const BUCKETS: usize = 1 << 14;

impl Fingerprints {
    fn of_table(connection: &Connection, table: &FeedTable) -> Result<Fingerprints, Failure> {
        let mut known = Fingerprints::default();
        let mut statement = connection.prepare(&format!("SELECT feed_id FROM {}", table.name()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            known.insert(&FeedId(value::hash_bytes(row.get_ref(0)?)?));
        }
        Ok(known)
    }

    fn contains(&self, id: &FeedId) -> bool {
        let (bucket, fingerprint) = bucket_and_fingerprint(id);
        self.buckets.get(bucket).is_some_and(|bucket| bucket.contains(&fingerprint))
    }

    /// In one loop: each look is at memory that no cache holds, and several are waited for at once.
    fn those_of(&self, ids: &[FeedId]) -> Vec<FeedId> {
        ids.iter().filter(|id| self.contains(id)).copied().collect()
    }

    /// False when it was known.
    fn insert(&mut self, id: &FeedId) -> bool {
        if self.buckets.is_empty() {
            self.buckets.resize_with(BUCKETS, Vec::new);
        }
        let (bucket, fingerprint) = bucket_and_fingerprint(id);
        let bucket = &mut self.buckets[bucket];
        if bucket.contains(&fingerprint) {
            return false;
        }
        if bucket.len() == bucket.capacity() {
            bucket.reserve_exact((bucket.len() / 4).max(4));
        }
        bucket.push(fingerprint);
        true
    }
}

/// Two independent numbers: identities are hashes.
fn bucket_and_fingerprint(id: &FeedId) -> (usize, u32) {
    let [a, b, c, d, e, f, ..] = id.0;
    (usize::from(u16::from_le_bytes([a, b])) % BUCKETS, u32::from_le_bytes([c, d, e, f]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> FeedId {
        FeedId::of_identity(&number.to_le_bytes())
    }

    #[test]
    fn what_was_put_in_is_found_and_next_to_nothing_else() {
        let mut known = Fingerprints::default();
        assert!(!known.contains(&id(0)));
        for number in 0..200_000 {
            known.insert(&id(number));
        }
        assert!((0..200_000).all(|number| known.contains(&id(number))));
        assert_eq!((200_000..400_000).filter(|number| known.contains(&id(*number))).count(), 0);
    }

    #[test]
    fn an_index_rules_nothing_out() {
        let unindexed = Unindexed::default();
        let candidates = |numbers: &[u32]| unindexed.candidates(&numbers.iter().copied().map(id).collect::<Vec<_>>());
        let meet = |numbers: &[u32]| unindexed.meet(numbers.iter().copied().map(id));
        assert_eq!(candidates(&[1, 2]), [id(1), id(2)]);
        assert_eq!(meet(&[1, 1]), []);
        unindexed.begin();
        assert_eq!(candidates(&[1, 2]), []);
        assert_eq!(meet(&[1, 1]), [id(1)]);
        assert_eq!(candidates(&[2, 1, 3]), [id(1)]);
        assert!(!unindexed.costs_too_much());
        (0..MOST_LOOKS).for_each(|_| assert_eq!(candidates(&[1]), [id(1)]));
        assert!(unindexed.costs_too_much());
        unindexed.end();
        assert!(!unindexed.costs_too_much());
        assert_eq!(candidates(&[2]), [id(2)]);
    }
}
