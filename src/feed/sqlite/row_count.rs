//! Counts of rows by their state, kept with the rows so that nobody has to scan for them.
//!
//! The invariant: at every commit, `row_count` says what a GROUP BY over the feed table would.

use rusqlite::{Connection, Row};

use super::connection::Failure;
use super::feed_table::FeedTable;
use crate::feed::status::Status;
use crate::feed::store::RowCount;

/// What rows are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CountedState {
    pub(super) status: Status,
    pub(super) is_deleted: bool,
    pub(super) parked: bool,
}

/// How one transaction has changed the counts so far. States are few: a search is cheaper than a hash.
#[derive(Debug, Default)]
pub(super) struct CountChanges {
    changes: Vec<(CountedState, i64)>,
}

impl CountChanges {
    pub(super) fn add(&mut self, state: CountedState, rows: i64) {
        match self.changes.iter_mut().find(|(counted, _)| *counted == state) {
            Some((_, change)) => *change += rows,
            None => self.changes.push((state, rows)),
        }
    }

    /// Writes the changes into the transaction that made them.
    pub(super) fn apply(&self, transaction: &Connection, table: &FeedTable) -> Result<(), Failure> {
        let mut statement = transaction.prepare_cached(
            "INSERT INTO row_count (feed, status, is_deleted, parked, rows) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET rows = rows + excluded.rows",
        )?;
        let changes = self.changes.iter().filter(|(_, change)| *change != 0);
        let mut any_fewer = false;
        for (state, change) in changes {
            statement.execute((table.feed(), state.status.0, state.is_deleted, state.parked, change))?;
            any_fewer |= *change < 0;
        }
        if any_fewer {
            transaction
                .prepare_cached("DELETE FROM row_count WHERE feed = ?1 AND rows = 0")?
                .execute([table.feed()])?;
        }
        Ok(())
    }
}

/// Counts all rows anew: for what changes rows by the table, not one by one.
pub(super) fn recount(transaction: &Connection, table: &FeedTable) -> Result<(), Failure> {
    transaction.execute("DELETE FROM row_count WHERE feed = ?1", [table.feed()])?;
    let sql = format!(
        "INSERT INTO row_count (feed, status, is_deleted, parked, rows)
         SELECT ?1, status, is_deleted, parked, count(*) FROM {} GROUP BY status, is_deleted, parked",
        table.name()
    );
    transaction.execute(&sql, [table.feed()])?;
    Ok(())
}

/// Counts failed rows anew; those of delivered ones stand.
pub(super) fn recount_failed(transaction: &Connection, table: &FeedTable) -> Result<(), Failure> {
    let failed = "status NOT BETWEEN 200 AND 299";
    transaction.execute(&format!("DELETE FROM row_count WHERE feed = ?1 AND {failed}"), [table.feed()])?;
    let sql = format!(
        "INSERT INTO row_count (feed, status, is_deleted, parked, rows)
         SELECT ?1, status, is_deleted, parked, count(*) FROM {} INDEXED BY {}
          WHERE {failed} GROUP BY parked, status, is_deleted",
        table.name(),
        table.index("failed")
    );
    transaction.execute(&sql, [table.feed()])?;
    Ok(())
}

pub(super) fn counts(connection: &Connection, table: &FeedTable) -> Result<Vec<RowCount>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT status, is_deleted, parked, rows FROM row_count WHERE feed = ?1")?;
    let count = |row: &Row<'_>| {
        Ok(RowCount {
            status: Status(row.get(0)?),
            is_deleted: row.get(1)?,
            parked: row.get(2)?,
            rows: row.get::<_, i64>(3)?.try_into().unwrap_or(0),
        })
    };
    let counts = statement.query_map([table.feed()], count)?.collect::<Result<_, _>>()?;
    Ok(counts)
}
