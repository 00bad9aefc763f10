//! Which of the rows that a pass has read belong to which entity or tuple: stretches, as each one's rows stand together.

use std::ops::Range;

use crate::entity::EntityKey;
use crate::source::SourceError;
use crate::source::rows::{Cell, RowSet};

/// A value by which rows are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MergeKey<'a> {
    Int(i64),
    Text(&'a str),
}

impl<'a> From<&'a EntityKey> for MergeKey<'a> {
    fn from(key: &'a EntityKey) -> Self {
        match key {
            EntityKey::Int(int) => MergeKey::Int(*int),
            EntityKey::Text(text) => MergeKey::Text(text),
        }
    }
}

/// The rows of each entity.
pub(crate) fn merge(read: &RowSet, keys: &[EntityKey], tuple_rows: &mut Vec<Range<u32>>) {
    tuple_rows.clear();
    merge_behind(read, 0, keys.iter().map(MergeKey::from), |rows| tuple_rows.push(rows));
}

/// The rows of each key, of those from `first` on: both sides are ascending, and what compares equal is equal by its
/// bytes. Rows between are nobody's.
pub(crate) fn merge_behind<'k>(
    read: &RowSet,
    first: usize,
    keys: impl Iterator<Item = MergeKey<'k>>,
    mut place: impl FnMut(Range<u32>),
) {
    let mut row = first;
    for key in keys {
        while row < read.len() && precedes(read, read.cell(row, 0), key) {
            row += 1;
        }
        let start = row;
        while row < read.len() && equals(read, read.cell(row, 0), key) {
            row += 1;
        }
        place(start as u32..row as u32);
    }
}

fn precedes(read: &RowSet, cell: Cell, key: MergeKey<'_>) -> bool {
    match (cell, key) {
        (Cell::Int(int), MergeKey::Int(key)) => int < key,
        (Cell::Text(text), MergeKey::Text(key)) => read.bytes(text) < key.as_bytes(),
        // Of another class: it belongs to no key.
        _ => true,
    }
}

fn equals(read: &RowSet, cell: Cell, key: MergeKey<'_>) -> bool {
    match (cell, key) {
        (Cell::Int(int), MergeKey::Int(key)) => int == key,
        (Cell::Text(text), MergeKey::Text(key)) => read.bytes(text) == key.as_bytes(),
        _ => false,
    }
}

/// The rows of each tuple, by the numbers that the pass gave back.
pub(crate) fn split(read: &RowSet, tuples: u32, tuple_rows: &mut Vec<Range<u32>>) -> Result<(), SourceError> {
    tuple_rows.clear();
    tuple_rows.resize(tuples as usize, 0..0);
    split_behind(read, 0, tuples, |number, rows| tuple_rows[number] = rows)
}

/// The same for the rows from `first` on.
pub(crate) fn split_behind(
    read: &RowSet,
    first: usize,
    tuples: u32,
    mut place: impl FnMut(usize, Range<u32>),
) -> Result<(), SourceError> {
    let mut row = first;
    while row < read.len() {
        let number = match read.cell(row, 0) {
            Cell::Int(number) if (0..i64::from(tuples)).contains(&number) => number,
            other => {
                let message = format!("a pass gave back {other:?} as the number of a key");
                return Err(SourceError::Database { message });
            }
        };
        let start = row;
        while row < read.len() && read.cell(row, 0) == Cell::Int(number) {
            row += 1;
        }
        place(number as usize, start as u32..row as u32);
    }
    Ok(())
}
