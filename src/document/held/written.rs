//! The columns of a held table as JSON ready to be copied. Kept once: a value that its JSON tells is read back from there.

use jiff::tz::TimeZone;

use crate::document::value::write_cell;
use crate::plan::level::Reading;
use crate::prefetch::prefetch;
use crate::short_copy;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Bytes, Cell, RowSet};

/// Bytes from which on a table does not stay in a core's own cache beside the rows of a batch.
const LARGE: usize = 128 << 10;

#[derive(Debug)]
pub(super) struct WrittenRows {
    width: usize,
    /// No cells, but the bytes that those belong to that are read back.
    json: RowSet,
    /// Where the value of each cell, row by row, begins in `json`, and where the last one ends. One that cannot be written
    /// has no bytes.
    bounds: Vec<u32>,
    /// Of each column, its cells, where one of them cannot be read back.
    kept: Vec<Option<RowSet>>,
}

impl WrittenRows {
    pub fn new(width: usize) -> Self {
        WrittenRows { width, json: RowSet::default(), bounds: vec![0], kept: (0..width).map(|_| None).collect() }
    }

    /// Adds the cells of each row from `first` on, whose columns are of these kinds. None where they are too many.
    pub fn add(&mut self, read: &RowSet, first: usize, kinds: &[ColumnKind], zone: &TimeZone) -> Option<()> {
        let before = self.len();
        let json = self.json.buffer();
        for row in 0..read.len() {
            for (column, kind) in kinds.iter().enumerate() {
                let start = json.len();
                let cell = read.cell(row, first + column);
                if write_cell(read, cell, Reading::As(*kind), zone, json).is_err() {
                    json.truncate(start);
                }
                self.bounds.push(u32::try_from(json.len()).ok()?);
            }
        }
        for column in 0..self.width {
            let cells = |row: usize| read.cell(row, first + column);
            let is_told = |row: usize| {
                let told = self.read_back(before + row, column);
                told.is_some_and(|told| same(read, cells(row), &self.json, told))
            };
            if self.kept[column].is_none() && !(0..read.len()).all(is_told) {
                // Those before could be read back.
                let mut kept = RowSet::default();
                kept.reset(1);
                for row in 0..before {
                    kept.push_of(&self.json, self.read_back(row, column).unwrap_or(Cell::Null));
                }
                self.kept[column] = Some(kept);
            }
            if let Some(kept) = &mut self.kept[column] {
                (0..read.len()).for_each(|row| kept.push_of(read, cells(row)));
            }
        }
        Some(())
    }

    /// Nothing is added from now on.
    pub fn finish(&mut self) {
        short_copy::pad(self.json.buffer());
        self.json.shrink_to_fit();
        self.bounds.shrink_to_fit();
        self.kept.iter_mut().flatten().for_each(RowSet::shrink_to_fit);
    }

    fn len(&self) -> usize {
        (self.bounds.len() - 1).checked_div(self.width).unwrap_or(0)
    }

    /// What they take up, in bytes.
    pub fn size(&self) -> usize {
        let kept: usize = self.kept.iter().flatten().map(RowSet::size).sum();
        self.json.size() + size_of_val(&self.bounds[..]) + kept
    }

    /// A cell, and the rows that its bytes belong to. Not inlined, so that what mostly has the cells of rows that were read
    /// stays small.
    #[inline(never)]
    pub fn cell(&self, row: u32, column: usize) -> (&RowSet, Cell) {
        match &self.kept[column] {
            Some(kept) => (kept, kept.cell(row as usize, 0)),
            None => (&self.json, self.read_back(row as usize, column).unwrap_or(Cell::Null)),
        }
    }

    /// Appends a value as JSON, written by its column's kind; none where it cannot be written, else whether it is null.
    #[inline(always)]
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

    /// Has the processor fetch what is about to be written of these rows. Those of a large table lie anywhere in it, and
    /// together they are waited for once.
    pub fn prefetch(&self, rows: impl Iterator<Item = u32>) {
        if self.json.byte_len() < LARGE {
            return;
        }
        for row in rows {
            let start = self.bounds[row as usize * self.width];
            prefetch(self.json.onwards_from(Bytes { start, len: 0 }));
            // What is copied at once may lie across the end of what is fetched at once.
            prefetch(self.json.onwards_from(Bytes { start: start + short_copy::PADDING as u32 - 1, len: 0 }));
        }
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

    /// Of two pages of these rows.
    fn check(read: &RowSet, kind: ColumnKind, is_told: bool) {
        let mut rows = WrittenRows::new(1);
        for _ in 0..2 {
            rows.add(read, 1, &[kind], &TimeZone::UTC).unwrap();
        }
        rows.finish();
        assert_eq!(rows.kept[0].is_none(), is_told, "{read:?}");
        for row in 0..2 * read.len() {
            let expected = read.cell(row % read.len(), 1);
            let (owner, cell) = rows.cell(row as u32, 0);
            assert!(same(read, expected, owner, cell), "{read:?} {row}: {cell:?}");
            let (mut out, mut written) = (Vec::new(), Vec::new());
            let is_null = write_cell(read, expected, Reading::As(kind), &TimeZone::UTC, &mut written).ok();
            assert_eq!(rows.write(row as u32, 0, &mut out), is_null);
            assert!(is_null.is_none() || out == written, "{out:?}");
        }
    }

    #[test]
    fn a_column_is_kept_from_where_its_values_are_not_told() {
        let page = |text: &str| {
            let mut page = RowSet::default();
            page.reset(1);
            page.push_text(text.as_bytes());
            page
        };
        let mut rows = WrittenRows::new(1);
        let texts = ["plain", "a \"quote\"", "plain again"];
        for text in texts {
            rows.add(&page(text), 0, &[ColumnKind::Text], &TimeZone::UTC).unwrap();
        }
        rows.finish();
        for (row, text) in texts.into_iter().enumerate() {
            let (owner, cell) = rows.cell(row as u32, 0);
            let Cell::Text(bytes) = cell else { panic!("{cell:?}") };
            assert_eq!(owner.bytes(bytes), text.as_bytes());
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
