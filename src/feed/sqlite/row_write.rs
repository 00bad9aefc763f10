//! Writing rows: one per `feed_id`, whoever owns it, and counted.
//!
//! What a writer believes to stand in the table only says where to look first; what does stand there decides.

use std::slice;
use std::time::SystemTime;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, ffi};

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::new_rows;
use super::row_count::{CountChanges, CountedState};
use super::timestamp::{Written, rfc3339};
use super::value::{self, Json, Key};
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;
use crate::feed::status::Status;
use crate::feed::store::{Refreshed, RowWrite};

/// A row as it is to stand in the table, but for its ordinal.
pub(super) struct RowImage<'a> {
    /// Who owned it before, as far as the caller knows; `None`: it is new.
    pub(super) believed_owner: Option<&'a EntityKey>,
    pub(super) owner: &'a EntityKey,
    pub(super) feed_id: &'a FeedId,
    pub(super) feed_hash: &'a FeedHash,
    pub(super) is_deleted: bool,
    pub(super) status: Status,
    pub(super) attempts: u32,
    pub(super) parked: bool,
    pub(super) next_attempt_at: Option<SystemTime>,
    pub(super) modified_at: SystemTime,
    /// `None` leaves what is stored.
    pub(super) feed_data: Option<&'a [u8]>,
    /// What the consumer said, as text.
    pub(super) error: Option<&'a str>,
}

impl<'a> From<&'a RowWrite> for RowImage<'a> {
    fn from(write: &'a RowWrite) -> RowImage<'a> {
        RowImage {
            believed_owner: write.believed_owner.as_ref(),
            owner: &write.owner,
            feed_id: &write.feed_id,
            feed_hash: &write.feed_hash,
            is_deleted: write.is_deleted,
            status: write.status,
            attempts: write.attempts,
            parked: write.parked,
            next_attempt_at: write.next_attempt_at,
            modified_at: write.modified_at,
            feed_data: write.feed_data.as_deref(),
            error: write.error.as_deref(),
        }
    }
}

impl RowImage<'_> {
    fn state(&self) -> CountedState {
        CountedState { status: self.status, is_deleted: self.is_deleted, parked: self.parked }
    }
}

/// What the `errors` column holds of a message.
pub(super) fn errors_json(status: Status, message: &str) -> String {
    serde_json::json!([{ "status": status.0, "message": message }]).to_string()
}

/// A row as it stands.
pub(super) struct Standing {
    pub(super) owner: EntityKey,
    pub(super) feed_hash: FeedHash,
    pub(super) attempts: u32,
    pub(super) state: CountedState,
}

/// Writes rows within one transaction. [`finish`](Self::finish) must be called before its commit.
pub(super) struct RowWriter<'t> {
    transaction: &'t Connection,
    table: &'t FeedTable,
    /// Where there is no index: identities that there may be rows of already.
    met: Vec<FeedId>,
    insert: CachedStatement<'t>,
    update: CachedStatement<'t>,
    find: CachedStatement<'t>,
    find_at: CachedStatement<'t>,
    relocate: CachedStatement<'t>,
    refresh: CachedStatement<'t>,
    modified_at: Written,
    counts: CountChanges,
    next_ordinal: u32,
    first_ordinal: u32,
}

impl<'t> RowWriter<'t> {
    pub(super) fn new(
        transaction: &'t Connection,
        table: &'t FeedTable,
        met: Vec<FeedId>,
    ) -> Result<RowWriter<'t>, Failure> {
        let name = table.name();
        let standing = "source_entity_id, feed_hash, attempts, status, is_deleted, parked";
        let next_ordinal: u32 = transaction
            .prepare_cached("SELECT next_ordinal FROM feed WHERE name = ?1")?
            .query_row([table.feed()], |row| row.get(0))?;
        Ok(RowWriter {
            transaction,
            table,
            met,
            insert: transaction.prepare_cached(&format!(
                "INSERT INTO {name} (source_entity_id, feed_id, ordinal, feed_hash, is_deleted, status, attempts, parked,
                                     next_attempt_at, modified_at, feed_data, errors)
                 SELECT source_entity_id, feed_id, ?2 + rowid, feed_hash, is_deleted, status, attempts, parked,
                        next_attempt_at, modified_at, feed_data, errors FROM {}(?1)",
                new_rows::NAME
            ))?,
            update: transaction.prepare_cached(&format!(
                "UPDATE {name} SET feed_hash = ?3, is_deleted = ?4, status = ?5, attempts = ?6, parked = ?7,
                        next_attempt_at = ?8, modified_at = ?9, feed_data = coalesce(?10, feed_data), errors = ?11
                  WHERE source_entity_id = ?1 AND feed_id = ?2"
            ))?,
            find: transaction.prepare_cached(&format!("SELECT {standing} FROM {name} WHERE feed_id = ?1"))?,
            find_at: transaction.prepare_cached(&format!(
                "SELECT {standing} FROM {name} WHERE source_entity_id = ?2 AND feed_id = ?1"
            ))?,
            relocate: transaction.prepare_cached(&format!(
                "UPDATE {name} SET source_entity_id = ?3 WHERE source_entity_id = ?1 AND feed_id = ?2"
            ))?,
            refresh: transaction.prepare_cached(&format!(
                "UPDATE {name} SET feed_data = ?3 WHERE feed_id = ?1 AND feed_hash = ?2"
            ))?,
            modified_at: Written::default(),
            counts: CountChanges::default(),
            next_ordinal,
            first_ordinal: next_ordinal,
        })
    }

    /// Writes rows, one after the other.
    pub(super) fn put_all(&mut self, rows: &[RowImage<'_>]) -> Result<(), Failure> {
        let are_new = |row: &RowImage<'_>, next: &RowImage<'_>| row.believed_owner.or(next.believed_owner).is_none();
        for stretch in rows.chunk_by(are_new) {
            let is_inserted = stretch.len() > 1 && self.insert(stretch)?;
            if !is_inserted {
                stretch.iter().try_for_each(|row| self.put(row))?;
            }
        }
        Ok(())
    }

    pub(super) fn put(&mut self, row: &RowImage<'_>) -> Result<(), Failure> {
        let standing = match row.believed_owner {
            None if self.insert(slice::from_ref(row))? => return Ok(()),
            None => self.standing(row.feed_id)?,
            Some(owner) => match self.standing_at(owner, row.feed_id)? {
                None => self.standing(row.feed_id)?,
                standing => standing,
            },
        };
        match standing {
            Some(standing) => self.replace(&standing, row),
            None if self.insert(slice::from_ref(row))? => Ok(()),
            None => Err(Failure::Damaged(format!("the row of {} is neither there nor can be made", row.feed_id))),
        }
    }

    /// The row of an identity, as it stands in this transaction.
    pub(super) fn standing(&mut self, feed_id: &FeedId) -> Result<Option<Standing>, Failure> {
        self.find.query_row([feed_id.0], |row| Ok(standing(row))).optional()?.transpose()
    }

    fn standing_at(&mut self, owner: &EntityKey, feed_id: &FeedId) -> Result<Option<Standing>, Failure> {
        self.find_at.query_row((feed_id.0, Key(owner)), |row| Ok(standing(row))).optional()?.transpose()
    }

    /// Whether they were inserted: none of them is when there is a row of one's `feed_id`.
    fn insert(&mut self, rows: &[RowImage<'_>]) -> Result<bool, Failure> {
        let ordinals = u32::try_from(rows.len()).ok().and_then(|count| self.next_ordinal.checked_add(count));
        let Some(next_ordinal) = ordinals else {
            let message = "it has made more than four thousand million rows; move it away and run in full".to_owned();
            return Err(Failure::Damaged(message));
        };
        for row in rows {
            if self.met.contains(row.feed_id) && self.standing(row.feed_id)?.is_some() {
                return Ok(false);
            }
        }
        match new_rows::insert(&mut self.insert, rows, self.next_ordinal) {
            Ok(()) => {
                self.next_ordinal = next_ordinal;
                rows.iter().for_each(|row| self.counts.add(row.state(), 1));
                Ok(true)
            }
            Err(error) if is_known(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn replace(&mut self, standing: &Standing, row: &RowImage<'_>) -> Result<(), Failure> {
        if standing.owner != *row.owner {
            self.relocate.execute((Key(&standing.owner), row.feed_id.0, Key(row.owner)))?;
        }
        self.update.execute(rusqlite::params![
            Key(row.owner),
            row.feed_id.0,
            row.feed_hash.0,
            row.is_deleted,
            row.status.0,
            row.attempts,
            row.parked,
            row.next_attempt_at.map(rfc3339),
            self.modified_at.at(row.modified_at),
            row.feed_data.map(Json),
            row.error.map(|message| errors_json(row.status, message)),
        ])?;
        self.counts.add(standing.state, -1);
        self.counts.add(row.state(), 1);
        Ok(())
    }

    /// Gives the row of an identity another owner, and leaves the rest of it.
    pub(super) fn adopt(&mut self, feed_id: &FeedId, owner: &EntityKey) -> Result<(), Failure> {
        if let Some(standing) = self.standing(feed_id)?
            && standing.owner != *owner
        {
            self.relocate.execute((Key(&standing.owner), feed_id.0, Key(owner)))?;
        }
        Ok(())
    }

    /// Other JSON of the same content: what its delete is cut from.
    pub(super) fn refresh(&mut self, row: &Refreshed) -> Result<(), Failure> {
        self.refresh.execute((row.feed_id.0, row.feed_hash.0, Json(&row.feed_data)))?;
        Ok(())
    }

    /// Writes what the rows changed elsewhere: the counts, and the next ordinal.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.counts.apply(self.transaction, self.table)?;
        if self.next_ordinal != self.first_ordinal {
            self.transaction
                .prepare_cached("UPDATE feed SET next_ordinal = ?2 WHERE name = ?1")?
                .execute((self.table.feed(), self.next_ordinal))?;
        }
        Ok(())
    }
}

/// A row has this key already, or this `feed_id`.
fn is_known(error: &rusqlite::Error) -> bool {
    let codes = [ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_UNIQUE];
    error.sqlite_extended_error_code().is_some_and(|code| codes.contains(&code))
}

fn standing(row: &Row<'_>) -> Result<Standing, Failure> {
    Ok(Standing {
        owner: value::key(row.get_ref(0)?)?,
        feed_hash: FeedHash(value::hash_bytes(row.get_ref(1)?)?),
        attempts: row.get(2)?,
        state: CountedState { status: Status(row.get(3)?), is_deleted: row.get(4)?, parked: row.get(5)? },
    })
}
