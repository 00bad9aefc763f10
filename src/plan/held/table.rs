//! Reads a table that is to be held: page by page, as far as it is small, and once for all levels that look up the same.

use std::sync::Arc;

use super::is_literal;
use crate::document::{HeldTable, HeldTableReader};
use crate::entity::EntityKey;
use crate::plan::Extent;
use crate::plan::compile::Compiler;
use crate::plan::draft::{HeldDraft, HeldPlace, TableDraft};
use crate::source::catalog::{Column, ColumnKind};
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{ColumnRef, OnSpec, Page, Statement, TableSource, TableSpec};
use crate::source::{KeyTuples, SourceError, Values};

/// Rows that a table may have to be held, where only some entities are built: it is read for every run.
const MOST_ROWS_FOR_A_PART: usize = 10_000;

/// The same where all are built.
const MOST_ROWS_FOR_ALL: usize = 200_000;

/// Bytes that all held tables of a feed may take up, so that memory does not depend on what the source holds.
const MOST_BYTES: usize = 4 << 20;

/// Rows of a larger table that are read at once.
const PAGE_ROWS: usize = 10_000;

/// What was read to be held, for all levels that look up the same.
pub(in crate::plan) struct HeldRead {
    rows: HeldRows,
    columns: Vec<Column>,
    /// None where it cannot be held.
    table: Option<Arc<HeldTable>>,
}

/// Which rows of which table, by which columns.
#[derive(PartialEq)]
struct HeldRows {
    name: String,
    /// With the alias that it may speak of.
    where_sql: Option<(String, String)>,
    literals: Vec<OnSpec>,
    key: Vec<String>,
}

impl HeldRead {
    /// Whether it says if these columns can be held.
    fn tells(&self, columns: &[Column]) -> bool {
        let all_among = |some: &[Column], others: &[Column]| {
            some.iter().all(|column| others.iter().any(|other| other.name == column.name))
        };
        match self.table {
            Some(_) => all_among(columns, &self.columns),
            None => all_among(&self.columns, columns),
        }
    }
}

impl Compiler<'_> {
    /// A table of the level under way, by these columns of it; none where it is not small, or they do not tell its rows
    /// apart. What was read before for the same rows is not read again. The columns of the key are not held once more, unless
    /// it is `optional`: of a row that is not there they are null, whatever it was sought by.
    pub fn hold_table(
        &mut self,
        spec: &TableSpec,
        where_sql: Option<&str>,
        number: usize,
        key: &[&str],
        optional: bool,
    ) -> Result<Option<(HeldDraft, Arc<HeldTable>)>, SourceError> {
        let TableSource::Table(name) = &spec.source else { return Ok(None) };
        let rows = HeldRows {
            name: name.clone(),
            where_sql: where_sql.map(|sql| (spec.alias.clone(), sql.to_owned())),
            literals: spec.on.iter().filter(|pair| is_literal(&pair.equals)).cloned().collect(),
            key: key.iter().map(|column| (*column).to_owned()).collect(),
        };
        let level = self.level();
        let own: Vec<Column> = level.columns_of(number).map(|column| level.column(column).clone()).collect();
        let component = |column: &Column| key.iter().position(|key| !optional && *key == column.name);
        let columns: Vec<Column> = own.iter().filter(|column| component(column).is_none()).cloned().collect();
        let known = self.held.iter().position(|read| read.rows == rows && read.tells(&columns));
        let read = match known {
            Some(known) => &self.held[known],
            None => {
                let table = self.load(spec, where_sql, number, &rows, &columns)?;
                self.held.push(HeldRead { rows, columns, table: table.map(Arc::new) });
                &self.held[self.held.len() - 1]
            }
        };
        let Some(table) = read.table.clone() else { return Ok(None) };
        let place = |column: &Column| match component(column) {
            Some(component) => Some(HeldPlace::Component(component)),
            None => read.columns.iter().position(|held| held.name == column.name).map(HeldPlace::Cell),
        };
        let places: Option<Vec<HeldPlace>> = own.iter().map(place).collect();
        Ok(places.map(|places| (HeldDraft { table: number, places }, table)))
    }

    fn load(
        &mut self,
        spec: &TableSpec,
        where_sql: Option<&str>,
        number: usize,
        rows: &HeldRows,
        columns: &[Column],
    ) -> Result<Option<HeldTable>, SourceError> {
        let extent = self.extent;
        let draft = &self.level().tables[number];
        let key = match &rows.key[..] {
            [key] => draft.find(key).map(|column| draft.columns[column].clone()),
            _ => None,
        };
        let most_rows = match extent {
            Extent::Nothing => return Ok(None),
            Extent::Whole if key.is_some() && draft.is_told_apart_by(spec) => MOST_ROWS_FOR_ALL,
            Extent::Whole | Extent::Part => MOST_ROWS_FOR_A_PART,
        };
        let Some(count) = self.count_up_to(most_rows, &rows.name)? else { return Ok(None) };
        let names = rows.key.iter().chain(columns.iter().map(|column| &column.name));
        let read: Vec<ColumnRef> =
            names.map(|column| ColumnRef { alias: spec.alias.clone(), column: column.clone() }).collect();
        let held: usize = self.held.iter().filter_map(|read| read.table.as_ref()).map(|table| table.size()).sum();
        let left = MOST_BYTES - held;
        let mut table = HeldTableReader::new(rows.key.len(), columns.iter().map(|column| column.kind).collect());
        let (mut page_rows, mut after) = (RowSet::of_at_most(MOST_BYTES), None);
        loop {
            let page = match (&key, &after) {
                (Some(key), None) if count > PAGE_ROWS => Page::First { key: &key.name, rows: PAGE_ROWS },
                (Some(key), Some(_)) => Page::Next { key: &key.name, rows: PAGE_ROWS },
                _ => Page::All,
            };
            let statement = self.dialect.page(spec, where_sql, &read, &page);
            let is_read = self.read_into(&statement, after.as_ref(), &mut page_rows)?;
            if !is_read || table.add(&page_rows, &self.zone).is_none() || table.size() > left {
                return Ok(None);
            }
            if page == Page::All || page_rows.len() < PAGE_ROWS {
                return Ok(table.table().filter(|table| table.size() <= left));
            }
            after = key.as_ref().and_then(|key| last_key(&page_rows, key.kind));
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether a table has no more rows than may be held.
    pub fn is_small(&mut self, name: &str) -> Result<bool, SourceError> {
        Ok(self.count_up_to(MOST_ROWS_FOR_ALL, name)?.is_some())
    }

    /// How many rows a table has; none where it is more than `most`.
    fn count_up_to(&mut self, most: usize, name: &str) -> Result<Option<usize>, SourceError> {
        let mut counted = RowSet::of_at_most(MOST_BYTES);
        if !self.read_into(&self.dialect.count_rows_up_to(name, most + 1), None, &mut counted)? {
            return Ok(None);
        }
        match counted.cell(0, 0) {
            Cell::Int(count) => Ok(usize::try_from(count).ok().filter(|count| *count <= most)),
            _ => Ok(None),
        }
    }

    /// Reads the rows of a statement; false where they have more bytes than they may, or the database refuses it: a
    /// condition may fail on rows that the database's own join would not have put it to.
    fn read_into(
        &mut self,
        statement: &Statement,
        after: Option<&EntityKey>,
        rows: &mut RowSet,
    ) -> Result<bool, SourceError> {
        let values = Values { tuples: &KeyTuples::default(), range: None, after, most_rows: None, today: &self.today };
        match self.reader.read(&statement.sql, &values.binds(statement), rows) {
            Ok(()) => Ok(true),
            Err(SourceError::Query { .. } | SourceError::TooLarge { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The key of the last row, to go on behind it; none where it is not of the column's kind, as an integer that is larger
/// than ours: the database may compare it otherwise.
fn last_key(rows: &RowSet, kind: ColumnKind) -> Option<EntityKey> {
    match (kind, rows.cell(rows.len().checked_sub(1)?, 0)) {
        (ColumnKind::Integer, Cell::Int(key)) => Some(EntityKey::Int(key)),
        (ColumnKind::Text, Cell::Text(key)) => std::str::from_utf8(rows.bytes(key)).ok().map(EntityKey::from),
        _ => None,
    }
}

impl TableDraft {
    /// Whether the source says that no two rows agree in the columns of the pairs that tie the table.
    pub fn is_told_apart_by(&self, spec: &TableSpec) -> bool {
        let tied: Vec<usize> = spec.on.iter().filter_map(|pair| self.find(&pair.column)).collect();
        self.keeps_unique(&tied)
    }
}
