//! Reading a feed: each statement sees the last commit.

use std::collections::HashSet;
use std::fmt::Write;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::identity::Identities;
use super::timestamp::rfc3339;
use super::value::{self, Key, ROW_COLUMNS};
use super::{history, invalid, row_count, row_scan};
use crate::digest::FeedId;
use crate::entity::EntityKey;
use crate::feed::failure::Failures;
use crate::feed::status::Status;
use crate::feed::store::{
    DueFilter, FailureGroup, FeedReader, FeedState, InvalidEntity, RowCount, RowCursor, RunRecord, StoreError,
    StoredData, StoredRow,
};

/// Pages held in memory, in KiB. A full run reads each page once: only the upper levels of the trees are read again.
const CACHE_KIB: i64 = 2 * 1024;

pub(super) struct SqliteReader {
    connection: Connection,
    table: FeedTable,
    identities: Identities,
    location: String,
}

impl SqliteReader {
    pub(super) fn new(
        connection: Connection,
        table: FeedTable,
        identities: Identities,
        location: String,
    ) -> Result<SqliteReader, Failure> {
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(SqliteReader { connection, table, identities, location })
    }

    fn keys(&self, sql: &str, params: impl Params, keys: &mut Vec<EntityKey>) -> Result<(), Failure> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            keys.push(value::key(row.get_ref(0)?)?);
        }
        Ok(())
    }

    fn try_rows_by_id(&self, ids: &[FeedId], rows: &mut Vec<StoredRow>) -> Result<(), Failure> {
        let candidates = self.identities.candidates(ids, &self.connection, &self.table)?;
        let sql = format!("SELECT {ROW_COLUMNS} FROM {} WHERE feed_id = ?1", self.table.name());
        let mut statement = self.connection.prepare_cached(&sql)?;
        for id in candidates {
            let row = statement.query_row([id.0], |row| Ok(value::stored_row(row))).optional()?;
            rows.extend(row.transpose()?);
        }
        Ok(())
    }

    fn try_stored_data(&self, id: &FeedId) -> Result<Option<StoredData>, Failure> {
        let sql = format!(
            "SELECT feed_data, errors, modified_at, next_attempt_at FROM {} WHERE feed_id = ?1",
            self.table.name()
        );
        let data = |row: &Row<'_>| {
            Ok(StoredData {
                feed_data: row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().to_vec(),
                errors: row.get(1)?,
                modified_at: row.get(2)?,
                next_attempt_at: row.get(3)?,
            })
        };
        Ok(self.connection.prepare_cached(&sql)?.query_row([id.0], data).optional()?)
    }

    fn try_undeleted_rows(&self, after: Option<&RowCursor>, limit: usize) -> Result<Vec<StoredRow>, Failure> {
        let table = self.table.name();
        let (after_clause, owner, feed_id) = match after {
            Some(cursor) => ("(source_entity_id, feed_id) > (?1, ?2) AND", Some(Key(&cursor.owner)), cursor.feed_id.0),
            None => ("", None, [0; 32]),
        };
        let sql = format!(
            "SELECT {ROW_COLUMNS} FROM {table}
              WHERE {after_clause} NOT (is_deleted = 1 AND status BETWEEN 200 AND 299)
              ORDER BY source_entity_id, feed_id LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        if let Some(owner) = owner {
            statement.raw_bind_parameter(1, owner)?;
            statement.raw_bind_parameter(2, feed_id)?;
        }
        statement.raw_bind_parameter(3, i64::try_from(limit).unwrap_or(i64::MAX))?;
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(value::stored_row(row)?);
        }
        Ok(rows)
    }

    fn try_due_owners(&self, due: DueFilter) -> Result<Vec<EntityKey>, Failure> {
        let mut owners = Vec::new();
        let due_rows = format!("{} INDEXED BY {}", self.table.name(), self.table.index("due"));
        let due_owners = format!("SELECT source_entity_id FROM {due_rows} WHERE next_attempt_at");
        match due.until {
            Some(until) => self.keys(&format!("{due_owners} <= ?1"), [rfc3339(until)], &mut owners)?,
            None => self.keys(&format!("{due_owners} IS NOT NULL"), [], &mut owners)?,
        }
        if due.parked_too {
            let parked = format!(
                "SELECT source_entity_id FROM {} INDEXED BY {} WHERE parked = 1 AND status NOT BETWEEN 200 AND 299",
                self.table.name(),
                self.table.index("failed")
            );
            self.keys(&parked, [], &mut owners)?;
        }
        owners.sort_unstable();
        owners.dedup();
        Ok(owners)
    }

    fn try_owners_by_value(&self, path: &[String], values: &[String]) -> Result<Vec<EntityKey>, Failure> {
        let wanted: HashSet<&[u8]> = values.iter().map(String::as_bytes).collect();
        // A number's text is taken as it stands in the document: SQLite's own may have other digits.
        let sql = format!(
            "SELECT source_entity_id, CASE json_type(feed_data, ?1)
                      WHEN 'text' THEN feed_data ->> ?1
                      WHEN 'integer' THEN feed_data -> ?1
                      WHEN 'real' THEN feed_data -> ?1 END AS value
               FROM {} WHERE value IS NOT NULL ORDER BY source_entity_id",
            self.table.name()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = statement.query([json_path(path)])?;
        let mut owners: Vec<EntityKey> = Vec::new();
        while let Some(row) = found.next()? {
            let value = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            if wanted.contains(value) {
                owners.push(value::key(row.get_ref(0)?)?);
            }
        }
        owners.dedup();
        Ok(owners)
    }

    fn try_state(&self) -> Result<FeedState, Failure> {
        let sql = "SELECT consumer, location, definition, withheld, next_sequence, next_ordinal FROM feed
                    WHERE name = ?1";
        let state = |row: &Row<'_>| {
            let consumer: Option<String> = row.get(0)?;
            let location: Option<String> = row.get(1)?;
            Ok(FeedState {
                consumer: consumer.zip(location),
                definition: row.get(2)?,
                withheld: row.get::<_, i64>(3)?.try_into().unwrap_or(0),
                next_sequence: row.get::<_, i64>(4)?.try_into().unwrap_or(0),
                next_ordinal: row.get(5)?,
            })
        };
        let state = self.connection.prepare_cached(sql)?.query_row([self.table.feed()], state).optional()?;
        Ok(state.unwrap_or_default())
    }

    fn try_failures(&self, limit: usize) -> Result<Vec<FailureGroup>, Failure> {
        let sql = format!(
            "SELECT status, errors ->> '$[0].message', parked, source_entity_id FROM {} INDEXED BY {}
              WHERE status NOT BETWEEN 200 AND 299",
            self.table.name(),
            self.table.index("failed")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut failures = Failures::default();
        while let Some(row) = rows.next()? {
            let message: Option<String> = row.get(1)?;
            failures.add(Status(row.get(0)?), message.as_deref(), row.get(2)?, value::key(row.get_ref(3)?)?);
        }
        Ok(failures.into_groups(limit))
    }

    fn answer<T>(&self, doing: &str, result: Result<T, Failure>) -> Result<T, StoreError> {
        result.map_err(|failure| failure.at(&self.location, &format!("{doing} of feed {}", self.table.feed())))
    }
}

/// SQLite's way to write a path of object keys, each quoted as JSON quotes it.
fn json_path(keys: &[String]) -> String {
    keys.iter().fold(String::from("$"), |mut path, key| {
        // Writing to a String cannot fail.
        let _ = write!(path, ".{}", serde_json::Value::from(key.as_str()));
        path
    })
}

impl FeedReader for SqliteReader {
    fn rows_of(&mut self, owners: &[EntityKey], rows: &mut Vec<StoredRow>) -> Result<(), StoreError> {
        let result = row_scan::rows_of(&self.connection, &self.table, owners, rows);
        self.answer("reading rows", result)
    }

    fn rows_by_id(&mut self, ids: &[FeedId], rows: &mut Vec<StoredRow>) -> Result<(), StoreError> {
        self.answer("reading rows by their identities", self.try_rows_by_id(ids, rows))
    }

    fn stored_data(&mut self, id: &FeedId) -> Result<Option<StoredData>, StoreError> {
        self.answer("reading a row's data", self.try_stored_data(id))
    }

    fn undeleted_rows(&mut self, after: Option<&RowCursor>, limit: usize) -> Result<Vec<StoredRow>, StoreError> {
        self.answer("reading the living rows", self.try_undeleted_rows(after, limit))
    }

    fn due_owners(&mut self, due: DueFilter) -> Result<Vec<EntityKey>, StoreError> {
        self.answer("reading what is due", self.try_due_owners(due))
    }

    fn owners_by_value(&mut self, path: &[String], values: &[String]) -> Result<Vec<EntityKey>, StoreError> {
        self.answer("looking up values", self.try_owners_by_value(path, values))
    }

    fn invalid_of(&mut self, owners: &[EntityKey]) -> Result<Vec<InvalidEntity>, StoreError> {
        self.answer("reading invalid entities", invalid::of(&self.connection, &self.table, owners))
    }

    fn invalid_owners(&mut self) -> Result<Vec<EntityKey>, StoreError> {
        self.answer("reading invalid entities", invalid::owners(&self.connection, &self.table))
    }

    fn counts(&mut self) -> Result<Vec<RowCount>, StoreError> {
        self.answer("reading the counts", row_count::counts(&self.connection, &self.table))
    }

    fn state(&mut self) -> Result<FeedState, StoreError> {
        self.answer("reading the state", self.try_state())
    }

    fn runs(&mut self, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        self.answer("reading the runs", history::runs(&self.connection, &self.table, limit))
    }

    fn failures(&mut self, limit: usize) -> Result<Vec<FailureGroup>, StoreError> {
        self.answer("reading the failures", self.try_failures(limit))
    }

    fn invalid(&mut self, limit: usize) -> Result<Vec<InvalidEntity>, StoreError> {
        self.answer("reading invalid entities", invalid::first(&self.connection, &self.table, limit))
    }

    fn invalid_count(&mut self) -> Result<u64, StoreError> {
        self.answer("counting invalid items", invalid::count(&self.connection, &self.table))
    }
}
