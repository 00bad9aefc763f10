//! Rows of one pass, held compactly: fixed-size cells and one buffer for their bytes.
//!
//! A row set is reused from batch to batch; reading allocates only while a larger batch than before grows it.

use super::{KeyValue, SourceError};

/// One value as the database gave it. Bytes live in the [`RowSet`] that holds the cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Text as the database declares it; not yet known to be UTF-8.
    Text(Bytes),
    Blob(Bytes),
}

/// A stretch of a row set's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    pub start: u32,
    pub len: u32,
}

#[derive(Debug, Default)]
pub struct RowSet {
    width: usize,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
    /// What the rows may take up; any number by default.
    most_bytes: Option<usize>,
    overflowed: bool,
}

impl RowSet {
    /// Overflows when its rows take up more than these.
    pub fn of_at_most(bytes: usize) -> Self {
        RowSet { most_bytes: Some(bytes), ..RowSet::default() }
    }

    /// From now on it overflows when its rows take up more than these.
    pub fn limit(&mut self, bytes: usize) {
        self.most_bytes = Some(bytes);
    }

    /// Empties the set for rows of `width` cells.
    pub fn reset(&mut self, width: usize) {
        self.width = width;
        self.cells.clear();
        self.bytes.clear();
        self.overflowed = false;
    }

    /// Appends a cell to the row under way; `width` of them make a row.
    pub fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    pub fn push_text(&mut self, text: &[u8]) {
        let bytes = self.keep(text);
        self.cells.push(Cell::Text(bytes));
    }

    pub fn push_blob(&mut self, blob: &[u8]) {
        let bytes = self.keep(blob);
        self.cells.push(Cell::Blob(bytes));
    }

    /// Appends a cell of another set to the row under way.
    pub fn push_of(&mut self, rows: &RowSet, cell: Cell) {
        match cell {
            Cell::Text(text) => self.push_text(rows.bytes(text)),
            Cell::Blob(blob) => self.push_blob(rows.bytes(blob)),
            cell => self.push(cell),
        }
    }

    /// Appends a component of a key to the row under way.
    pub fn push_key(&mut self, value: &KeyValue<'_>) {
        match value {
            KeyValue::Null => self.push(Cell::Null),
            KeyValue::Bool(truth) => self.push(Cell::Bool(*truth)),
            KeyValue::Int(int) => self.push(Cell::Int(*int)),
            KeyValue::Float(float) => self.push(Cell::Float(*float)),
            KeyValue::Text(text) => self.push_text(text.as_bytes()),
            KeyValue::Blob(blob) => self.push_blob(blob),
        }
    }

    /// Gives back the memory that its rows do not need.
    pub fn shrink_to_fit(&mut self) {
        self.cells.shrink_to_fit();
        self.bytes.shrink_to_fit();
    }

    /// Adds the rows of another set of the same width behind these.
    pub fn append(&mut self, other: &RowSet) {
        let Some(place) = place(self.bytes.len(), other.bytes.len()) else {
            self.overflowed = true;
            return;
        };
        self.width = other.width;
        self.overflowed |= other.overflowed;
        self.bytes.extend_from_slice(&other.bytes);
        let moved = |bytes: Bytes| Bytes { start: bytes.start + place.start, ..bytes };
        self.cells.extend(other.cells.iter().map(|cell| match *cell {
            Cell::Text(bytes) => Cell::Text(moved(bytes)),
            Cell::Blob(bytes) => Cell::Blob(moved(bytes)),
            cell => cell,
        }));
    }

    fn keep(&mut self, bytes: &[u8]) -> Bytes {
        match place(self.bytes.len(), bytes.len()) {
            Some(place) => {
                self.bytes.extend_from_slice(bytes);
                place
            }
            None => {
                self.overflowed = true;
                Bytes { start: 0, len: 0 }
            }
        }
    }

    /// True when the rows take up more than they may, or their bytes no longer fit into 4 GiB: then some cells are wrong, and
    /// none may be used. To be asked after each row.
    pub fn overflowed(&self) -> bool {
        self.overflowed || self.most_bytes.is_some_and(|most| self.size() > most)
    }

    /// An error when it has overflowed.
    pub fn fit(&self) -> Result<(), SourceError> {
        let most_bytes = self.most_bytes.unwrap_or(u32::MAX as usize).min(u32::MAX as usize);
        if self.overflowed() { Err(SourceError::TooLarge { most_bytes }) } else { Ok(()) }
    }

    /// What the rows take up, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.cells.len() * size_of::<Cell>()
    }

    /// Cells in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> &[Cell] {
        &self.cells[row * self.width..][..self.width]
    }

    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.cells[row * self.width + column]
    }

    pub fn bytes(&self, bytes: Bytes) -> &[u8] {
        &self.bytes[bytes.start as usize..][..bytes.len as usize]
    }

    /// A stretch, with all that stands behind it.
    pub fn onwards_from(&self, bytes: Bytes) -> &[u8] {
        &self.bytes[bytes.start as usize..]
    }

    /// The byte buffer, to append what cells may point into.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Size of the byte buffer, for bounding a batch's memory.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Where `len` bytes after `used` others stand, unless their end is out of reach.
fn place(used: usize, len: usize) -> Option<Bytes> {
    u32::try_from(used.checked_add(len)?).ok()?;
    Some(Bytes { start: u32::try_from(used).ok()?, len: u32::try_from(len).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_cells() {
        let mut rows = RowSet::default();
        rows.reset(2);
        rows.push(Cell::Int(1));
        rows.push_text(b"one");
        rows.push(Cell::Null);
        rows.push_blob(&[0xff]);
        assert_eq!((rows.len(), rows.is_empty(), rows.byte_len()), (2, false, 4));
        assert_eq!(rows.cell(0, 0), Cell::Int(1));
        let (Cell::Text(text), Cell::Blob(blob)) = (rows.cell(0, 1), rows.cell(1, 1)) else { panic!("{rows:?}") };
        assert_eq!((rows.bytes(text), rows.bytes(blob)), (&b"one"[..], &[0xff][..]));
        rows.reset(3);
        assert_eq!((rows.len(), rows.is_empty(), rows.overflowed()), (0, true, false));
    }

    #[test]
    fn rows_behind_rows() {
        let mut more = RowSet::default();
        more.reset(2);
        more.push_text(b"two");
        more.push(Cell::Int(2));
        let mut rows = RowSet::default();
        rows.append(&more);
        rows.append(&more);
        more.reset(2);
        more.push(Cell::Null);
        more.push_blob(b"three");
        rows.append(&more);
        assert_eq!((rows.len(), rows.byte_len()), (3, 11));
        let (Cell::Text(text), Cell::Blob(blob)) = (rows.cell(1, 0), rows.cell(2, 1)) else { panic!("{rows:?}") };
        assert_eq!((rows.bytes(text), rows.bytes(blob)), (&b"two"[..], &b"three"[..]));
        assert_eq!(rows.cell(1, 1), Cell::Int(2));
    }

    #[test]
    fn a_set_may_be_bounded() {
        let mut rows = RowSet::of_at_most(5 + size_of::<Cell>());
        rows.reset(1);
        rows.push_text(b"three");
        assert!(!rows.overflowed());
        rows.push(Cell::Null);
        assert!(rows.overflowed());
        rows.reset(1);
        rows.push_text(b"!");
        assert!(!rows.overflowed());
        rows.limit(0);
        assert!(rows.overflowed());
    }

    #[test]
    fn places_end_at_four_gib() {
        let last = u32::MAX as usize;
        assert_eq!(place(5, 3), Some(Bytes { start: 5, len: 3 }));
        assert_eq!(place(last - 1, 1), Some(Bytes { start: u32::MAX - 1, len: 1 }));
        assert_eq!(place(last, 1), None);
        assert_eq!(place(1, last), None);
        assert_eq!(place(0, usize::MAX), None);
    }
}
