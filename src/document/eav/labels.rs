//! Labels of options in a batch: the option keys in the values that were read are looked up in one pass, and each entry
//! keeps the numbers of its own.

use std::ops::Range;

use super::Entry;
use crate::document::InvalidItem;
use crate::document::chosen::{breaks_tie, int_digits};
use crate::document::distinct::Distinct;
use crate::document::level::Batch;
use crate::document::relation::split;
use crate::document::scope::Frame;
use crate::document::value::Raw;
use crate::plan::eav::{AttributeNumbers, LABEL_CELL, LabelRead, OWNER_CELL, ScopePlan, VALUE_CELL};
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::{KeyTuples, KeyValue, SourceError};

#[derive(Debug, Default)]
pub(super) struct LabelIndex {
    rows: RowSet,
    /// The rows of each tuple.
    tuple_rows: Vec<Range<u32>>,
    /// The tuples of the options that each entry names, one after the other; [`NO_TUPLE`] for what can be no key.
    options: Vec<u32>,
    /// Where those of an entry begin; one more than there are entries.
    starts: Vec<u32>,
    tuples: KeyTuples,
    /// Of each different text its tuple.
    tuples_of: Vec<u32>,
    numbers: Distinct,
}

/// Of an option that the database cannot have.
const NO_TUPLE: u32 = u32::MAX;

impl LabelIndex {
    pub fn read(
        &mut self,
        plan: &LabelRead,
        entries: &[Entry],
        values: &[RowSet],
        batch: &mut Batch<'_>,
    ) -> Result<(), SourceError> {
        self.options.clear();
        self.starts.clear();
        self.numbers.clear();
        self.tuples_of.clear();
        self.tuples.width = 1;
        self.tuples.values.clear();
        for entry in entries {
            self.starts.push(self.options.len() as u32);
            if plan.is_labelled[entry.attribute as usize] {
                let rows = &values[entry.table as usize];
                let mut buffer = [0; 20];
                let text = text_of(rows, rows.cell(entry.row as usize, VALUE_CELL), &mut buffer);
                for option in text.into_iter().flat_map(options) {
                    let tuple = self.tuple_of(option, plan.key_kind);
                    self.options.push(tuple);
                }
            }
        }
        self.starts.push(self.options.len() as u32);
        self.tuple_rows.clear();
        if self.tuples.values.is_empty() {
            return Ok(());
        }
        batch.read(&plan.keyed, &self.tuples, &mut self.rows)?;
        split(&self.rows, self.tuples.values.len() as u32, &mut self.tuple_rows)
    }

    fn tuple_of(&mut self, option: &[u8], kind: ColumnKind) -> u32 {
        let number = self.numbers.number(option);
        if number.is_new {
            let tuple = match key(option, kind) {
                Some(key) => {
                    self.tuples.values.push(key);
                    self.tuples.values.len() as u32 - 1
                }
                None => NO_TUPLE,
            };
            self.tuples_of.push(tuple);
        }
        self.tuples_of[number.number as usize]
    }

    /// The tuples of the options that an entry names.
    pub fn of_entry(&self, entry: usize) -> &[u32] {
        &self.options[self.starts[entry] as usize..self.starts[entry + 1] as usize]
    }

    /// The label of an option that an attribute owns: of the first scope with one that is not null.
    pub fn label(
        &self,
        plan: &LabelRead,
        attributes: &AttributeNumbers,
        wanted: Wanted<'_>,
        frame: &Frame<'_>,
        at: usize,
    ) -> Result<Option<Raw<'_>>, InvalidItem> {
        let Some(rows) = self.tuple_rows.get(wanted.tuple as usize) else { return Ok(None) };
        for scope in wanted.scopes {
            let mut found: Option<u32> = None;
            for row in rows.clone() {
                let owner = attributes.of(&self.rows, self.rows.cell(row as usize, OWNER_CELL));
                let has_label = self.rows.cell(row as usize, LABEL_CELL) != Cell::Null;
                if owner == Some(wanted.attribute)
                    && has_label
                    && super::is_in(&self.rows, row, scope, frame, at)?
                    && found.is_none_or(|found| breaks_tie(&self.rows, &plan.ties, row, found))
                {
                    found = Some(row);
                    if plan.ties.is_empty() {
                        break;
                    }
                }
            }
            if let Some(row) = found {
                return Ok(Some(Raw::of_cell(&self.rows, self.rows.cell(row as usize, LABEL_CELL))));
            }
        }
        Ok(None)
    }
}

/// Which label is sought.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub tuple: u32,
    pub attribute: u32,
    pub scopes: &'a [ScopePlan],
}

/// The option keys of a value; one that is empty names the empty key.
pub(super) fn options(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b',')
}

/// The text of a value that names options.
fn text_of<'a>(rows: &'a RowSet, cell: Cell, buffer: &'a mut [u8; 20]) -> Option<&'a [u8]> {
    match cell {
        Cell::Int(int) => Some(int_digits(int, buffer)),
        Cell::Text(bytes) | Cell::Blob(bytes) => Some(rows.bytes(bytes)),
        Cell::Null | Cell::Bool(_) | Cell::Float(_) => None,
    }
}

/// An option's key as its column holds it. Integers only as they are written.
fn key(option: &[u8], kind: ColumnKind) -> Option<KeyValue> {
    let text = std::str::from_utf8(option).ok()?;
    let int = text.parse::<i64>().ok().filter(|int| int_digits(*int, &mut [0; 20]) == option);
    match (int, kind) {
        (_, ColumnKind::Text) => Some(KeyValue::Text(text.into())),
        (Some(int), _) => Some(KeyValue::Int(int)),
        (None, ColumnKind::Integer) => None,
        (None, _) => Some(KeyValue::Text(text.into())),
    }
}
