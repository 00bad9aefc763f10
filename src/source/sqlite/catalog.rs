//! Tables, views and keys, from SQLite's own pragmas; columns of queries, from the prepared statement.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Result};

use super::super::SourceError;
use super::super::catalog::{Catalog, Column, ColumnKind, Table};
use super::super::sql::raw::{self, Syntax};
use super::{declared, failure, foreign_keys};

/// A table that cannot be looked into (a view of a table that is gone, a virtual table of an unknown module) is left out.
pub(super) fn read(connection: &Connection) -> Result<Catalog> {
    let mut names =
        connection.prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main' ORDER BY name")?;
    let mut rows = names.query([])?;
    let schema = Schema::read(connection)?;
    let mut tables = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Ok(name) = row.get_ref(0)?.as_str() else { continue };
        if name.starts_with("sqlite_") {
            continue;
        }
        let is_view = row.get_ref(1)?.as_str().is_ok_and(|kind| kind == "view");
        let table = if is_view { view(connection, &schema, name) } else { table(connection, &schema, name) };
        match table {
            Ok(Some(table)) => {
                tables.insert(name.to_owned(), table);
            }
            Ok(None) => tracing::warn!(table = name, "left out: its names are not UTF-8"),
            Err(error) if failure::is_of_query(&error) => {
                tracing::warn!(table = name, error = failure::message(&error), "left out: it cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    let mut catalog = Catalog { tables, own_schemas: vec!["main".to_owned()] };
    foreign_keys::read(connection, &mut catalog)?;
    Ok(catalog)
}

/// The columns that a raw query gives. Prepared as it will stand, in parentheses: what cannot stand there fails here.
pub(super) fn describe(connection: &Connection, sql: &str) -> std::result::Result<Vec<Column>, SourceError> {
    let fail = |message: String| SourceError::Query { sql: sql.to_owned(), message };
    raw::placeholders(sql, Syntax::Sqlite).map_err(|error| fail(error.message))?;
    let schema = Schema::read(connection).map_err(|error| failure::database(&error))?;
    if !schema.is_utf8 {
        return Err(fail("the database has names that are not UTF-8".into()));
    }
    let query = raw::rewrite(sql, Syntax::Sqlite, |_| None);
    let statement =
        connection.prepare(&format!("SELECT * FROM (\n{query}\n)")).map_err(|error| failure::query(&error, sql))?;
    for number in 1..=statement.parameter_count() {
        match statement.parameter_name(number) {
            Some(":keys" | ":today") => {}
            name => return Err(fail(raw::without_value(name.unwrap_or("?")))),
        }
    }
    Ok(columns(&statement, !schema.is_compound(sql)))
}

fn table(connection: &Connection, schema: &Schema, name: &str) -> Result<Option<Table>> {
    let mut columns = Vec::new();
    // Of each column: its number in the table, its place in the primary key, its collation.
    let mut numbers = Vec::new();
    let mut primary_key = Vec::new();
    let mut collations = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT cid, name, type, \"notnull\", pk FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1",
    )?;
    let mut rows = statement.query([name])?;
    while let Some(row) = rows.next()? {
        let (Ok(column), Ok(declared)) = (row.get_ref(1)?.as_str(), row.get_ref(2)?.as_str_or_null()) else {
            return Ok(None);
        };
        let declared = declared.unwrap_or_default();
        let (_, collation, ..) = connection.column_metadata(Some("main"), name, column)?;
        let is_binary = collation.is_none_or(|collation| collation == c"BINARY");
        let place: i64 = row.get(4)?;
        if place > 0 {
            primary_key.push((place, columns.len()));
        }
        numbers.push(row.get::<_, i64>(0)?);
        collations.push(collation.map(|collation| collation.to_string_lossy().into_owned()).unwrap_or_default());
        let kind = declared::kind(declared);
        let exact = match kind {
            ColumnKind::Integer => declared::has_integer_affinity(declared),
            ColumnKind::Text => declared::has_text_affinity(declared) && is_binary && schema.orders_text_by_bytes,
            _ => false,
        };
        let nullable = !row.get::<_, bool>(3)?;
        let scale = declared::scale(declared);
        columns.push(Column {
            name: column.to_owned(),
            declared: declared.to_owned(),
            kind,
            nullable,
            exact,
            orders_codes: exact,
            collation: None,
            scale,
        });
    }
    primary_key.sort_unstable();
    let primary_key: Vec<usize> = primary_key.into_iter().map(|(_, column)| column).collect();

    let mut unique = Vec::new();
    let mut has_key_index = false;
    for index in indexes(connection, name)? {
        has_key_index |= index.origin == "pk";
        if index.origin != "pk" && index.is_unique && !index.is_partial {
            unique.extend(unique_columns(connection, &index.name, &numbers, &collations)?);
        }
    }
    // A primary key without an index is the rowid itself, which is never null.
    if let ([column], false) = (primary_key.as_slice(), has_key_index) {
        columns[*column].nullable = false;
    }
    // They need the other tables: filled in when all are there.
    let foreign_keys = Vec::new();
    Ok(Some(Table { name: name.to_owned(), columns, primary_key, unique, foreign_keys, is_view: false }))
}

fn view(connection: &Connection, schema: &Schema, name: &str) -> Result<Option<Table>> {
    if !schema.is_utf8 {
        return Ok(None);
    }
    let statement = connection.prepare(&format!("SELECT * FROM \"{}\"", name.replace('"', "\"\"")))?;
    let columns = columns(&statement, !schema.compound_views.contains(&name.to_ascii_lowercase()));
    Ok(Some(Table {
        name: name.to_owned(),
        columns,
        primary_key: Vec::new(),
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        is_view: true,
    }))
}

/// Columns of a statement. The declared type of one comes from the column it stands for; the names must be UTF-8.
/// `is_plain`: each stands for one column alone, not for one of each part of a UNION.
fn columns(statement: &rusqlite::Statement<'_>, is_plain: bool) -> Vec<Column> {
    statement
        .columns()
        .map(|column| {
            let declared = column.decl_type().unwrap_or_default().to_owned();
            let kind = declared::kind(&declared);
            // Text would need the collation, which a statement does not tell.
            let exact = is_plain && kind == ColumnKind::Integer && declared::has_integer_affinity(&declared);
            let scale = declared::scale(&declared);
            Column {
                name: column.name().to_owned(),
                declared,
                kind,
                nullable: true,
                exact,
                orders_codes: false,
                collation: None,
                scale,
            }
        })
        .collect()
}

struct Index {
    name: String,
    origin: String,
    is_unique: bool,
    is_partial: bool,
}

fn indexes(connection: &Connection, table: &str) -> Result<Vec<Index>> {
    let mut statement =
        connection.prepare_cached("SELECT name, origin, \"unique\", partial FROM pragma_index_list(?1, 'main')")?;
    let rows = statement.query_map([table], |row| {
        Ok(Index { name: row.get(0)?, origin: row.get(1)?, is_unique: row.get(2)?, is_partial: row.get(3)? })
    })?;
    rows.collect()
}

/// The columns of a unique index, unless it is over expressions or finds fewer values equal than the columns do.
fn unique_columns(
    connection: &Connection,
    index: &str,
    numbers: &[i64],
    collations: &[String],
) -> Result<Option<Vec<usize>>> {
    let mut statement = connection
        .prepare_cached("SELECT cid, coll FROM pragma_index_xinfo(?1, 'main') WHERE \"key\" = 1 ORDER BY seqno")?;
    let mut rows = statement.query([index])?;
    let mut columns = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let collation: String = row.get(1)?;
        let Some(column) = numbers.iter().position(|&known| known == number) else { return Ok(None) };
        // Whatever an index finds distinct is distinct by its bytes.
        let own = &collations[column];
        if !own.eq_ignore_ascii_case(&collation) && !own.eq_ignore_ascii_case("BINARY") {
            return Ok(None);
        }
        columns.push(column);
    }
    Ok(Some(columns))
}

/// What must be known of the whole database.
struct Schema {
    /// False where a name could not be given as text.
    is_utf8: bool,
    /// In a UTF-16 database even the BINARY collation orders by other bytes than UTF-8's.
    orders_text_by_bytes: bool,
    /// Views, in lower case, whose columns stand for several columns each.
    compound_views: BTreeSet<String>,
}

impl Schema {
    fn read(connection: &Connection) -> Result<Self> {
        let encoding: String = connection.query_row("PRAGMA main.encoding", [], |row| row.get(0))?;
        let mut schema =
            Schema { is_utf8: true, orders_text_by_bytes: encoding == "UTF-8", compound_views: BTreeSet::new() };
        let mut views = BTreeMap::new();
        let mut statement =
            connection.prepare("SELECT name, type, sql FROM main.sqlite_schema WHERE sql IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (Ok(name), Ok(sql)) = (row.get_ref(0)?.as_str(), row.get_ref(2)?.as_str()) else {
                schema.is_utf8 = false;
                continue;
            };
            if row.get_ref(1)?.as_str().is_ok_and(|kind| kind == "view") {
                views.insert(name.to_ascii_lowercase(), sql.to_owned());
            }
        }
        // A view over a compound view is one itself, however deep.
        loop {
            let found: Vec<String> =
                views.iter().filter(|(_, sql)| schema.is_compound(sql)).map(|(n, _)| n.clone()).collect();
            if found.is_empty() {
                return Ok(schema);
            }
            for name in found {
                views.remove(&name);
                schema.compound_views.insert(name);
            }
        }
    }

    fn is_compound(&self, sql: &str) -> bool {
        raw::words(sql, Syntax::Sqlite).into_iter().any(|word| {
            let word = word.to_ascii_lowercase();
            ["union", "intersect", "except", "values"].contains(&word.as_str()) || self.compound_views.contains(&word)
        })
    }
}
