//! The SQL of PostgreSQL.
//!
//! Key tuples are bound as an array per component and unfolded by `unnest ... WITH ORDINALITY`, whose rows come in the
//! order of the arrays, so that a join that the keys drive needs no sort. An array has the type with which the column
//! that it is compared with has an operator of its index; a value that this type cannot hold is bound as null. Types
//! without such an operator, or without one that can be asked for ahead, are compared as the text they are printed as.
//!
//! The planner knows the length of a bound array, and with `join_collapse_limit = 1` keeps to the written order: see
//! [`Connection`](crate::source::postgres), which sets it.

use super::raw::{self, RawSqlError, Syntax};
use super::writer::{self, Grammar, KEYS, TUPLE, component_name};
use super::{ColumnRef, Compared, Component, Dialect, Page, PassSpec, Placeholder, RangeSpec, Statement, TableSpec};
use crate::source::catalog::ColumnKind;

pub static POSTGRES: Postgres = Postgres;

#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Postgres {
    /// A raw query as it will stand, in parentheses: what cannot stand there is refused when it is prepared. Of the values
    /// behind `:keys` the type alone matters, and that is the compared column's.
    pub(in crate::source) fn described(&self, sql: &str) -> Result<String, RawSqlError> {
        raw::placeholders(sql, Syntax::Postgres)?;
        let mut placeholders = 0;
        let query = raw::rewrite(sql, Syntax::Postgres, |parameter| match parameter.text {
            ":keys" => Some("NULL".to_owned()),
            ":today" => {
                placeholders += 1;
                Some(self.today(self.placeholder(placeholders), parameter.in_sum))
            }
            text => self.refused(text),
        });
        Ok(format!("SELECT * FROM (\n{query}\n) AS \"feedmill$query\""))
    }
}

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
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

    /// By subqueries, as some types that have an order have no `min` (`uuid`).
    fn next_range(&self, table: &str, key: &str, limit: usize, after: bool) -> Statement {
        let Statement { sql, binds } = writer::next_keys(self, table, key, limit, 0, after);
        let (key, range) = (self.quoted(key), self.quoted("feedmill$range"));
        let sql = format!(
            "WITH {range} AS ({sql})\n\
             SELECT (SELECT {key} FROM {range} ORDER BY {key} LIMIT 1), \
             (SELECT {key} FROM {range} ORDER BY {key} DESC LIMIT 1), \
             (SELECT count(*) FROM {range})"
        );
        Statement { sql, binds }
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

impl Grammar for Postgres {
    fn quoted(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn table(&self, name: &str) -> String {
        let parts: Vec<String> = name_parts(name).iter().map(|part| self.quoted(part)).collect();
        parts.join(".")
    }

    fn text(&self, text: &str) -> String {
        // No text of PostgreSQL's holds a NUL: it equals nothing.
        if text.contains('\0') { "NULL".to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
    }

    /// Without a type of its own, so that it fits a text, a boolean and every number.
    fn int(&self, value: i64) -> String {
        format!("'{value}'")
    }

    fn placeholder(&self, number: usize) -> String {
        format!("${number}")
    }

    fn reuses(&self, meaning: Placeholder) -> bool {
        // Each takes the type of what it is compared with.
        meaning != Placeholder::Today
    }

    fn syntax(&self) -> Syntax {
        Syntax::Postgres
    }

    fn refused(&self, parameter: &str) -> Option<String> {
        // A column that there is not: the reader knows what was meant by its name.
        parameter.starts_with('$').then(|| self.quoted(parameter))
    }

    /// A date beside a date-time or a text is one of these; only in a sum would it be taken for an interval or a number.
    fn today(&self, placeholder: String, in_sum: bool) -> String {
        if in_sum { format!("CAST({placeholder} AS date)") } else { placeholder }
    }

    fn inner_join(&self) -> &'static str {
        "JOIN"
    }

    fn piece(&self, column: &str, text: &str, by: &str) -> String {
        let by = self.text(by);
        format!("({text} <> '' AND CAST({column} AS text) = ANY (string_to_array({text}, {by})))")
    }

    fn tuples(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        let arrays: Vec<String> = (0..components.len()).map(|i| array(place, components, i)).collect();
        let mut names: Vec<String> = (0..components.len()).map(|i| self.quoted(&component_name(i))).collect();
        names.push(self.quoted(TUPLE));
        format!("unnest({}) WITH ORDINALITY AS {} ({})", arrays.join(", "), self.quoted(KEYS), names.join(", "))
    }

    /// The numbers of `WITH ORDINALITY` begin at 1.
    fn number(&self, column: &str) -> String {
        format!("{column} - 1")
    }

    fn first_component(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        if components.is_empty() {
            return "SELECT NULL WHERE false".to_owned();
        }
        let key = self.quoted("feedmill$key");
        let array = array(place, components, 0);
        format!("SELECT {key} FROM unnest({array}) AS {key} WHERE {key} IS NOT NULL")
    }

    /// By the index of `column` where it has a type that the other can be made one of.
    fn unlike_equality(&self, column: (&str, &Compared), other: (&str, &Compared)) -> String {
        let families = [Family::of(column.1), Family::of(other.1)];
        let written = |(name, compared): (&str, &Compared), family: Family, beside: Family| match (family, beside) {
            (Family::Truth, Family::Number) => format!("CAST({name} AS integer)"),
            (Family::Truth, _) => format!("CAST(CAST({name} AS integer) AS text)"),
            (Family::Text, _) | (Family::Number, Family::Truth) => name.to_owned(),
            _ => printed(name, compared.declared == "inet"),
        };
        match families {
            [own, its] if own == its && own != Family::Other => format!("{} = {}", column.0, other.0),
            [own, its] => format!("{} = {}", written(column, own, its), written(other, its, own)),
        }
    }

    fn key_equality(&self, column: &str, key: &str, component: &Component) -> String {
        match element_type(&component.compared) {
            Some(_) => format!("{column} = {key}"),
            None => format!("{} = {key}", printed(column, component.compared.declared == "inet")),
        }
    }

    fn filter(&self, condition: &str) -> String {
        condition.to_owned()
    }

    fn literal(&self, equality: &str) -> String {
        equality.to_owned()
    }
}

/// Types that have an equality with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Moment,
    Truth,
    /// Equal to their own kind alone, and as texts.
    Other,
}

impl Family {
    fn of(compared: &Compared) -> Family {
        match element_type(compared) {
            Some("bigint" | "oid" | "numeric" | "real" | "double precision") => Family::Number,
            Some("text" | "bpchar") => Family::Text,
            Some("date" | "timestamp with time zone" | "timestamp without time zone") => Family::Moment,
            Some("boolean") => Family::Truth,
            Some(_) | None => Family::Other,
        }
    }
}

/// A value as the server prints it. A cast is that but for an address, to which it adds the bits of its net.
pub(in crate::source) fn printed(column: &str, is_address: bool) -> String {
    if is_address { format!("CAST(pg_catalog.inet_out({column}) AS text)") } else { format!("CAST({column} AS text)") }
}

fn array(place: &mut dyn FnMut(Placeholder) -> String, components: &[Component], i: usize) -> String {
    let element = element_type(&components[i].compared).unwrap_or("text");
    format!("{}::{element}[]", place(Placeholder::Component(i)))
}

/// The type as which values are compared with a column; none for a column that is compared as the text it is printed as.
fn element_type(compared: &Compared) -> Option<&str> {
    let declared = compared.declared.as_str();
    let name = declared.split('(').next().unwrap_or_default().trim_end();
    Some(match name.to_ascii_lowercase().as_str() {
        // Of one family: an index of any of them serves.
        "smallint" | "integer" | "bigint" => "bigint",
        "oid" => "oid",
        "numeric" => "numeric",
        "real" => "real",
        "double precision" => "double precision",
        "boolean" => "boolean",
        "text" | "character varying" | "name" | "\"char\"" => "text",
        "character" | "bpchar" => "bpchar",
        "bytea" => "bytea",
        "uuid" => "uuid",
        "date" => "date",
        // What follows the digits of a fraction belongs to the name.
        "timestamp" | "timestamp without time zone" | "timestamp with time zone" => {
            match declared.ends_with("with time zone") {
                true => "timestamp with time zone",
                false => "timestamp without time zone",
            }
        }
        "time" | "time without time zone" if !declared.ends_with("with time zone") => "time without time zone",
        // What else is text is an enum or citext, compared as such.
        _ if compared.kind == ColumnKind::Text => declared,
        _ => return None,
    })
}

/// A table's name in its parts: `table`, `schema.table`, either quoted where it holds a dot or quote itself.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let part = parts.last_mut().expect("there is a part from the start");
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                part.push('"');
            }
            '"' if quoted || part.is_empty() => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => part.push(c),
        }
    }
    parts
}

/// A table's name as the catalog has it and [`name_parts`] reads it.
pub(in crate::source) fn table_name(schema: Option<&str>, table: &str) -> String {
    let part = |name: &str| {
        if name.contains(['.', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
    };
    match schema {
        Some(schema) => format!("{}.{}", part(schema), part(table)),
        None => part(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(declared: &str, kind: ColumnKind) -> Compared {
        Compared { kind, declared: declared.to_owned(), collation: None }
    }

    #[test]
    fn names_of_tables() {
        for (schema, table, name, quoted) in [
            (None, "Product", "Product", "\"Product\""),
            (Some("sales"), "order", "sales.order", "\"sales\".\"order\""),
            (None, "a.b", "\"a.b\"", "\"a.b\""),
            (Some("s.1"), "it\"s", "\"s.1\".\"it\"\"s\"", "\"s.1\".\"it\"\"s\""),
        ] {
            assert_eq!(table_name(schema, table), name);
            assert_eq!(POSTGRES.table(name), quoted);
        }
    }

    #[test]
    fn columns_of_two_types() {
        use ColumnKind::*;
        let (int, text) = (("integer", Integer), ("character varying(9)", Text));
        for (own, other, equality) in [
            (int, ("bigint", Integer), "a = b"),
            (int, ("numeric(9,2)", Decimal), "a = b"),
            (text, ("text", Text), "a = b"),
            (("date", Date), ("timestamp without time zone", DateTime), "a = b"),
            (text, int, "a = CAST(b AS text)"),
            (int, text, "CAST(a AS text) = b"),
            (text, ("uuid", Uuid), "a = CAST(b AS text)"),
            (text, ("\"Mood\"", Text), "a = CAST(b AS text)"),
            (("\"Mood\"", Text), ("\"Shade\"", Text), "CAST(a AS text) = CAST(b AS text)"),
            (("boolean", Boolean), int, "CAST(a AS integer) = b"),
            (("boolean", Boolean), text, "CAST(CAST(a AS integer) AS text) = b"),
            (("inet", Dynamic), text, "CAST(pg_catalog.inet_out(a) AS text) = b"),
        ] {
            let (own_type, its) = (compared(own.0, own.1), compared(other.0, other.1));
            assert_eq!(POSTGRES.unlike_equality(("a", &own_type), ("b", &its)), equality, "{own:?} {other:?}");
        }
    }

    #[test]
    fn values_are_compared_as_the_columns_type() {
        use ColumnKind::*;
        for (declared, kind, element) in [
            ("smallint", Integer, Some("bigint")),
            ("INTEGER", Integer, Some("bigint")),
            ("numeric(10,2)", Decimal, Some("numeric")),
            ("character varying(20)", Text, Some("text")),
            ("character(3)", Text, Some("bpchar")),
            ("extensions.citext", Text, Some("extensions.citext")),
            ("\"Mood\"", Text, Some("\"Mood\"")),
            ("timestamp(3) with time zone", DateTimeZoned, Some("timestamp with time zone")),
            ("timestamp without time zone", DateTime, Some("timestamp without time zone")),
            ("time without time zone", Time, Some("time without time zone")),
            ("time with time zone", Dynamic, None),
            ("inet", Dynamic, None),
            ("jsonb", Json, None),
            ("integer[]", Json, None),
        ] {
            assert_eq!(element_type(&compared(declared, kind)), element, "{declared}");
        }
    }
}
