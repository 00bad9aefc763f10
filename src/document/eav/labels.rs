//! Labels of options in a batch: the option keys in the values that were read are looked up in one pass, and each entry
//! keeps the numbers of its own.

use std::ops::Range;

use super::Entry;
use super::tie::breaks_tie;
use crate::document::InvalidItem;
use crate::document::distinct::Distinct;
use crate::document::level::Batch;
use crate::document::scope::Frame;
use crate::document::stretches::split;
use crate::document::text::write_int;
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
    digits: Vec<u8>,
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
        self.tuples.reset(1);
        for entry in entries {
            self.starts.push(self.options.len() as u32);
            if plan.is_labelled[entry.attribute as usize] {
                let rows = &values[entry.table as usize];
                match rows.cell(entry.row as usize, VALUE_CELL) {
                    Cell::Int(int) => {
                        let mut digits = std::mem::take(&mut self.digits);
                        digits.clear();
                        write_int(int, &mut digits);
                        self.ask(&digits, plan.key_kind);
                        self.digits = digits;
                    }
                    Cell::Text(text) | Cell::Blob(text) => {
                        // An empty text names the empty option.
                        rows.bytes(text).split(|byte| *byte == b',').for_each(|option| self.ask(option, plan.key_kind));
                    }
                    Cell::Null | Cell::Bool(_) | Cell::Float(_) => {}
                }
            }
        }
        self.starts.push(self.options.len() as u32);
        self.tuple_rows.clear();
        if self.tuples.is_empty() {
            return Ok(());
        }
        batch.read(&plan.keyed, &self.tuples, &mut self.rows)?;
        split(&self.rows, self.tuples.len() as u32, &mut self.tuple_rows)
    }

    /// Adds an option to those of the entry under way.
    fn ask(&mut self, option: &[u8], kind: ColumnKind) {
        let number = self.numbers.number(option);
        if number.is_new {
            let tuple = match key(option, kind) {
                Some(key) => {
                    self.tuples.push(&key);
                    self.tuples.len() as u32 - 1
                }
                None => NO_TUPLE,
            };
            self.tuples_of.push(tuple);
        }
        self.options.push(self.tuples_of[number.number as usize]);
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

/// An option's key as its column holds it. Integers only as they are written.
fn key(option: &[u8], kind: ColumnKind) -> Option<KeyValue<'_>> {
    let text = std::str::from_utf8(option).ok()?;
    let int = text.parse::<i64>().ok().filter(|int| int.to_string() == text);
    match (int, kind) {
        (_, ColumnKind::Text) => Some(KeyValue::Text(text.into())),
        (Some(int), _) => Some(KeyValue::Int(int)),
        (None, ColumnKind::Integer) => None,
        (None, _) => Some(KeyValue::Text(text.into())),
    }
}
