//! Entities that could not be built, and why.

use rusqlite::Connection;

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::value::{self, Key};
use crate::entity::EntityKey;
use crate::feed::store::{InvalidEntity, InvalidReason};

/// Replaces what stands of these entities.
pub(super) fn replace(transaction: &Connection, table: &FeedTable, entities: &[InvalidEntity]) -> Result<(), Failure> {
    let mut remove = transaction.prepare_cached("DELETE FROM invalid WHERE feed = ?1 AND source_entity_id = ?2")?;
    let mut add = transaction.prepare_cached(
        "INSERT INTO invalid (feed, source_entity_id, position, \"column\", reason) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for entity in entities {
        let owner = Key(&entity.owner);
        remove.execute((table.feed(), &owner))?;
        for (position, invalid) in (0_i64..).zip(&entity.reasons) {
            add.execute((table.feed(), &owner, position, &invalid.column, &invalid.reason))?;
        }
    }
    Ok(())
}

/// Those of these entities that are invalid.
pub(super) fn of(
    connection: &Connection,
    table: &FeedTable,
    owners: &[EntityKey],
) -> Result<Vec<InvalidEntity>, Failure> {
    let any = "SELECT EXISTS (SELECT 1 FROM invalid WHERE feed = ?1)";
    if !connection.prepare_cached(any)?.query_row([table.feed()], |row| row.get(0))? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT \"column\", reason FROM invalid WHERE feed = ?1 AND source_entity_id = ?2 ORDER BY position",
    )?;
    let mut entities = Vec::new();
    for owner in owners {
        let reasons = statement
            .query_map((table.feed(), Key(owner)), |row| {
                Ok(InvalidReason { column: row.get(0)?, reason: row.get(1)? })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        if !reasons.is_empty() {
            entities.push(InvalidEntity { owner: owner.clone(), reasons });
        }
    }
    Ok(entities)
}

/// The first `limit` invalid entities by their keys.
pub(super) fn first(connection: &Connection, table: &FeedTable, limit: usize) -> Result<Vec<InvalidEntity>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT source_entity_id, \"column\", reason FROM invalid WHERE feed = ?1 ORDER BY source_entity_id, position",
    )?;
    let mut rows = statement.query([table.feed()])?;
    let mut entities: Vec<InvalidEntity> = Vec::new();
    while let Some(row) = rows.next()? {
        let owner = value::key(row.get_ref(0)?)?;
        let reason = InvalidReason { column: row.get(1)?, reason: row.get(2)? };
        if let Some(entity) = entities.last_mut().filter(|entity| entity.owner == owner) {
            entity.reasons.push(reason);
        } else if entities.len() == limit {
            break;
        } else {
            entities.push(InvalidEntity { owner, reasons: vec![reason] });
        }
    }
    Ok(entities)
}

pub(super) fn owners(connection: &Connection, table: &FeedTable) -> Result<Vec<EntityKey>, Failure> {
    let mut statement = connection
        .prepare_cached("SELECT DISTINCT source_entity_id FROM invalid WHERE feed = ?1 ORDER BY source_entity_id")?;
    let mut rows = statement.query([table.feed()])?;
    let mut owners = Vec::new();
    while let Some(row) = rows.next()? {
        owners.push(value::key(row.get_ref(0)?)?);
    }
    Ok(owners)
}

/// The number of reasons, which is the number of invalid items where each has one.
pub(super) fn count(connection: &Connection, table: &FeedTable) -> Result<u64, Failure> {
    let sql = "SELECT count(*) FROM invalid WHERE feed = ?1";
    let count: i64 = connection.prepare_cached(sql)?.query_row([table.feed()], |row| row.get(0))?;
    Ok(count.try_into().unwrap_or(0))
}
