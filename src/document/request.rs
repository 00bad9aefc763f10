//! What a relation asks the source for: the key tuples of the enclosing level's rows, each once, parted by the table that
//! they are asked of.

use std::ops::Range;

use super::InvalidItem;
use super::distinct::Distinct;
use super::held::HeldTable;
use super::key::key_value;
use super::level::Batch;
use super::scope::{Frame, Group, LevelData, RowScope};
use super::spread::{Spread, TupleSets};
use super::stretches::{MergeKey, merge_behind};
use super::tuple_read::TupleRead;
use crate::expression::value::Value;
use crate::plan::level::{KeyPart, Level, TableChoice};
use crate::source::rows::{Cell, RowSet};
use crate::source::{KeyTuples, KeyValue, SourceError};

#[derive(Debug, Default)]
pub(crate) struct Request {
    tuple_count: u32,
    numbers: Distinct,
    /// Where rows ask by several values each.
    sets: TupleSets,
    /// A part for each table that is asked; the first `part_count`.
    parts: Vec<Part>,
    part_count: usize,
    /// What rows name their table by, and the part of each.
    choices: Distinct,
    chosen: Vec<Option<u32>>,
    /// The rows of a held table that are asked for: the number there, and the key.
    found: RowSet,
    /// Of each row of the held table the number that it was given here, or `NOT_FOUND`.
    found_numbers: Vec<u32>,
    /// Bytes of the row under way.
    scratch: Vec<u8>,
    /// The rows read for each tuple, stretch by stretch: statement by statement, or those of a held table.
    tuple_rows: Vec<Range<u32>>,
    tuple_read: TupleRead,
}

const NOT_FOUND: u32 = u32::MAX;

/// The tuples that are asked of one table.
#[derive(Debug, Default)]
struct Part {
    /// Index into [`crate::plan::level::Passes::tables`].
    table: usize,
    tuples: KeyTuples,
    /// Of each tuple here its number among those of all parts.
    numbers: Vec<u32>,
}

impl Request {
    pub fn clear(&mut self, level: &Level) {
        self.tuple_count = 0;
        self.numbers.clear();
        self.sets.clear();
        self.part_count = 0;
        self.choices.clear();
        self.chosen.clear();
        self.found.reset(1 + level.components.len());
        self.found_numbers.clear();
        if level.passes.choice.is_none() {
            self.open(level, 0);
        }
    }

    /// The part of a table.
    fn open(&mut self, level: &Level, table: usize) -> u32 {
        if let Some(known) = self.parts[..self.part_count].iter().position(|part| part.table == table) {
            return known as u32;
        }
        if self.parts.len() == self.part_count {
            self.parts.push(Part::default());
        }
        let part = &mut self.parts[self.part_count];
        part.table = table;
        part.tuples.reset(level.components.len().max(1));
        part.numbers.clear();
        self.part_count += 1;
        self.part_count as u32 - 1
    }

    /// The number of a row's tuple; where rows ask by several values, of its set of tuples. [`Group::NO_TUPLE`] where it
    /// asks for nothing. `entities`: their number, where the tuple is the row's entity.
    pub fn ask<'f>(
        &mut self,
        level: &'f Level,
        frame: &'f Frame<'_>,
        row: usize,
        entities: Option<usize>,
        spread: &mut Spread<'f>,
    ) -> Result<u32, InvalidItem> {
        if let Some(table) = level.held_main() {
            return self.find(level, table, frame, row, spread);
        }
        let part = match &level.passes.choice {
            None => 0,
            Some(choice) => match self.part_of(level, choice, frame, row)? {
                Some(part) => part,
                None => return Ok(Group::NO_TUPLE),
            },
        };
        match entities {
            Some(entities) => Ok(part * entities as u32 + frame.data.rows[row].group),
            None if level.asks_by_several => self.ask_several(level, part, frame, row, spread),
            None => self.ask_one(level, part, frame, row),
        }
    }

    /// The part of the table that a row names; none where there is no such table.
    fn part_of(
        &mut self,
        level: &Level,
        choice: &TableChoice,
        frame: &Frame<'_>,
        row: usize,
    ) -> Result<Option<u32>, InvalidItem> {
        self.scratch.clear();
        for operand in &choice.operands {
            key_value(frame, operand, row, &level.path)?.encode(&mut self.scratch);
        }
        let named = self.choices.number(&self.scratch);
        if named.is_new {
            let scope = RowScope::new(frame, row, &level.path);
            let table = match choice.name.evaluate(&scope) {
                Ok(Value::Text(name)) => choice.tables.iter().position(|table| table.eq_ignore_ascii_case(&name)),
                Ok(_) => None,
                // Numbered already: what names no table is asked of none, whoever asks next.
                Err(error) => {
                    self.chosen.push(None);
                    return Err(scope.blame(error, None, true));
                }
            };
            let part = table.map(|table| self.open(level, table));
            self.chosen.push(part);
        }
        Ok(self.chosen[named.number as usize])
    }

    fn ask_one(&mut self, level: &Level, part: u32, frame: &Frame<'_>, row: usize) -> Result<u32, InvalidItem> {
        self.begin_tuple(level, part);
        let Part { tuples, numbers, .. } = &mut self.parts[part as usize];
        let known = numbers.len();
        // Of a row before that got stuck halfway.
        tuples.truncate(known);
        if level.components.is_empty() {
            tuples.push(&KeyValue::Int(0));
        }
        for component in &level.components {
            let KeyPart::One(operand) = component else { continue };
            match key_value(frame, operand, row, &level.path)? {
                KeyValue::Null => return Ok(Group::NO_TUPLE),
                value => {
                    value.encode(&mut self.scratch);
                    tuples.push(&value);
                }
            }
        }
        let tuple = self.numbers.number(&self.scratch);
        if tuple.is_new {
            numbers.push(tuple.number);
            self.tuple_count += 1;
        } else {
            tuples.truncate(known);
        }
        Ok(tuple.number)
    }

    fn ask_several<'f>(
        &mut self,
        level: &'f Level,
        part: u32,
        frame: &'f Frame<'_>,
        row: usize,
        spread: &mut Spread<'f>,
    ) -> Result<u32, InvalidItem> {
        spread.read(level, frame, row)?;
        while spread.advance() {
            self.begin_tuple(level, part);
            for value in spread.combination() {
                value.encode(&mut self.scratch);
            }
            let tuple = self.numbers.number(&self.scratch);
            if tuple.is_new {
                let part = &mut self.parts[part as usize];
                spread.combination().for_each(|value| part.tuples.push(value));
                part.numbers.push(tuple.number);
                self.tuple_count += 1;
            }
            spread.tuples.push(tuple.number);
        }
        match spread.tuples.is_empty() {
            true => Ok(Group::NO_TUPLE),
            false => Ok(self.sets.number(&mut spread.tuples, &mut self.scratch)),
        }
    }

    /// Equal values asked of two tables are two tuples.
    fn begin_tuple(&mut self, level: &Level, part: u32) {
        self.scratch.clear();
        if level.passes.choice.is_some() {
            self.scratch.extend_from_slice(&part.to_le_bytes());
        }
    }

    /// Reads the rows of all tuples. `by_entity`: by the batch's range of keys.
    pub fn read(
        &mut self,
        level: &Level,
        batch: &mut Batch<'_>,
        by_entity: bool,
        data: &mut LevelData,
    ) -> Result<(), SourceError> {
        if level.held_main().is_some() {
            return self.take_found(batch, data);
        }
        let Request { parts, tuple_rows, tuple_read, .. } = self;
        let parts = &parts[..self.part_count];
        if by_entity {
            self.tuple_count = (parts.len() * batch.keys.len()) as u32;
        }
        tuple_rows.clear();
        data.read.reset(0);
        for statement in 0..level.passes.stretch_count() {
            let behind = tuple_rows.len();
            if !by_entity {
                tuple_rows.resize(behind + self.tuple_count as usize, 0..0);
            }
            for part in parts.iter().filter(|part| by_entity || !part.numbers.is_empty()) {
                let pass = &level.passes.tables[part.table][statement];
                if let (Some(range), true) = (&pass.range, by_entity) {
                    let first = batch.read_behind(range, &part.tuples, data)?;
                    let keys = batch.keys.iter().map(MergeKey::from);
                    merge_behind(&data.read, first, keys, |rows| tuple_rows.push(rows));
                    continue;
                }
                let remembered = level.passes.remembered.as_ref();
                let read = tuple_read.read(pass, remembered, &part.tuples, batch, data)?;
                for (number, rows) in part.numbers.iter().zip(read) {
                    tuple_rows[behind + *number as usize] = rows.clone();
                }
            }
        }
        Ok(())
    }

    /// The number of the row of a held table that a row asks for, as if it were a tuple.
    fn find<'f>(
        &mut self,
        level: &'f Level,
        table: &HeldTable,
        frame: &'f Frame<'_>,
        row: usize,
        spread: &mut Spread<'f>,
    ) -> Result<u32, InvalidItem> {
        spread.read(level, frame, row)?;
        if !spread.advance() {
            return Ok(Group::NO_TUPLE);
        }
        let Some(found) = table.find(spread.combination(), &mut self.scratch) else { return Ok(Group::NO_TUPLE) };
        let place = found as usize;
        if self.found_numbers.len() <= place {
            self.found_numbers.resize(place + 1, NOT_FOUND);
        }
        let number = &mut self.found_numbers[place];
        if *number == NOT_FOUND {
            *number = self.tuple_count;
            self.found.push(Cell::Int(found.into()));
            spread.combination().for_each(|value| self.found.push_key(value));
            self.tuple_count += 1;
        }
        Ok(*number)
    }

    /// Hands over the rows that were found in a held table.
    fn take_found(&mut self, batch: &mut Batch<'_>, data: &mut LevelData) -> Result<(), SourceError> {
        self.tuple_rows.clear();
        self.tuple_rows.extend((0..self.tuple_count).map(|row| row..row + 1));
        std::mem::swap(&mut data.read, &mut self.found);
        data.read.limit(batch.bytes_left);
        data.read.fit()?;
        batch.bytes_left -= data.read.size();
        Ok(())
    }

    /// Stretches of the rows that were read for a number that [`ask`](Self::ask) gave.
    pub fn rows_of<'a>(&'a self, level: &Level, number: &'a u32) -> impl Iterator<Item = Range<u32>> + 'a {
        let tuples = if level.asks_by_several { self.sets.get(*number) } else { std::slice::from_ref(number) };
        let stretches = level.passes.stretch_count();
        let tuple_count = self.tuple_count as usize;
        tuples.iter().filter(move |tuple| (**tuple as usize) < tuple_count).flat_map(move |tuple| {
            (0..stretches).map(move |stretch| self.tuple_rows[stretch * tuple_count + *tuple as usize].clone())
        })
    }
}
