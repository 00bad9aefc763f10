//! Reading the rows of a batch's keys as one span, from the least key to the greatest, instead of key by key.
//!
//! A range of an index costs a database a third of what as many seeks cost. It pays where the rows of a batch lie close
//! together, as those that were inserted with their parents do; else most of the rows read are nobody's. So a span is
//! tried where the batch before says how many rows to expect, and reads not many more than those; where it meets more, the
//! keys are asked for one by one, for the next batches too. Which rows belong to which key is the same either way: where
//! that is not certain, it is left to the database.

use std::borrow::Cow;
use std::ops::Range;

use super::codes;
use super::level::Batch;
use super::stretches::{MergeKey, merge_behind};
use crate::entity::EntityKey;
use crate::plan::level::{SpanKeys, SpanPass};
use crate::source::rows::RowSet;
use crate::source::{KeyTuples, KeyValue, SourceError};

/// Fewer keys are asked for one by one.
const FEWEST_KEYS: usize = 32;
/// Batches that pass after a span that was of no use, at first.
const SHORTEST_REST: u32 = 8;
const LONGEST_REST: u32 = 512;

/// Whether spans pay for one relation, and what the last one found.
#[derive(Debug)]
pub(crate) struct Span {
    /// Rows and keys of the batch before.
    before: Option<(usize, usize)>,
    /// Batches to go without a span, and how many it will be after the next that is of no use.
    resting: u32,
    next_rest: u32,
    /// Tuples by the order of their keys.
    order: Vec<u32>,
    /// The rows of each of them.
    stretches: Vec<Range<u32>>,
}

impl Default for Span {
    fn default() -> Self {
        Span { before: None, resting: 0, next_rest: SHORTEST_REST, order: Vec::new(), stretches: Vec::new() }
    }
}

impl Span {
    /// Reads the rows of all tuples as a span, where that may pay. False where it was of no use, and `rows` is empty.
    pub fn read(
        &mut self,
        pass: &SpanPass,
        tuples: &KeyTuples,
        batch: &mut Batch<'_>,
        rows: &mut RowSet,
    ) -> Result<bool, SourceError> {
        let Some(most_rows) = self.most_rows(tuples.len()) else { return Ok(false) };
        let Some((first, last)) = self.ends(tuples, pass.keys) else { return Ok(false) };
        let bytes_left = batch.bytes_left;
        let is_found = match batch.read_span(&pass.statement, (&first, &last), most_rows, rows) {
            // Of as many there may be more.
            Ok(()) => rows.len() < most_rows && self.find(tuples, pass.keys, rows),
            Err(SourceError::TooLarge { .. }) => false,
            Err(error) => return Err(error),
        };
        if is_found {
            self.next_rest = SHORTEST_REST;
            self.learn(self.stretches.iter().map(Range::len).sum(), tuples.len());
        } else {
            batch.bytes_left = bytes_left;
            rows.reset(0);
            self.resting = self.next_rest;
            self.next_rest = (self.next_rest * 2).min(LONGEST_REST);
        }
        Ok(is_found)
    }

    /// The rows of each tuple, of a span that was of use.
    pub fn stretches(&self) -> impl Iterator<Item = (usize, Range<u32>)> + '_ {
        self.order.iter().zip(&self.stretches).map(|(tuple, rows)| (*tuple as usize, rows.clone()))
    }

    /// How many rows a batch's keys have, however they were read.
    pub fn learn(&mut self, rows: usize, keys: usize) {
        if keys >= FEWEST_KEYS {
            self.before = Some((rows, keys));
        }
    }

    /// As many rows as a span of so many keys is worth; none where the keys are to be asked for.
    fn most_rows(&mut self, keys: usize) -> Option<usize> {
        if keys < FEWEST_KEYS {
            return None;
        }
        if self.resting > 0 {
            self.resting -= 1;
            return None;
        }
        let (rows, of_keys) = self.before?;
        let expected = (rows * keys).div_ceil(of_keys);
        Some(expected + expected / 2 + FEWEST_KEYS)
    }

    /// Puts the tuples in order, and gives the least and the greatest key. None where what a key equals, or how the
    /// database orders them, is not certain.
    fn ends(&mut self, tuples: &KeyTuples, keys: SpanKeys) -> Option<(EntityKey, EntityKey)> {
        self.order.clear();
        let mut before = None;
        let mut is_ascending = true;
        for tuple in 0..tuples.len() as u32 {
            let key = merge_key(tuples, tuple)?;
            let fits = match (keys, key) {
                (SpanKeys::Integers, MergeKey::Int(_)) | (SpanKeys::Texts, MergeKey::Text(_)) => true,
                (SpanKeys::Codes, MergeKey::Text(text)) => codes::is_plain(text.as_bytes()),
                _ => false,
            };
            if !fits {
                return None;
            }
            is_ascending &= before.is_none_or(|before| before < key);
            before = Some(key);
            self.order.push(tuple);
        }
        if !is_ascending {
            self.order.sort_unstable_by_key(|tuple| merge_key(tuples, *tuple));
        }
        if keys == SpanKeys::Codes && !codes::differ_in_digits(&self.texts(tuples)) {
            return None;
        }
        let end = |tuple: Option<&u32>| match merge_key(tuples, *tuple?)? {
            MergeKey::Int(int) => Some(EntityKey::Int(int)),
            MergeKey::Text(text) => Some(EntityKey::from(text)),
        };
        end(self.order.first()).zip(end(self.order.last()))
    }

    fn texts<'a>(&self, tuples: &'a KeyTuples) -> Vec<&'a [u8]> {
        let text = |tuple: &u32| match merge_key(tuples, *tuple)? {
            MergeKey::Text(text) => Some(text.as_bytes()),
            MergeKey::Int(_) => None,
        };
        self.order.iter().filter_map(text).collect()
    }

    /// Finds the rows of each tuple. False where it is not certain whose a row is.
    fn find(&mut self, tuples: &KeyTuples, keys: SpanKeys, rows: &RowSet) -> bool {
        let mut stretches = std::mem::take(&mut self.stretches);
        stretches.clear();
        let is_certain = match keys {
            SpanKeys::Integers | SpanKeys::Texts => {
                let keys = self.order.iter().filter_map(|tuple| merge_key(tuples, *tuple));
                merge_behind(rows, 0, keys, |rows| stretches.push(rows));
                true
            }
            SpanKeys::Codes => codes::find(rows, &self.texts(tuples), &mut stretches),
        };
        self.stretches = stretches;
        is_certain
    }
}

fn merge_key(tuples: &KeyTuples, tuple: u32) -> Option<MergeKey<'_>> {
    match tuples.get(tuple as usize, 0)? {
        KeyValue::Int(int) => Some(MergeKey::Int(int)),
        KeyValue::Text(Cow::Borrowed(text)) => Some(MergeKey::Text(text)),
        _ => None,
    }
}
