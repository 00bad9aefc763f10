//! One row of a level as it was read, with what most of its values need to be written: its cells, and the rows of the held
//! tables that are joined with it.
//!
//! Invariant: a value that is written here is the same byte for byte as by [`write_cell`](super::value::write_cell); what that
//! would not write without a second thought is left to it.

use super::scope::Frame;
use super::value::write_common;
use crate::plan::level::{CellPlace, Level, Reading};
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};

pub(crate) struct ReadRow<'a> {
    level: &'a Level,
    rows: &'a RowSet,
    cells: &'a [Cell],
    /// Of each of the level's held tables.
    held: &'a [u32],
}

impl<'a> Frame<'a> {
    /// A row's cells; none where it was made of several rows, or of none.
    #[inline]
    pub fn read_row(&self, row: usize) -> Option<ReadRow<'a>> {
        let Frame { level, data, .. } = *self;
        let read = data.read_of(row)? as usize;
        let joins = level.held.len();
        Some(ReadRow { level, rows: &data.read, cells: data.read.row(read), held: &data.held[read * joins..][..joins] })
    }
}

impl ReadRow<'_> {
    /// What a column of integers, other than those of held tables, has here; none where it is something else.
    #[inline(always)]
    pub fn integer(&self, column: usize) -> Option<i64> {
        let place = self.level.places[column];
        match (place.cell, place.kind) {
            (CellPlace::Read(cell), ColumnKind::Integer) => match self.cells[cell] {
                Cell::Int(int) => Some(int),
                _ => None,
            },
            _ => None,
        }
    }

    /// Appends a column's value, by its own kind unless it is to be read otherwise, where that cannot fail, as nearly always,
    /// and says whether it was null; none otherwise.
    #[inline(always)]
    pub fn write_common(&self, column: usize, reading: Option<Reading>, out: &mut Vec<u8>) -> Option<bool> {
        let place = self.level.places[column];
        let own = Reading::As(place.kind);
        let reading = reading.unwrap_or(own);
        match place.cell {
            CellPlace::Read(cell) => write_common(self.rows, self.cells[cell], reading, out),
            CellPlace::Held { join, cell } if reading == own => {
                self.level.held[join].table.write(self.held[join], cell, out)
            }
            CellPlace::Held { .. } => None,
        }
    }
}
