//! The rows of one level in a batch: what is computed on them, which of them stay, in which order, and what hangs below.
//!
//! Works on all rows of the level at once, step by step. The same for the entity's level and every relation's.

use std::ops::Range;

use super::InvalidItem;
use super::arena::{Arena, Failures};
use super::datum::Datum;
use super::first_per::FirstSeen;
use super::lift::Setter;
use super::member::RowWriter;
use super::relation::Relation;
use super::scalar::compute;
use super::scope::{Environment, Frame, LevelData, RowScope};
use super::sort::sort;
use crate::entity::EntityKey;
use crate::plan::level::{Condition, Gather, Level, ScalarPlan, Step};
use crate::source::rows::RowSet;
use crate::source::sql::Statement;
use crate::source::{KeyTuples, SourceError, SourceReader, Values};

/// What a batch's levels share.
pub(crate) struct Batch<'a> {
    pub reader: &'a mut dyn SourceReader,
    pub environment: &'a Environment,
    /// The run's date.
    pub today: &'a str,
    /// The ends of a batch that is a range.
    pub range: Option<(&'a EntityKey, &'a EntityKey)>,
    /// The batch's entities, ascending. A group of the entity's level is an index into it.
    pub keys: &'a [EntityKey],
    pub failures: &'a mut Failures,
    /// Bytes that the rows of further passes may take up.
    pub bytes_left: usize,
}

impl Batch<'_> {
    /// Reads a pass behind the rows that `data` has, and says which is its first.
    pub fn read_behind(
        &mut self,
        statement: &Statement,
        tuples: &KeyTuples,
        data: &mut LevelData,
    ) -> Result<usize, SourceError> {
        let first = data.read.len();
        if first == 0 {
            self.read(statement, tuples, &mut data.read)?;
            return Ok(0);
        }
        self.read(statement, tuples, &mut data.more)?;
        data.read.append(&data.more);
        data.read.fit().map(|()| first)
    }

    /// Reads a pass into `rows`.
    pub fn read(&mut self, statement: &Statement, tuples: &KeyTuples, rows: &mut RowSet) -> Result<(), SourceError> {
        let values = Values { tuples, range: self.range, after: None, most_rows: None, today: self.today };
        self.read_with(statement, &values, rows)
    }

    /// Reads at most so many rows of a span of keys into `rows`.
    pub fn read_span(
        &mut self,
        statement: &Statement,
        range: (&EntityKey, &EntityKey),
        most_rows: usize,
        rows: &mut RowSet,
    ) -> Result<(), SourceError> {
        let tuples = &KeyTuples::default();
        let values = Values { tuples, range: Some(range), after: None, most_rows: Some(most_rows), today: self.today };
        self.read_with(statement, &values, rows)
    }

    fn read_with(&mut self, statement: &Statement, values: &Values<'_>, rows: &mut RowSet) -> Result<(), SourceError> {
        rows.limit(self.bytes_left);
        self.reader.read(&statement.sql, &values.binds(statement), rows)?;
        self.bytes_left -= rows.size();
        Ok(())
    }
}

/// What is left of a group's rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    /// Indexes into [`LevelState::kept`].
    pub rows: Range<usize>,
    /// The group as a whole is invalid, by this failure.
    pub failed: Option<u32>,
}

/// A level in the batch under way; its buffers are reused from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct LevelState {
    pub data: LevelData,
    pub relations: Vec<Relation>,
    /// The rows that stay, group by group, in order.
    pub kept: Vec<u32>,
    /// For each group.
    pub groups: Vec<Kept>,
    /// Groups whose rows cannot be told apart, and failures, ascending.
    pub unfit: Vec<(u32, u32)>,
    /// Rows of the entity's level that stay, but as invalid items: rows and failures, ascending.
    pub rejected: Vec<(u32, u32)>,
    seen: FirstSeen,
}

impl LevelState {
    pub fn new(level: &Level) -> Self {
        LevelState {
            relations: level.children.iter().map(|child| Relation::new(&child.level)).collect(),
            ..LevelState::default()
        }
    }

    pub fn frame<'a>(
        &'a self,
        level: &'a Level,
        outer: Option<&'a Frame<'a>>,
        environment: &'a Environment,
    ) -> Frame<'a> {
        Frame { level, data: &self.data, outer, environment }
    }

    /// Computes, filters, sorts and builds what hangs below. The rows stand in `data`, those of a group together and
    /// the groups in their order.
    pub fn work(&mut self, level: &Level, outer: Option<&Frame<'_>>, batch: &mut Batch<'_>) -> Result<(), SourceError> {
        self.data.slots.resize_with(level.slot_count, Default::default);
        self.data.values.resize_with(level.reads.len(), Default::default);
        self.data.lists.resize_with(level.list_count, Default::default);
        let (before, after) = level.steps.split_at(level.filter_at);
        self.kept.clear();
        self.kept.extend(0..self.data.rows.len() as u32);
        self.run(before, level, outer, batch)?;
        self.filter(level, outer, batch);
        self.run(after, level, outer, batch)
    }

    /// Runs steps for the rows in `kept`.
    fn run(
        &mut self,
        steps: &[Step],
        level: &Level,
        outer: Option<&Frame<'_>>,
        batch: &mut Batch<'_>,
    ) -> Result<(), SourceError> {
        for step in steps {
            match step {
                Step::Compute { slot, scalar, whens } => {
                    self.compute(*slot, scalar, whens, level, outer, batch);
                }
                Step::Lift { slot, child, lifted, whens } => {
                    let below = &level.children[*child].level;
                    self.fill(*slot, whens, level, outer, batch, |writer, row, set| {
                        writer.relations[*child].lift(below, *lifted, writer, row, set);
                    });
                }
                Step::Presence { slot, array, whens } => {
                    self.fill(*slot, whens, level, outer, batch, |writer, row, set| {
                        let there = array.as_ref().map_or(Ok(true), |array| writer.has_element(array, row));
                        set(there.map(|there| if there { Datum::Bool(true) } else { Datum::Null }));
                    });
                }
                Step::Json { slot, member, whens } => {
                    let mut text = Arena::default();
                    self.fill(*slot, whens, level, outer, batch, |writer, row, set| {
                        text.clear();
                        set(writer.text(member, row, &mut text));
                    });
                }
                Step::List { list, child, whens } => {
                    let mut column = std::mem::take(&mut self.data.lists[*list]);
                    column.reset(self.data.rows.len());
                    let frame = Frame { level, data: &self.data, outer, environment: batch.environment };
                    let (relation, below) = (&mut self.relations[*child], &level.children[*child].level);
                    relation.list(below, &frame, batch.failures, &mut column);
                    for row in self.kept.iter().map(|row| *row as usize) {
                        match all_hold(whens, &frame, row) {
                            Ok(true) => column.set(row, relation.listed(row, batch.failures)),
                            Ok(false) => {}
                            Err(failure) => column.set(row, Err(failure)),
                        }
                    }
                    self.data.lists[*list] = column;
                }
                Step::Values(number) => {
                    // As in `compute`.
                    let mut values = std::mem::take(&mut self.data.values[*number]);
                    let frame = Frame { level, data: &self.data, outer, environment: batch.environment };
                    let read = values.read(&level.reads[*number], &frame, &self.kept, batch);
                    self.data.values[*number] = values;
                    read?;
                }
                Step::Attach(number) => {
                    let frame = Frame { level, data: &self.data, outer, environment: batch.environment };
                    self.relations[*number].build(&level.children[*number], &frame, &self.kept, batch)?;
                }
            }
        }
        Ok(())
    }

    fn compute(
        &mut self,
        slot: usize,
        scalar: &ScalarPlan,
        whens: &[Condition],
        level: &Level,
        outer: Option<&Frame<'_>>,
        batch: &Batch<'_>,
    ) {
        self.fill(slot, whens, level, outer, batch, |writer, row, set| {
            let scope = RowScope::new(writer.frame, row, &scalar.path);
            set(compute(scalar, &scope));
        });
    }

    /// Fills a slot for the rows in `kept`; null where a condition is not true.
    fn fill(
        &mut self,
        slot: usize,
        whens: &[Condition],
        level: &Level,
        outer: Option<&Frame<'_>>,
        batch: &Batch<'_>,
        mut value: impl FnMut(&RowWriter<'_>, usize, Setter<'_>),
    ) {
        // The column is taken out while it is filled: a step reads only what earlier ones have filled.
        let mut column = std::mem::take(&mut self.data.slots[slot]);
        column.reset(self.data.rows.len());
        let frame = Frame { level, data: &self.data, outer, environment: batch.environment };
        let writer = RowWriter { frame: &frame, relations: &self.relations, failures: &*batch.failures };
        for row in self.kept.iter().map(|row| *row as usize) {
            match all_hold(whens, &frame, row) {
                Ok(true) => value(&writer, row, &mut |datum| column.set(row, datum)),
                Ok(false) => {}
                Err(failure) => column.set(row, Err(failure)),
            }
        }
        self.data.slots[slot] = column;
    }

    /// Leaves the rows that `keep` lets through, sorted within their group; of a `one` the first.
    fn filter(&mut self, level: &Level, outer: Option<&Frame<'_>>, batch: &mut Batch<'_>) {
        self.kept.clear();
        self.groups.clear();
        self.rejected.clear();
        self.seen.clear();
        let frame = Frame { level, data: &self.data, outer, environment: batch.environment };
        let mut row = 0;
        for group in 0..self.data.groups.len() as u32 {
            let start = self.kept.len();
            let unfit = self.unfit.binary_search_by_key(&group, |(unfit, _)| *unfit);
            let mut failed = unfit.ok().map(|at| self.unfit[at].1);
            while self.data.rows.get(row).is_some_and(|row| row.group == group) {
                match level.keep.as_ref().map_or(Ok(true), |keep| frame.holds(keep, row)) {
                    Ok(true) => self.kept.push(row as u32),
                    Ok(false) => {}
                    Err(failure) => {
                        let failure = batch.failures.add(failure);
                        if level.cardinality == Gather::Items {
                            self.kept.push(row as u32);
                            self.rejected.push((row as u32, failure));
                        } else {
                            failed.get_or_insert(failure);
                        }
                    }
                }
                row += 1;
            }
            if failed.is_none()
                && let Err(failure) = sort(&frame, &mut self.kept[start..])
                    .and_then(|()| self.seen.keep_first(&frame, group, &mut self.kept, start))
            {
                failed = Some(batch.failures.add(failure));
            }
            if failed.is_some() {
                self.kept.truncate(start);
            } else if level.cardinality == Gather::One {
                self.kept.truncate(start + 1);
            }
            self.groups.push(Kept { rows: start..self.kept.len(), failed });
        }
    }
}

pub(super) fn all_hold(conditions: &[Condition], frame: &Frame<'_>, row: usize) -> Result<bool, InvalidItem> {
    for condition in conditions {
        if !frame.holds(condition, row)? {
            return Ok(false);
        }
    }
    Ok(true)
}
