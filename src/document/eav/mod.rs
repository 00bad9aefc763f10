//! Values that stand in rows of their own, in a batch: read in one pass per table, found by whose they are and of which
//! attribute.
//!
//! Every row read is an entry; the entries of one tuple and attribute form a chain, in the order of the tables. A value is
//! found by going through its chain once per scope: chains are as long as there are scopes.

mod labels;
mod list;
mod text;
mod tie;

use std::ops::Range;

use super::InvalidItem;
use super::datum::Datum;
use super::distinct::Distinct;
use super::fallback::same;
use super::key::key_value;
use super::level::Batch;
use super::scope::{Frame, Group};
use super::stretches::{merge, split};
use super::value::Raw;
use crate::plan::eav::{ATTRIBUTE_CELL, ScopePlan, VALUE_CELL, ValueLookup, ValueRead, ValueTable};
use crate::plan::level::{Operand, Reading};
use crate::source::rows::{Cell, RowSet};
use crate::source::{KeyTuples, KeyValue, SourceError};
use labels::LabelIndex;
use tie::breaks_tie;

/// The values that the rows of a level ask for, in the batch under way. Its buffers are reused from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct ValueIndex {
    /// Of each row of the level, the number of what it asks for; [`Group::NO_TUPLE`] where that is null.
    asked: Vec<u32>,
    /// Rows whose tuple could not be read, ascending.
    failed: Vec<(u32, InvalidItem)>,
    /// The rows of each table.
    rows: Vec<RowSet>,
    entries: Vec<Entry>,
    /// The first entry of each tuple and attribute.
    heads: Vec<u32>,
    attributes: usize,
    labels: Vec<LabelIndex>,
    tuples: KeyTuples,
    tuple_count: usize,
    numbers: Distinct,
    scratch: Vec<u8>,
    tuple_rows: Vec<Range<u32>>,
}

/// A value row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub table: u32,
    pub row: u32,
    pub attribute: u32,
    /// The next entry of the same tuple and attribute.
    next: u32,
}

/// No entry.
const END: u32 = u32::MAX;

impl ValueIndex {
    /// Reads the values for `rows` of the level.
    pub fn read(
        &mut self,
        plan: &ValueRead,
        frame: &Frame<'_>,
        rows: &[u32],
        batch: &mut Batch<'_>,
    ) -> Result<(), SourceError> {
        let by_entity = batch.range.is_some() && plan.tables.iter().all(|table| table.range.is_some());
        self.ask(plan, frame, rows, by_entity);
        if by_entity {
            self.tuple_count = batch.keys.len();
        }
        self.attributes = plan.attributes.count;
        self.entries.clear();
        self.heads.clear();
        self.heads.resize(self.tuple_count * self.attributes, END);
        self.rows.resize_with(plan.tables.len(), RowSet::default);
        // Each entry goes before those of its chain: the last table first.
        for (number, table) in plan.tables.iter().enumerate().rev() {
            self.read_table(number, table, plan, by_entity, batch)?;
        }
        self.labels.resize_with(plan.labels.len(), LabelIndex::default);
        for (labels, plan_of_labels) in self.labels.iter_mut().zip(&plan.labels) {
            labels.read(plan_of_labels, &self.entries, &self.rows, batch)?;
        }
        Ok(())
    }

    /// Finds out what each row asks for.
    fn ask(&mut self, plan: &ValueRead, frame: &Frame<'_>, rows: &[u32], by_entity: bool) {
        self.asked.clear();
        self.asked.resize(frame.data.rows.len(), Group::NO_TUPLE);
        self.failed.clear();
        self.tuples.reset(1);
        self.numbers.clear();
        self.tuple_count = 0;
        match &plan.of {
            None => {
                self.tuples.push(&KeyValue::Int(0));
                self.tuple_count = 1;
                self.asked.fill(0);
            }
            Some(_) if by_entity => {
                for &row in rows {
                    self.asked[row as usize] = frame.data.rows[row as usize].group;
                }
            }
            Some(of) => {
                for &row in rows {
                    match self.tuple_of(of, frame, row as usize, &plan.path) {
                        Ok(tuple) => self.asked[row as usize] = tuple,
                        Err(failure) => self.failed.push((row, failure)),
                    }
                }
            }
        }
    }

    fn tuple_of(&mut self, of: &Operand, frame: &Frame<'_>, row: usize, path: &str) -> Result<u32, InvalidItem> {
        let key = match key_value(frame, of, row, path)? {
            KeyValue::Null => return Ok(Group::NO_TUPLE),
            key => key,
        };
        self.scratch.clear();
        key.encode(&mut self.scratch);
        let tuple = self.numbers.number(&self.scratch);
        if tuple.is_new {
            self.tuples.push(&key);
            self.tuple_count += 1;
        }
        Ok(tuple.number)
    }

    fn read_table(
        &mut self,
        number: usize,
        table: &ValueTable,
        plan: &ValueRead,
        by_entity: bool,
        batch: &mut Batch<'_>,
    ) -> Result<(), SourceError> {
        let rows = &mut self.rows[number];
        match &table.range {
            _ if self.tuple_count == 0 => {
                rows.reset(0);
                self.tuple_rows.clear();
            }
            Some(range) if by_entity => {
                batch.read(range, &self.tuples, rows)?;
                merge(rows, batch.keys, &mut self.tuple_rows);
            }
            _ => {
                batch.read(&table.keyed, &self.tuples, rows)?;
                split(rows, self.tuple_count as u32, &mut self.tuple_rows)?;
            }
        }
        let rows = &self.rows[number];
        for (tuple, range) in self.tuple_rows.iter().enumerate() {
            for row in range.clone().rev() {
                let Some(attribute) = plan.attributes.of(rows, rows.cell(row as usize, ATTRIBUTE_CELL)) else {
                    continue;
                };
                let head = &mut self.heads[tuple * self.attributes + attribute as usize];
                self.entries.push(Entry { table: number as u32, row, attribute, next: *head });
                *head = self.entries.len() as u32 - 1;
            }
        }
        Ok(())
    }

    /// What a row of the level that reads the values asks for.
    fn asked_by(&self, row: usize) -> Result<u32, InvalidItem> {
        match self.failed.binary_search_by_key(&(row as u32), |(failed, _)| *failed) {
            Ok(found) => Err(self.failed[found].1.clone()),
            // A ghost row asks for nothing.
            Err(_) => Ok(self.asked.get(row).copied().unwrap_or(Group::NO_TUPLE)),
        }
    }

    /// The entry of the first scope that has one, whether its value is null or not.
    fn find(
        &self,
        plan: &ValueRead,
        tuple: u32,
        attribute: u32,
        scopes: &[ScopePlan],
        frame: &Frame<'_>,
        row: usize,
    ) -> Result<Option<usize>, InvalidItem> {
        if tuple == Group::NO_TUPLE {
            return Ok(None);
        }
        let head = self.heads[tuple as usize * self.attributes + attribute as usize];
        if head == END {
            return Ok(None);
        }
        for scope in scopes {
            let mut found: Option<usize> = None;
            let mut at = head;
            while at != END {
                let entry = self.entries[at as usize];
                if self.is_in(&entry, scope, frame, row)? {
                    let ties = &plan.tables[entry.table as usize].ties;
                    match found {
                        None if ties.is_empty() => return Ok(Some(at as usize)),
                        None => found = Some(at as usize),
                        Some(known) => {
                            let known = self.entries[known];
                            let rows = &self.rows[entry.table as usize];
                            if known.table == entry.table && breaks_tie(rows, ties, entry.row, known.row) {
                                found = Some(at as usize);
                            }
                        }
                    }
                }
                at = entry.next;
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn is_in(&self, entry: &Entry, scope: &ScopePlan, frame: &Frame<'_>, row: usize) -> Result<bool, InvalidItem> {
        let rows = &self.rows[entry.table as usize];
        is_in(rows, entry.row, scope, frame, row)
    }

    fn value_cell(&self, entry: &Entry) -> Cell {
        self.rows[entry.table as usize].cell(entry.row as usize, VALUE_CELL)
    }
}

/// Whether a row of values or labels belongs to a scope, seen from the row `at` of a level.
fn is_in(rows: &RowSet, row: u32, scope: &ScopePlan, frame: &Frame<'_>, at: usize) -> Result<bool, InvalidItem> {
    for pair in &scope.0 {
        if !same(&held(rows, rows.cell(row as usize, pair.cell)), &frame.datum(&pair.equals, at, "")?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a scope's column holds; nothing where that is no text.
fn held(rows: &RowSet, cell: Cell) -> Datum<'_> {
    match cell {
        Cell::Null => Datum::Null,
        Cell::Bool(truth) => Datum::Bool(truth),
        Cell::Int(int) => Datum::Int(int),
        Cell::Float(float) => Datum::Float(float),
        Cell::Text(bytes) | Cell::Blob(bytes) => {
            std::str::from_utf8(rows.bytes(bytes)).map_or(Datum::Null, |text| Datum::Text(text.into()))
        }
    }
}

/// A value with what is known of its column.
pub(crate) struct FoundValue<'f> {
    pub rows: &'f RowSet,
    pub cell: Cell,
    pub table: &'f ValueTable,
}

impl Frame<'_> {
    /// The value of an attribute for a row; none where no row says it.
    pub fn value<'s>(&'s self, lookup: &ValueLookup, row: usize) -> Result<Option<FoundValue<'s>>, InvalidItem> {
        let Some((reader, outer_row)) = self.outwards(lookup.up, row) else { return Ok(None) };
        let (plan, values) = (&reader.level.reads[lookup.read], &reader.data.values[lookup.read]);
        let tuple = values.asked_by(outer_row)?;
        let found = values.find(plan, tuple, lookup.attribute, &lookup.scopes, self, row)?;
        Ok(found.map(|found| {
            let entry = &values.entries[found];
            let rows = &values.rows[entry.table as usize];
            FoundValue { rows, cell: values.value_cell(entry), table: &plan.tables[entry.table as usize] }
        }))
    }
}

impl<'f> FoundValue<'f> {
    /// The value and its kind; null where there is none.
    pub fn raw(found: Option<Self>) -> (Raw<'f>, Reading) {
        match found {
            Some(FoundValue { rows, cell, table }) => (Raw::of_cell(rows, cell), Reading::As(table.value.kind)),
            None => (Raw::Null, Reading::As(crate::source::catalog::ColumnKind::Dynamic)),
        }
    }
}
