//! Values that stand in rows of their own: what is read of a set for the rows of a level, and how one is found in it.
//!
//! [`sets`] looks up tables and attributes when the plan is made, [`value`] and [`list`] what a field asks for, [`read`]
//! makes the statements: one per value table for all that a level's rows ask of one `of`.

mod labels;
mod list;
mod read;
mod sets;
mod value;

use std::collections::HashMap;
use std::ops::Range;

use super::level::{ColumnRead, Operand, SourceColumn};
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{Literal, Statement};
pub(super) use read::ReadDraft;
pub(super) use sets::SetPlan;

/// Cells of a value row; those of the scopes follow, then those that break ties.
pub(crate) const ATTRIBUTE_CELL: usize = 1;
pub(crate) const VALUE_CELL: usize = 2;
pub(crate) const SCOPE_CELLS: usize = 3;
/// Cells of a label row; those of the scopes follow as in a value row.
pub(crate) const OWNER_CELL: usize = 1;
pub(crate) const LABEL_CELL: usize = 2;

/// The values of a set that the rows of one level ask for.
#[derive(Debug)]
pub(crate) struct ValueRead {
    /// What the level calls it in messages.
    pub path: String,
    /// Whose values each row asks for, `up` 0 being the level; none where they belong to nobody.
    pub of: Option<Operand>,
    /// Only those that may hold one of the attributes.
    pub tables: Vec<ValueTable>,
    pub attributes: AttributeNumbers,
    pub labels: Vec<LabelRead>,
}

#[derive(Debug)]
pub(crate) struct ValueTable {
    pub keyed: Statement,
    /// There where every table of the read has one: `of` is the entity's key, and merging by it is exact.
    pub range: Option<Statement>,
    pub value: ColumnRead,
    /// Declared decimal places.
    pub scale: Option<u32>,
    /// Cells that decide between rows of one attribute and scope; empty where the source keeps those unique.
    pub ties: Range<usize>,
}

/// The numbers by which the attributes of a read are known, by the keys in its rows.
#[derive(Debug, Default)]
pub(crate) struct AttributeNumbers {
    pub count: usize,
    /// Ascending.
    ints: Vec<(i64, u32)>,
    texts: HashMap<Box<[u8]>, u32>,
}

impl AttributeNumbers {
    fn new<'k>(keys: impl Iterator<Item = &'k Literal>) -> Self {
        let mut numbers = AttributeNumbers::default();
        for key in keys {
            let number = numbers.count as u32;
            match key {
                Literal::Int(int) => numbers.ints.push((*int, number)),
                Literal::Text(text) => {
                    numbers.texts.insert(text.as_bytes().into(), number);
                }
            }
            numbers.count += 1;
        }
        numbers.ints.sort_unstable();
        numbers
    }

    /// None for what nobody asks for: a database may find other texts equal than those that are equal by their bytes.
    pub fn of(&self, rows: &RowSet, cell: Cell) -> Option<u32> {
        match cell {
            Cell::Int(int) => {
                let found = self.ints.binary_search_by_key(&int, |(key, _)| *key).ok()?;
                Some(self.ints[found].1)
            }
            Cell::Text(text) => self.texts.get(rows.bytes(text)).copied(),
            _ => None,
        }
    }
}

/// One attribute's value, for a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueLookup {
    /// How many levels outwards the values are read.
    pub up: usize,
    /// Index into that level's reads.
    pub read: usize,
    pub attribute: u32,
    pub scopes: Vec<ScopePlan>,
}

/// What a row of one scope holds: cells, and the values they equal. `up` 0 is the level that asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScopePlan(pub Vec<ScopePair>);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScopePair {
    pub cell: usize,
    pub equals: Operand,
}

/// The attributes that have a value, as elements of an array.
#[derive(Debug, Clone)]
pub(crate) struct ListPlan {
    /// The field's path, for messages.
    pub path: String,
    pub up: usize,
    pub read: usize,
    pub scopes: Vec<ScopePlan>,
    /// In the order of the array.
    pub attributes: Vec<ListAttribute>,
    /// The tables that the values stand in go before that order.
    pub by_table: bool,
    pub labels: Option<ListLabels>,
    /// An attribute whose value is null is an element too.
    pub keep_null: bool,
    /// Members that are left out of the hash.
    pub code_excluded: bool,
    pub values_excluded: bool,
    /// Every column that the texts are made of.
    pub sources: Vec<SourceColumn>,
}

#[derive(Debug, Clone)]
pub(crate) struct ListAttribute {
    /// Its number in the read.
    pub number: u32,
    /// `{"code":"color","values":`, ready to be copied.
    pub head: Box<[u8]>,
    /// Where the first member ends in it.
    pub code_end: usize,
    /// From a value's text to the JSON text of what stands for it.
    pub map: HashMap<String, Box<[u8]>>,
    /// It owns options: its values are their keys.
    pub is_labelled: bool,
}

/// Where the labels of a list are read.
#[derive(Debug, Clone)]
pub(crate) struct ListLabels {
    /// Index into the read's labels.
    pub number: usize,
    pub scopes: Vec<ScopePlan>,
}

/// The labels of the options that a batch's values name.
#[derive(Debug)]
pub(crate) struct LabelRead {
    pub keyed: Statement,
    /// What the column with the options' keys holds.
    pub key_kind: ColumnKind,
    /// For each attribute of the read whether its values are keys of options.
    pub is_labelled: Vec<bool>,
    pub label: ColumnRead,
    pub ties: Range<usize>,
}
