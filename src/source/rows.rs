//! Rows of one pass, held compactly: fixed-size cells and one buffer for their bytes.
//!
//! A row set is reused from batch to batch; reading allocates only while a larger batch than before grows it.

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
}

impl RowSet {
    /// Empties the set for rows of `width` cells.
    pub fn reset(&mut self, width: usize) {
        self.width = width;
        self.cells.clear();
        self.bytes.clear();
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

    fn keep(&mut self, bytes: &[u8]) -> Bytes {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Bytes { start: start as u32, len: bytes.len() as u32 }
    }

    pub fn len(&self) -> usize {
        if self.width == 0 { 0 } else { self.cells.len() / self.width }
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.cells[row * self.width + column]
    }

    pub fn bytes(&self, bytes: Bytes) -> &[u8] {
        &self.bytes[bytes.start as usize..][..bytes.len as usize]
    }

    /// Size of the byte buffer, for bounding a batch's memory.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}
