//! Builds the documents of one batch: reads the entities' rows, has the levels do their work, writes the items.
//!
//! One read transaction a batch, so that no document is torn between two states of the source. One assembler a worker:
//! it owns the buffers of every level.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use super::arena::{Arena, Failures};
use super::item::ItemWriter;
use super::level::{Batch, LevelState};
use super::member::RowWriter;
use super::scope::{Group, Row};
use super::{Built, BuiltEntity, EntityBatch};
use crate::entity::EntityKey;
use crate::plan::{KeyKind, Plan};
use crate::source::rows::{Cell, RowSet};
use crate::source::{KeyTuples, KeyValue, SourceError, SourceReader};

pub struct Assembler<'p> {
    plan: &'p Plan,
    root: LevelState,
    tuples: KeyTuples,
    /// The batch's entities, ascending.
    keys: Vec<EntityKey>,
    /// Rows that were read, ordered by their key.
    order: Vec<u32>,
    failures: Failures,
    items: ItemWriter,
}

impl<'p> Assembler<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        Assembler {
            plan,
            root: LevelState::new(&plan.root),
            tuples: KeyTuples::default(),
            keys: Vec::new(),
            order: Vec::new(),
            failures: Failures::default(),
            items: ItemWriter::default(),
        }
    }

    /// Builds a batch into `out`, over what it held. An error is the source's; what is wrong with single items is in
    /// `out.invalid`.
    pub fn build(
        &mut self,
        reader: &mut dyn SourceReader,
        batch: &EntityBatch,
        out: &mut Built,
    ) -> Result<(), SourceError> {
        self.build_at_most(reader, batch, usize::MAX, out)
    }

    /// The same, as far as neither the rows nor the documents take up more than so many bytes: else the error is
    /// [`SourceError::TooLarge`].
    pub fn build_at_most(
        &mut self,
        reader: &mut dyn SourceReader,
        batch: &EntityBatch,
        most_bytes: usize,
        out: &mut Built,
    ) -> Result<(), SourceError> {
        out.clear();
        reader.begin()?;
        let built = self.build_within(reader, batch, most_bytes, out);
        let ended = reader.end();
        built.and(ended).inspect_err(|_| out.clear())
    }

    fn build_within(
        &mut self,
        reader: &mut dyn SourceReader,
        batch: &EntityBatch,
        most_bytes: usize,
        out: &mut Built,
    ) -> Result<(), SourceError> {
        let plan = self.plan;
        self.failures.clear();
        self.tuples.reset(1);
        let range = match batch {
            EntityBatch::Range { first, last } => Some((first, last)),
            EntityBatch::Listed(keys) => {
                self.tuples.extend(keys.iter().map(key_value));
                None
            }
        };
        let mut shared = Batch {
            reader,
            environment: &plan.environment,
            today: &plan.today,
            range,
            keys: &[],
            failures: &mut self.failures,
            bytes_left: most_bytes,
        };
        self.root.data.read.reset(0);
        for pass in plan.root.passes.tables.iter().flatten() {
            let statement = match (range, &pass.range) {
                (Some(_), Some(statement)) => statement,
                _ => &pass.keyed,
            };
            shared.read_behind(statement, &self.tuples, &mut self.root.data)?;
        }
        self.root.data.join_held(&plan.root);
        out.keyless_rows = find_entities(plan, &mut self.root, &mut self.order, &mut self.keys, range.is_none());
        let mut shared =
            Batch { keys: &self.keys, range: range.filter(|_| !has_large_keys(plan, &self.keys)), ..shared };
        self.root.work(&plan.root, None, &mut shared)?;
        out.row_bytes = most_bytes - shared.bytes_left;
        self.write(most_bytes, out)
    }

    fn write(&mut self, most_bytes: usize, out: &mut Built) -> Result<(), SourceError> {
        let plan = self.plan;
        let frame = self.root.frame(&plan.root, None, &plan.environment);
        let mut arena =
            Arena { bytes: std::mem::take(&mut out.arena), holes: std::mem::take(&mut out.holes), marks: Vec::new() };
        let writer = RowWriter { frame: &frame, relations: &self.root.relations, failures: &self.failures };
        for (key, group) in self.keys.drain(..).zip(&self.root.groups) {
            if arena.bytes.len() > most_bytes {
                break;
            }
            let (first_item, first_invalid) = (out.items.len(), out.invalid.len());
            if let Some(failed) = group.failed {
                out.invalid.push(self.failures.get(failed).clone());
            }
            for &row in &self.root.kept[group.rows.clone()] {
                let rejected = self.root.rejected.binary_search_by_key(&row, |(rejected, _)| *rejected);
                let written = match rejected {
                    Ok(at) => Err(self.failures.get(self.root.rejected[at].1).clone()),
                    Err(_) => self.items.write(&writer, row as usize, &plan.paths, &mut arena),
                };
                match written {
                    Ok(item) => out.items.push(item),
                    Err(invalid) => out.invalid.push(invalid),
                }
            }
            out.entities.push(BuiltEntity {
                key,
                items: first_item..out.items.len(),
                invalid: first_invalid..out.invalid.len(),
            });
        }
        out.arena = arena.bytes;
        out.holes = arena.holes;
        if out.arena.len() > most_bytes { Err(SourceError::TooLarge { most_bytes }) } else { Ok(()) }
    }
}

/// Whether some keys are integers too large for ours. Their digits are in another order than the source's, so nothing may
/// be merged by them. The keys are ascending, texts last.
fn has_large_keys(plan: &Plan, keys: &[EntityKey]) -> bool {
    plan.key_kind() == KeyKind::Int && matches!(keys.last(), Some(EntityKey::Text(_)))
}

fn key_value(key: &EntityKey) -> KeyValue<'_> {
    match key {
        EntityKey::Int(int) => KeyValue::Int(*int),
        EntityKey::Text(text) => KeyValue::Text(Cow::Borrowed(text)),
    }
}

/// Puts the rows that were read into order by their key, each entity's rows together.
///
/// What the database finds equal may differ by its bytes: then a listed key finds other entities too, or two listed keys
/// the same one. Each entity is taken once, with the rows of the first key that found it.
///
/// Rows whose key cannot be read are nobody's. Gives their number.
fn find_entities(
    plan: &Plan,
    root: &mut LevelState,
    order: &mut Vec<u32>,
    keys: &mut Vec<EntityKey>,
    listed: bool,
) -> u64 {
    let data = &mut root.data;
    let column = plan.key.cell;
    order.clear();
    order.extend(0..data.read.len() as u32);
    let read = &data.read;
    let compare = |left: &u32, right: &u32| {
        let (left, right) = (*left as usize, *right as usize);
        let by_tuple = || match (listed, read.cell(left, 0), read.cell(right, 0)) {
            (true, Cell::Int(left), Cell::Int(right)) => left.cmp(&right),
            _ => Ordering::Equal,
        };
        compare_keys(read, read.cell(left, column), read.cell(right, column)).then_with(by_tuple)
    };
    if !order.is_sorted_by(|left, right| compare(left, right).is_le()) {
        order.sort_by(compare);
    }
    data.rows.clear();
    data.groups.clear();
    keys.clear();
    let (mut at, mut keyless) = (0, 0);
    while at < order.len() {
        let entity = entity_rows(read, column, &order[at..]);
        let first = order[at] as usize;
        let group = data.groups.len() as u32;
        let Some(key) = plan.key.read(read, read.cell(first, column)) else {
            keyless += entity.len() as u64;
            at += entity.len();
            continue;
        };
        keys.push(key);
        data.groups.push(Group { tuple: group, outer_row: 0 });
        for &row in &order[at..at + entity.len()] {
            if !listed || read.cell(row as usize, 0) == read.cell(first, 0) {
                data.rows.push(Row { read: row, group });
            }
        }
        at += entity.len();
    }
    keyless
}

/// The rows at the beginning of `order` that have one key.
fn entity_rows(read: &RowSet, column: usize, order: &[u32]) -> Range<usize> {
    let key = |row: u32| read.cell(row as usize, column);
    let first = key(order[0]);
    let length = order.iter().take_while(|row| compare_keys(read, key(**row), first).is_eq()).count();
    0..length
}

/// Integers by value, text by its bytes, as [`EntityKey`] orders them. What is no key comes behind them.
fn compare_keys(read: &RowSet, left: Cell, right: Cell) -> Ordering {
    match (left, right) {
        (Cell::Int(left), Cell::Int(right)) => left.cmp(&right),
        (Cell::Text(left), Cell::Text(right)) => read.bytes(left).cmp(read.bytes(right)),
        (Cell::Int(_), _) => Ordering::Less,
        (_, Cell::Int(_)) => Ordering::Greater,
        (Cell::Text(_), _) => Ordering::Less,
        (_, Cell::Text(_)) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
