//! A feed before it is text: the entity, its columns, and the rows of other tables that belong to it.

use std::collections::BTreeSet;

use super::Doubts;
use super::column::{self, Mask, Showing, alive_condition, is_change_time};
use super::key::is_sayable;
use super::name::Names;
use super::relation::{self, Relation, Withheld};
use super::role::Role;
use super::schema::{Schema, TableId, bare_name};
use crate::source::catalog::ColumnKind;

pub struct Feed {
    pub name: String,
    pub table: TableId,
    /// `as`, where the table's own name would not do.
    pub alias: Option<String>,
    pub key: usize,
    /// Other columns that are unique alone, by which the consumer might know items.
    pub other_keys: Vec<String>,
    pub columns: Vec<ColumnField>,
    pub left_out: Vec<LeftOutColumn>,
    /// Fields that change whenever the row does.
    pub change_times: Vec<String>,
    /// The condition under which rows are alive, where a column says so.
    pub alive: Option<String>,
    /// Rows that it refers to.
    pub parents: Vec<Relation>,
    /// Rows that refer to it.
    pub children: Vec<Relation>,
    /// Rows that refer to it and are only suggested.
    pub withheld: Vec<(Relation, Withheld)>,
    /// Tables of values by attribute.
    pub values: Vec<TableId>,
}

/// A column as a field of its own spelling.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnField {
    pub name: String,
    /// `column` or `alias.column`
    pub column: String,
    pub shown: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shown {
    Plain,
    As(&'static str),
    /// Commented out.
    Masked(Mask),
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutColumn {
    pub name: String,
    pub why: &'static str,
}

/// What all feeds of a drafting are made from.
pub struct Workshop<'s> {
    pub schema: &'s Schema<'s>,
    pub roles: &'s [Role],
    pub doubts: &'s Doubts,
}

impl Workshop<'_> {
    pub fn feed(&self, name: String, table: TableId, key: usize) -> Feed {
        let schema = self.schema;
        let found = schema.tables[table];
        let alias = relation::alias(bare_name(&found.name), &[]);
        let mut names = Names::default();
        let mut left_out = Vec::new();
        let mut columns = Vec::new();
        for number in 0..found.columns.len() {
            let names_rows = number == key || schema.is_reference(table, number);
            match self.field(table, number, names_rows) {
                Ok(field) => {
                    names.take(&field.name);
                    columns.push(field);
                }
                Err(why) => left_out.push(LeftOutColumn { name: found.columns[number].name.clone(), why }),
            }
        }
        let shown = |number: &usize| columns.iter().any(|field| field.column == found.columns[*number].name);
        let change_times: Vec<String> = (0..found.columns.len())
            .filter(|number| is_change_time(&found.columns[*number]) && shown(number))
            .map(|number| found.columns[number].name.clone())
            .collect();
        let other_keys: BTreeSet<String> = found
            .unique
            .iter()
            .filter_map(|set| <[usize; 1]>::try_from(set.as_slice()).ok())
            .filter(|[column]| *column != key && !found.columns[*column].nullable)
            .map(|[column]| found.columns[column].name.clone())
            .filter(|name| columns.iter().any(|field| field.column == *name && field.shown == Shown::Plain))
            .collect();
        let mut feed = Feed {
            name,
            table,
            key,
            other_keys: other_keys.into_iter().collect(),
            columns,
            left_out,
            change_times,
            alive: found.columns.iter().find_map(alive_condition),
            parents: Vec::new(),
            children: Vec::new(),
            withheld: Vec::new(),
            values: Vec::new(),
            alias,
        };
        self.relations(&mut feed, &mut names);
        feed
    }

    /// A column as a field, or why it is none. What names rows is shown whatever its name sounds like.
    pub fn field(&self, table: TableId, column: usize, names_rows: bool) -> Result<ColumnField, &'static str> {
        let found = self.schema.column(table, column);
        let name = &found.name;
        let place = (self.schema.name(table).to_owned(), name.clone());
        if !is_sayable(name) {
            return Err("a name that a feed file cannot say");
        }
        if self.doubts.unreadable.contains(&place) {
            return Err("holds values that no document can");
        }
        let shown = match column::showing(found) {
            Showing::LeftOut(why) if !names_rows || found.kind == ColumnKind::Binary => return Err(why),
            Showing::Masked(mask) if !names_rows => Shown::Masked(mask),
            _ if self.doubts.as_text.contains(&place) => Shown::As("string"),
            Showing::AsDecimal => Shown::As("decimal"),
            _ => Shown::Plain,
        };
        Ok(ColumnField { name: name.clone(), column: name.clone(), shown })
    }
}
