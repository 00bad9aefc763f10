//! Where the programs of a level read their names from: the cells and computed values of a row, and those of the rows
//! that enclose it.

use std::cell::RefCell;
use std::ops::Range;

use super::InvalidItem;
use super::datum::Datum;
use super::eav::ValueIndex;
use super::lists::ListColumn;
use super::mask::MaskKey;
use super::slots::SlotColumn;
use super::value::{Raw, convert, shorten};
use crate::expression::value::Value;
use crate::expression::{EvaluationError, Slots};
use crate::plan::level::{Condition, Level, Operand, Reading};
use crate::source::rows::{Cell, RowSet};
use jiff::tz::TimeZone;

/// What is the same for all rows of a run.
#[derive(Debug)]
pub(crate) struct Environment {
    pub zone: TimeZone,
    pub mask_key: Option<MaskKey>,
}

/// One row of a level: a row that was read, for one group. Where groups read the same rows in different outer
/// contexts, a row that was read stands for several of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// Index into the row set; of a level with a fallback into [`LevelData::merged`].
    pub read: u32,
    pub group: u32,
}

/// Rows of the enclosing level that get one fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// The key tuple; [`Group::NO_TUPLE`] where a part of it is null, which matches nothing.
    pub tuple: u32,
    /// A row of the enclosing level that stands for them all.
    pub outer_row: u32,
}

impl Group {
    pub const NO_TUPLE: u32 = u32::MAX;
}

/// The rows of a level in the batch under way.
#[derive(Debug, Default)]
pub(crate) struct LevelData {
    pub read: RowSet,
    /// The rows of a further pass, before they stand behind the others.
    pub more: RowSet,
    /// Of each row that was read, the rows of the level's held tables that are joined with it.
    pub held: Vec<u32>,
    pub rows: Vec<Row>,
    pub groups: Vec<Group>,
    pub slots: Vec<SlotColumn>,
    /// For each of the level's reads.
    pub values: Vec<ValueIndex>,
    pub lists: Vec<ListColumn>,
    /// Where a fallback has made one row of several: the rows that were read for each, in the order in which a value is
    /// sought in them.
    pub merged: Option<Merged>,
}

/// Rows that were made of several.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// Of each row, a stretch of `read`.
    pub rows: Vec<Range<u32>>,
    /// Indexes into the row set.
    pub read: Vec<u32>,
}

impl LevelData {
    /// A row of a group that has none: all its columns are null, what encloses it is real.
    pub fn ghost(&self, group: usize) -> usize {
        self.rows.len() + group
    }

    fn group_of(&self, row: usize) -> usize {
        match self.rows.get(row) {
            Some(row) => row.group as usize,
            None => row - self.rows.len(),
        }
    }

    /// What was read for a row, where it was made of one.
    #[inline]
    pub fn read_of(&self, row: usize) -> Option<u32> {
        self.rows.get(row).filter(|_| self.merged.is_none()).map(|row| row.read)
    }

    /// A column of a row, and the rows that its bytes belong to.
    #[inline]
    pub fn cell<'a>(&'a self, level: &'a Level, row: usize, column: usize) -> (&'a RowSet, Cell) {
        match self.read_of(row) {
            Some(read) => self.cell_of(level, column, read),
            None => self.cell_of_several(level, row, column),
        }
    }

    /// The same where the row was made of several, or of none.
    fn cell_of_several<'a>(&'a self, level: &'a Level, row: usize, column: usize) -> (&'a RowSet, Cell) {
        match (self.rows.get(row), &self.merged) {
            (Some(row), Some(merged)) => {
                // The first value that is not null.
                let Range { start, end } = merged.rows[row.read as usize];
                let reads = merged.read[start as usize..end as usize].iter();
                let mut cells = reads.map(|read| self.cell_of(level, column, *read));
                cells.find(|(_, cell)| *cell != Cell::Null).unwrap_or((&self.read, Cell::Null))
            }
            _ => (&self.read, Cell::Null),
        }
    }
}

/// A level's data with those that enclose it.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub level: &'a Level,
    pub data: &'a LevelData,
    pub outer: Option<&'a Frame<'a>>,
    pub environment: &'a Environment,
}

impl<'a> Frame<'a> {
    /// The frame and row that `up` levels outwards enclose `row`.
    pub fn outwards(&self, up: usize, row: usize) -> Option<(&Frame<'a>, usize)> {
        let mut frame = self;
        let mut row = row;
        for _ in 0..up {
            let group = frame.data.groups.get(frame.data.group_of(row))?;
            row = group.outer_row as usize;
            frame = frame.outer?;
        }
        Some((frame, row))
    }

    /// The value of a column of this level for a row of it, before any conversion.
    pub fn own(&self, row: usize, column: usize) -> Raw<'a> {
        let (rows, cell) = self.data.cell(self.level, row, column);
        Raw::of_cell(rows, cell)
    }

    /// The value that an operand has for a row, before any conversion. A column's declared kind goes with it.
    pub fn raw<'s>(&'s self, operand: &'s Operand, row: usize) -> Result<(Raw<'s>, Reading), InvalidItem> {
        use crate::source::catalog::ColumnKind::Dynamic;
        match operand {
            Operand::Column { up, column } => {
                let Some((frame, row)) = self.outwards(*up, row) else { return Ok((Raw::Null, Reading::As(Dynamic))) };
                Ok((frame.own(row, *column), Reading::As(frame.level.columns[*column].kind)))
            }
            Operand::Slot { up, slot } => {
                let Some((frame, row)) = self.outwards(*up, row) else { return Ok((Raw::Null, Reading::As(Dynamic))) };
                let datum = frame.data.slots[*slot].get(row).map_err(InvalidItem::clone)?;
                Ok((Raw::Computed(datum), Reading::As(Dynamic)))
            }
            Operand::Constant(scalar) => Ok((Raw::Computed(Datum::of_scalar(scalar)), Reading::As(Dynamic))),
        }
    }

    /// The column behind an operand, for messages.
    pub fn column(&self, operand: &Operand) -> Option<&crate::plan::level::ColumnRead> {
        let Operand::Column { up, column } = operand else { return None };
        let mut frame = self;
        for _ in 0..*up {
            frame = frame.outer?;
        }
        frame.level.columns.get(*column)
    }

    /// The value of an operand by its own kind; `path` is the field that asks, for the message.
    pub fn datum<'s>(&'s self, operand: &'s Operand, row: usize, path: &str) -> Result<Datum<'s>, InvalidItem> {
        let (raw, reading) = self.raw(operand, row)?;
        convert(raw, reading, &self.environment.zone).map_err(|fault| {
            let column = self.column(operand);
            InvalidItem {
                column: place(path, column.map(|column| column.label.as_str())),
                reason: fault.reason(column.is_some_and(|column| column.secret)),
            }
        })
    }

    /// Whether a condition is true for a row.
    pub fn holds(&self, condition: &Condition, row: usize) -> Result<bool, InvalidItem> {
        let scope = RowScope::new(self, row, &condition.path);
        match condition.program.evaluate(&scope) {
            Ok(value) => Ok(value.truth() == Some(true)),
            Err(error) => {
                let column = condition.sources.first().map(|source| format!("{}.{}", source.table, source.column));
                Err(scope.blame(error, column.as_deref(), condition.secret))
            }
        }
    }
}

/// `images.width (product_image.width)`.
pub(crate) fn place(path: &str, column: Option<&str>) -> String {
    match column {
        Some(column) if path.is_empty() => column.to_owned(),
        Some(column) => format!("{path} ({column})"),
        None => path.to_owned(),
    }
}

/// One row as a program sees it: operand by number.
pub(crate) struct RowScope<'a> {
    pub frame: &'a Frame<'a>,
    pub row: usize,
    /// The piece under way of a text that is cut.
    pub piece: Option<&'a str>,
    path: &'a str,
    /// The last failed read, which says more than the program's error does.
    failed: RefCell<Option<InvalidItem>>,
}

impl<'a> RowScope<'a> {
    pub fn new(frame: &'a Frame<'a>, row: usize, path: &'a str) -> Self {
        RowScope { frame, row, piece: None, path, failed: RefCell::new(None) }
    }

    pub fn of_piece(frame: &'a Frame<'a>, row: usize, path: &'a str, piece: &'a str) -> Self {
        RowScope { piece: Some(piece), ..RowScope::new(frame, row, path) }
    }

    /// What an evaluation's error means for the item.
    pub fn blame(&self, error: EvaluationError, column: Option<&str>, secret: bool) -> InvalidItem {
        if let Some(failed) = self.failed.take() {
            return failed;
        }
        let reason = if secret { "cannot be computed from these values".to_owned() } else { error.reason };
        InvalidItem { column: place(self.path, error.column.as_deref().or(column)), reason: shorten_reason(&reason) }
    }
}

/// A reason may quote data: no control characters, no novels.
fn shorten_reason(reason: &str) -> String {
    const LONGEST: usize = 300;
    if reason.chars().count() <= LONGEST {
        return reason.chars().filter(|c| !c.is_control()).collect();
    }
    shorten(reason)
}

impl Slots for RowScope<'_> {
    fn slot(&self, slot: usize) -> Result<Value<'_>, EvaluationError> {
        let operand = &self.frame.level.operands[slot];
        match self.frame.datum(operand, self.row, self.path) {
            Ok(datum) => Ok(datum.into_value()),
            Err(failed) => {
                let error = EvaluationError { column: Some(failed.column.clone()), reason: failed.reason.clone() };
                self.failed.replace(Some(failed));
                Err(error)
            }
        }
    }
}
