//! What the tests of every database are written with: passes, what their placeholders stand for, and rows as lines.

mod proxy;
mod twice;

pub use proxy::Proxy;
pub use twice::{ORDERS, Twice, built_twice, orders};

use jiff::tz::TimeZone;

use crate::definition;
use crate::definition::problem::SourceFile;
use crate::entity::EntityKey;
use crate::plan::{Extent, Plan, PlanOptions};
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{
    ColumnRef, JoinSpec, OnSpec, OnTarget, PassSpec, RangeSpec, Statement, TableSource, TableSpec,
};
use crate::source::{KeyTuples, KeyValue, Source, SourceError, SourceReader};

/// What the placeholders of a pass stand for.
#[derive(Default, Clone)]
pub struct Values {
    pub tuples: KeyTuples,
    pub range: Option<(EntityKey, EntityKey)>,
    pub after: Option<EntityKey>,
    pub most_rows: Option<usize>,
}

pub fn tuples(width: usize, values: impl IntoIterator<Item = KeyValue<'static>>) -> Values {
    let mut tuples = KeyTuples::of_width(width);
    tuples.extend(values);
    Values { tuples, ..Values::default() }
}

pub fn range<K: Into<EntityKey>>(first: K, last: K) -> Values {
    Values { range: Some((first.into(), last.into())), ..Values::default() }
}

pub fn after(key: impl Into<EntityKey>) -> Values {
    Values { after: Some(key.into()), ..Values::default() }
}

pub fn try_run(
    reader: &mut dyn SourceReader,
    statement: &Statement,
    values: &Values,
) -> Result<Vec<String>, SourceError> {
    let range = values.range.as_ref().map(|(first, last)| (first, last));
    let Values { tuples, after, most_rows, .. } = values;
    let values = super::Values { tuples, range, after: after.as_ref(), most_rows: *most_rows, today: "2026-11-20" };
    let mut rows = RowSet::default();
    reader.read(&statement.sql, &values.binds(statement), &mut rows)?;
    Ok(shown(&rows))
}

pub fn run(reader: &mut dyn SourceReader, statement: &Statement, values: &Values) -> Vec<String> {
    try_run(reader, statement, values).unwrap_or_else(|error| panic!("{error}"))
}

/// Asserts that `label`, of some 20 thousand rows, is looked up in memory by both of its keys where everything is built, and
/// left to the database where less is.
pub fn assert_labels_are_held(source: &dyn Source) {
    const FEED: &str = r#"
        name = "things"
        consumer = "search"
        identity = ["id"]
        minimal_payload = ["id"]
        [entity]
        table = "thing"
        key = "id"
        join = [{ table = "label", optional = true, on = { id = "thing.label_id" } }]
        [fields]
        id = "thing.id"
        name = "label.name"
        by_code = { one = "label", as = "other", on = { code = "thing.label_code" }, fields = { name = "name" } }"#;
    let definition = definition::parse(SourceFile::new("feeds/things.toml", FEED)).unwrap_or_else(|p| panic!("{p}"));
    let mut reader = source.connect().unwrap();
    let catalog = reader.catalog().unwrap();
    let held = [Extent::Nothing, Extent::Part, Extent::Whole].map(|extent| {
        let options = PlanOptions { mask_key: None, timezone: TimeZone::UTC, today: "2026-11-20".to_owned(), extent };
        let plan = Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options);
        plan.unwrap_or_else(|error| panic!("{error}")).held_tables()
    });
    assert_eq!(held, [0, 0, 2]);
}

/// The rows of a statement without placeholders.
pub fn read(reader: &mut dyn SourceReader, sql: &str) -> Vec<String> {
    run(reader, &Statement { sql: sql.to_owned(), binds: Vec::new() }, &Values::default())
}

/// A line a row: `0|NULL|1.5|text|x'00ff'`.
pub fn shown(rows: &RowSet) -> Vec<String> {
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

/// The values of a column of a read result, as the keys that a batch makes of them.
pub fn key_values(rows: &RowSet, column: usize) -> Vec<KeyValue<'static>> {
    (0..rows.len())
        .map(|row| match rows.cell(row, column) {
            Cell::Null => KeyValue::Null,
            Cell::Bool(value) => KeyValue::Bool(value),
            Cell::Int(n) => KeyValue::Int(n),
            Cell::Float(value) => KeyValue::Float(value),
            Cell::Text(text) => KeyValue::Text(String::from_utf8_lossy(rows.bytes(text)).into_owned().into()),
            Cell::Blob(blob) => KeyValue::Blob(rows.bytes(blob).to_vec().into()),
        })
        .collect()
}

/// `alias.column`
pub fn column(name: &str) -> ColumnRef {
    let (alias, column) = name.split_once('.').unwrap();
    ColumnRef { alias: alias.into(), column: column.into() }
}

pub fn on(column: &str, equals: OnTarget) -> OnSpec {
    OnSpec { column: column.into(), equals }
}

pub fn table(name: &str, alias: &str, on: Vec<OnSpec>) -> TableSpec {
    TableSpec { source: TableSource::Table(name.into()), alias: alias.into(), on }
}

pub fn query(sql: &str, alias: &str, on: Vec<OnSpec>) -> TableSpec {
    TableSpec { source: TableSource::Query(sql.into()), alias: alias.into(), on }
}

pub fn join(table: TableSpec) -> JoinSpec {
    JoinSpec { table, optional: false, where_sql: None }
}

pub fn pass(main: TableSpec, columns: &[&str]) -> PassSpec {
    PassSpec {
        main,
        joins: Vec::new(),
        columns: columns.iter().map(|name| column(name)).collect(),
        where_sql: None,
        within: Vec::new(),
        parts: Vec::new(),
    }
}

pub fn range_of(column_name: &str, root_table: &str, root_key: &str) -> RangeSpec {
    RangeSpec { column: column(column_name), root_table: root_table.into(), root_key: root_key.into() }
}

pub fn ints(values: impl IntoIterator<Item = i64>) -> Vec<KeyValue<'static>> {
    values.into_iter().map(KeyValue::Int).collect()
}

pub fn text(text: &str) -> KeyValue<'static> {
    KeyValue::Text(text.to_owned().into())
}
