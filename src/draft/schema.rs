//! The catalog as drafting sees it: tables by number, their names in words, what refers to what.

use std::collections::BTreeMap;

use super::guess;
use super::key::{NoKey, entity_key};
use super::words::{Phrase, shared_prefix};
use crate::source::catalog::{Catalog, Column, Table};

/// Rows of tables, as far as they were counted: a table that is not in it may have any number.
#[derive(Debug, Clone, Default)]
pub struct Sizes {
    pub rows: BTreeMap<String, u64>,
    /// Where counting stopped: this many mean at least so many.
    pub limit: u64,
}

/// A table's number in [`Schema::tables`].
pub type TableId = usize;

pub struct Schema<'c> {
    pub tables: Vec<&'c Table>,
    /// Of each table, without what all names of this database begin with.
    pub phrases: Vec<Phrase>,
    /// The word that all names of this database begin with.
    prefix: Option<String>,
    /// By table, then by its first column.
    pub references: Vec<Reference>,
    pub sizes: &'c Sizes,
}

/// Columns of one table that name a row of another, or of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub from: TableId,
    pub columns: Vec<usize>,
    pub to: TableId,
    /// In the order of `columns`.
    pub to_columns: Vec<usize>,
    /// The database does not declare it: the names say so.
    pub guessed: bool,
}

impl<'c> Schema<'c> {
    pub fn new(catalog: &'c Catalog, sizes: &'c Sizes) -> Self {
        let tables: Vec<&Table> = catalog.tables.values().collect();
        let mut phrases: Vec<Phrase> = tables.iter().map(|table| Phrase::of(bare_name(&table.name))).collect();
        let of_tables = |is_view: bool| move |table: &(usize, &&Table)| table.1.is_view == is_view;
        let own: Vec<Phrase> =
            tables.iter().enumerate().filter(of_tables(false)).map(|(i, _)| phrases[i].clone()).collect();
        let prefix = shared_prefix(&own);
        for phrase in phrases.iter_mut().filter(|phrase| phrase.words().len() > 1) {
            if Some(&phrase.0[0]) == prefix.as_ref() {
                phrase.0.remove(0);
            }
        }
        let mut schema = Schema { tables, phrases, prefix, references: Vec::new(), sizes };
        let mut references = schema.declared(catalog);
        references.extend(guess::references(&schema, &references));
        references.sort_by_key(|reference| (reference.from, reference.columns.clone()));
        schema.references = references;
        schema
    }

    fn declared(&self, catalog: &Catalog) -> Vec<Reference> {
        let mut declared: Vec<Reference> = Vec::new();
        for (from, table) in self.tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let Some(to) = catalog.table(&key.table).and_then(|table| self.find(&table.name)) else { continue };
                let to_columns: Option<Vec<usize>> =
                    key.referenced.iter().map(|name| self.tables[to].column(name)).collect();
                let Some(to_columns) = to_columns.filter(|columns| columns.len() == key.columns.len()) else {
                    continue;
                };
                // The same columns may be declared twice, be it to another table: the first is taken.
                if declared.iter().all(|known| known.from != from || known.columns != key.columns) {
                    declared.push(Reference { from, columns: key.columns.clone(), to, to_columns, guessed: false });
                }
            }
        }
        declared
    }

    /// By exact name.
    pub fn find(&self, name: &str) -> Option<TableId> {
        self.tables.iter().position(|table| table.name == name)
    }

    pub fn name(&self, table: TableId) -> &'c str {
        &self.tables[table].name
    }

    /// Without the schema and without what all names begin with, in its own spelling.
    pub fn short_name(&self, table: TableId) -> &'c str {
        let bare = bare_name(self.name(table));
        let rest = self.prefix.as_ref().and_then(|prefix| {
            let start = bare.get(..prefix.len()).filter(|start| start.to_lowercase() == *prefix)?;
            Some(bare[start.len()..].trim_start_matches(|c: char| !c.is_alphanumeric()))
        });
        rest.filter(|rest| !rest.is_empty()).unwrap_or(bare)
    }

    pub fn column(&self, table: TableId, column: usize) -> &'c Column {
        &self.tables[table].columns[column]
    }

    pub fn key(&self, table: TableId) -> Result<usize, NoKey> {
        entity_key(self.tables[table])
    }

    /// What a table refers to.
    pub fn references_of(&self, table: TableId) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| reference.from == table)
    }

    /// What refers to a table, itself left out.
    pub fn references_to(&self, table: TableId) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| reference.to == table && reference.from != table)
    }

    pub fn is_reference(&self, table: TableId, column: usize) -> bool {
        self.references_of(table).any(|reference| reference.columns.contains(&column))
    }

    /// Rows, as far as they were counted.
    pub fn rows(&self, table: TableId) -> Option<u64> {
        self.sizes.rows.get(self.name(table)).copied()
    }

    /// How many rows of a table belong to a row of the other, on average; none where either was not counted to its end.
    pub fn rows_each(&self, many: TableId, one: TableId) -> Option<u64> {
        let (many, one) = (self.rows(many)?, self.rows(one)?);
        let limit = self.sizes.limit;
        // Even at the limit it is clear that a handful of rows shares very many.
        (many < limit || many / one.max(1) > 1).then(|| many.div_ceil(one.max(1))).filter(|_| one < limit)
    }

    /// Whether the database keeps these columns unique.
    pub fn is_unique(&self, table: TableId, columns: &[usize]) -> bool {
        let table = self.tables[table];
        let same = |set: &Vec<usize>| set.len() == columns.len() && set.iter().all(|column| columns.contains(column));
        same(&table.primary_key) || table.unique.iter().any(same)
    }
}

/// A table's name without its schema. A dot may also be part of the name; then the rest still tells what it is.
pub fn bare_name(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table)
}
