//! The source database: its catalog, the SQL of its dialect, and rows read from it.
//!
//! feedmill only reads here. A batch is read in one read transaction on one connection, so that a
//! document is never torn between two states of the source. Nothing here knows documents.

pub mod catalog;
mod deadline;
mod digits;
pub mod mysql;
pub mod postgres;
pub mod reuse;
pub mod rows;
pub mod sql;
pub mod sqlite;
mod tls;
#[cfg(test)]
pub(crate) mod trial;
mod tuples;
pub mod uuid;

use crate::entity::EntityKey;
use catalog::{Catalog, Column};
use rows::RowSet;
use sql::{Dialect, Placeholder, Statement};
pub use tuples::{KeyTuples, KeyValue};

/// A database that feeds are built from. Shared by all workers; each opens its own [`SourceReader`].
pub trait Source: Send + Sync {
    /// Where it is, for people: without user name, password and query.
    fn location(&self) -> &str;
    fn dialect(&self) -> &'static dyn Dialect;
    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError>;

    /// Closes connections that nobody uses, all but this many, where they are kept to be used again ([`reuse`]).
    fn keep_idle(&self, _most: usize) {}
}

/// One read-only connection.
pub trait SourceReader: Send {
    /// Tables and views with their columns and keys.
    fn catalog(&mut self) -> Result<Catalog, SourceError>;

    /// The columns that a query gives, in order. Prepares it and does not run it.
    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError>;

    /// Has the database look at a statement without running it. What it refuses is a [`SourceError::Query`].
    fn check(&mut self, sql: &str) -> Result<(), SourceError>;

    /// Starts the snapshot that every [`read`](Self::read) until [`end`](Self::end) sees. Ends what an earlier batch left
    /// open when it failed, and connects anew where the connection was lost.
    fn begin(&mut self) -> Result<(), SourceError>;
    fn end(&mut self) -> Result<(), SourceError>;

    /// Within a batch in its snapshot, else in one of its own. Runs a prepared statement and replaces what is in `rows`
    /// with its rows. `binds` stand in the order of the statement's placeholders ([`sql::Placeholder`]). The statement is
    /// prepared once per connection.
    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError>;
}

/// A value for a placeholder; never pasted into the text.
#[derive(Debug, Clone, Copy)]
pub enum Bind<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    /// The tuples of a keyed pass (see [`sql::Dialect::keyed_pass`]).
    Keys(&'a KeyTuples),
    /// Their values of one component, tuple by tuple.
    Component(&'a KeyTuples, usize),
}

/// What a statement's placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    pub tuples: &'a KeyTuples,
    /// The ends of a key range.
    pub range: Option<(&'a EntityKey, &'a EntityKey)>,
    pub after: Option<&'a EntityKey>,
    /// How many rows are read at most.
    pub most_rows: Option<usize>,
    /// `YYYY-MM-DD`
    pub today: &'a str,
}

impl<'a> Values<'a> {
    /// In the order of the statement's placeholders.
    pub fn binds(&self, statement: &Statement) -> Vec<Bind<'a>> {
        let key = |key: Option<&'a EntityKey>| key.map_or(Bind::Null, Bind::from);
        let bind = |placeholder: &Placeholder| match *placeholder {
            Placeholder::Tuples => Bind::Keys(self.tuples),
            Placeholder::Component(number) => Bind::Component(self.tuples, number),
            Placeholder::First => key(self.range.map(|(first, _)| first)),
            Placeholder::Last => key(self.range.map(|(_, last)| last)),
            Placeholder::After => key(self.after),
            Placeholder::Most => {
                self.most_rows.map_or(Bind::Null, |most| Bind::Int(i64::try_from(most).unwrap_or(i64::MAX)))
            }
            Placeholder::Today => Bind::Text(self.today),
        };
        statement.binds.iter().map(bind).collect()
    }
}

impl<'a> From<&'a EntityKey> for Bind<'a> {
    fn from(key: &'a EntityKey) -> Self {
        match key {
            EntityKey::Int(n) => Bind::Int(*n),
            EntityKey::Text(text) => Bind::Text(text),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot open the source database {location}: {message}")]
    Open { location: String, message: String },
    /// Reading may go on after [`SourceReader::begin`], which connects anew.
    #[error("the connection to the source database {location} was lost: {message}")]
    Lost { location: String, message: String },
    #[error("the source database failed: {message}")]
    Database { message: String },
    /// Reading fewer entities at a time may help.
    #[error("the rows that were to be read at once take up more than {most_bytes} bytes")]
    TooLarge { most_bytes: usize },
    #[error("the source database refused a query: {message}\nin: {sql}")]
    Query { sql: String, message: String },
}
