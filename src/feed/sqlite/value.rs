//! Values of the feed table as the program has them, and back.

use std::cmp::Ordering;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use super::connection::Failure;
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;
use crate::feed::status::Status;
use crate::feed::store::StoredRow;

/// An entity's key as a parameter.
pub(super) struct Key<'a>(pub(super) &'a EntityKey);

impl ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            EntityKey::Int(number) => ValueRef::Integer(*number),
            EntityKey::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// JSON bytes as a parameter of type text, so that SQLite's JSON functions and people can read it.
pub(super) struct Json<'a>(pub(super) &'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

pub(super) fn key(value: ValueRef<'_>) -> Result<EntityKey, Failure> {
    match value {
        ValueRef::Integer(number) => Ok(EntityKey::Int(number)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(EntityKey::Text(text.into())),
            Err(_) => Err(damaged("a source_entity_id is not UTF-8")),
        },
        _ => Err(damaged("a source_entity_id is neither integer nor text")),
    }
}

/// Compares a key with one of the table, in the table's order: numbers before texts, texts by their bytes.
pub(super) fn compare(key: &EntityKey, stored: ValueRef<'_>) -> Ordering {
    match (key, stored) {
        (EntityKey::Int(key), ValueRef::Integer(stored)) => key.cmp(&stored),
        (EntityKey::Text(key), ValueRef::Text(stored)) => key.as_bytes().cmp(stored),
        (EntityKey::Text(_), ValueRef::Integer(_)) => Ordering::Greater,
        // Nothing that feedmill writes: passed over.
        (_, ValueRef::Real(_) | ValueRef::Null) => Ordering::Greater,
        _ => Ordering::Less,
    }
}

pub(super) fn hash_bytes(value: ValueRef<'_>) -> Result<[u8; 32], Failure> {
    match value {
        ValueRef::Blob(bytes) => bytes.try_into().map_err(|_| damaged("a hash is not 32 bytes long")),
        _ => Err(damaged("a hash is no BLOB")),
    }
}

/// The columns of a [`StoredRow`], its owner first.
pub(super) const ROW_COLUMNS: &str =
    "source_entity_id, feed_id, ordinal, feed_hash, is_deleted, status, attempts, parked";

pub(super) fn stored_row(row: &Row<'_>) -> Result<StoredRow, Failure> {
    let owner = key(row.get_ref(0)?)?;
    stored_row_of(owner, row)
}

/// A row whose owner is known already.
pub(super) fn stored_row_of(owner: EntityKey, row: &Row<'_>) -> Result<StoredRow, Failure> {
    Ok(StoredRow {
        owner,
        feed_id: FeedId(hash_bytes(row.get_ref(1)?)?),
        ordinal: row.get(2)?,
        feed_hash: FeedHash(hash_bytes(row.get_ref(3)?)?),
        is_deleted: row.get(4)?,
        status: Status(row.get(5)?),
        attempts: row.get(6)?,
        parked: row.get(7)?,
    })
}

fn damaged(what: &str) -> Failure {
    Failure::Damaged(format!("{what}: the feed table was changed by hand or is damaged"))
}
