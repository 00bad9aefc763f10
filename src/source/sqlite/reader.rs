//! One read-only connection and its read transaction.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Statement};

use super::super::catalog::{Catalog, Column};
use super::super::rows::{Cell, RowSet};
use super::super::sql::raw;
use super::super::{Bind, SourceError, SourceReader};
use super::{catalog, failure, keys};

pub(super) struct SqliteReader {
    connection: Connection,
    /// The JSON of the tuples bound last, kept for its memory.
    json: String,
}

impl SqliteReader {
    pub(super) fn new(connection: Connection) -> Self {
        SqliteReader { connection, json: String::new() }
    }

    /// Ends what an earlier batch left open when it failed.
    fn roll_back(&self) -> Result<(), SourceError> {
        // Some failures have rolled back already.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| failure::database(&error))
    }
}

impl SourceReader for SqliteReader {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        catalog::read(&self.connection).map_err(|error| failure::database(&error))
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        catalog::describe(&self.connection, sql)
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        self.connection.prepare(sql).map(|_| ()).map_err(|error| failure::query(&error, sql))
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        self.roll_back()?;
        self.connection.execute_batch("BEGIN DEFERRED").map_err(|error| failure::database(&error))
    }

    fn end(&mut self) -> Result<(), SourceError> {
        // Nothing was written: a rollback ends the transaction as well as a commit, and after a failure too.
        self.roll_back()
    }

    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        rows.reset(0);
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| failure::query(&error, sql))?;
        check_placeholders(&statement, binds.len(), sql)?;
        bind_all(&mut statement, binds, &mut self.json).map_err(|error| failure::query(&error, sql))?;
        let result = fill(&mut statement, rows).map_err(|error| failure::query(&error, sql));
        if result.is_ok() && rows.overflowed() {
            let message = "the rows of one batch hold more than 4 GiB".to_owned();
            rows.reset(0);
            return Err(SourceError::Query { sql: sql.to_owned(), message });
        }
        if result.is_err() {
            rows.reset(0);
        }
        result
    }
}

/// Every placeholder must be one of ours: SQLite takes one without a value for NULL.
fn check_placeholders(statement: &Statement<'_>, binds: usize, sql: &str) -> Result<(), SourceError> {
    let fail = |message: String| Err(SourceError::Query { sql: sql.to_owned(), message });
    let count = statement.parameter_count();
    for number in 1..=count {
        let name = statement.parameter_name(number).unwrap_or("?");
        if number > binds || name.strip_prefix('?') != Some(number.to_string().as_str()) {
            return fail(raw::without_value(name));
        }
    }
    if count < binds { fail(format!("it has {count} placeholders for {binds} values")) } else { Ok(()) }
}

fn bind_all(statement: &mut CachedStatement<'_>, binds: &[Bind<'_>], json: &mut String) -> rusqlite::Result<()> {
    for (i, bind) in binds.iter().enumerate() {
        let value = match *bind {
            Bind::Null => ValueRef::Null,
            Bind::Int(n) => ValueRef::Integer(n),
            Bind::Text(text) => ValueRef::Text(text.as_bytes()),
            Bind::Keys(tuples) | Bind::Component(tuples, _) => {
                keys::write(tuples, json);
                ValueRef::Text(json.as_bytes())
            }
        };
        statement.raw_bind_parameter(i + 1, ToSqlOutput::Borrowed(value))?;
    }
    Ok(())
}

fn fill(statement: &mut CachedStatement<'_>, rows: &mut RowSet) -> rusqlite::Result<()> {
    let width = statement.column_count();
    rows.reset(width);
    let mut result = statement.raw_query();
    while let Some(row) = result.next()? {
        for i in 0..width {
            match row.get_ref(i)? {
                ValueRef::Null => rows.push(Cell::Null),
                ValueRef::Integer(n) => rows.push(Cell::Int(n)),
                ValueRef::Real(value) => rows.push(Cell::Float(value)),
                ValueRef::Text(text) => rows.push_text(text),
                ValueRef::Blob(blob) => rows.push_blob(blob),
            }
        }
        if rows.overflowed() {
            break;
        }
    }
    Ok(())
}
