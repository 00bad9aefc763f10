//! The SQL of MySQL and MariaDB.
//!
//! Key tuples are bound as one JSON text and unfolded by `JSON_TABLE`. Its columns are texts: as numbers or dates they would
//! be cut to fit (`'12abc'` is 12 there), so each is looked at and converted here, to what the column it is compared with
//! holds and by that column's collation. So the column's index is used, and no two collations meet.
//!
//! The session is one of [`mysql`](crate::source::mysql): backslashes escape, `"` is a quote of strings.

use super::raw::Syntax;
use super::writer::{self, Grammar, KEYS, TUPLE, component_name};
use super::{ColumnRef, Component, Dialect, Page, PassSpec, Placeholder, RangeSpec, Statement, TableSpec};
use crate::source::catalog::ColumnKind;

pub static MYSQL: MySql = MySql;

#[derive(Debug, Clone, Copy)]
pub struct MySql;

/// Stands in a statement for a placeholder of the owner's, so that it is not taken for one of ours.
pub(in crate::source) const OWNERS_PLACEHOLDER: &str = ":feedmill$question_mark";

/// The unfolded tuples.
const EACH: &str = "feedmill$each";
const VALUES: &str = "feedmill$values";

/// What a text is as JSON_TABLE gives it. A key may be longer than the column could hold, but what MariaDB's UNHEX gives of a
/// long text is empty: its length overflows.
const TEXT: &str = "MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
/// Any integer.
const INTEGER: &str = "DECIMAL(20,0)";
/// Digits that `DECIMAL(65,30)` holds without rounding them.
const IS_DECIMAL: &str = "REGEXP '^ *[-+]?([0-9]{1,35}([.][0-9]{0,30})?|[.][0-9]{1,30}) *$'";
const IS_FLOAT: &str = "REGEXP '^ *[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)(e[-+]?[0-9]+)? *$'";
const IS_DATE: &str = "REGEXP '^ *[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'";
const IS_TIME: &str = "REGEXP '^ *-?[0-9]{1,3}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)? *$'";

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
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

    fn is_elsewhere(&self, table: &str) -> bool {
        parts(table).1.is_some()
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

impl Grammar for MySql {
    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn table(&self, name: &str) -> String {
        match parts(name) {
            (table, None) => self.quoted(&table),
            (schema, Some(table)) => format!("{}.{}", self.quoted(&schema), self.quoted(&table)),
        }
    }

    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace('\0', "\\0"))
    }

    fn text_equality(&self, column: &str, text: &str) -> String {
        let equality = format!("{column} = {}", self.text(text));
        if looks_like_number(text) {
            return equality;
        }
        // A number equals any text that does not begin with digits if it is 0.
        format!("({equality} AND CONCAT({column}) = {})", self.text(text))
    }

    fn int(&self, value: i64) -> String {
        // A number would have every text that begins with it for equal, and no index of texts used.
        format!("'{value}'")
    }

    fn placeholder(&self, _number: usize) -> String {
        "?".to_owned()
    }

    fn reuses(&self, _meaning: Placeholder) -> bool {
        false
    }

    fn syntax(&self) -> Syntax {
        Syntax::MySql
    }

    fn refused(&self, parameter: &str) -> Option<String> {
        parameter.starts_with('?').then(|| OWNERS_PLACEHOLDER.to_owned())
    }

    fn inner_join(&self) -> &'static str {
        "STRAIGHT_JOIN"
    }

    fn tuples(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        let each = self.quoted(EACH);
        let mut columns = format!("{each}.{number} - 1 AS {number}", number = self.quoted(TUPLE));
        let mut unfolded = format!("{} FOR ORDINALITY", self.quoted(TUPLE));
        for (i, component) in components.iter().enumerate() {
            let name = self.quoted(&component_name(i));
            let Value { json_type, sql } = Value::of(component, &format!("{each}.{name}"));
            columns.push_str(&format!(", {sql} AS {name}"));
            unfolded.push_str(&format!(", {name} {json_type} PATH '{}'", path(components, i)));
        }
        let placeholder = place(Placeholder::Tuples);
        format!(
            "(SELECT {columns} FROM JSON_TABLE({placeholder}, '$[*]' COLUMNS({unfolded})) AS {each}) AS {}",
            self.quoted(KEYS)
        )
    }

    fn first_component(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String {
        let Some(first) = components.first() else { return "SELECT NULL FROM DUAL WHERE 1 = 0".to_owned() };
        let (each, name, values) = (self.quoted(EACH), self.quoted(&component_name(0)), self.quoted(VALUES));
        let Value { json_type, sql } = Value::of(first, &format!("{each}.{name}"));
        let placeholder = place(Placeholder::Tuples);
        let unfolded = format!("{name} {json_type} PATH '{}'", path(components, 0));
        format!(
            "SELECT {values}.{name} FROM (SELECT {sql} AS {name} FROM \
             JSON_TABLE({placeholder}, '$[*]' COLUMNS({unfolded})) AS {each}) AS {values} WHERE {values}.{name} IS NOT NULL"
        )
    }

    fn filter(&self, condition: &str) -> String {
        condition.to_owned()
    }

    fn literal(&self, equality: &str) -> String {
        equality.to_owned()
    }

    fn piece(&self, column: &str, text: &str, by: &str) -> String {
        let by = self.text(by);
        let bytes = |text: &str| format!("CONVERT({text} USING utf8mb4) COLLATE utf8mb4_bin");
        let piece = bytes(&format!("CONCAT({by}, {column}, {by})"));
        let pieces = bytes(&format!("CONCAT({by}, {text}, {by})"));
        // A value with a separator in it is no piece, wherever it may stand in the text.
        format!("({text} <> '' AND LOCATE({by}, {column}) = 0 AND LOCATE({piece}, {pieces}) > 0)")
    }
}

/// Where a component stands in an element of the array. Tuples of one value are the elements themselves.
fn path(components: &[Component], i: usize) -> String {
    if components.len() == 1 { "$".to_owned() } else { format!("$[{i}]") }
}

/// A component as JSON_TABLE gives it, and what is made of that.
struct Value {
    json_type: &'static str,
    sql: String,
}

impl Value {
    /// `unfolded` is JSON_TABLE's column.
    fn of(component: &Component, unfolded: &str) -> Self {
        let Component { kind, compared } = component;
        if *kind == ColumnKind::Integer && matches!(compared.kind, ColumnKind::Integer | ColumnKind::Decimal) {
            return Value { json_type: INTEGER, sql: unfolded.to_owned() };
        }
        Value { json_type: TEXT, sql: converted(component, unfolded) }
    }
}

/// The text `unfolded` as the column that it is compared with would hold it; null where it could not.
fn converted(component: &Component, unfolded: &str) -> String {
    let Component { kind, compared } = component;
    let is_binary = *kind == ColumnKind::Binary;
    let bytes = format!("UNHEX({unfolded})");
    let text = match kind {
        ColumnKind::Binary => format!("CONVERT({bytes} USING utf8mb4) COLLATE utf8mb4_bin"),
        // Its zone is the session's.
        ColumnKind::DateTimeZoned => format!("SUBSTRING_INDEX({unfolded}, '+', 1)"),
        _ => unfolded.to_owned(),
    };
    let cast = |condition: &str, to: &str| format!("CASE WHEN {text} {condition} THEN CAST({text} AS {to}) END");
    let declared = compared.declared.to_ascii_lowercase();
    match compared.kind {
        ColumnKind::Integer | ColumnKind::Decimal => cast(IS_DECIMAL, "DECIMAL(65,30)"),
        ColumnKind::Float if declared.starts_with("float") => cast(IS_FLOAT, "FLOAT"),
        ColumnKind::Float => cast(IS_FLOAT, "DOUBLE"),
        ColumnKind::Date if *kind == ColumnKind::Date => cast(IS_DATE, "DATE"),
        // A date-time is no date, unless it is midnight's.
        ColumnKind::Date | ColumnKind::DateTime | ColumnKind::DateTimeZoned => cast(IS_DATE, "DATETIME(6)"),
        ColumnKind::Time => cast(IS_TIME, "TIME(6)"),
        ColumnKind::Binary if is_binary => bytes,
        ColumnKind::Binary => format!("CAST({text} AS BINARY)"),
        ColumnKind::Uuid if is_binary => format!("CAST({bytes} AS UUID)"),
        ColumnKind::Uuid => format!("CAST({text} AS UUID)"),
        ColumnKind::Json if declared == "json" => {
            format!("CASE WHEN JSON_VALID({text}) THEN CAST({text} AS JSON) END")
        }
        ColumnKind::Text if matches!(declared.as_str(), "inet4" | "inet6") => format!("CAST({text} AS {declared})"),
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Boolean | ColumnKind::Dynamic => {
            let collated = collated(&text, compared.collation.as_deref());
            if is_binary { format!("CASE WHEN HEX({text}) = {unfolded} THEN {collated} END") } else { collated }
        }
    }
}

/// A text by a collation, and in its character set; null where that cannot hold it.
fn collated(text: &str, collation: Option<&str>) -> String {
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let collation = collation.filter(is_name).unwrap_or("utf8mb4_bin");
    // Names of collations begin with that of their character set.
    let charset = collation.split('_').next().unwrap_or_default();
    if charset == "utf8mb4" {
        return format!("{text} COLLATE {collation}");
    }
    let narrow = format!("CONVERT({text} USING {charset})");
    format!(
        "CASE WHEN CONVERT({narrow} USING utf8mb4) COLLATE utf8mb4_bin = {text} THEN {narrow} END COLLATE {collation}"
    )
}

/// Digits, or a date or time of digits: a column of numbers or dates takes it for what it says.
fn looks_like_number(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || b" +-.:".contains(&byte);
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().all(is_part)
}

/// A table's name in the catalog: `table`, or `schema.table` outside the URL's database. What has a dot or a backtick in it
/// is spelled in backticks.
pub(in crate::source) fn spelled(schema: Option<&str>, table: &str) -> String {
    let part = |name: &str| if name.contains(['.', '`']) { MYSQL.quoted(name) } else { name.to_owned() };
    match schema {
        Some(schema) => format!("{}.{}", part(schema), part(table)),
        None => part(table),
    }
}

/// The reverse of [`spelled`]: the first part, and the second if there is one.
fn parts(name: &str) -> (String, Option<String>) {
    let (first, rest) = match name.strip_prefix('`') {
        Some(quoted) => {
            let mut ends = quoted.match_indices('`').map(|(at, _)| at).peekable();
            let mut end = quoted.len();
            while let Some(at) = ends.next() {
                if ends.next_if_eq(&(at + 1)).is_none() {
                    end = at;
                    break;
                }
            }
            (quoted[..end].replace("``", "`"), quoted.get(end + 1..).unwrap_or_default().strip_prefix('.'))
        }
        None => match name.split_once('.') {
            Some((schema, table)) => (schema.to_owned(), Some(table)),
            None => (name.to_owned(), None),
        },
    };
    (first, rest.map(|rest| parts(rest).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_so_that_they_are_read_again() {
        for (schema, table, spelling, quoted) in [
            (None, "product", "product", "`product`"),
            (Some("other"), "product", "other.product", "`other`.`product`"),
            (None, "a.b", "`a.b`", "`a.b`"),
            (Some("a.b"), "c`d", "`a.b`.`c``d`", "`a.b`.`c``d`"),
            (None, "`", "````", "````"),
            (None, "``.``", "`````.`````", "`````.`````"),
        ] {
            let name = spelled(schema, table);
            assert_eq!((name.as_str(), MYSQL.table(&name).as_str()), (spelling, quoted));
        }
    }

    #[test]
    fn literals() {
        assert_eq!(MYSQL.text("it's a \\ \0"), r"'it''s a \\ \0'");
        assert_eq!(MYSQL.text_equality("c", "12.5"), "c = '12.5'");
        assert_eq!(MYSQL.text_equality("c", "2024-01-02 03:04:05"), "c = '2024-01-02 03:04:05'");
        for text in ["12abc", "", "-"] {
            assert_eq!(MYSQL.text_equality("c", text), format!("(c = '{text}' AND CONCAT(c) = '{text}')"));
        }
    }
}
