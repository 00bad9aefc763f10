//! What changes a feed's table as a whole: another consumer, another policy, old deletes.

use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::connection::{self, Failure};
use super::feed_table::FeedTable;
use super::history;
use super::row_count::{self, CountChanges, CountedState};
use super::timestamp::rfc3339;
use crate::feed::status::Status;

const DELIVERED_DELETE: &str = "is_deleted = 1 AND status BETWEEN 200 AND 299";
const FAILED: &str = "status NOT BETWEEN 200 AND 299";

pub(super) fn set_consumer(
    connection: &mut Connection,
    table: &FeedTable,
    name: &str,
    location: &str,
    resend: bool,
    now: SystemTime,
) -> Result<(), Failure> {
    let same = "SELECT consumer IS ?2 AND location IS ?3 FROM feed WHERE name = ?1";
    if !resend && connection.query_row(same, (table.feed(), name, location), |row| row.get(0))? {
        return Ok(());
    }
    let transaction = connection::begin(connection)?;
    transaction
        .execute("UPDATE feed SET consumer = ?2, location = ?3 WHERE name = ?1", (table.feed(), name, location))?;
    if resend {
        forget_deliveries(&transaction, table, now)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The new consumer has nothing of what the old one took.
fn forget_deliveries(transaction: &Connection, table: &FeedTable, now: SystemTime) -> Result<(), Failure> {
    transaction.execute(&format!("DELETE FROM {} WHERE {DELIVERED_DELETE}", table.name()), [])?;
    let sql = format!(
        "UPDATE {} SET status = ?1, attempts = 0, parked = 0, next_attempt_at = ?2, errors = NULL",
        table.name()
    );
    transaction.execute(&sql, (Status::NOT_SUBMITTED.0, rfc3339(now)))?;
    row_count::recount(transaction, table)?;
    history::clear_checkpoint(transaction, table)
}

/// See [`FeedWriter::apply_policy`](crate::feed::store::FeedWriter::apply_policy). Touches failed rows only, and those
/// only when the policy is another.
pub(super) fn apply_policy(
    connection: &mut Connection,
    table: &FeedTable,
    non_retryable: &[u16],
    max_attempts: u32,
    now: SystemTime,
) -> Result<(), Failure> {
    let mut codes = non_retryable.to_vec();
    codes.sort_unstable();
    codes.dedup();
    let codes = codes.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let same = "SELECT non_retryable_status IS ?2 AND max_attempts IS ?3 FROM feed WHERE name = ?1";
    if connection.query_row(same, (table.feed(), &codes, max_attempts), |row| row.get(0))? {
        return Ok(());
    }
    let transaction = connection::begin(connection)?;
    transaction.execute(
        "UPDATE feed SET non_retryable_status = ?2, max_attempts = ?3 WHERE name = ?1",
        (table.feed(), &codes, max_attempts),
    )?;
    let rows = format!("{} INDEXED BY {}", table.name(), table.index("failed"));
    // Of unknown state is nothing that a policy could settle. All numbers are our own: none comes from a text.
    let refused = format!("status IN ({codes})");
    let parked = format!("status <> -1 AND NOT {refused} AND attempts >= {}", max_attempts.max(1));
    let sql = format!(
        "UPDATE {rows}
            SET parked = ({parked}),
                next_attempt_at = CASE WHEN {refused} OR ({parked}) THEN NULL ELSE coalesce(next_attempt_at, ?1) END
          WHERE {FAILED}
            AND (parked <> ({parked}) OR (next_attempt_at IS NULL) <> ({refused} OR ({parked})))"
    );
    transaction.execute(&sql, [rfc3339(now)])?;
    row_count::recount_failed(&transaction, table)?;
    transaction.commit()?;
    Ok(())
}

/// Drops delivered deletes last modified before `before`; gives their number.
pub(super) fn purge(connection: &mut Connection, table: &FeedTable, before: SystemTime) -> Result<u64, Failure> {
    if !table.exists(connection)? {
        return Ok(0);
    }
    let transaction = connection::begin(connection)?;
    let old =
        format!("{} INDEXED BY {} WHERE {DELIVERED_DELETE} AND modified_at < ?1", table.name(), table.index("deleted"));
    let mut changes = CountChanges::default();
    {
        let mut statement =
            transaction.prepare(&format!("SELECT status, parked, count(*) FROM {old} GROUP BY status, parked"))?;
        let states = |row: &Row<'_>| {
            let state = CountedState { status: Status(row.get(0)?), is_deleted: true, parked: row.get(1)? };
            Ok((state, row.get::<_, i64>(2)?))
        };
        for counted in statement.query_map([rfc3339(before)], states)? {
            let (state, rows) = counted?;
            changes.add(state, -rows);
        }
    }
    let dropped = transaction.execute(&format!("DELETE FROM {old}"), [rfc3339(before)])?;
    changes.apply(&transaction, table)?;
    transaction.commit()?;
    Ok(dropped as u64)
}
