//! Lists of values that something is tied by: for each row of a level the elements of an array, without nulls.

use std::ops::Range;

use super::InvalidItem;
use super::datum::Datum;
use super::slots::SlotColumn;

#[derive(Debug, Default)]
pub(crate) struct ListColumn {
    /// For each row.
    rows: Vec<Listed>,
    values: SlotColumn,
    failures: Vec<InvalidItem>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Listed {
    #[default]
    Empty,
    /// A stretch of the values.
    Values {
        start: usize,
        end: usize,
    },
    Failed(usize),
}

impl ListColumn {
    /// Room for the lists of `rows` rows, all empty.
    pub fn reset(&mut self, rows: usize) {
        self.rows.clear();
        self.rows.resize(rows, Listed::Empty);
        self.values.reset(0);
        self.failures.clear();
    }

    /// Adds a value behind the others; which rows have it is said by [`set`](Self::set). Null is no element.
    pub fn push(&mut self, value: Datum<'_>) {
        if !value.is_null() {
            self.values.push(value);
        }
    }

    /// How many values there are.
    pub fn filled(&self) -> usize {
        self.values.len()
    }

    pub fn set(&mut self, row: usize, elements: Result<Range<usize>, InvalidItem>) {
        self.rows[row] = match elements {
            Ok(Range { start, end }) => Listed::Values { start, end },
            Err(failure) => {
                self.failures.push(failure);
                Listed::Failed(self.failures.len() - 1)
            }
        };
    }

    /// The elements of a row's list; none for a ghost row.
    pub fn get(&self, row: usize) -> Result<impl Iterator<Item = Datum<'_>>, &InvalidItem> {
        let Range { start, end } = match self.rows.get(row).copied().unwrap_or_default() {
            Listed::Empty => 0..0,
            Listed::Values { start, end } => start..end,
            Listed::Failed(number) => return Err(&self.failures[number]),
        };
        Ok((start..end).map(|value| self.values.get(value).unwrap_or(Datum::Null)))
    }
}
