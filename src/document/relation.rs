//! A relation in a batch: one pass for all rows of the enclosing level, and a fragment of JSON for each group of them.
//!
//! Rows of the enclosing level that ask for the same key tuple, in the same outer context, share one fragment. Rows are
//! read once per tuple, however many groups take them up.

use std::ops::Range;

use super::InvalidItem;
use super::arena::{Arena, Failures, Fragment};
use super::distinct::Distinct;
use super::key::{FAILED_TAG, key_value};
use super::level::{Batch, LevelState};
use super::member::{RowWriter, Written};
use super::request::Request;
use super::scope::{Environment, Frame, Group, Row};
use super::slots::SlotColumn;
use super::spread::Spread;
use crate::plan::level::{Child, Gather, Level};
use crate::source::SourceError;

/// What a row of the enclosing level gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attached {
    /// The fragment of this group.
    Group(u32),
    /// Null, because its `when` is not true.
    Nulled,
    /// Nothing that could be written: a failure of the batch.
    Failed(u32),
}

const NO_GROUP: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Relation {
    /// For each row of the enclosing level.
    pub attached: Vec<Attached>,
    /// For each group, in `arena`.
    pub fragments: Vec<Fragment>,
    pub arena: Arena,
    /// For each of the fields that other arrays take of the elements, and each group, in `arena`.
    pub taken: Vec<Vec<Fragment>>,
    pub(super) state: LevelState,
    request: Request,
    /// Groups by tuple, where nothing else tells them apart, and by the bytes of all that does.
    tuple_groups: Vec<u32>,
    group_numbers: Distinct,
    /// Bytes of the row under way that tell groups apart.
    scratch: Vec<u8>,
    /// The value of each group, where it is one value of all rows.
    pub(super) summaries: SlotColumn,
    /// The elements of each group as a stretch of a list, where something names them, or a failure.
    pub(super) listed: Vec<Result<Range<usize>, u32>>,
}

impl Relation {
    pub fn new(level: &Level) -> Self {
        Relation { state: LevelState::new(level), ..Relation::default() }
    }

    /// Makes the fragments for `rows` of the enclosing level's `frame`.
    pub fn build(
        &mut self,
        child: &Child,
        frame: &Frame<'_>,
        rows: &[u32],
        batch: &mut Batch<'_>,
    ) -> Result<(), SourceError> {
        let level = &child.level;
        let by_entity = batch.range.is_some() && level.passes.has_range();
        let entities = by_entity.then_some(batch.keys.len());
        self.group(child, frame, rows, entities, batch.failures);
        if self.state.data.groups.is_empty() {
            self.state.data.read.reset(0);
        } else {
            self.request.read(level, batch, by_entity, &mut self.state.data)?;
        }
        self.state.data.join_held(level);
        self.lay_out(level);
        if !level.scopes.is_empty() {
            self.state.merge(level, frame, batch.failures);
        }
        self.state.work(level, Some(frame), batch)?;
        self.summarise(level, frame, batch.failures);
        self.write(child, frame, batch.environment, batch.failures);
        Ok(())
    }

    /// Finds the tuples and groups of the enclosing level's rows. `entities`: see [`Request::ask`].
    fn group(
        &mut self,
        child: &Child,
        frame: &Frame<'_>,
        rows: &[u32],
        entities: Option<usize>,
        failures: &mut Failures,
    ) {
        let level = &child.level;
        self.attached.clear();
        self.attached.resize(frame.data.rows.len(), Attached::Nulled);
        self.request.clear(level);
        self.tuple_groups.clear();
        self.group_numbers.clear();
        self.state.data.groups.clear();
        let mut spread = Spread::default();
        for &row in rows {
            let attached = match self.group_of(child, frame, row, entities, &mut spread) {
                Ok(Some(group)) => Attached::Group(group),
                Ok(None) => Attached::Nulled,
                Err(failure) => Attached::Failed(failures.add(failure)),
            };
            self.attached[row as usize] = attached;
        }
    }

    /// The group of one row; none where its `when` is not true.
    fn group_of<'f>(
        &mut self,
        child: &'f Child,
        frame: &'f Frame<'_>,
        row: u32,
        entities: Option<usize>,
        spread: &mut Spread<'f>,
    ) -> Result<Option<u32>, InvalidItem> {
        let level = &child.level;
        if let Some(when) = &child.when
            && !frame.holds(when, row as usize)?
        {
            return Ok(None);
        }
        let tuple = self.request.ask(level, frame, row as usize, entities, spread)?;
        if level.outer.is_empty() {
            return Ok(Some(self.group_of_tuple(tuple, row)));
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&tuple.to_le_bytes());
        for operand in &level.outer {
            match key_value(frame, operand, row as usize, &level.path) {
                Ok(value) => value.encode(&mut self.scratch),
                // The rows below find the failure themselves, if they get to read it.
                Err(_) => self.scratch.push(FAILED_TAG),
            }
        }
        let group = self.group_numbers.number(&self.scratch);
        if group.is_new {
            self.state.data.groups.push(Group { tuple, outer_row: row });
        }
        Ok(Some(group.number))
    }

    /// The group of a tuple, where it alone tells groups apart.
    fn group_of_tuple(&mut self, tuple: u32, row: u32) -> u32 {
        // Numbers of tuples are dense; what asks for nothing comes first.
        let place = tuple.wrapping_add(1) as usize;
        if self.tuple_groups.len() <= place {
            self.tuple_groups.resize(place + 1, NO_GROUP);
        }
        let groups = &mut self.state.data.groups;
        let group = &mut self.tuple_groups[place];
        if *group == NO_GROUP {
            *group = groups.len() as u32;
            groups.push(Group { tuple, outer_row: row });
        }
        *group
    }

    /// Puts the rows of each group's tuples into the level's data.
    fn lay_out(&mut self, level: &Level) {
        self.state.unfit.clear();
        let data = &mut self.state.data;
        let mut rows = std::mem::take(&mut data.rows);
        rows.clear();
        for (number, group) in data.groups.iter().enumerate() {
            for read in self.request.rows_of(level, &group.tuple) {
                let joined = read.filter(|read| data.is_joined(level, *read));
                rows.extend(joined.map(|read| Row { read, group: number as u32 }));
            }
        }
        data.rows = rows;
    }

    fn write(&mut self, child: &Child, outer: &Frame<'_>, environment: &Environment, failures: &mut Failures) {
        let level = &child.level;
        self.arena.clear();
        self.fragments.clear();
        if child.written {
            let mut fragments = std::mem::take(&mut self.fragments);
            self.write_groups(level, outer, environment, failures, &mut fragments, gather);
            self.fragments = fragments;
        }
        let mut taken = std::mem::take(&mut self.taken);
        taken.resize_with(level.taken.len(), Vec::new);
        for (fragments, plan) in taken.iter_mut().zip(&level.taken) {
            fragments.clear();
            self.write_groups(level, outer, environment, failures, fragments, |writer, _, rows, out| {
                list(rows, out, |row, out| writer.value(&plan.member, row, out).map(|_| ()))?;
                Ok(Written::Value)
            });
        }
        self.taken = taken;
    }

    /// A fragment for each group.
    fn write_groups(
        &mut self,
        level: &Level,
        outer: &Frame<'_>,
        environment: &Environment,
        failures: &mut Failures,
        fragments: &mut Vec<Fragment>,
        write: impl Fn(&RowWriter<'_>, usize, &[u32], &mut Arena) -> Result<Written, InvalidItem>,
    ) {
        let frame = self.state.frame(level, Some(outer), environment);
        for (number, group) in self.state.groups.iter().enumerate() {
            if let Some(failed) = group.failed {
                fragments.push(Fragment::Failed(failed));
                continue;
            }
            let filled = self.arena.filled();
            let writer = RowWriter { frame: &frame, relations: &self.state.relations, failures };
            let rows = &self.state.kept[group.rows.clone()];
            let fragment = match write(&writer, number, rows, &mut self.arena) {
                Ok(Written::Value) => self.arena.since(filled),
                Ok(Written::Null) => {
                    self.arena.truncate(filled);
                    Fragment::Null
                }
                Err(failure) => {
                    self.arena.truncate(filled);
                    Fragment::Failed(failures.add(failure))
                }
            };
            fragments.push(fragment);
        }
    }
}

/// Writes the rows of one group as the relation's cardinality wants them.
fn gather(writer: &RowWriter<'_>, group: usize, rows: &[u32], out: &mut Arena) -> Result<Written, InvalidItem> {
    match (&writer.frame.level.cardinality, rows) {
        (Gather::Many { empty_null: true }, []) => Ok(Written::Null),
        (Gather::Many { .. }, rows) => {
            list(rows, out, |row, out| writer.element(row, out))?;
            Ok(Written::Value)
        }
        (Gather::One | Gather::Items, [first, ..]) => writer.element(*first as usize, out).map(|()| Written::Value),
        (Gather::One | Gather::Items, []) => writer.missing(group, out),
        // Its value stands in a slot.
        (Gather::Summary(_), _) => Ok(Written::Null),
    }
}

/// Writes an array with an element for each row.
fn list(
    rows: &[u32],
    out: &mut Arena,
    element: impl Fn(usize, &mut Arena) -> Result<(), InvalidItem>,
) -> Result<(), InvalidItem> {
    out.bytes.push(b'[');
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            out.bytes.push(b',');
        }
        element(*row as usize, out)?;
    }
    out.bytes.push(b']');
    Ok(())
}
