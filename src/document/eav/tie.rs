//! Which of two rows that say the same is meant: ties are broken the same way on every database.

use std::cmp::Ordering;
use std::ops::Range;

use crate::source::rows::{Cell, RowSet};

/// Whether a row goes before another by what their cells hold: null, numbers by size, texts by their bytes.
pub(super) fn breaks_tie(rows: &RowSet, cells: &Range<usize>, row: u32, other: u32) -> bool {
    let compared =
        cells.clone().map(|cell| compare(rows, rows.cell(row as usize, cell), rows.cell(other as usize, cell)));
    compared.fold(Ordering::Equal, Ordering::then) == Ordering::Less
}

fn compare(rows: &RowSet, left: Cell, right: Cell) -> Ordering {
    let class = |cell: Cell| match cell {
        Cell::Null => 0,
        Cell::Bool(_) => 1,
        Cell::Int(_) | Cell::Float(_) => 2,
        Cell::Text(_) => 3,
        Cell::Blob(_) => 4,
    };
    match (left, right) {
        (Cell::Bool(left), Cell::Bool(right)) => left.cmp(&right),
        (Cell::Int(left), Cell::Int(right)) => left.cmp(&right),
        (Cell::Float(left), Cell::Float(right)) => left.total_cmp(&right),
        (Cell::Int(left), Cell::Float(right)) => (left as f64).total_cmp(&right),
        (Cell::Float(left), Cell::Int(right)) => left.total_cmp(&(right as f64)),
        (Cell::Text(left), Cell::Text(right)) | (Cell::Blob(left), Cell::Blob(right)) => {
            rows.bytes(left).cmp(rows.bytes(right))
        }
        _ => class(left).cmp(&class(right)),
    }
}
