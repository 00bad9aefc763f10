//! Rows by their owners: what a full run in which nothing changed does all day.
//!
//! One scan serves both a batch of a full run, whose keys are nearly all the table has in their range, and a few ids
//! in a table of millions: it walks table and keys side by side, and when the table has much that was not asked for,
//! it seeks the next key. Nothing is allocated per row but the row itself.

use std::cmp::Ordering;

use rusqlite::Connection;

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::value::{self, Key, ROW_COLUMNS};
use crate::entity::EntityKey;
use crate::feed::store::StoredRow;

/// Rows in a row that nobody asked for, after which a seek is cheaper than reading on: a page or so of the table. Halved
/// each time that it was in vain: of a few ids in a table of millions, no two are near each other.
const PATIENCE: u32 = 24;

pub(super) fn rows_of(
    connection: &Connection,
    table: &FeedTable,
    owners: &[EntityKey],
    rows: &mut Vec<StoredRow>,
) -> Result<(), Failure> {
    if owners.is_sorted() {
        return rows_of_ascending(connection, table, owners, rows);
    }
    let mut sorted = owners.to_vec();
    sorted.sort_unstable();
    rows_of_ascending(connection, table, &sorted, rows)
}

fn rows_of_ascending(
    connection: &Connection,
    table: &FeedTable,
    owners: &[EntityKey],
    rows: &mut Vec<StoredRow>,
) -> Result<(), Failure> {
    let Some(last) = owners.last() else { return Ok(()) };
    // All seeks see one state of the table: a row that the recorder moves between two owners is seen once.
    let snapshot = connection.unchecked_transaction()?;
    let sql = format!(
        "SELECT {ROW_COLUMNS} FROM {} WHERE source_entity_id BETWEEN ?1 AND ?2 ORDER BY source_entity_id",
        table.name()
    );
    let mut statement = snapshot.prepare_cached(&sql)?;
    let mut wanted = owners;
    let mut patience = PATIENCE;
    while let Some(first) = wanted.first() {
        let mut found = statement.query((Key(first), Key(last)))?;
        let mut passed_over = 0;
        wanted = loop {
            let Some(row) = found.next()? else { break &[] };
            let stored = row.get_ref(0)?;
            let Some(owner) = advance(&mut wanted, stored) else { break &[] };
            if value::compare(owner, stored) == Ordering::Equal {
                rows.push(value::stored_row_of(owner.clone(), row)?);
                if passed_over > 0 {
                    (passed_over, patience) = (0, PATIENCE);
                }
            } else if passed_over < patience {
                passed_over += 1;
            } else {
                patience = (patience / 2).max(1);
                break wanted;
            }
        };
    }
    Ok(())
}

/// Drops the keys before the stored one; gives the first that is left.
fn advance<'a>(wanted: &mut &'a [EntityKey], stored: rusqlite::types::ValueRef<'_>) -> Option<&'a EntityKey> {
    while let Some((first, rest)) = wanted.split_first() {
        if value::compare(first, stored) != Ordering::Less {
            return Some(first);
        }
        *wanted = rest;
    }
    None
}
