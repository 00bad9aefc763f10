//! The columns of a held table as JSON ready to be copied. Kept once: a value that its JSON tells is read back from there.

use jiff::tz::TimeZone;

use crate::document::value::write_cell;
use crate::plan::level::Reading;
use crate::short_copy;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Bytes, Cell, RowSet};

#[derive(Debug)]
pub(super) struct WrittenRows {
    width: usize,
    /// No cells, but the bytes that those belong to that are read back.
    json: RowSet,
    /// Where the value of each cell, row by row, begins in `json`, and where the last one ends. One that cannot be written
    /// has no bytes.
    bounds: Vec<u32>,
    /// The columns of which some value cannot be read back.
    kept: RowSet,
    /// Of each column, its number in `kept`.
    kept_columns: Vec<Option<usize>>,
}

impl WrittenRows {
    /// Of the cells of each row from `first` on, whose columns are of these kinds. None where they take up too much.
    pub fn new(read: &RowSet, first: usize, kinds: &[ColumnKind], zone: &TimeZone) -> Option<Self> {
        let width = kinds.len();
        let mut json = Vec::new();
        let mut bounds = Vec::with_capacity(read.len() * width + 1);
        bounds.push(0);
        for row in 0..read.len() {
            for (column, kind) in kinds.iter().enumerate() {
                let start = json.len();
                let cell = read.cell(row, first + column);
                if write_cell(read, cell, Reading::As(*kind), zone, &mut json).is_err() {
                    json.truncate(start);
                }
                bounds.push(u32::try_from(json.len()).ok()?);
            }
        }
        short_copy::pad(&mut json);
        json.shrink_to_fit();
        let none = vec![None; width];
        let mut rows =
            WrittenRows { width, json: RowSet::of_bytes(json), bounds, kept: RowSet::default(), kept_columns: none };
        rows.keep(read, first);
        Some(rows)
    }

    /// Keeps the cells of the columns of which some value cannot be read back.
    fn keep(&mut self, read: &RowSet, first: usize) {
        let is_told = |row: usize, column: usize| {
            let (cell, told) = (read.cell(row, first + column), self.read_back(row, column));
            told.is_some_and(|told| same(read, cell, &self.json, told))
        };
        let kept: Vec<usize> =
            (0..self.width).filter(|column| !(0..read.len()).all(|row| is_told(row, *column))).collect();
        self.kept.reset(kept.len());
        for row in 0..read.len() {
            kept.iter().for_each(|column| self.kept.push_of(read, read.cell(row, first + column)));
        }
        self.kept.shrink_to_fit();
        for (number, column) in kept.into_iter().enumerate() {
            self.kept_columns[column] = Some(number);
        }
    }

    /// What they take up, in bytes.
    pub fn size(&self) -> usize {
        self.json.size() + size_of_val(&self.bounds[..]) + self.kept.size()
    }

    /// A cell, and the rows that its bytes belong to.
    pub fn cell(&self, row: u32, column: usize) -> (&RowSet, Cell) {
        match self.kept_columns[column] {
            Some(kept) => (&self.kept, self.kept.cell(row as usize, kept)),
            None => (&self.json, self.read_back(row as usize, column).unwrap_or(Cell::Null)),
        }
    }

    /// Appends a value as JSON, written by its column's kind; none where it cannot be written, else whether it is null.
    #[inline]
    pub fn write(&self, row: u32, column: usize, out: &mut Vec<u8>) -> Option<bool> {
        let at = row as usize * self.width + column;
        let (start, end) = (self.bounds[at], self.bounds[at + 1]);
        if start == end {
            return None;
        }
        let bytes = Bytes { start, len: end - start };
        short_copy::push_stretch(out, self.json.onwards_from(bytes), 0..bytes.len as usize);
        Some(self.json.bytes(bytes) == b"null")
    }

    /// The value that its JSON tells; none where it may have been another.
    fn read_back(&self, row: usize, column: usize) -> Option<Cell> {
        let at = row * self.width + column;
        let (start, end) = (self.bounds[at], self.bounds[at + 1]);
        Some(match self.json.bytes(Bytes { start, len: end - start }) {
            b"null" => Cell::Null,
            b"true" => Cell::Bool(true),
            b"false" => Cell::Bool(false),
            [b'"', text @ .., b'"'] if !text.contains(&b'\\') => {
                Cell::Text(Bytes { start: start + 1, len: text.len() as u32 })
            }
            number => {
                let number = std::str::from_utf8(number).ok()?;
                number.parse().map(Cell::Int).or_else(|_| number.parse().map(Cell::Float)).ok()?
            }
        })
    }
}

/// Whether two cells hold the same value of the same type.
fn same(rows: &RowSet, cell: Cell, others: &RowSet, other: Cell) -> bool {
    match (cell, other) {
        (Cell::Text(text), Cell::Text(other)) => rows.bytes(text) == others.bytes(other),
        (Cell::Float(float), Cell::Float(other)) => float.to_bits() == other.to_bits(),
        (Cell::Blob(_), _) | (_, Cell::Blob(_)) => false,
        (cell, other) => cell == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Vec<(ColumnKind, Vec<Cell>, bool)> {
        use Cell::{Bool, Float, Int, Null};
        vec![
            (ColumnKind::Integer, vec![Int(-7), Int(i64::MAX), Null], true),
            (ColumnKind::Float, vec![Float(0.5), Float(1e300), Null], true),
            (ColumnKind::Boolean, vec![Bool(true), Bool(false), Null], true),
            // Written as 1 and 0, 3.0 or true: other values.
            (ColumnKind::Boolean, vec![Int(1), Int(0), Null], false),
            (ColumnKind::Integer, vec![Float(2.0), Int(1), Null], false),
            (ColumnKind::Decimal, vec![Float(2.0), Float(0.5), Null], false),
            // Cannot be written at all.
            (ColumnKind::Float, vec![Float(f64::NAN), Float(f64::INFINITY), Null], false),
        ]
    }

    fn check(read: &RowSet, kind: ColumnKind, is_told: bool) {
        let rows = WrittenRows::new(read, 1, &[kind], &TimeZone::UTC).unwrap();
        assert_eq!(rows.kept_columns == [None], is_told, "{read:?}");
        for row in 0..read.len() {
            let (owner, cell) = rows.cell(row as u32, 0);
            let bits = |cell: Cell| match cell {
                Cell::Float(float) => float.to_bits(),
                _ => 0,
            };
            let same = same(read, read.cell(row, 1), owner, cell);
            assert!(same || bits(cell) == bits(read.cell(row, 1)), "{read:?} {row}: {cell:?}");
            let (mut out, mut expected) = (Vec::new(), Vec::new());
            let fault = write_cell(read, read.cell(row, 1), Reading::As(kind), &TimeZone::UTC, &mut expected);
            assert_eq!(rows.write(row as u32, 0, &mut out), fault.ok());
            assert!(out == expected || out.is_empty());
        }
    }

    #[test]
    fn values_are_those_that_were_read() {
        for (kind, cells, is_told) in cells() {
            let mut read = RowSet::default();
            read.reset(2);
            for cell in cells {
                read.push(Cell::Int(1));
                read.push(cell);
            }
            check(&read, kind, is_told);
        }
        for (kind, texts, is_told) in [
            (ColumnKind::Text, ["plain", "ä é"], true),
            (ColumnKind::Text, ["", "null"], true),
            (ColumnKind::Text, ["a \"quote\"", "plain"], false),
            (ColumnKind::Decimal, ["1.50", "2"], false),
            (ColumnKind::DateTime, ["2024-01-02 03:04:05", "2024-01-02 03:04:06"], false),
        ] {
            let mut read = RowSet::default();
            read.reset(2);
            for text in texts {
                read.push(Cell::Int(1));
                read.push_text(text.as_bytes());
            }
            check(&read, kind, is_told);
        }
    }
}
