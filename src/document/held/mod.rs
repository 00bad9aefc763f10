//! Small tables that are held in memory for a run: their rows by key, their columns as JSON ready to be copied.
//!
//! A row of one is no copy: the level notes its number beside each row that it has read, and a column of a held table is
//! looked up there. Where the level's main table is held, a row that it has read is such a number and the key.

mod index;
mod written;

use jiff::tz::TimeZone;

use super::scope::LevelData;
use crate::plan::level::{CellPlace, HeldKey, Level};
use crate::source::KeyValue;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use index::{Component, KeyIndex, Keys, NONE};
use written::WrittenRows;

/// A small table, read once. Shared by all workers.
#[derive(Debug)]
pub(crate) struct HeldTable {
    index: KeyIndex,
    /// Without their keys.
    rows: WrittenRows,
}

/// A table while it is read.
#[derive(Debug)]
pub(crate) struct HeldTableReader {
    keys: Keys,
    rows: WrittenRows,
    key_width: usize,
    kinds: Vec<ColumnKind>,
}

impl HeldTableReader {
    /// Of rows whose first `key_width` cells are their key; `kinds` are those of the others.
    pub fn new(key_width: usize, kinds: Vec<ColumnKind>) -> Self {
        HeldTableReader { keys: Keys::new(), rows: WrittenRows::new(kinds.len()), key_width, kinds }
    }

    /// Adds rows. None where they cannot be told apart by their keys.
    pub fn add(&mut self, read: &RowSet, zone: &TimeZone) -> Option<()> {
        self.keys.add(read, self.key_width)?;
        self.rows.add(read, self.key_width, &self.kinds, zone)
    }

    /// What they take up, in bytes.
    pub fn size(&self) -> usize {
        self.keys.size() + self.rows.size()
    }

    /// None where the rows cannot be told apart by their keys.
    pub fn table(mut self) -> Option<HeldTable> {
        self.rows.finish();
        Some(HeldTable { index: self.keys.index()?, rows: self.rows })
    }
}

impl HeldTable {
    /// What it takes up, in bytes.
    pub fn size(&self) -> usize {
        self.index.size() + self.rows.size()
    }

    /// Appends a cell of a row that [`LevelData::join_held`] has found as JSON, and says whether it is null; none where it has
    /// to be written.
    #[inline(always)]
    pub fn write(&self, row: u32, cell: usize, out: &mut Vec<u8>) -> Option<bool> {
        match row {
            NONE => None,
            row => self.rows.write(row, cell, out),
        }
    }

    /// The row that has this key.
    pub fn find<'k>(&self, key: impl Iterator<Item = &'k KeyValue<'k>>, scratch: &mut Vec<u8>) -> Option<u32> {
        Some(self.index.find(key.map(Component::of_value), scratch)).filter(|row| *row != NONE)
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
                self.held[read * joins + join] = match &held.key {
                    HeldKey::Tuple => match self.read.cell(read, 0) {
                        Cell::Int(row) => row as u32,
                        _ => NONE,
                    },
                    HeldKey::Columns(columns) => match (&held.table.index, &columns[..]) {
                        (KeyIndex::Dense(index), [column]) => match self.cell_of(level, *column, read as u32) {
                            (_, Cell::Int(int)) => index.find(int),
                            _ => NONE,
                        },
                        (index, columns) => {
                            let cells = columns.iter().map(|column| self.cell_of(level, *column, read as u32));
                            index.find(cells.map(|(rows, cell)| Component::of_cell(rows, cell)), &mut scratch)
                        }
                    },
                };
            }
            let found = self.held.iter().skip(join).step_by(joins);
            held.table.rows.prefetch(found.copied().filter(|row| *row != NONE));
        }
    }

    /// Whether a row that was read has found all that it must be joined with.
    pub fn is_joined(&self, level: &Level, read: u32) -> bool {
        let found = self.held.iter().skip(read as usize * level.held.len());
        level.held.iter().zip(found).all(|(held, row)| held.optional || *row != NONE)
    }

    /// A column of a row that was read, and the rows that its bytes belong to.
    #[inline(always)]
    pub fn cell_of<'a>(&'a self, level: &'a Level, column: usize, read: u32) -> (&'a RowSet, Cell) {
        match level.places[column].cell {
            CellPlace::Read(cell) => (&self.read, self.read.cell(read as usize, cell)),
            CellPlace::Held { join, cell } => match self.held[read as usize * level.held.len() + join] {
                NONE => (&self.read, Cell::Null),
                row => level.held[join].table.rows.cell(row, cell),
            },
        }
    }
}
