//! Against real files: what the dialect writes, as this SQLite runs it.

mod catalog;
mod keys;
mod open;
mod passes;
mod samples;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::SqliteSource;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{
    ColumnRef, Compared, Component, Dialect, JoinSpec, Literal, OnSpec, OnTarget, PassSpec, Placeholder, RangeSpec,
    SQLITE, Statement, TableSource, TableSpec, WithinSpec,
};
use crate::source::{Bind, KeyTuples, KeyValue, Source, SourceError, SourceReader};

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

/// What the placeholders of a pass stand for.
#[derive(Default, Clone)]
struct Values {
    tuples: KeyTuples,
    first: i64,
    last: i64,
    after: i64,
}

fn tuples(width: usize, values: impl IntoIterator<Item = KeyValue>) -> Values {
    Values { tuples: KeyTuples { width, values: values.into_iter().collect() }, ..Values::default() }
}

fn range(first: i64, last: i64) -> Values {
    Values { first, last, ..Values::default() }
}

fn try_run(reader: &mut dyn SourceReader, statement: &Statement, values: &Values) -> Result<Vec<String>, SourceError> {
    let binds: Vec<Bind<'_>> = statement
        .binds
        .iter()
        .map(|placeholder| match placeholder {
            Placeholder::Component(_) | Placeholder::Tuples => Bind::Keys(&values.tuples),
            Placeholder::First => Bind::Int(values.first),
            Placeholder::Last => Bind::Int(values.last),
            Placeholder::After => Bind::Int(values.after),
            Placeholder::Today => Bind::Text("2026-11-20"),
        })
        .collect();
    let mut rows = RowSet::default();
    reader.read(&statement.sql, &binds, &mut rows)?;
    Ok(shown(&rows))
}

fn run(reader: &mut dyn SourceReader, statement: &Statement, values: &Values) -> Vec<String> {
    try_run(reader, statement, values).unwrap_or_else(|error| panic!("{error}"))
}

/// A line a row: `0|NULL|1.5|text|x'00ff'`.
fn shown(rows: &RowSet) -> Vec<String> {
    let width = rows.width();
    let cell = |row, i| match rows.cell(row, i) {
        Cell::Null => "NULL".to_owned(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(n) => n.to_string(),
        Cell::Float(value) => format!("{value:?}"),
        Cell::Text(text) => String::from_utf8_lossy(rows.bytes(text)).into_owned(),
        Cell::Blob(blob) => format!("x'{}'", rows.bytes(blob).iter().map(|b| format!("{b:02x}")).collect::<String>()),
    };
    (0..rows.len()).map(|row| (0..width).map(|i| cell(row, i)).collect::<Vec<_>>().join("|")).collect()
}

/// The plan that SQLite makes of a statement, a line a step.
fn plan(path: &Path, statement: &Statement) -> String {
    let connection = Connection::open(path).unwrap();
    let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>().unwrap();
    steps.join("\n")
}

/// `alias.column`
fn column(name: &str) -> ColumnRef {
    let (alias, column) = name.split_once('.').unwrap();
    ColumnRef { alias: alias.into(), column: column.into() }
}

fn on(column: &str, equals: OnTarget) -> OnSpec {
    OnSpec { column: column.into(), equals }
}

fn table(name: &str, alias: &str, on: Vec<OnSpec>) -> TableSpec {
    TableSpec { source: TableSource::Table(name.into()), alias: alias.into(), on }
}

fn query(sql: &str, alias: &str, on: Vec<OnSpec>) -> TableSpec {
    TableSpec { source: TableSource::Query(sql.into()), alias: alias.into(), on }
}

fn join(table: TableSpec) -> JoinSpec {
    JoinSpec { table, optional: false, where_sql: None }
}

fn pass(main: TableSpec, columns: &[&str]) -> PassSpec {
    PassSpec {
        main,
        joins: Vec::new(),
        columns: columns.iter().map(|name| column(name)).collect(),
        where_sql: None,
        within: Vec::new(),
        parts: Vec::new(),
    }
}

fn range_of(column_name: &str, root_table: &str, root_key: &str) -> RangeSpec {
    RangeSpec { column: column(column_name), root_table: root_table.into(), root_key: root_key.into() }
}

fn ints(values: impl IntoIterator<Item = i64>) -> Vec<KeyValue> {
    values.into_iter().map(KeyValue::Int).collect()
}

fn text(text: &str) -> KeyValue {
    KeyValue::Text(text.into())
}

/// A keyed pass over tuples of values of these kinds, compared with columns of the same.
fn keyed_pass(spec: &PassSpec, kinds: &[ColumnKind]) -> Statement {
    let compared = |kind| Compared { kind, declared: String::new(), collation: None };
    let components: Vec<Component> = kinds.iter().map(|&kind| Component { kind, compared: compared(kind) }).collect();
    SQLITE.keyed_pass(spec, &components)
}
