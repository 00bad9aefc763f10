//! The SQL of SQLite.
//!
//! Key tuples are bound as one JSON text and unfolded by `json_each`, whose rows come in the order of the array. Its
//! column names (`key`, `value`, `type`, `id` ...) stay inside a subselect: the owner's raw SQL may use them unqualified.

use super::raw::Syntax;
use super::writer::{self, Grammar, KEYS, TUPLE, component_name};
use super::{ColumnRef, Component, Dialect, PassSpec, Placeholder, RangeSpec, Statement, TableSpec};
use crate::source::catalog::ColumnKind;

pub static SQLITE: Sqlite = Sqlite;

#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

/// Member of the JSON object that stands for a blob, in hexadecimal digits.
pub(in crate::source) const BLOB_MEMBER: &str = "b";
/// Member of the JSON object that stands for a text that JSON cannot carry through SQLite, in hexadecimal digits.
pub(in crate::source) const TEXT_MEMBER: &str = "t";

/// One row, which makes the planner think of many: it takes `json_each` for 25 rows, and so few would not be worth the
/// index that it makes for a statement on a column that has none. Without it each key scans the whole table.
const MANY: &str = "CROSS JOIN json_each('[0]') AS \"feedmill$many\"";

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn keyed_pass(&self, spec: &PassSpec, components: &[Component]) -> Statement {
        writer::keyed_pass(self, spec, components)
    }

    fn range_pass(&self, spec: &PassSpec, range: &RangeSpec) -> Statement {
        writer::range_pass(self, spec, range)
    }

    fn next_range(&self, table: &str, key: &str, limit: usize, after: bool) -> Statement {
        writer::next_range(self, table, key, limit, after)
    }

    fn count_rows(&self, table: &str) -> Statement {
        writer::count_rows(self, table)
    }

    fn count_rows_up_to(&self, table: &str, most: usize) -> Statement {
        writer::count_rows_up_to(self, table, most)
    }

    fn whole_table(&self, table: &TableSpec, where_sql: Option<&str>, columns: &[ColumnRef]) -> Statement {
        writer::whole_table(self, table, where_sql, columns)
    }

    fn count_nulls(&self, table: &str, column: &str) -> Statement {
        writer::count_nulls(self, table, column)
    }
}

impl Grammar for Sqlite {
    fn quoted(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn table(&self, name: &str) -> String {
        // No other database is attached, so no other name before a dot is a schema's.
        match name.split_once('.') {
            Some((schema, table)) if schema.eq_ignore_ascii_case("main") || schema.eq_ignore_ascii_case("temp") => {
                format!("{}.{}", self.quoted(schema), self.quoted(table))
            }
            _ => self.quoted(name),
        }
    }

    fn text(&self, text: &str) -> String {
        if text.contains('\0') {
            // The statement's own text would end at the NUL.
            return format!("CAST(X'{}' AS TEXT)", hexadecimal(text.as_bytes()));
        }
        format!("'{}'", text.replace('\'', "''"))
    }

    fn placeholder(&self, number: usize) -> String {
        format!("?{number}")
    }

    fn reuses(&self, _meaning: Placeholder) -> bool {
        true
    }

    fn syntax(&self) -> Syntax {
        Syntax::Sqlite
    }

    fn refused(&self, parameter: &str) -> Option<String> {
        // The number of `?1` could be that of a placeholder of ours.
        parameter.starts_with('?').then(|| "?".to_owned())
    }

    fn int(&self, value: i64) -> String {
        value.to_string()
    }

    fn inner_join(&self) -> &'static str {
        "CROSS JOIN"
    }

    fn tuples(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        let placeholder = place(Placeholder::Tuples);
        let mut columns = format!("\"feedmill$each\".rowid AS {}", self.quoted(TUPLE));
        for i in 0..components.len() {
            columns.push_str(&format!(", {} AS {}", component(components, i), self.quoted(&component_name(i))));
        }
        format!("(SELECT {columns} FROM json_each({placeholder}) AS \"feedmill$each\" {MANY}) AS {}", self.quoted(KEYS))
    }

    fn first_component(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        if components.is_empty() {
            return "SELECT NULL WHERE 0".to_owned();
        }
        let placeholder = place(Placeholder::Tuples);
        let (_, json_type) = json(components, 0);
        let value = component(components, 0);
        format!("SELECT {value} FROM json_each({placeholder}) AS \"feedmill$each\" WHERE {json_type} <> 'null'")
    }

    fn filter(&self, condition: &str) -> String {
        // A term under a unary plus is no candidate for an index.
        format!("+{condition}")
    }

    fn literal(&self, equality: &str) -> String {
        // One row in a hundred: an index on this column alone then looks worse than one on the key, for which the planner
        // guesses ten rows, and one on both still looks better than none.
        format!("likelihood({equality}, 0.01)")
    }

    fn piece(&self, column: &str, text: &str, by: &str) -> String {
        // Cut by recursion, as there is no function for it: `rest` begins with a separator until nothing is left. The
        // pieces have no affinity and no collation, so the column's own decides as in a plain comparison.
        let by_text = self.text(by);
        let length = by.chars().count();
        format!(
            "{column} IN (WITH RECURSIVE \"feedmill$cut\"(piece, rest) AS (\
             SELECT NULL, {by_text} || {text} || {by_text} WHERE {text} <> '' \
             UNION ALL SELECT \
             substr(rest, {start}, instr(substr(rest, {start}), {by_text}) - 1), \
             substr(rest, {length} + instr(substr(rest, {start}), {by_text})) \
             FROM \"feedmill$cut\" WHERE length(rest) > {length}) \
             SELECT piece FROM \"feedmill$cut\" WHERE piece IS NOT NULL)",
            start = length + 1,
        )
    }
}

/// The SQL value of a tuple's component. As the database itself would compare the enclosing level's column, a number of
/// a numeric column has numeric affinity, so that `1` equals the text `'01'` of the other side; a text that a numeric
/// column holds because it is no number must not become one.
fn component(components: &[Component], i: usize) -> String {
    let (value, json_type) = json(components, i);
    let decoded = format!(
        "CASE WHEN {json_type} <> 'object' THEN {value} \
         WHEN {value} ->> '{TEXT_MEMBER}' IS NULL THEN unhex({value} ->> '{BLOB_MEMBER}') \
         ELSE CAST(unhex({value} ->> '{TEXT_MEMBER}') AS TEXT) END"
    );
    match components[i].kind {
        // The affinity of a scalar subquery is that of its last SELECT.
        ColumnKind::Integer | ColumnKind::Decimal | ColumnKind::Float | ColumnKind::Boolean => format!(
            "(SELECT {decoded} WHERE {json_type} NOT IN ('integer', 'real') \
             UNION ALL SELECT CAST({value} AS NUMERIC) WHERE {json_type} IN ('integer', 'real'))"
        ),
        _ => decoded,
    }
}

/// A component and its JSON type. Tuples of one value are the array's elements themselves.
fn json(components: &[Component], i: usize) -> (String, String) {
    if components.len() == 1 {
        ("\"feedmill$each\".value".to_owned(), "\"feedmill$each\".type".to_owned())
    } else {
        (format!("\"feedmill$each\".value ->> {i}"), format!("json_type(\"feedmill$each\".value, '$[{i}]')"))
    }
}

pub(in crate::source) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
