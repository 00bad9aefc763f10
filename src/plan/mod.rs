//! A definition and the source's catalog -> a plan: per level the SQL of one pass per batch, and what feedmill computes
//! over its rows.
//!
//! [`Compiler`](compile) goes through the definition once: [`rows`] looks up tables and ties them together, [`names`]
//! says what each name means, [`values`] and [`lifts`] plan what is named, [`scalar`] how each value is made, [`fields`]
//! and [`arrays`] how it is written, [`pass`] what is asked of the database. What comes out is a tree of [`level`]s in
//! which nothing is looked up by name any more. Every problem found on the way is collected.

mod arrays;
mod compile;
mod draft;
pub(crate) mod eav;
mod fallback;
mod fields;
mod held;
mod keys;
pub(crate) mod level;
mod lifts;
mod lists;
mod lookup;
mod named_passes;
mod named_tables;
mod names;
mod operands;
mod pass;
pub(crate) mod paths;
mod rows;
mod scalar;
mod secrets;
mod summary;
mod tables;
mod ties;
mod values;

use jiff::tz::TimeZone;

use crate::definition::feed::FeedDefinition;
use crate::definition::problem::Problems;
use crate::document::{Environment, MaskKey};
use crate::entity::EntityKey;
use crate::source::catalog::Catalog;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::Dialect;
use crate::source::{KeyTuples, SourceError, SourceReader, Values};
use compile::Compiler;
pub use keys::KeyKind;
pub(crate) use keys::RootKey;
use level::Level;
pub use lookup::{FoundKey, IdentityLookup, KeyLookup, LookupError};
use paths::ItemPaths;

/// How a feed's documents are built from its source. Shared by all workers.
pub struct Plan {
    pub(crate) root: Level,
    pub(crate) key: RootKey,
    pub(crate) paths: ItemPaths,
    pub(crate) environment: Environment,
    /// The run's date.
    pub(crate) today: String,
    /// What may not be meant so: attributes that the source does not have.
    pub notices: Problems,
    lookups: lookup::RootColumns,
    dialect: &'static dyn Dialect,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("root", &self.root).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What a plan depends on beside definition and source.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// `[masks] key`. Feeds that mask with `hmac` are refused before, when there is none.
    pub mask_key: Option<Vec<u8>>,
    /// In which naive date-times of the source are read.
    pub timezone: TimeZone,
    /// `YYYY-MM-DD`, what `:today` stands for.
    pub today: String,
    /// How much of the source is built by the plan.
    pub extent: Extent,
}

/// How many entities a plan is made for. It says what may be read in advance, not what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// None: the definition is checked.
    Nothing,
    /// Some.
    Part,
    /// All: larger tables are worth holding.
    Whole,
}

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Everything that does not fit together, by place in the file.
    #[error("{0}")]
    Problems(Problems),
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// The next stretch of the root table's keys, both ends inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRange {
    pub first: EntityKey,
    pub last: EntityKey,
    /// Rows of the root table in it.
    pub count: u64,
}

/// What follows some key.
#[derive(Debug, Clone, Default)]
pub struct NextRange {
    pub range: Option<KeyRange>,
    /// Rows before it that have no key that could be read.
    pub keyless_rows: u64,
}

impl Plan {
    /// Checks a definition against the source and plans it. The reader describes queries and sees every statement once.
    pub fn new(
        definition: &FeedDefinition,
        catalog: &Catalog,
        reader: &mut dyn SourceReader,
        dialect: &'static dyn Dialect,
        options: PlanOptions,
    ) -> Result<Plan, PlanError> {
        let mut compiler = Compiler::new(definition, catalog, reader, dialect, &options);
        compiler.load_sets()?;
        let root = compiler.root()?;
        let key = root.as_ref().and_then(|root| compiler.root_key(root));
        if let Some(error) = compiler.failed.take() {
            return Err(error.into());
        }
        let Compiler { problems, notices, masked, paths, root_pass, .. } = compiler;
        let (Some(mut root), Some(key), Some(pass), true) = (root, key, root_pass, problems.is_empty()) else {
            return Err(PlanError::Problems(Problems::new(definition.file.clone(), problems)));
        };
        secrets::mark(&mut root, &masked);
        let lookups = lookup::RootColumns::of(definition, pass, &root);
        Ok(Plan {
            paths: paths.finish(definition),
            environment: Environment {
                zone: options.timezone,
                mask_key: options.mask_key.as_deref().map(MaskKey::new),
            },
            today: options.today,
            notices: Problems::new(definition.file.clone(), notices),
            dialect,
            lookups,
            root,
            key,
        })
    }

    /// How many tables the run holds in memory; one for each level that looks up in it.
    #[cfg(test)]
    pub(crate) fn held_tables(&self) -> usize {
        fn of(level: &level::Level) -> usize {
            level.held.len() + level.children.iter().map(|child| of(&child.level)).sum::<usize>()
        }
        of(&self.root)
    }

    pub fn key_kind(&self) -> KeyKind {
        self.key.kind
    }

    /// Whether the source orders keys by value (integers) or by bytes (text), so that they may be compared by them here.
    pub fn key_is_exact(&self) -> bool {
        self.key.exact
    }

    /// Says so when rows of the root table have no key: they are no entities, and no run can build them.
    pub fn rows_without_key(&self, reader: &mut dyn SourceReader) -> Result<Option<String>, SourceError> {
        if !self.key.nullable {
            return Ok(None);
        }
        let (table, column) = (&self.key.table, &self.key.column);
        let mut rows = RowSet::default();
        reader.read(&self.dialect.count_nulls(table, column).sql, &[], &mut rows)?;
        match rows.cell(0, 0) {
            Cell::Int(count) if count > 0 => Ok(Some(format!(
                "`{table}.{column}` is NULL in {count} {}: without a key they give no items",
                if count == 1 { "row" } else { "rows" }
            ))),
            _ => Ok(None),
        }
    }

    /// What to say of `count` rows whose key cannot be read: they are no entities either.
    pub fn rows_with_unreadable_key(&self, count: u64) -> String {
        format!(
            "`{}.{}` is neither an integer nor text in UTF-8 in {count} {}: without a key they give no items",
            self.key.table,
            self.key.column,
            if count == 1 { "row" } else { "rows" }
        )
    }

    /// How many rows the root table has.
    pub fn root_rows(&self, reader: &mut dyn SourceReader) -> Result<u64, SourceError> {
        let mut rows = RowSet::default();
        reader.read(&self.dialect.count_rows(&self.key.table).sql, &[], &mut rows)?;
        Ok(match rows.cell(0, 0) {
            Cell::Int(count) => u64::try_from(count).unwrap_or_default(),
            _ => 0,
        })
    }

    /// The next `limit` rows' keys of the root table beyond `after`; none when there are no more.
    pub fn next_range(
        &self,
        reader: &mut dyn SourceReader,
        after: Option<&EntityKey>,
        limit: usize,
    ) -> Result<NextRange, SourceError> {
        let statement = self.dialect.next_range(&self.key.table, &self.key.column, limit, after.is_some());
        let values = Values { tuples: &KeyTuples::default(), range: None, after, most_rows: None, today: &self.today };
        let mut rows = RowSet::default();
        reader.read(&statement.sql, &values.binds(&statement), &mut rows)?;
        if rows.is_empty() || rows.cell(0, 0) == Cell::Null {
            return Ok(NextRange::default());
        }
        let ends = (self.key.read(&rows, rows.cell(0, 0)), self.key.read(&rows, rows.cell(0, 1)));
        let (Some(first), Some(last)) = ends else { return self.next_readable_range(reader, after, limit) };
        let count = match rows.cell(0, 2) {
            Cell::Int(count) => u64::try_from(count).unwrap_or_default(),
            _ => 0,
        };
        Ok(NextRange { range: Some(KeyRange { first, last, count }), keyless_rows: 0 })
    }

    /// The same where an end of the range is no key: of the next `limit` rows, from the first to the last that have one; of
    /// those behind them where none has.
    fn next_readable_range(
        &self,
        reader: &mut dyn SourceReader,
        after: Option<&EntityKey>,
        limit: usize,
    ) -> Result<NextRange, SourceError> {
        let mut keyless_rows = 0;
        let values = Values { tuples: &KeyTuples::default(), range: None, after, most_rows: None, today: &self.today };
        for offset in (0..).step_by(limit) {
            let statement = self.dialect.next_keys(&self.key.table, &self.key.column, limit, offset, after.is_some());
            let mut rows = RowSet::default();
            reader.read(&statement.sql, &values.binds(&statement), &mut rows)?;
            let mut readable = (0..rows.len()).filter_map(|row| Some((row, self.key.read(&rows, rows.cell(row, 0))?)));
            if let Some((at, first)) = readable.next() {
                let (end, last) = readable.last().unwrap_or_else(|| (at, first.clone()));
                let range = Some(KeyRange { first, last, count: (end - at + 1) as u64 });
                return Ok(NextRange { range, keyless_rows: keyless_rows + at as u64 });
            }
            keyless_rows += rows.len() as u64;
            if rows.len() < limit {
                break;
            }
        }
        Ok(NextRange { range: None, keyless_rows })
    }

    /// Parts a range: the last of its first `count` keys, and the first of the others. None where there are no others,
    /// or one of the two cannot be read.
    pub fn middle_of_range(
        &self,
        reader: &mut dyn SourceReader,
        (first, last): (&EntityKey, &EntityKey),
        count: usize,
    ) -> Result<Option<(EntityKey, EntityKey)>, SourceError> {
        let statement = self.dialect.middle_of_range(&self.key.table, &self.key.column, count);
        let range = Some((first, last));
        let values = Values { tuples: &KeyTuples::default(), range, after: None, most_rows: None, today: &self.today };
        let mut rows = RowSet::default();
        reader.read(&statement.sql, &values.binds(&statement), &mut rows)?;
        if rows.len() < 2 {
            return Ok(None);
        }
        Ok(self.key.read(&rows, rows.cell(0, 0)).zip(self.key.read(&rows, rows.cell(1, 0))))
    }
}
