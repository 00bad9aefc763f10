//! What a relation asks the source for: the key tuples of the enclosing level's rows, each once.

use super::InvalidItem;
use super::distinct::Distinct;
use super::key::{KeyRef, key_value};
use super::scope::{Frame, Group};
use super::spread::{Spread, TupleSets};
use crate::plan::level::{KeyPart, Level};
use crate::source::{KeyTuples, KeyValue};

#[derive(Debug, Default)]
pub(crate) struct Request {
    pub tuples: KeyTuples,
    pub tuple_count: u32,
    numbers: Distinct,
    /// Where rows ask by several values each.
    sets: TupleSets,
    /// Bytes of the row under way.
    scratch: Vec<u8>,
}

impl Request {
    pub fn clear(&mut self, level: &Level) {
        self.tuples.width = level.components.len().max(1);
        self.tuples.values.clear();
        self.tuple_count = 0;
        self.numbers.clear();
        self.sets.clear();
    }

    /// The number of a row's tuple; where rows ask by several values, of its set of tuples. [`Group::NO_TUPLE`] where it
    /// asks for nothing.
    pub fn ask<'f>(
        &mut self,
        level: &'f Level,
        frame: &'f Frame<'_>,
        row: usize,
        spread: &mut Spread<'f>,
    ) -> Result<u32, InvalidItem> {
        if level.asks_by_several {
            return self.ask_several(level, frame, row, spread);
        }
        self.scratch.clear();
        for part in &level.components {
            let KeyPart::One(operand) = part else { continue };
            match key_value(frame, operand, row, &level.path)? {
                KeyRef::Null => return Ok(Group::NO_TUPLE),
                value => value.encode(&mut self.scratch),
            }
        }
        let tuple = self.numbers.number(&self.scratch);
        if tuple.is_new {
            if level.components.is_empty() {
                self.tuples.values.push(KeyValue::Int(0));
            }
            for part in &level.components {
                let KeyPart::One(operand) = part else { continue };
                self.tuples.values.push(key_value(frame, operand, row, &level.path)?.to_value());
            }
            self.tuple_count += 1;
        }
        Ok(tuple.number)
    }

    fn ask_several<'f>(
        &mut self,
        level: &'f Level,
        frame: &'f Frame<'_>,
        row: usize,
        spread: &mut Spread<'f>,
    ) -> Result<u32, InvalidItem> {
        spread.read(level, frame, row)?;
        while spread.advance() {
            self.scratch.clear();
            for value in spread.combination() {
                value.encode(&mut self.scratch);
            }
            let tuple = self.numbers.number(&self.scratch);
            if tuple.is_new {
                self.tuples.values.extend(spread.combination().map(KeyRef::to_value));
                self.tuple_count += 1;
            }
            spread.tuples.push(tuple.number);
        }
        match spread.tuples.is_empty() {
            true => Ok(Group::NO_TUPLE),
            false => Ok(self.sets.number(&mut spread.tuples, &mut self.scratch)),
        }
    }

    /// The tuples behind a number that [`ask`](Self::ask) gave.
    pub fn tuples_of<'a>(&'a self, level: &Level, number: &'a u32) -> &'a [u32] {
        if level.asks_by_several { self.sets.get(*number) } else { std::slice::from_ref(number) }
    }
}
