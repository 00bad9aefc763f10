//! Small tables that are held in memory for a run: their rows by key, their columns as JSON ready to be copied.
//!
//! A row that is joined from one is no copy: the level notes the row's number beside each row that it has read, and a
//! column of a held table is looked up there.

mod index;

use std::ops::Range;

use jiff::tz::TimeZone;

use super::scope::LevelData;
use super::value::write_cell;
use crate::plan::level::{CellPlace, Level, Reading};
use crate::short_copy;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use index::{KeyIndex, NONE};

/// A small table, read once. Shared by all workers.
#[derive(Debug)]
pub(crate) struct HeldTable {
    rows: RowSet,
    index: KeyIndex,
    json: Vec<u8>,
    /// Of each cell, row by row, its value in `json`; empty where it cannot be written.
    written: Vec<Range<u32>>,
}

impl HeldTable {
    /// Of rows whose first `key_width` cells are their key; `kinds` are those of all cells. None where the rows cannot be
    /// told apart by their keys.
    pub fn new(rows: RowSet, key_width: usize, kinds: &[ColumnKind], zone: &TimeZone) -> Option<Self> {
        let index = KeyIndex::new(&rows, key_width)?;
        let mut json = Vec::new();
        let mut written = Vec::with_capacity(rows.len() * kinds.len());
        for row in 0..rows.len() {
            for (cell, kind) in kinds.iter().enumerate() {
                let start = json.len();
                if write_cell(&rows, rows.cell(row, cell), Reading::As(*kind), zone, &mut json).is_err() {
                    json.truncate(start);
                }
                written.push(u32::try_from(start).ok()?..u32::try_from(json.len()).ok()?);
            }
        }
        short_copy::pad(&mut json);
        Some(HeldTable { rows, index, json, written })
    }

    /// Appends a value as JSON, written by its column's kind; none where it cannot be written, else whether it is null.
    fn write(&self, row: u32, cell: usize, out: &mut Vec<u8>) -> Option<bool> {
        let Range { start, end } = self.written[row as usize * self.rows.width() + cell];
        let json = start as usize..end as usize;
        if json.is_empty() {
            return None;
        }
        let is_null = self.json[json.clone()] == *b"null";
        short_copy::push_stretch(out, &self.json, json);
        Some(is_null)
    }
}

impl LevelData {
    /// Finds for every row that was read the rows of the held tables that are joined with it.
    pub fn join_held(&mut self, level: &Level) {
        self.held.clear();
        if level.held.is_empty() {
            return;
        }
        let joins = level.held.len();
        self.held.resize(self.read.len() * joins, NONE);
        let mut scratch = Vec::new();
        for (join, held) in level.held.iter().enumerate() {
            for read in 0..self.read.len() {
                let key = held.key.iter().map(|column| self.cell_of(level, *column, read as u32));
                let row = held.table.index.find(key, &mut scratch);
                self.held[read * joins + join] = row;
            }
        }
    }

    /// Whether a row that was read has found all that it must be joined with.
    pub fn is_joined(&self, level: &Level, read: u32) -> bool {
        let found = self.held.iter().skip(read as usize * level.held.len());
        level.held.iter().zip(found).all(|(held, row)| held.optional || *row != NONE)
    }

    /// A column of a row that was read, and the rows that its bytes belong to.
    #[inline]
    pub fn cell_of<'a>(&'a self, level: &'a Level, column: usize, read: u32) -> (&'a RowSet, Cell) {
        match level.places[column] {
            CellPlace::Read(cell) => (&self.read, self.read.cell(read as usize, cell)),
            CellPlace::Held { join, cell } => match self.held[read as usize * level.held.len() + join] {
                NONE => (&self.read, Cell::Null),
                row => {
                    let rows = &level.held[join].table.rows;
                    (rows, rows.cell(row as usize, cell))
                }
            },
        }
    }

    /// Appends a cell of a held table as JSON, for a row that was read, and says whether it is null; none where it has to
    /// be written.
    #[inline]
    pub fn write_held(&self, level: &Level, join: usize, cell: usize, read: u32, out: &mut Vec<u8>) -> Option<bool> {
        match self.held[read as usize * level.held.len() + join] {
            NONE => None,
            row => level.held[join].table.write(row, cell, out),
        }
    }
}
