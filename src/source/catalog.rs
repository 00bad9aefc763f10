//! What the source database says of itself: tables, columns, keys.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// By name as the database spells it (`schema.table` outside the default schema).
    pub tables: BTreeMap<String, Table>,
    /// The schemas whose tables stand there by their bare names.
    pub own_schemas: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Indexes into `columns`; empty where the table has no primary key, and for views.
    pub primary_key: Vec<usize>,
    /// Other sets of columns that the database keeps unique.
    pub unique: Vec<Vec<usize>>,
    /// Sets of columns that are declared to name a row of another table.
    pub foreign_keys: Vec<ForeignKey>,
    pub is_view: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Indexes into the table's columns.
    pub columns: Vec<usize>,
    /// The table that is referred to, by its name in the catalog, and its columns in the same order.
    pub table: String,
    pub referenced: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// The type as declared, for messages.
    pub declared: String,
    pub kind: ColumnKind,
    pub nullable: bool,
    /// True when the database compares and orders this column's values as integers or by their bytes, so
    /// that feedmill may merge by them; false under other collations and where the type does not say.
    pub exact: bool,
    /// True where, of texts of printable ASCII without blanks, those that differ in more than the case of letters are not
    /// equal, and those whose first difference is one between digits, and that have their digits at the same places, are
    /// ordered by it.
    pub orders_codes: bool,
    /// What texts are compared by, as the database names it; none where the database needs no word for it.
    pub collation: Option<String>,
    /// Decimal places of a decimal column, where declared.
    pub scale: Option<u32>,
}

/// What a column holds, from its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    Integer,
    Decimal,
    Float,
    Boolean,
    Text,
    Date,
    /// Without a zone: read in the source's time zone.
    DateTime,
    /// With a zone.
    DateTimeZoned,
    Time,
    Binary,
    Json,
    Uuid,
    /// The database does not say (an SQLite expression or untyped column): each value speaks for itself.
    Dynamic,
}

impl Catalog {
    /// By exact name, else by the only name that differs in ASCII case alone; a name of the default schema with it or
    /// without.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let bare = || {
            let (schema, bare) = name.split_once('.')?;
            self.own_schemas.iter().any(|own| own.eq_ignore_ascii_case(schema)).then(|| self.table(bare))?
        };
        self.tables.get(name).or_else(|| self.table_in_any_case(name)).or_else(bare)
    }

    fn table_in_any_case(&self, name: &str) -> Option<&Table> {
        let mut same = self.tables.values().filter(|table| table.name.eq_ignore_ascii_case(name));
        same.next().filter(|_| same.next().is_none())
    }
}

impl Table {
    /// By exact name, else by the only name that differs in ASCII case alone.
    pub fn column(&self, name: &str) -> Option<usize> {
        find_column(&self.columns, name)
    }
}

/// By exact name, else by the only name that differs in ASCII case alone.
pub fn find_column(columns: &[Column], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name).or_else(|| {
        let mut same = (0..columns.len()).filter(|&i| columns[i].name.eq_ignore_ascii_case(name));
        same.next().filter(|_| same.next().is_none())
    })
}
