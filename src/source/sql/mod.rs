//! The SQL text of a pass, per dialect: pure, from a [`PassSpec`] to a string.
//!
//! Raw SQL of the feed's owner (`where_sql`, `sql`) is placed as it is, each on lines of its own in parentheses;
//! everything else is quoted names and placeholders. `writer` lays a statement out, the same for every database; a
//! dialect says how its names, placeholders and key tuples are written.

pub(in crate::source) mod mysql;
pub(in crate::source) mod postgres;
pub mod raw;
pub(in crate::source) mod sqlite;
mod tokens;
mod writer;

pub use mysql::MYSQL;
pub use postgres::POSTGRES;
pub use sqlite::SQLITE;

use super::catalog::{Column, ColumnKind};

/// What one pass reads: a main table, its joins, and some columns, for the key tuples of a batch.
#[derive(Debug, Clone)]
pub struct PassSpec {
    pub main: TableSpec,
    pub joins: Vec<JoinSpec>,
    /// What to select, in order, after the group column.
    pub columns: Vec<ColumnRef>,
    pub where_sql: Option<String>,
    /// Columns that have one of some values, beside `where_sql`.
    pub within: Vec<WithinSpec>,
    /// Which of the rows this is for, where several passes share them; all hold.
    pub parts: Vec<PartSpec>,
}

/// The rows with one value in a column, or with none of some.
#[derive(Debug, Clone)]
pub struct PartSpec {
    pub column: ColumnRef,
    pub rows: PartRows,
}

#[derive(Debug, Clone)]
pub enum PartRows {
    With(Literal),
    /// Null among them.
    Without(Vec<Literal>),
}

/// `column IN (values)`, of the main table. There is at least one value.
#[derive(Debug, Clone)]
pub struct WithinSpec {
    pub column: String,
    pub values: Vec<Literal>,
}

/// A value that stands in the text of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Int(i64),
    Text(String),
}

#[derive(Debug, Clone)]
pub struct TableSpec {
    pub source: TableSource,
    pub alias: String,
    /// `alias.column = value`, all of which hold.
    pub on: Vec<OnSpec>,
}

#[derive(Debug, Clone)]
pub enum TableSource {
    Table(String),
    /// A query; may hold `:keys` (only in `IN (:keys)`) and `:today`.
    Query(String),
}

#[derive(Debug, Clone)]
pub struct JoinSpec {
    pub table: TableSpec,
    pub optional: bool,
    pub where_sql: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OnSpec {
    /// Column of the table being joined.
    pub column: String,
    pub equals: OnTarget,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OnTarget {
    /// A column of an alias of the same pass.
    Column(ColumnRef),
    /// Such a column that is declared otherwise than the table's own.
    Unlike {
        column: ColumnRef,
        own: Compared,
        other: Compared,
    },
    /// Any of the pieces of the text of such a column, cut at `by`; none of an empty one. The table's column equals a
    /// piece as it would equal a column that holds it.
    Piece {
        column: ColumnRef,
        by: String,
    },
    /// Component of the key tuple: a value of an enclosing level.
    Key(usize),
    Int(i64),
    Text(String),
}

impl OnTarget {
    pub fn equal_columns(column: ColumnRef, own: &Column, other: &Column) -> OnTarget {
        match own.declared.eq_ignore_ascii_case(&other.declared) {
            true => OnTarget::Column(column),
            false => OnTarget::Unlike { column, own: own.into(), other: other.into() },
        }
    }

    /// The column that the table's own equals.
    pub fn column(&self) -> Option<&ColumnRef> {
        match self {
            OnTarget::Column(column) | OnTarget::Unlike { column, .. } => Some(column),
            OnTarget::Piece { .. } | OnTarget::Key(_) | OnTarget::Int(_) | OnTarget::Text(_) => None,
        }
    }

    /// Seen from the other column's table, whose counterpart is `column`.
    pub fn reversed(&self, column: ColumnRef) -> OnTarget {
        match self {
            OnTarget::Unlike { own, other, .. } => OnTarget::Unlike { column, own: other.clone(), other: own.clone() },
            _ => OnTarget::Column(column),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    pub alias: String,
    pub column: String,
}

/// Which rows of a table are read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page<'a> {
    All,
    /// The first in the order of a column whose values differ.
    First {
        key: &'a str,
        rows: usize,
    },
    /// Those behind the [`Placeholder::After`] value of it.
    Next {
        key: &'a str,
        rows: usize,
    },
}

/// A statement's text and what its placeholders mean, in order.
#[derive(Debug, Clone)]
pub struct Statement {
    pub sql: String,
    pub binds: Vec<Placeholder>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The key tuples of the pass as one value, [`Bind::Keys`](super::Bind::Keys).
    Tuples,
    /// The values of one component of the key tuples, [`Bind::Component`](super::Bind::Component).
    Component(usize),
    /// First key of a key range, inclusive.
    First,
    /// Last key of a key range, inclusive.
    Last,
    /// The key after which the next batch begins, exclusive.
    After,
    /// How many rows are read at most.
    Most,
    /// The run's date, `YYYY-MM-DD`.
    Today,
}

/// A component of the key tuples of a pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// What its values are.
    pub kind: ColumnKind,
    /// The column that they are compared with. A value that this column could not hold equals nothing.
    pub compared: Compared,
}

/// What a database needs to know of a column to compare a bound value with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub kind: ColumnKind,
    /// The type as declared.
    pub declared: String,
    pub collation: Option<String>,
}

impl From<&Column> for Compared {
    fn from(column: &Column) -> Self {
        Compared { kind: column.kind, declared: column.declared.clone(), collation: column.collation.clone() }
    }
}

/// The keys of a batch as a range of the root table's key column.
#[derive(Debug, Clone)]
pub struct RangeSpec {
    /// The column that is limited to the range, selected first and ordered by.
    pub column: ColumnRef,
    pub root_table: String,
    pub root_key: String,
}

/// Writes the SQL of one kind of database.
pub trait Dialect: Send + Sync {
    fn name(&self) -> &'static str;

    /// A pass for key tuples. Selects the number of the tuple a row belongs to (as an integer, from 0), then
    /// `spec.columns`, ordered by that number. `:keys` in raw SQL
    /// becomes the values of component 0, without nulls. A tuple with a null matches no row where it is compared.
    ///
    /// The keys drive the joins in the order they are written, so a column without an index costs a scan a batch. To
    /// look up root keys by other columns, ask for the key column with `main.on` pairs that equal [`OnTarget::Key`].
    fn keyed_pass(&self, spec: &PassSpec, components: &[Component]) -> Statement;

    /// A pass for a range of root keys. Selects `range.column`, then `spec.columns`, ordered by `range.column`. The
    /// `on` pair of the main table that equals [`OnTarget::Key`] is what the range stands for and is left out; in a join,
    /// [`OnTarget::Key`] is `range.column`.
    /// `:keys` in raw SQL becomes a subquery over the root table's keys in the range.
    fn range_pass(&self, spec: &PassSpec, range: &RangeSpec) -> Statement;

    /// A pass for a span of key values, from the [`Placeholder::First`] to the [`Placeholder::Last`], whichever of them are
    /// asked for, and for at most [`Placeholder::Most`] rows. Selects `column`, then `spec.columns`, ordered by `column`,
    /// which is the main table's and stands in an `on` pair that equals the only component of the tuples; that pair is left
    /// out, and in a join it is `column`. There is no raw SQL in it.
    fn span_pass(&self, spec: &PassSpec, column: &ColumnRef) -> Statement;

    /// The ends of the next `limit` keys: one row of (first key, last key, count), keys null when there are no more.
    /// Over the bare table: a `where_sql` is left to the passes. With `after`, keys beyond the [`Placeholder::After`] one.
    fn next_range(&self, table: &str, key: &str, limit: usize, after: bool) -> Statement;

    /// The next `limit` keys themselves, behind `offset` of them.
    fn next_keys(&self, table: &str, key: &str, limit: usize, offset: usize, after: bool) -> Statement;

    /// Two rows of one key each: of the keys of a range, in order and those that are equal as one, the last of the first
    /// `count` and the one behind it.
    fn middle_of_range(&self, table: &str, key: &str, count: usize) -> Statement;

    /// Whether a table, as the catalog names it, is of another database of the server than the URL's.
    fn is_elsewhere(&self, _table: &str) -> bool {
        false
    }

    /// How many rows the table has: one integer.
    fn count_rows(&self, table: &str) -> Statement;

    /// The same, but no further than `most`.
    fn count_rows_up_to(&self, table: &str, most: usize) -> Statement;

    /// Columns of rows of a table alone, as far as a condition and the `on` pairs with a literal leave them.
    fn page(&self, table: &TableSpec, where_sql: Option<&str>, columns: &[ColumnRef], page: &Page<'_>) -> Statement;

    /// How many rows of the table have a null in this column: one integer.
    fn count_nulls(&self, table: &str, column: &str) -> Statement;
}
