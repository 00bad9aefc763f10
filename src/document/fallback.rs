//! Fallbacks: of the rows of a group those that belong to a scope, in the order of the scopes, as one row.

use super::InvalidItem;
use super::arena::Failures;
use super::datum::Datum;
use super::level::LevelState;
use super::scope::{Frame, Row};
use super::sort::sort;
use crate::plan::level::{Level, Scope};

impl LevelState {
    /// Makes one row of each group's, before anything is computed of them.
    pub fn merge(&mut self, level: &Level, outer: &Frame<'_>, failures: &mut Failures) {
        let mut merged = self.data.merged.take().unwrap_or_default();
        merged.rows.clear();
        merged.read.clear();
        let mut rows = Vec::with_capacity(self.data.groups.len());
        let mut chosen = Chooser::default();
        let frame = Frame { level, data: &self.data, outer: Some(outer), environment: outer.environment };
        let mut next = 0;
        for (number, group) in self.data.groups.iter().enumerate() {
            let first = next;
            while self.data.rows.get(next).is_some_and(|row| row.group == number as u32) {
                next += 1;
            }
            let start = merged.read.len() as u32;
            match chosen.rows(&frame, group.outer_row as usize, first..next) {
                Ok(chosen) => merged.read.extend(chosen.iter().map(|row| self.data.rows[*row as usize].read)),
                Err(failure) => self.unfit.push((number as u32, failures.add(failure))),
            }
            if merged.read.len() as u32 > start {
                rows.push(Row { read: merged.rows.len() as u32, group: number as u32 });
                merged.rows.push(start..merged.read.len() as u32);
            }
        }
        self.data.rows = rows;
        self.data.merged = Some(merged);
    }
}

/// Finds the rows of a group that belong to a scope.
#[derive(Default)]
struct Chooser<'f> {
    /// What the pairs of the scopes equal, one after the other.
    wanted: Vec<Datum<'f>>,
    /// Rows and their scopes.
    ranked: Vec<(usize, u32)>,
    rows: Vec<u32>,
}

impl<'f> Chooser<'f> {
    /// In the order of the scopes, within one scope in that of the level.
    fn rows(
        &mut self,
        frame: &'f Frame<'f>,
        outer_row: usize,
        rows: std::ops::Range<usize>,
    ) -> Result<&[u32], InvalidItem> {
        self.rows.clear();
        if rows.is_empty() {
            return Ok(&self.rows);
        }
        let Some(outer) = frame.outer else { return Ok(&self.rows) };
        let level = frame.level;
        self.wanted.clear();
        for pair in level.scopes.iter().flat_map(|scope| &scope.pairs) {
            self.wanted.push(outer.datum(&pair.equals, outer_row, &level.path)?);
        }
        self.ranked.clear();
        for row in rows {
            if let Some(rank) = rank(frame, row, &level.scopes, &self.wanted)? {
                self.ranked.push((rank, row as u32));
            }
        }
        self.ranked.sort_by_key(|(rank, _)| *rank);
        self.rows.extend(self.ranked.iter().map(|(_, row)| *row));
        let mut start = 0;
        for of_scope in self.ranked.chunk_by(|left, right| left.0 == right.0) {
            let end = start + of_scope.len();
            sort(frame, &mut self.rows[start..end])?;
            start = end;
        }
        Ok(&self.rows)
    }
}

/// The number of the first scope that a row belongs to.
fn rank(frame: &Frame<'_>, row: usize, scopes: &[Scope], wanted: &[Datum<'_>]) -> Result<Option<usize>, InvalidItem> {
    let mut wanted = wanted;
    'scopes: for (number, scope) in scopes.iter().enumerate() {
        let (own, rest) = wanted.split_at(scope.pairs.len());
        wanted = rest;
        for (pair, wanted) in scope.pairs.iter().zip(own) {
            if !same(&frame.datum(&pair.column, row, &frame.level.path)?, wanted) {
                continue 'scopes;
            }
        }
        return Ok(Some(number));
    }
    Ok(None)
}

/// Whether two values name the same scope: text by its bytes, and a number is its canonical text. Null names none.
pub(crate) fn same(left: &Datum<'_>, right: &Datum<'_>) -> bool {
    match (left, right) {
        (Datum::Null, _) | (_, Datum::Null) => false,
        (Datum::Int(left), Datum::Int(right)) => left == right,
        (Datum::Text(left), Datum::Text(right)) => left == right,
        // Databases without booleans have 0 and 1.
        (Datum::Bool(truth), Datum::Int(int)) | (Datum::Int(int), Datum::Bool(truth)) => *int == i64::from(*truth),
        (left, right) => left.clone().into_canonical_text() == right.clone().into_canonical_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_the_same_by_value() {
        let text = |text: &'static str| Datum::Text(text.into());
        let decimal = |digits: &'static str| Datum::Decimal(digits.into());
        for (left, right, expected) in [
            (Datum::Int(1), Datum::Int(1), true),
            (Datum::Int(1), text("1"), true),
            (Datum::Int(1), text("01"), false),
            (decimal("1"), Datum::Int(1), true),
            (Datum::Bool(true), Datum::Int(1), true),
            (text("a"), text("A"), false),
            (Datum::Null, Datum::Null, false),
        ] {
            assert_eq!(same(&left, &right), expected, "{left:?} {right:?}");
            assert_eq!(same(&right, &left), expected, "{right:?} {left:?}");
        }
    }
}
