//! What is about to be sent, written before it is; and what a dead run left of that.

use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::connection::{self, Failure};
use super::feed_table::FeedTable;
use super::row_write::{self, RowImage, RowWriter};
use super::timestamp::rfc3339;
use super::value::{self, Json, Key};
use crate::digest::{FeedHash, FeedId};
use crate::feed::status::Status;
use crate::feed::store::{Intent, IntentId};

pub(super) fn add(transaction: &Connection, table: &FeedTable, intents: &[Intent]) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO intent (feed, id, source_entity_id, feed_id, feed_hash, is_deleted, feed_data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for intent in intents {
        statement.execute((
            table.feed(),
            intent.id,
            Key(&intent.owner),
            intent.feed_id.0,
            intent.feed_hash.0,
            intent.is_deleted,
            Json(&intent.feed_data),
        ))?;
    }
    Ok(())
}

/// Removes intents. Those of a request have neighbouring numbers: a statement a neighbourhood, not one an item.
pub(super) fn remove(
    transaction: &Connection,
    table: &FeedTable,
    ids: impl Iterator<Item = IntentId>,
) -> Result<(), Failure> {
    let mut ids: Vec<IntentId> = ids.collect();
    ids.sort_unstable();
    let mut statement = transaction.prepare_cached("DELETE FROM intent WHERE feed = ?1 AND id BETWEEN ?2 AND ?3")?;
    for neighbours in ids.chunk_by(|id, next| next.checked_sub(*id).is_some_and(|distance| distance <= 1)) {
        if let [first, .., last] | [first @ last] = neighbours {
            statement.execute((table.feed(), first, last))?;
        }
    }
    Ok(())
}

/// Makes rows of unknown state of all that the feed's last run left in flight; gives their number.
///
/// Their attempts stay when what was sent is what the row says had failed, as with any attempt.
pub(super) fn recover(connection: &mut Connection, table: &FeedTable, now: SystemTime) -> Result<u64, Failure> {
    let any = "SELECT EXISTS (SELECT 1 FROM intent WHERE feed = ?1)";
    // Most runs find nothing, and need not wait for another feed's writer to see that.
    if !connection.query_row(any, [table.feed()], |row| row.get(0))? {
        return Ok(0);
    }
    let now = rfc3339(now);
    let transaction = connection::begin(connection)?;
    let mut rows = RowWriter::new(&transaction, table)?;
    let mut recovered = 0;
    {
        let mut statement = transaction.prepare(
            "SELECT source_entity_id, feed_id, feed_hash, is_deleted, feed_data, id FROM intent WHERE feed = ?1
              ORDER BY id",
        )?;
        let mut intents = statement.query([table.feed()])?;
        while let Some(intent) = intents.next()? {
            put_unknown(&mut rows, &read(intent)?, &now)?;
            recovered += 1;
        }
    }
    rows.finish()?;
    transaction.execute("DELETE FROM intent WHERE feed = ?1", [table.feed()])?;
    transaction.commit()?;
    Ok(recovered)
}

fn put_unknown(rows: &mut RowWriter<'_>, intent: &Intent, now: &str) -> Result<(), Failure> {
    let standing = rows.standing(&intent.feed_id)?;
    let same_content =
        standing.as_ref().filter(|row| row.feed_hash == intent.feed_hash && row.state.is_deleted == intent.is_deleted);
    let row = RowImage {
        owner: &intent.owner,
        feed_id: intent.feed_id,
        feed_hash: intent.feed_hash,
        is_deleted: intent.is_deleted,
        status: Status::IN_FLIGHT,
        attempts: same_content.map_or(0, |row| row.attempts),
        parked: false,
        next_attempt_at: Some(now.to_owned()),
        modified_at: now.to_owned(),
        feed_data: Some(&intent.feed_data),
        errors: Some(row_write::errors_json(Status::IN_FLIGHT, "in flight when a run died")),
    };
    rows.put(&row, standing.as_ref().map(|row| &row.owner))
}

fn read(row: &Row<'_>) -> Result<Intent, Failure> {
    Ok(Intent {
        id: row.get(5)?,
        owner: value::key(row.get_ref(0)?)?,
        feed_id: FeedId(value::hash_bytes(row.get_ref(1)?)?),
        feed_hash: FeedHash(value::hash_bytes(row.get_ref(2)?)?),
        is_deleted: row.get(3)?,
        feed_data: row.get_ref(4)?.as_bytes().map_err(rusqlite::Error::from)?.into(),
    })
}
