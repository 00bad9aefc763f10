//! What is about to be sent, written before it is; and what a dead run left of that.

use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::connection::{self, Failure};
use super::feed_table::FeedTable;
use super::history::stored_number;
use super::row_write::{RowImage, RowWriter};
use crate::feed::intent_group::{Intent, IntentGroup, IntentId};
use crate::feed::status::Status;

pub(super) fn add(transaction: &Connection, table: &FeedTable, groups: &[IntentGroup]) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO intent_group (feed, id, is_deleted, owners, feed_ids, feed_hashes, data_lengths, feed_data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for group in groups {
        statement.execute((
            table.feed(),
            stored_number(group.id),
            group.is_deleted,
            &group.owners,
            &group.feed_ids,
            &group.feed_hashes,
            &group.data_lengths,
            &group.feed_data,
        ))?;
    }
    Ok(())
}

pub(super) fn remove(transaction: &Connection, table: &FeedTable, ids: &[IntentId]) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached("DELETE FROM intent_group WHERE feed = ?1 AND id = ?2")?;
    for id in ids {
        statement.execute((table.feed(), stored_number(*id)))?;
    }
    Ok(())
}

/// Makes rows of unknown state of all that the feed's last run left in flight; gives their number.
///
/// Their attempts stay when what was sent is what the row says had failed, as with any attempt.
pub(super) fn recover(connection: &mut Connection, table: &FeedTable, now: SystemTime) -> Result<u64, Failure> {
    let any = "SELECT EXISTS (SELECT 1 FROM intent_group WHERE feed = ?1)";
    // Most runs find nothing, and need not wait for another feed's writer to see that.
    if !connection.query_row(any, [table.feed()], |row| row.get(0))? {
        return Ok(0);
    }
    let transaction = connection::begin(connection)?;
    let mut rows = RowWriter::new(&transaction, table, Vec::new())?;
    let mut recovered = 0;
    {
        let mut statement = transaction.prepare(
            "SELECT id, is_deleted, owners, feed_ids, feed_hashes, data_lengths, feed_data FROM intent_group
              WHERE feed = ?1 ORDER BY id",
        )?;
        let mut groups = statement.query([table.feed()])?;
        while let Some(row) = groups.next()? {
            let group = read(row)?;
            let intents = group.intents().ok_or_else(|| {
                Failure::Damaged(format!(
                    "what request {} had in flight cannot be read: its parts do not fit",
                    group.id
                ))
            })?;
            for intent in &intents {
                put_unknown(&mut rows, intent, group.is_deleted, now)?;
                recovered += 1;
            }
        }
    }
    rows.finish()?;
    transaction.execute("DELETE FROM intent_group WHERE feed = ?1", [table.feed()])?;
    transaction.commit()?;
    Ok(recovered)
}

fn put_unknown(
    rows: &mut RowWriter<'_>,
    intent: &Intent<'_>,
    is_deleted: bool,
    now: SystemTime,
) -> Result<(), Failure> {
    let standing = rows.standing(&intent.feed_id)?;
    let same_content =
        standing.as_ref().filter(|row| row.feed_hash == intent.feed_hash && row.state.is_deleted == is_deleted);
    rows.put(&RowImage {
        believed_owner: standing.as_ref().map(|row| &row.owner),
        owner: &intent.owner,
        feed_id: &intent.feed_id,
        feed_hash: &intent.feed_hash,
        is_deleted,
        status: Status::IN_FLIGHT,
        attempts: same_content.map_or(0, |row| row.attempts),
        parked: false,
        next_attempt_at: Some(now),
        modified_at: now,
        feed_data: Some(intent.feed_data),
        error: Some("in flight when a run died"),
    })
}

fn read(row: &Row<'_>) -> Result<IntentGroup, Failure> {
    Ok(IntentGroup {
        id: row.get::<_, i64>(0)?.try_into().unwrap_or(0),
        is_deleted: row.get(1)?,
        owners: row.get(2)?,
        feed_ids: row.get(3)?,
        feed_hashes: row.get(4)?,
        data_lengths: row.get(5)?,
        feed_data: row.get(6)?,
    })
}
