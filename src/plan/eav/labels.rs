//! Labels of options: which attributes own options, and the statement that reads the labels of a batch's values.

use super::LabelRead;
use super::list::Listed;
use super::read::{Ties, column_read, ties};
use super::sets::{LookupSpec, literal};
use super::{ListLabels, OWNER_CELL, ScopePair, ScopePlan};
use crate::definition::feed::eav::{EavLabels, EavSource};
use crate::definition::problem::Span;
use crate::plan::compile::Compiler;
use crate::plan::draft::Place;
use crate::plan::level::{ColumnRead, SourceColumn};
use crate::source::SourceError;
use crate::source::catalog::{Column, Table};
use crate::source::sql::{
    ColumnRef, Component, JoinSpec, Literal, OnSpec, OnTarget, PassSpec, TableSource, TableSpec, WithinSpec,
};

/// The labels of one list while its level is planned.
#[derive(Debug)]
pub(in crate::plan) struct LabelDraft {
    spec: PassSpec,
    key: Column,
    label: ColumnRead,
    ties: std::ops::Range<usize>,
    /// Numbers of the attributes that own options.
    owners: Vec<u32>,
    /// Where the labels are declared, and what the file calls it.
    span: Span,
    path: String,
}

/// What is known of a list's labels.
pub(super) struct Labelled {
    pub labels: ListLabels,
    /// Keys of the attributes that own options.
    pub owners: Vec<Literal>,
    pub source: SourceColumn,
}

/// The columns of the two tables, looked up.
struct LabelColumns<'d> {
    table: &'d Table,
    key: usize,
    label: usize,
    owner: &'d Table,
    owner_key: usize,
    attribute: usize,
}

const LABEL: &str = "label";
const OWNER: &str = "owner";

impl<'d> Compiler<'d> {
    pub(super) fn list_labels(
        &mut self,
        labels: &'d EavLabels,
        listed: &Listed,
        source: &'d EavSource,
        place: &Place<'d>,
    ) -> Result<Option<Labelled>, SourceError> {
        let place = place.key("labels");
        let Some(columns) = self.label_columns(labels, &place) else { return Ok(None) };
        let Some(scopes) = self.label_scopes(labels, &columns, &place) else { return Ok(None) };
        let owners = match self.owners(&columns, listed, labels, &place)? {
            Some(owners) => owners,
            None => return Ok(None),
        };
        let Some(set) = &self.sets[source.set] else { return Ok(None) };
        let is_owner = |attribute: &&usize| owners.contains(&set.attributes[**attribute].key);
        let indexes: Vec<usize> = listed.attributes.iter().filter(is_owner).copied().collect();
        let read = &mut self.levels[listed.depth].reads[listed.read];
        let numbers = indexes.into_iter().map(|attribute| read.attribute(attribute)).collect();
        let mut scope_columns = Vec::new();
        let mut names = Vec::new();
        let scopes: Vec<ScopePlan> = scopes
            .into_iter()
            .map(|pairs| {
                names.push(pairs.iter().map(|pair| pair.column.clone()).collect::<Vec<_>>());
                let pair = |pair: super::value::Pair| ScopePair {
                    cell: super::read::number_of(&mut scope_columns, &pair.column),
                    equals: pair.equals,
                };
                ScopePlan(pairs.into_iter().map(pair).collect())
            })
            .collect();
        let LabelColumns { table, key, label, .. } = columns;
        let ties = ties(&table.columns, &table.primary_key, &table.unique, &[key], &names, scope_columns.len());
        let label = column_read(&table.name, &table.columns[label]);
        let source = label.source.clone();
        read.labels.push(LabelDraft {
            spec: label_pass(&columns, &scope_columns, &ties),
            key: table.columns[key].clone(),
            label,
            ties: ties.cells,
            owners: numbers,
            span: labels.table.span.clone(),
            path: place.key.clone(),
        });
        Ok(Some(Labelled { labels: ListLabels { number: read.labels.len() - 1, scopes }, owners, source }))
    }

    fn label_columns(&mut self, labels: &'d EavLabels, place: &Place<'d>) -> Option<LabelColumns<'d>> {
        let table = self.known_table(&labels.table, &place.key("table").key);
        let owner = self.known_table(&labels.owner.table, &place.key("owner.table").key);
        let key = table.and_then(|table| self.known_column(table, &labels.key, &place.key("key").key));
        let label = table.and_then(|table| self.known_column(table, &labels.label, &place.key("label").key));
        let owner_key = owner.and_then(|owner| self.known_column(owner, &labels.key, &place.key("key").key));
        let attribute = owner
            .and_then(|owner| self.known_column(owner, &labels.owner.attribute, &place.key("owner.attribute").key));
        let (table, key, label) = (table?, key?, label?);
        Some(LabelColumns { table, key, label, owner: owner?, owner_key: owner_key?, attribute: attribute? })
    }

    fn label_scopes(
        &mut self,
        labels: &'d EavLabels,
        columns: &LabelColumns<'d>,
        place: &Place<'d>,
    ) -> Option<Vec<Vec<super::value::Pair>>> {
        let Some(fallback) = &labels.fallback else { return Some(vec![Vec::new()]) };
        let table = columns.table;
        self.scope_pairs(fallback, place, |compiler, pair, key| {
            compiler.scope_column(&table.name, &table.columns, pair, key)
        })
    }

    /// Keys of the list's attributes that own options.
    fn owners(
        &mut self,
        columns: &LabelColumns<'d>,
        listed: &Listed,
        labels: &'d EavLabels,
        place: &Place<'d>,
    ) -> Result<Option<Vec<Literal>>, SourceError> {
        if listed.keys.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let column = columns.owner.columns[columns.attribute].name.clone();
        let spec = LookupSpec {
            table: columns.owner,
            columns: vec![columns.attribute],
            wheres: Vec::new(),
            within: vec![WithinSpec { column, values: listed.keys.clone() }],
        };
        let Some(rows) = self.look_up(&spec, &labels.owner.table.span, &place.key("owner").key)? else {
            return Ok(None);
        };
        let mut owners: Vec<Literal> = Vec::new();
        for row in 0..rows.len() {
            if let Some(key) = literal(&rows, rows.cell(row, OWNER_CELL)).filter(|key| !owners.contains(key)) {
                owners.push(key);
            }
        }
        Ok(Some(owners))
    }

    /// The labels of a read, whose attributes are all known by now.
    pub(super) fn label_read(
        &mut self,
        draft: &LabelDraft,
        attributes: usize,
    ) -> Result<Option<LabelRead>, SourceError> {
        let component = Component { kind: draft.key.kind, compared: (&draft.key).into() };
        let keyed = self.dialect.keyed_pass(&draft.spec, &[component]);
        if let Some(message) = self.refusal(&keyed)? {
            let message = format!("the database refuses to read this: {message}");
            self.problem(&draft.span, &draft.path, message, None);
            return Ok(None);
        }
        let mut is_labelled = vec![false; attributes];
        for owner in &draft.owners {
            is_labelled[*owner as usize] = true;
        }
        Ok(Some(LabelRead {
            keyed,
            key_kind: draft.key.kind,
            is_labelled,
            label: draft.label.clone(),
            ties: draft.ties.clone(),
        }))
    }
}

/// Each label with the attribute that owns its option.
fn label_pass(columns: &LabelColumns<'_>, scope_columns: &[String], ties: &Ties) -> PassSpec {
    let LabelColumns { table, key, label, owner, owner_key, attribute } = columns;
    let column = |alias: &str, column: &str| ColumnRef { alias: alias.to_owned(), column: column.to_owned() };
    let label_key = &table.columns[*key];
    let key = &label_key.name;
    let mut selected = vec![column(OWNER, &owner.columns[*attribute].name), column(LABEL, &table.columns[*label].name)];
    selected.extend(scope_columns.iter().chain(&ties.columns).map(|name| column(LABEL, name)));
    PassSpec {
        main: TableSpec {
            source: TableSource::Table(table.name.clone()),
            alias: LABEL.to_owned(),
            on: vec![OnSpec { column: key.clone(), equals: OnTarget::Key(0) }],
        },
        joins: vec![JoinSpec {
            table: TableSpec {
                source: TableSource::Table(owner.name.clone()),
                alias: OWNER.to_owned(),
                on: vec![OnSpec {
                    column: owner.columns[*owner_key].name.clone(),
                    equals: OnTarget::equal_columns(column(LABEL, key), &owner.columns[*owner_key], label_key),
                }],
            },
            optional: false,
            where_sql: None,
        }],
        columns: selected,
        where_sql: None,
        within: Vec::new(),
        parts: Vec::new(),
    }
}
