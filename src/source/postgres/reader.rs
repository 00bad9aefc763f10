//! A reader: one connection at a time, and the snapshot of the batch under way.
//!
//! Invariant: within a batch every row comes from one snapshot. A connection that is lost there takes the batch with it;
//! only between batches is another one made without a word.

use std::sync::Arc;

use super::super::catalog::{Catalog, Column};
use super::super::rows::RowSet;
use super::super::sql::POSTGRES;
use super::super::{Bind, SourceError, SourceReader};
use super::catalog;
use super::connection::{Connection, Connector, Failed, source_error};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) struct PostgresReader {
    connector: Arc<Connector>,
    connection: Option<Connection>,
    snapshot: Snapshot,
}

/// Of the batch under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Snapshot {
    /// No batch is under way.
    None,
    Held,
    /// Gone with its connection.
    Lost,
}

impl PostgresReader {
    pub fn new(connector: Arc<Connector>, connection: Connection) -> Self {
        PostgresReader { connector, connection: Some(connection), snapshot: Snapshot::None }
    }

    fn connection(&mut self) -> Result<&mut Connection, SourceError> {
        if self.snapshot == Snapshot::Lost {
            let (location, message) = (self.connector.location().to_owned(), "the batch is over".to_owned());
            return Err(SourceError::Lost { location, message });
        }
        if self.connection.is_none() {
            let connected = self.connector.connect();
            self.connection = Some(connected.map_err(|unconnected| SourceError::Lost {
                location: self.connector.location().to_owned(),
                message: unconnected.message(),
            })?);
        }
        Ok(self.connection.as_mut().expect("a connection was just made where there was none"))
    }

    /// Does something with the connection, and lets go of one that is lost.
    fn with<T>(
        &mut self,
        sql: &str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failed>,
    ) -> Result<T, SourceError> {
        let done = work(self.connection()?);
        done.map_err(|failed| {
            let error = source_error(failed, sql, self.connector.location());
            if matches!(error, SourceError::Lost { .. }) {
                self.connection = None;
                if self.snapshot == Snapshot::Held {
                    self.snapshot = Snapshot::Lost;
                }
            }
            error
        })
    }

    fn execute(&mut self, sql: &str) -> Result<(), SourceError> {
        self.with(sql, |connection| Ok(connection.execute(sql)?))
    }
}

impl SourceReader for PostgresReader {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.with("", |connection| Ok(catalog::read(connection.client())?))
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        let query = POSTGRES
            .described(sql)
            .map_err(|error| SourceError::Query { sql: sql.to_owned(), message: error.message })?;
        self.with(sql, |connection| Ok(catalog::describe(connection.client(), &query)?))
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        self.with(sql, |connection| connection.prepare(sql).map(|_| ()))
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        let left_open = self.snapshot == Snapshot::Held;
        self.snapshot = Snapshot::None;
        let sql = if left_open { format!("ROLLBACK; {BEGIN}") } else { BEGIN.to_owned() };
        let had_connection = self.connection.is_some();
        match self.execute(&sql) {
            // It was lost since the last batch: nothing of this one is.
            Err(SourceError::Lost { .. }) if had_connection => self.execute(BEGIN)?,
            other => other?,
        }
        self.snapshot = Snapshot::Held;
        Ok(())
    }

    fn end(&mut self) -> Result<(), SourceError> {
        if std::mem::replace(&mut self.snapshot, Snapshot::None) != Snapshot::Held {
            return Ok(());
        }
        match self.execute("COMMIT") {
            // Everything was read before.
            Err(SourceError::Lost { .. }) => Ok(()),
            other => other,
        }
    }

    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        rows.reset(0);
        let read = self.with(sql, |connection| connection.read(sql, binds, rows));
        if read.is_err() {
            rows.reset(0);
        }
        read
    }
}
