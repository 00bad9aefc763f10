//! Small tables that are held in memory for the run and joined by feedmill.
//!
//! A join is held where equality of its keys needs no word of the database, its condition and the level's passes stand
//! without the tables around it, and the table is small. What is held is read once, when the plan is made: a row changed
//! during the run is seen by the next.

use super::compile::Compiler;
use super::draft::HeldDraft;
use super::level::{HeldJoin, Passes};
use super::rows::RowsPlan;
use crate::document::HeldTable;
use crate::source::SourceError;
use crate::source::catalog::{Column, ColumnKind};
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{ColumnRef, JoinSpec, OnTarget, Statement, TableSource};
use crate::source::{KeyTuples, Values};

/// Rows that a table may have to be held: it is read for every run, however few entities that builds.
const MOST_ROWS: usize = 10_000;

/// Bytes that all held tables of a feed may take up, so that memory does not depend on what the source holds.
const MOST_BYTES: usize = 8 << 20;

/// A level's passes without the joins that are held.
pub(super) struct Held {
    pub passes: Passes,
    pub tables: Vec<HeldDraft>,
    pub joins: Vec<HeldJoin>,
}

/// A column by the table of the level and its number there.
struct KeyColumn {
    table: usize,
    column: usize,
}

impl Compiler<'_> {
    /// Takes the joins that can be held out of the passes of the level under way.
    pub fn hold(&mut self, rows: &RowsPlan<'_>, passes: Passes) -> Result<Held, SourceError> {
        let before = self.level().columns.len();
        let mut held: Vec<(HeldDraft, HeldJoin)> = Vec::new();
        // The last first: a table that a join in the statement refers to must stand there too.
        for number in (1..=rows.joins.len()).rev() {
            let is_held = |table: usize| held.iter().any(|(draft, _)| draft.table == table);
            let needed = (number + 1..=rows.joins.len()).any(|later| {
                let join = &rows.joins[later - 1];
                !is_held(later) && (join.where_sql.is_some() || refers(join, &rows.joins[number - 1].table.alias))
            });
            if needed {
                continue;
            }
            let Some(key) = self.key_of(rows, number) else { continue };
            if let Some(found) = self.load(&rows.joins[number - 1], number, &key)? {
                held.push(found);
            }
        }
        held.reverse();
        let (tables, joins): (Vec<HeldDraft>, Vec<HeldJoin>) = held.into_iter().unzip();
        if !tables.is_empty()
            && let Some(passes) = self.passes_without(rows, &tables)?
        {
            return Ok(Held { passes, tables, joins });
        }
        self.level().columns.truncate(before);
        Ok(Held { passes, tables: Vec::new(), joins: Vec::new() })
    }

    /// The columns that a join's table is tied by to the tables before it, pair by pair; none where it cannot be held.
    fn key_of(&mut self, rows: &RowsPlan<'_>, number: usize) -> Option<Vec<KeyColumn>> {
        let join = &rows.joins[number - 1];
        let level = self.levels.last()?;
        let TableSource::Table(name) = &join.table.source else { return None };
        let is_plain = !self.catalog.table(name)?.is_view && level.tables.iter().all(|table| table.named.is_none());
        // That an item of the entity is there must not hang on what was held before it.
        let may_drop = level.place.depth > 0 || join.optional;
        let texts = join.where_sql.iter().chain(rows.rows.where_sql.iter().map(|sql| &sql.value));
        if !is_plain || !may_drop || !texts.into_iter().all(|sql| reads_alike_alone(sql)) {
            return None;
        }
        let mut key = Vec::new();
        for pair in &join.table.on {
            let Some(other) = pair.equals.column() else { continue };
            let table = level.tables[..number].iter().position(|table| table.alias == other.alias)?;
            let column = level.tables[table].find(&other.column)?;
            let own = &level.tables[number].columns[level.tables[number].find(&pair.column)?];
            if !is_certain(own, &level.tables[table].columns[column]) {
                return None;
            }
            key.push(KeyColumn { table, column });
        }
        let literal = |target: &OnTarget| matches!(target, OnTarget::Int(_) | OnTarget::Text(_));
        let literals = join.table.on.iter().filter(|pair| literal(&pair.equals)).count();
        (!key.is_empty() && key.len() + literals == join.table.on.len()).then_some(key)
    }

    /// Reads a join's table; none where it is not small, or its keys do not tell its rows apart.
    fn load(
        &mut self,
        join: &JoinSpec,
        number: usize,
        key: &[KeyColumn],
    ) -> Result<Option<(HeldDraft, HeldJoin)>, SourceError> {
        let TableSource::Table(name) = &join.table.source else { return Ok(None) };
        let counted = self.dialect.count_rows_up_to(name, MOST_ROWS + 1);
        let is_small = |count: RowSet| matches!(count.cell(0, 0), Cell::Int(count) if count <= MOST_ROWS as i64);
        if !self.read_within(&counted, MOST_BYTES)?.is_some_and(is_small) {
            return Ok(None);
        }
        let level = self.level();
        let own: Vec<usize> = level.columns_of(number).collect();
        let keys = join.table.on.iter().filter(|pair| pair.equals.column().is_some());
        let mut columns: Vec<ColumnRef> =
            keys.map(|pair| ColumnRef { alias: join.table.alias.clone(), column: pair.column.clone() }).collect();
        columns.extend(own.iter().map(|column| level.column_ref(*column)));
        let table = &level.tables[number];
        let kind = |column: &ColumnRef| table.find(&column.column).map(|found| table.columns[found].kind);
        let Some(kinds) = columns.iter().map(kind).collect::<Option<Vec<ColumnKind>>>() else { return Ok(None) };
        let statement = self.dialect.whole_table(&join.table, join.where_sql.as_deref(), &columns);
        let left = MOST_BYTES - self.held_bytes;
        let Some(rows) = self.read_within(&statement, left / 2)? else { return Ok(None) };
        // Once as it came, once as JSON.
        let bytes = rows.byte_len() + rows.size();
        if bytes > left {
            return Ok(None);
        }
        let Some(table) = HeldTable::new(rows, key.len(), &kinds, &self.zone) else { return Ok(None) };
        self.held_bytes += bytes;
        let level = self.level();
        let key: Vec<usize> = key.iter().map(|key| level.read(key.table, key.column)).collect();
        let draft = HeldDraft { table: number, key_width: key.len() };
        Ok(Some((draft, HeldJoin { table, key, optional: join.optional })))
    }

    /// The rows of a statement; none where they have more bytes, or the database refuses it: a condition may fail on rows
    /// that the database's own join would not have put it to.
    fn read_within(&mut self, statement: &Statement, bytes: usize) -> Result<Option<RowSet>, SourceError> {
        let values = Values { tuples: &KeyTuples::default(), range: None, after: None, today: &self.today };
        let mut rows = RowSet::of_at_most(bytes);
        match self.reader.read(&statement.sql, &values.binds(statement), &mut rows) {
            Ok(()) => Ok(Some(rows)),
            Err(SourceError::Query { .. } | SourceError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a join is tied to a table.
fn refers(join: &JoinSpec, alias: &str) -> bool {
    join.table.on.iter().any(|pair| match &pair.equals {
        OnTarget::Piece { column, .. } => column.alias == alias,
        other => other.column().is_some_and(|column| column.alias == alias),
    })
}

/// Whether two columns are equal just where their values are the same integer or the same bytes.
fn is_certain(one: &Column, other: &Column) -> bool {
    let kind = matches!(one.kind, ColumnKind::Integer | ColumnKind::Text);
    kind && one.kind == other.kind && one.exact && other.exact
}

/// Whether a condition means the same where tables around it are missing, or is refused there. SQLite takes an unknown
/// name in double quotes for a text; `:keys` are those of a batch.
fn reads_alike_alone(sql: &str) -> bool {
    !sql.contains('"') && !sql.contains(":keys")
}
