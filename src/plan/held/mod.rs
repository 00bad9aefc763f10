//! Small tables that are held in memory for the run, whose rows feedmill finds by itself.
//!
//! A table is held where equality of its keys needs no word of the database, a key has one row at most, its condition and
//! the level's passes stand without the tables around it, and it is small: a table to look up values in, joined with the
//! rows of a level or a relation of its own. What is held is read once, when the plan is made: a row changed during the run
//! is seen by the next. Where nothing but the equality of keys is in the way, the rows that were read are remembered.

mod table;

use std::sync::Arc;

use super::compile::Compiler;
use super::draft::{HeldDraft, HeldPlace, Reference};
use super::level::{HeldJoin, HeldKey, Passes};
use super::pass::conjunction;
use super::rows::{Key, KeySource, RowsPlan};
use crate::document::{HeldTable, Remembered};
use crate::plan::Extent;
use crate::source::SourceError;
use crate::source::catalog::{Column, ColumnKind};
use crate::source::sql::{JoinSpec, OnSpec, OnTarget, TableSource, TableSpec};
pub(super) use table::HeldRead;

/// A level's passes without the tables that are held.
pub(super) struct Held {
    pub passes: Passes,
    pub tables: Vec<HeldDraft>,
    pub joins: Vec<HeldJoin>,
}

/// What becomes of a relation's main table.
enum Main {
    Held(HeldDraft, Arc<HeldTable>),
    /// It is read, and its rows are kept.
    Remembered,
    Read,
}

/// The columns of a main table that the key tuples are compared with, component by component.
struct MainKey<'r> {
    columns: Vec<&'r str>,
    /// Whether equality of all of them needs no word of the database.
    is_certain: bool,
}

/// A column by the table of the level and its number there.
struct KeyColumn {
    table: usize,
    column: usize,
}

impl Compiler<'_> {
    /// Takes the tables that can be held out of the passes of the level under way.
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
            let join = &rows.joins[number - 1];
            let Some(key) = self.key_of(rows, number) else { continue };
            let columns: Vec<&str> =
                join.table.on.iter().filter(|pair| pair.equals.column().is_some()).map(own).collect();
            let where_sql = join.where_sql.as_deref();
            if let Some((mut draft, table)) =
                self.hold_table(&join.table, where_sql, number, &columns, join.optional)?
            {
                let level = self.level();
                let key: Vec<usize> = key.iter().map(|key| level.read(key.table, key.column)).collect();
                draft.seek_by(&key);
                held.push((draft, HeldJoin { table, key: HeldKey::Columns(key), optional: join.optional }));
            }
        }
        let main = match held.len() == rows.joins.len() {
            true => self.hold_main(rows)?,
            false => Main::Read,
        };
        let is_remembered = matches!(main, Main::Remembered);
        if let Main::Held(draft, table) = main {
            held.push((draft, HeldJoin { table, key: HeldKey::Tuple, optional: false }));
        }
        held.reverse();
        let (tables, joins): (Vec<HeldDraft>, Vec<HeldJoin>) = held.into_iter().unzip();
        let mut held = match tables.first() {
            None => Held { passes, tables, joins },
            Some(HeldDraft { table: 0, .. }) => Held { passes: Passes::none(), tables, joins },
            Some(_) => match self.passes_without(rows, &tables)? {
                Some(passes) => Held { passes, tables, joins },
                None => {
                    self.level().columns.truncate(before);
                    return Ok(Held { passes, tables: Vec::new(), joins: Vec::new() });
                }
            },
        };
        if is_remembered {
            held.passes.remembered = Some(Remembered::new(Arc::clone(&self.remembered_bytes_left)));
        }
        Ok(held)
    }

    /// What becomes of the main table of a relation whose other tables are all held.
    fn hold_main(&mut self, rows: &RowsPlan<'_>) -> Result<Main, SourceError> {
        let Some(MainKey { columns, is_certain }) = self.key_of_main(rows) else { return Ok(Main::Read) };
        if is_certain {
            let where_sql = conjunction(&rows.rows.where_sql);
            let held = self.hold_table(&rows.main, where_sql.as_deref(), 0, &columns, false)?;
            return Ok(held.map_or(Main::Read, |(draft, table)| Main::Held(draft, table)));
        }
        match &rows.main.source {
            TableSource::Table(name) if self.extent == Extent::Whole && self.is_small(name)? => Ok(Main::Remembered),
            _ => Ok(Main::Read),
        }
    }

    /// The columns that a join's table is tied by to the tables before it, pair by pair; none where it cannot be held.
    fn key_of(&mut self, rows: &RowsPlan<'_>, number: usize) -> Option<Vec<KeyColumn>> {
        let join = &rows.joins[number - 1];
        let level = self.levels.last()?;
        // That an item of the entity is there must not hang on what was held before it.
        let may_drop = level.place.depth > 0 || join.optional;
        if !may_drop
            || !self.stands_alone(rows, &join.table)
            || !join.where_sql.iter().all(|sql| reads_alike_alone(sql))
        {
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
        let literals = join.table.on.iter().filter(|pair| is_literal(&pair.equals)).count();
        (!key.is_empty() && key.len() + literals == join.table.on.len()).then_some(key)
    }

    /// The key by which a relation's main table is looked up; none where it is no table to look up in, or may have several
    /// rows of a tuple.
    fn key_of_main<'r>(&self, rows: &'r RowsPlan<'_>) -> Option<MainKey<'r>> {
        let level = self.levels.last()?;
        let main = &level.tables[0];
        // By ranges they are read faster than they are found.
        let is_keyed = level.place.depth > 0 && rows.range.is_none();
        if !is_keyed || !self.stands_alone(rows, &rows.main) || !main.is_told_apart_by(&rows.main) {
            return None;
        }
        let mut columns = vec![None; rows.components.len()];
        let mut are_certain = true;
        for pair in rows.main.on.iter().filter(|pair| !is_literal(&pair.equals)) {
            let OnTarget::Key(number) = pair.equals else { return None };
            let Key { source: KeySource::One(Reference::Column { depth, column }), .. } = &rows.components[number]
            else {
                return None;
            };
            let own_column = &main.columns[main.find(&pair.column)?];
            let is_first = columns[number].replace(own(pair)).is_none();
            if !is_first {
                return None;
            }
            are_certain &= is_certain(own_column, self.levels[*depth].column(*column));
        }
        let columns = columns.into_iter().collect::<Option<Vec<&str>>>().filter(|columns| !columns.is_empty())?;
        Some(MainKey { columns, is_certain: are_certain })
    }

    /// Whether a table of the level under way can be read without those around it.
    fn stands_alone(&self, rows: &RowsPlan<'_>, table: &TableSpec) -> bool {
        let TableSource::Table(name) = &table.source else { return false };
        let is_plain = self.catalog.table(name).is_some_and(|table| !table.is_view);
        let are_fixed = self.levels.last().is_some_and(|level| level.tables.iter().all(|table| table.named.is_none()));
        is_plain && are_fixed && rows.rows.where_sql.iter().all(|sql| reads_alike_alone(&sql.value))
    }
}

impl HeldDraft {
    /// Its key is sought by these columns of the level.
    fn seek_by(&mut self, key: &[usize]) {
        for place in &mut self.places {
            if let HeldPlace::Component(component) = *place {
                *place = HeldPlace::Column(key[component]);
            }
        }
    }
}

/// The table's own column of a pair.
fn own(pair: &OnSpec) -> &str {
    &pair.column
}

fn is_literal(target: &OnTarget) -> bool {
    matches!(target, OnTarget::Int(_) | OnTarget::Text(_))
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
