//! Tables, views and keys, from `information_schema`: one query for each kind of thing, however many tables there are.
//! Columns of queries, from the prepared statement.
//!
//! Foreign keys are only looked up in the URL's database: MariaDB opens each table for them, and a user who may see all
//! databases of a server would wait for thousands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mysql::prelude::Queryable;
use mysql::{Error, Row};

use super::super::catalog::{Catalog, Column, ColumnKind, ForeignKey, Table};
use super::super::sql::mysql::spelled;
use super::cells::text;
use super::declared;
use super::session::{Server, Session};

/// Everything but the server's own.
const OWN: &str = "table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')";

/// The first MariaDB in which a collation may be of several character sets, and has a name for each.
const FULL_NAMES: (u32, u32) = (10, 10);

/// A schema and a table in it.
type Place = (String, String);

/// The tables under construction.
struct Tables<'s> {
    server: &'s Server,
    by_place: BTreeMap<Place, Table>,
}

pub(super) fn read(session: &mut Session) -> Result<Catalog, Error> {
    let server = session.server.clone();
    let mut tables = Tables { server: &server, by_place: BTreeMap::new() };
    let connection = &mut session.connection;
    let kinds = "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')";
    let sql =
        format!("SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE {OWN} AND {kinds}");
    for row in connection.query_iter(sql)? {
        tables.add_table(&row?);
    }
    let sql = format!(
        "SELECT table_schema, table_name, column_name, column_type, is_nullable, collation_name, numeric_scale, privileges \
         FROM information_schema.columns WHERE {OWN} ORDER BY table_schema, table_name, ordinal_position"
    );
    for row in connection.query_iter(sql)? {
        tables.add_column(&row?);
    }
    if server.is_mariadb && tables.may_hold_json() {
        let sql = format!(
            "SELECT constraint_schema, table_name, check_clause FROM information_schema.check_constraints \
             WHERE {} AND check_clause LIKE 'json_valid(%'",
            OWN.replace("table_schema", "constraint_schema")
        );
        for row in connection.query_iter(sql)? {
            tables.add_check(&row?);
        }
    }
    let sql = format!(
        "SELECT table_schema, table_name, index_name, column_name, sub_part FROM information_schema.statistics \
         WHERE {OWN} AND non_unique = 0 ORDER BY table_schema, table_name, index_name, seq_in_index"
    );
    let rows = connection.query_iter(sql)?.collect::<Result<Vec<Row>, Error>>()?;
    for index in groups(&rows, 3) {
        tables.add_index(index);
    }
    let sql = "SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, \
               referenced_table_name, referenced_column_name FROM information_schema.key_column_usage \
               WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL \
               ORDER BY table_schema, table_name, constraint_name, ordinal_position";
    let rows = connection.query_iter(sql)?.collect::<Result<Vec<Row>, Error>>()?;
    for key in groups(&rows, 3) {
        tables.add_foreign_key(key);
    }
    Ok(tables.finish())
}

/// The columns that a query gives. The server tells a text's own collation only to who does not want it converted.
pub(super) fn describe(session: &mut Session, sql: &str) -> Result<Vec<Column>, Error> {
    let connection = &mut session.connection;
    connection.query_drop("SET character_set_results = NULL")?;
    let prepared = connection.prep(sql);
    connection.query_drop("SET character_set_results = utf8mb4")?;
    let statement = prepared?;
    let columns = statement.columns();
    connection.close(statement)?;
    let wanted: BTreeSet<u16> = columns.iter().map(|column| column.character_set()).collect();
    let collations = collations(session, &wanted)?;
    let described = columns
        .iter()
        .map(|column| declared::of_result(column, collations.get(&column.character_set()).map(String::as_str)));
    Ok(described.collect())
}

/// The names of collations by their numbers.
fn collations(session: &mut Session, wanted: &BTreeSet<u16>) -> Result<HashMap<u16, String>, Error> {
    let numbers: Vec<String> = wanted.iter().map(u16::to_string).collect();
    let numbers = if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") };
    let server = &session.server;
    let named = if server.is_mariadb && server.version >= FULL_NAMES {
        "full_collation_name FROM information_schema.collation_character_set_applicability"
    } else {
        "collation_name FROM information_schema.collations"
    };
    let sql = format!("SELECT id, {named} WHERE id IN ({numbers})");
    let mut names = HashMap::new();
    for row in session.connection.query_iter(sql)? {
        let row = row?;
        if let (Some(Ok(id)), Some(name)) = (text(&row, 0).map(|id| id.parse()), text(&row, 1)) {
            names.insert(id, name);
        }
    }
    Ok(names)
}

impl Tables<'_> {
    fn add_table(&mut self, row: &Row) {
        let (Some(place), Some(kind)) = (place(row), text(row, 2)) else { return };
        let table = Table {
            name: self.name(&place),
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            is_view: kind == "VIEW",
        };
        self.by_place.insert(place, table);
    }

    fn name(&self, (schema, table): &Place) -> String {
        let own = &self.server.database;
        let is_own = schema == own || self.server.names_ignore_case && schema.eq_ignore_ascii_case(own);
        spelled((!is_own).then_some(schema), table)
    }

    fn add_column(&mut self, row: &Row) {
        let (Some(place), Some(name), Some(declared)) = (place(row), text(row, 2), text(row, 3)) else { return };
        let may_be_read = text(row, 7).is_none_or(|privileges| privileges.contains("select"));
        let Some(table) = self.by_place.get_mut(&place).filter(|_| may_be_read) else { return };
        let collation = text(row, 5);
        let kind = declared::kind(&declared);
        table.columns.push(Column {
            name,
            kind,
            nullable: text(row, 4).is_none_or(|nullable| nullable != "NO"),
            exact: declared::is_exact(&declared, collation.as_deref()),
            orders_codes: declared::orders_codes(&declared, collation.as_deref()),
            collation,
            scale: text(row, 6).and_then(|scale| scale.parse().ok()).filter(|_| kind == ColumnKind::Decimal),
            declared,
        });
    }

    /// In MariaDB, JSON is a word for a long text that is checked to be JSON.
    fn may_hold_json(&self) -> bool {
        let mut columns = self.by_place.values().flat_map(|table| &table.columns);
        columns.any(|column| column.declared == "longtext" && column.collation.as_deref() == Some("utf8mb4_bin"))
    }

    fn add_check(&mut self, row: &Row) {
        let (Some(place), Some(clause)) = (place(row), text(row, 2)) else { return };
        let name = clause.strip_prefix("json_valid(`").and_then(|rest| rest.strip_suffix("`)"));
        let Some((name, table)) = name.zip(self.by_place.get_mut(&place)) else { return };
        let name = name.replace("``", "`");
        let texts = table.columns.iter_mut().filter(|column| column.kind == ColumnKind::Text);
        for column in texts.filter(|column| column.name == name) {
            column.kind = ColumnKind::Json;
        }
    }

    /// A unique index, unless it is over expressions or beginnings of texts.
    fn add_index(&mut self, rows: &[Row]) {
        let Some(table) = rows.first().and_then(place).and_then(|place| self.by_place.get_mut(&place)) else { return };
        let column = |row: &Row| {
            let name = text(row, 3).filter(|_| text(row, 4).is_none())?;
            table.columns.iter().position(|column| column.name == name)
        };
        let Some(columns) = rows.iter().map(column).collect::<Option<Vec<usize>>>() else { return };
        match rows.first().and_then(|row| text(row, 2)).as_deref() {
            Some("PRIMARY") => table.primary_key = columns,
            _ => table.unique.push(columns),
        }
    }

    fn add_foreign_key(&mut self, rows: &[Row]) {
        let Some(first) = rows.first() else { return };
        let (Some(own), Some(schema), Some(table)) = (place(first), text(first, 4), text(first, 5)) else { return };
        let referred = self.name(&(schema, table));
        let Some(table) = self.by_place.get_mut(&own) else { return };
        let column = |row: &Row| {
            let name = text(row, 3)?;
            table.columns.iter().position(|column| column.name == name)
        };
        let columns = rows.iter().map(column).collect::<Option<Vec<usize>>>();
        let referenced = rows.iter().map(|row| text(row, 6)).collect::<Option<Vec<String>>>();
        if let (Some(columns), Some(referenced)) = (columns, referenced) {
            table.foreign_keys.push(ForeignKey { columns, table: referred, referenced });
        }
    }

    /// A table without columns is one that cannot be read: a view of what is gone, or nothing that this user may see.
    fn finish(self) -> Catalog {
        let (readable, unreadable): (Vec<Table>, Vec<Table>) =
            self.by_place.into_values().partition(|table| !table.columns.is_empty());
        for table in unreadable {
            tracing::warn!(table = table.name, "left out: it has no columns that can be read");
        }
        Catalog {
            tables: readable.into_iter().map(|table| (table.name.clone(), table)).collect(),
            own_schemas: vec![spelled(None, &self.server.database)],
        }
    }
}

/// The schema and table that a row begins with.
fn place(row: &Row) -> Option<Place> {
    text(row, 0).zip(text(row, 1))
}

/// Rows side by side that agree in their first columns.
fn groups(rows: &[Row], columns: usize) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(move |left, right| (0..columns).all(|column| left.as_ref(column) == right.as_ref(column)))
}
