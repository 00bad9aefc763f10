//! The SQL of SQLite.
//!
//! Key tuples are a table, [`KEY_TABLE`], whose rows come in the order of the tuples. Its column names stay inside a
//! subselect: the owner's raw SQL may use them unqualified.

use super::raw::Syntax;
use super::writer::{self, Grammar, KEYS, TUPLE, component_name};
use super::{ColumnRef, Component, Dialect, Page, PassSpec, Placeholder, RangeSpec, Statement, TableSpec};
use crate::source::catalog::ColumnKind;

pub static SQLITE: Sqlite = Sqlite;

#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

/// Gives the tuples that its argument points to: see `source::sqlite::keys`.
pub(in crate::source) const KEY_TABLE: &str = "feedmill$keys";

/// What a key tuple may have, at most.
pub(in crate::source) const MOST_COMPONENTS: usize = 100;

/// The column of [`KEY_TABLE`] that has a component as it is, without an affinity.
pub(in crate::source) fn value_column(i: usize) -> String {
    format!("value{i}")
}

/// The same with numeric affinity.
pub(in crate::source) fn number_column(i: usize) -> String {
    format!("number{i}")
}

/// A row of [`KEY_TABLE`].
const EACH: &str = "\"feedmill$each\"";

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

    fn span_pass(&self, spec: &PassSpec, column: &ColumnRef) -> Statement {
        writer::span_pass(self, spec, column)
    }

    fn next_range(&self, table: &str, key: &str, limit: usize, after: bool) -> Statement {
        writer::next_range(self, table, key, limit, after)
    }

    fn next_keys(&self, table: &str, key: &str, limit: usize, offset: usize, after: bool) -> Statement {
        writer::next_keys(self, table, key, limit, offset, after)
    }

    fn middle_of_range(&self, table: &str, key: &str, count: usize) -> Statement {
        writer::middle_of_range(self, table, key, count)
    }

    fn count_rows(&self, table: &str) -> Statement {
        writer::count_rows(self, table)
    }

    fn count_rows_up_to(&self, table: &str, most: usize) -> Statement {
        writer::count_rows_up_to(self, table, most)
    }

    fn page(&self, table: &TableSpec, where_sql: Option<&str>, columns: &[ColumnRef], page: &Page<'_>) -> Statement {
        writer::page(self, table, where_sql, columns, page)
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
        let mut columns = format!("{EACH}.rowid AS {}", self.quoted(TUPLE));
        for (i, component) in components.iter().enumerate() {
            columns.push_str(&format!(", {} AS {}", key(component, i), self.quoted(&component_name(i))));
        }
        format!("(SELECT {columns} FROM {} AS {EACH}) AS {}", key_table(&placeholder), self.quoted(KEYS))
    }

    fn first_component(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        let Some(first) = components.first() else { return "SELECT NULL WHERE 0".to_owned() };
        let placeholder = place(Placeholder::Tuples);
        let value = key(first, 0);
        format!("SELECT {value} FROM {} AS {EACH} WHERE {value} IS NOT NULL", key_table(&placeholder))
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

fn key_table(placeholder: &str) -> String {
    format!("\"{KEY_TABLE}\"({placeholder})")
}

/// A tuple's component. As the database itself would compare the enclosing level's column, a number of a numeric column
/// has numeric affinity, so that `1` equals the text `'01'` of the other side.
fn key(component: &Component, i: usize) -> String {
    let column = match component.kind {
        ColumnKind::Integer | ColumnKind::Decimal | ColumnKind::Float | ColumnKind::Boolean => number_column(i),
        _ => value_column(i),
    };
    format!("{EACH}.{column}")
}

pub(in crate::source) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
