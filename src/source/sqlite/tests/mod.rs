//! Against real files: what the dialect writes, as this SQLite runs it.

mod catalog;
mod keys;
mod open;
mod passes;
mod samples;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteSource, connect};
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{
    Compared, Component, Dialect, Literal, OnSpec, OnTarget, PassSpec, Placeholder, SQLITE, Statement, WithinSpec,
};
use crate::source::trial::*;
use crate::source::{Bind, KeyValue, Source, SourceError, SourceReader};

/// A database file of its own.
struct File {
    folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let file = File { folder, path };
        file.write(sql);
        file
    }

    fn write(&self, sql: &str) {
        Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }

    fn reader(&self) -> Box<dyn SourceReader> {
        reader(&self.path)
    }
}

fn reader(path: &Path) -> Box<dyn SourceReader> {
    SqliteSource::open(path).unwrap().connect().unwrap()
}

/// The plan that SQLite makes of a statement, a line a step.
fn plan(path: &Path, statement: &Statement) -> String {
    let connection = connect(path).unwrap();
    let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>().unwrap();
    steps.join("\n")
}

/// A keyed pass over tuples of values of these kinds, compared with columns of the same.
fn keyed_pass(spec: &PassSpec, kinds: &[ColumnKind]) -> Statement {
    let compared = |kind| Compared { kind, declared: String::new(), collation: None };
    let components: Vec<Component> = kinds.iter().map(|&kind| Component { kind, compared: compared(kind) }).collect();
    SQLITE.keyed_pass(spec, &components)
}
