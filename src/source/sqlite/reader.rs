//! One read-only connection and its read transaction.

use std::collections::HashMap;
use std::ffi::c_int;

use rusqlite::{Connection, Statement};

use super::super::catalog::{Catalog, Column};
use super::super::rows::RowSet;
use super::super::sql::raw;
use super::super::{Bind, SourceError, SourceReader};
use super::prepared::Prepared;
use super::{MAPPED_BYTES, PREPARED_STATEMENTS};
use super::{catalog, failure};

pub(super) struct SqliteReader {
    /// What was read by, by its text: the passes of a feed are few, and run once a batch. Before the connection, as a
    /// statement must go before it.
    prepared: HashMap<Box<str>, Prepared>,
    connection: Connection,
    is_mapped: bool,
}

impl SqliteReader {
    pub(super) fn new(connection: Connection) -> Self {
        SqliteReader { prepared: HashMap::new(), connection, is_mapped: false }
    }

    /// Prepares a statement unless it is.
    fn prepare(&mut self, sql: &str, binds: usize) -> Result<(), SourceError> {
        if self.prepared.contains_key(sql) {
            return Ok(());
        }
        let statement = self.connection.prepare(sql).map_err(|error| failure::query(&error, sql))?;
        check_placeholders(&statement, binds, sql)?;
        let prepared = Prepared::new(&self.connection, sql).map_err(|error| failure::query(&error, sql))?;
        if self.prepared.len() == PREPARED_STATEMENTS {
            self.prepared.clear();
        }
        self.prepared.insert(sql.into(), prepared);
        Ok(())
    }

    /// Maps the file before the first statement of a batch that is tied to no keys: it reads a range of them, whose rows
    /// lie side by side. Single keys lead all over the file, where to map a page costs several times what reading it does.
    fn map_for_range(&mut self, binds: &[Bind<'_>]) -> rusqlite::Result<()> {
        let is_keyed = binds.iter().any(|bind| matches!(bind, Bind::Keys(_) | Bind::Component(..)));
        if !self.is_mapped && !is_keyed && !self.connection.is_autocommit() {
            // Answers with the size it took, where `pragma_update` expects no rows.
            self.connection.query_row(&format!("PRAGMA mmap_size = {MAPPED_BYTES}"), [], |_| Ok(()))?;
            self.is_mapped = true;
        }
        Ok(())
    }

    /// Runs a statement that is prepared.
    fn run(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> rusqlite::Result<()> {
        let Some(statement) = self.prepared.get_mut(sql) else { return Ok(()) };
        let connection = &self.connection;
        for (number, bind) in (1 as c_int..).zip(binds) {
            match *bind {
                Bind::Null => statement.bind_null(connection, number)?,
                Bind::Int(int) => statement.bind_int(connection, number, int)?,
                Bind::Text(text) => statement.bind_text(connection, number, text)?,
                Bind::Keys(tuples) | Bind::Component(tuples, _) => statement.bind_keys(connection, number, tuples)?,
            }
        }
        statement.fill(connection, rows)
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
        self.prepare(sql, binds.len())?;
        self.map_for_range(binds).map_err(|error| failure::database(&error))?;
        let result = self.run(sql, binds, rows).map_err(|error| failure::query(&error, sql));
        let result = result.and_then(|()| rows.fit());
        result.inspect_err(|_| rows.reset(0))
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
