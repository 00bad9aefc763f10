//! Rows that ask by several values each: pieces of a text, elements of a list. The key tuples of a row are all
//! combinations of its values; rows with the same set of tuples get the same rows.

use std::borrow::Cow;
use std::ops::Range;

use super::InvalidItem;
use super::datum::Datum;
use super::distinct::Distinct;
use super::key::{key_of_datum, key_value};
use super::scope::Frame;
use crate::plan::level::{KeyPart, Level};
use crate::source::KeyValue;

/// The sets of tuples of a batch, by number.
#[derive(Debug, Default)]
pub(crate) struct TupleSets {
    numbers: Distinct,
    /// Of each set, a stretch of `tuples`.
    sets: Vec<Range<u32>>,
    tuples: Vec<u32>,
}

impl TupleSets {
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.sets.clear();
        self.tuples.clear();
    }

    /// The tuples of a set, ascending; none of a number that no set has.
    pub fn get(&self, set: u32) -> &[u32] {
        let Some(Range { start, end }) = self.sets.get(set as usize).cloned() else { return &[] };
        &self.tuples[start as usize..end as usize]
    }

    /// The number of a set. `tuples` are put in order; `scratch` is overwritten.
    pub fn number(&mut self, tuples: &mut Vec<u32>, scratch: &mut Vec<u8>) -> u32 {
        tuples.sort_unstable();
        tuples.dedup();
        scratch.clear();
        scratch.extend(tuples.iter().flat_map(|tuple| tuple.to_le_bytes()));
        let set = self.numbers.number(scratch);
        if set.is_new {
            let start = self.tuples.len() as u32;
            self.tuples.extend_from_slice(tuples);
            self.sets.push(start..self.tuples.len() as u32);
        }
        set.number
    }
}

/// The values of one row. Kept from row to row for its memory.
#[derive(Debug, Default)]
pub(crate) struct Spread<'f> {
    values: Vec<KeyValue<'f>>,
    /// Of each component, a stretch of `values`.
    parts: Vec<Range<usize>>,
    /// The combination under way: of each component the value.
    at: Vec<usize>,
    /// The numbers of the row's tuples.
    pub tuples: Vec<u32>,
}

impl<'f> Spread<'f> {
    /// Takes up the values of a row, and stands before its first combination.
    pub fn read(&mut self, level: &'f Level, frame: &'f Frame<'_>, row: usize) -> Result<(), InvalidItem> {
        self.values.clear();
        self.parts.clear();
        self.tuples.clear();
        for part in &level.components {
            let start = self.values.len();
            read_values(part, frame, row, &level.path, &mut self.values)?;
            self.parts.push(start..self.values.len());
            if self.values.len() == start {
                // No combination, whatever the others are.
                break;
            }
        }
        self.at.clear();
        Ok(())
    }

    /// Goes to the next combination. False when there are no more.
    pub fn advance(&mut self) -> bool {
        if self.at.is_empty() {
            self.at.extend(self.parts.iter().map(|part| part.start));
            return self.parts.iter().all(|part| !part.is_empty());
        }
        // The last component that has another value goes on; those behind it begin anew.
        let has_next = |part: &usize| self.at[*part] + 1 < self.parts[*part].end;
        let Some(next) = (0..self.at.len()).rev().find(has_next) else { return false };
        self.at[next] += 1;
        for part in next + 1..self.at.len() {
            self.at[part] = self.parts[part].start;
        }
        true
    }

    /// The values of the combination under way.
    pub fn combination(&self) -> impl Iterator<Item = &KeyValue<'f>> {
        self.at.iter().map(|value| &self.values[*value])
    }
}

/// The values of a component that are not null.
fn read_values<'f>(
    part: &'f KeyPart,
    frame: &'f Frame<'_>,
    row: usize,
    path: &str,
    values: &mut Vec<KeyValue<'f>>,
) -> Result<(), InvalidItem> {
    match part {
        KeyPart::One(operand) => match key_value(frame, operand, row, path)? {
            KeyValue::Null => {}
            value => values.push(value),
        },
        KeyPart::Split { operand, by, integer } => {
            let piece = |text: Cow<'f, str>| match text.parse() {
                Ok(int) if *integer => KeyValue::Int(int),
                _ => KeyValue::Text(text),
            };
            match frame.datum(operand, row, path)? {
                Datum::Null => {}
                datum => match datum.into_canonical_text() {
                    text if text.is_empty() => {}
                    Cow::Borrowed(text) => values.extend(text.split(&**by).map(|text| piece(Cow::Borrowed(text)))),
                    Cow::Owned(text) => {
                        values.extend(text.split(&**by).map(|text| piece(Cow::Owned(text.to_owned()))));
                    }
                },
            }
        }
        KeyPart::List { up, list } => {
            if let Some((frame, row)) = frame.outwards(*up, row) {
                let elements = frame.data.lists[*list].get(row).map_err(InvalidItem::clone)?;
                values.extend(elements.map(key_of_datum));
            }
        }
    }
    Ok(())
}
