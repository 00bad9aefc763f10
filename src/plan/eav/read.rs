//! What the rows of a level read of a set, gathered while fields are planned, and the statements made of it in the end.

use std::ops::Range;

use super::labels::LabelDraft;
use super::sets::{Home, SetTable, no_component};
use super::{AttributeNumbers, SCOPE_CELLS, ValueRead, ValueTable};
use crate::plan::compile::Compiler;
use crate::plan::draft::Reference;
use crate::plan::level::{ColumnRead, SourceColumn};
use crate::source::SourceError;
use crate::source::catalog::{Column, ColumnKind, find_column};
use crate::source::sql::{
    ColumnRef, Component, Literal, OnSpec, OnTarget, PassSpec, RangeSpec, TableSource, TableSpec, WithinSpec,
};

/// A read while its level is planned: all that is asked of one set by one `of`.
#[derive(Debug)]
pub(in crate::plan) struct ReadDraft {
    pub set: usize,
    pub of: Option<Reference>,
    /// Columns of the value rows that some scope looks at.
    pub scope_columns: Vec<String>,
    /// Of each different scope, the columns that it looks at.
    pub scopes: Vec<Vec<String>>,
    /// Indexes into the set's attributes; the place of one is its number.
    pub attributes: Vec<usize>,
    pub labels: Vec<LabelDraft>,
}

impl ReadDraft {
    pub fn new(set: usize, of: Option<Reference>) -> Self {
        ReadDraft { set, of, scope_columns: Vec::new(), scopes: Vec::new(), attributes: Vec::new(), labels: Vec::new() }
    }

    /// The number of an attribute, which is read from now on.
    pub fn attribute(&mut self, attribute: usize) -> u32 {
        let known = self.attributes.iter().position(|known| *known == attribute);
        let number = known.unwrap_or_else(|| {
            self.attributes.push(attribute);
            self.attributes.len() - 1
        });
        number as u32
    }

    /// The cells of a scope's columns.
    pub fn scope(&mut self, columns: Vec<String>) -> Vec<usize> {
        let cells = columns.iter().map(|column| number_of(&mut self.scope_columns, column)).collect();
        if !self.scopes.contains(&columns) {
            self.scopes.push(columns);
        }
        cells
    }
}

/// The cell of a scope's column, which is read from now on.
pub(super) fn number_of(scope_columns: &mut Vec<String>, column: &str) -> usize {
    let known = scope_columns.iter().position(|known| known == column);
    SCOPE_CELLS
        + known.unwrap_or_else(|| {
            scope_columns.push(column.to_owned());
            scope_columns.len() - 1
        })
}

/// Columns that break ties between rows, and their cells.
pub(super) struct Ties {
    pub columns: Vec<String>,
    pub cells: Range<usize>,
}

impl Compiler<'_> {
    /// The reads of the level under way; nothing where the database refuses one.
    pub fn value_reads(&mut self) -> Result<Option<Vec<ValueRead>>, SourceError> {
        let drafts = std::mem::take(&mut self.level().reads);
        let mut reads = Vec::new();
        let mut whole = true;
        for draft in drafts {
            match self.value_read(&draft)? {
                Some(read) => reads.push(read),
                None => whole = false,
            }
        }
        Ok(whole.then_some(reads))
    }

    fn value_read(&mut self, draft: &ReadDraft) -> Result<Option<ValueRead>, SourceError> {
        let set = &self.definition.eav[draft.set];
        let path = format!("eav.{}", set.name.value);
        let Some(found) = &self.sets[draft.set] else { return Ok(None) };
        let depth = self.levels.len() - 1;
        let attributes: Vec<_> = draft.attributes.iter().map(|number| &found.attributes[*number]).collect();
        let numbers = AttributeNumbers::new(attributes.iter().map(|attribute| &attribute.key));
        let mut specs: Vec<(usize, PassSpec, Option<RangeSpec>, ValueSpec)> = Vec::new();
        for (number, table) in found.tables.iter().enumerate() {
            let here = attributes.iter().filter(|attribute| match attribute.home {
                Home::Anywhere => true,
                Home::Table(home) => home == number,
                Home::Nowhere => false,
            });
            let keys: Vec<Literal> = here.map(|attribute| attribute.key.clone()).collect();
            if keys.is_empty() {
                continue;
            }
            let ties = table_ties(table, draft);
            let columns: Vec<&str> = [table.columns[table.attribute].name.as_str(), &table.columns[table.value].name]
                .into_iter()
                .chain(draft.scope_columns.iter().filter_map(|name| spelt(&table.columns, name)))
                .chain(ties.columns.iter().map(String::as_str))
                .collect();
            let spec = value_pass(table, draft.of.is_some(), &columns, keys);
            let value = &table.columns[table.value];
            let read = ValueSpec { value: column_read(&table.name, value), scale: value.scale, ties: ties.cells };
            specs.push((number, spec, self.value_range(table, draft), read));
        }
        let ranged = specs.iter().all(|(_, _, range, _)| range.is_some());
        let components: Vec<Component> = specs
            .iter()
            .map(|(number, ..)| match (&draft.of, found.tables[*number].entity) {
                (Some(of), Some(entity)) => {
                    let kind = match of {
                        Reference::Column { depth, column } => self.levels[*depth].column(*column).kind,
                        Reference::Slot { .. } | Reference::Constant(_) => ColumnKind::Dynamic,
                    };
                    Component { kind, compared: (&found.tables[*number].columns[entity]).into() }
                }
                _ => no_component(),
            })
            .collect();
        let mut tables = Vec::new();
        for ((number, spec, range, value), component) in specs.into_iter().zip(components) {
            let keyed = self.dialect.keyed_pass(&spec, &[component]);
            let range = range.filter(|_| ranged).map(|range| self.dialect.range_pass(&spec, &range));
            for statement in std::iter::once(&keyed).chain(&range) {
                if let Some(message) = self.refusal(statement)? {
                    let (span, key) = (&set.tables[number].span, format!("{path}.tables[{number}]"));
                    self.problem(span, &key, format!("the database refuses to read this: {message}"), None);
                    return Ok(None);
                }
            }
            let ValueSpec { value, scale, ties } = value;
            tables.push(ValueTable { keyed, range, value, scale, ties });
        }
        let mut labels = Vec::new();
        for label in &draft.labels {
            let Some(label) = self.label_read(label, draft.attributes.len())? else { return Ok(None) };
            labels.push(label);
        }
        let of = draft.of.as_ref().map(|of| of.seen_from(depth));
        Ok(Some(ValueRead { path, of, tables, attributes: numbers, labels }))
    }

    /// Values may be merged by the root key where both columns are compared exactly and alike.
    fn value_range(&self, table: &SetTable, draft: &ReadDraft) -> Option<RangeSpec> {
        let Some(Reference::Column { depth: 0, column }) = &draft.of else { return None };
        let root = self.levels.first().filter(|_| self.levels.len() == 1 && Some(*column) == self.key_column)?;
        let (key, own) = (root.column(*column), &table.columns[table.entity?]);
        (key.exact && own.exact && key.kind == own.kind).then(|| RangeSpec {
            column: ColumnRef { alias: ALIAS.to_owned(), column: own.name.clone() },
            root_table: root.tables[0].name.clone(),
            root_key: key.name.clone(),
        })
    }
}

/// What is known of the values beside the statements.
struct ValueSpec {
    value: ColumnRead,
    scale: Option<u32>,
    ties: Range<usize>,
}

pub(super) fn column_read(table: &str, column: &Column) -> ColumnRead {
    let source = SourceColumn { table: table.to_owned(), column: column.name.clone() };
    ColumnRead { source, label: format!("{table}.{}", column.name), kind: column.kind, secret: false }
}

/// A column's name as its table has it.
fn spelt<'c>(columns: &'c [Column], name: &str) -> Option<&'c str> {
    find_column(columns, name).map(|column| columns[column].name.as_str())
}

const ALIAS: &str = "value";

fn value_pass(table: &SetTable, of_somebody: bool, columns: &[&str], keys: Vec<Literal>) -> PassSpec {
    let entity = table.entity.filter(|_| of_somebody);
    let on = entity.map(|entity| OnSpec { column: table.columns[entity].name.clone(), equals: OnTarget::Key(0) });
    let column = |name: &&str| ColumnRef { alias: ALIAS.to_owned(), column: (*name).to_owned() };
    PassSpec {
        main: TableSpec {
            source: TableSource::Table(table.name.clone()),
            alias: ALIAS.to_owned(),
            on: on.into_iter().collect(),
        },
        joins: Vec::new(),
        columns: columns.iter().map(column).collect(),
        where_sql: None,
        within: vec![WithinSpec { column: table.columns[table.attribute].name.clone(), values: keys }],
        parts: Vec::new(),
    }
}

fn table_ties(table: &SetTable, draft: &ReadDraft) -> Ties {
    let mut own = vec![table.attribute];
    own.extend(table.entity.filter(|_| draft.of.is_some()));
    ties(&table.columns, &table.primary_key, &table.unique, &own, &draft.scopes, draft.scope_columns.len())
}

/// The columns that decide between rows that agree in the columns `own` and in those of one of the scopes: none where the
/// source keeps them unique, else the primary key, else all that is read.
pub(super) fn ties(
    columns: &[Column],
    primary_key: &[usize],
    unique: &[Vec<usize>],
    own: &[usize],
    scopes: &[Vec<String>],
    scope_columns: usize,
) -> Ties {
    let is_settled = |scope: &Vec<String>| {
        let in_scope = |column: &usize| scope.iter().any(|name| find_column(columns, name) == Some(*column));
        let settles =
            |set: &[usize]| !set.is_empty() && set.iter().all(|column| own.contains(column) || in_scope(column));
        settles(primary_key) || unique.iter().any(|set| settles(set))
    };
    let end = SCOPE_CELLS + scope_columns;
    if scopes.iter().all(is_settled) {
        return Ties { columns: Vec::new(), cells: end..end };
    }
    if primary_key.is_empty() {
        return Ties { columns: Vec::new(), cells: super::VALUE_CELL..end };
    }
    let names: Vec<String> = primary_key.iter().map(|column| columns[*column].name.clone()).collect();
    Ties { cells: end..end + names.len(), columns: names }
}
