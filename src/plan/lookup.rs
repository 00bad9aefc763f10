//! Finding entities by values of their own columns: by identities that a document had, or by `--id-field`.
//!
//! Only fields that are a plain column of the entity's level are looked up, so that the value in the document and the one
//! in the column are the same. More entities than asked for may be found, never fewer.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::Plan;
use super::level::{ElementPlan, Level, Member, MemberValue, Reading};
use super::pass::RootPass;
use crate::definition::feed::FeedDefinition;
use crate::definition::problem::suggestion;
use crate::entity::EntityKey;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{
    ColumnRef, Compared, Component, JoinSpec, OnSpec, OnTarget, PassSpec, Statement, TableSource, TableSpec,
};
use crate::source::{KeyTuples, KeyValue, SourceError, SourceReader, Values};

/// The fields of a document that are plain columns of the entity's level.
#[derive(Debug)]
pub(super) struct RootColumns {
    /// The entity's pass: its tables and what it reads of them.
    spec: PassSpec,
    fields: Vec<PlainField>,
    /// The identity's paths, in order.
    identity: Vec<String>,
}

#[derive(Debug)]
struct PlainField {
    path: String,
    column: ColumnRef,
    compared: Compared,
}

/// A field that entities cannot be looked up by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LookupError {
    pub message: String,
}

/// Finds the entities that may give certain identities now.
#[derive(Debug)]
pub struct IdentityLookup<'p> {
    finder: Finder<'p>,
    /// Which of the identity's values are looked up, and as what.
    parts: Vec<(usize, ColumnKind)>,
}

/// Finds the entities whose document has a certain value in one field.
#[derive(Debug)]
pub struct KeyLookup<'p> {
    finder: Finder<'p>,
    kind: ColumnKind,
}

/// An entity that has a value that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    pub value: String,
    pub key: EntityKey,
}

#[derive(Debug)]
struct Finder<'p> {
    plan: &'p Plan,
    statement: Statement,
}

impl RootColumns {
    pub fn of(definition: &FeedDefinition, pass: RootPass, root: &Level) -> Self {
        let RootPass { spec, compared } = pass;
        let mut fields = Vec::new();
        if let ElementPlan::Object(members) = &root.element {
            collect(members, "", &spec, &compared, &mut fields);
        }
        let identity = definition.identity.iter().map(|path| path.value.0.join(".")).collect();
        RootColumns { spec, fields, identity }
    }

    /// The fields of the identity that one statement can look up: those of the root table, else of the first join that
    /// leads to it.
    fn of_identity(&self) -> Vec<(usize, &PlainField)> {
        let parts: Vec<(usize, &PlainField)> = self
            .identity
            .iter()
            .enumerate()
            .filter_map(|(i, path)| Some((i, self.fields.iter().find(|field| field.path == *path)?)))
            .collect();
        let of_alias = |alias: &str| -> Vec<(usize, &PlainField)> {
            parts.iter().copied().filter(|(_, field)| field.column.alias == alias).collect()
        };
        let of_root = of_alias(&self.spec.main.alias);
        if !of_root.is_empty() {
            return of_root;
        }
        parts
            .iter()
            .find(|(_, field)| self.way_to_root(&field.column.alias).is_some())
            .map(|(_, field)| of_alias(&field.column.alias))
            .unwrap_or_default()
    }

    /// The pass that begins at the tables of `columns`, all of one alias, and ends at the root's key.
    fn search(&self, columns: &[&ColumnRef], key: &str) -> Option<PassSpec> {
        let alias = &columns.first()?.alias;
        let mut way = self.way_to_root(alias)?.into_iter();
        let start = self.table(&way.next()?)?;
        let keys = columns.iter().enumerate();
        let mut main = TableSpec {
            source: start.source.clone(),
            alias: start.alias.clone(),
            on: keys.map(|(i, column)| OnSpec { column: column.column.clone(), equals: OnTarget::Key(i) }).collect(),
        };
        main.on.extend(literals(start));
        let mut before = vec![main.alias.clone()];
        let mut joins = Vec::new();
        for alias in way {
            let table = self.table(&alias)?;
            let mut on: Vec<OnSpec> = before.iter().flat_map(|other| self.pairs(&alias, other)).collect();
            on.extend(literals(table));
            let table = TableSpec { source: table.source.clone(), alias: alias.clone(), on };
            joins.push(JoinSpec { table, optional: false, where_sql: None });
            before.push(alias);
        }
        let key = ColumnRef { alias: self.spec.main.alias.clone(), column: key.to_owned() };
        Some(PassSpec { main, joins, columns: vec![key], where_sql: None, within: Vec::new(), parts: Vec::new() })
    }

    /// The aliases from one table to the root's, each tied to one before it. Queries are no part of it: they may ask for
    /// the root keys that are only to be found.
    fn way_to_root(&self, start: &str) -> Option<Vec<String>> {
        let root = &self.spec.main.alias;
        let mut came_from: HashMap<&str, &str> = HashMap::from([(root.as_str(), "")]);
        let mut next: VecDeque<&str> = VecDeque::from([root.as_str()]);
        while let Some(alias) = next.pop_front() {
            if !matches!(self.table(alias)?.source, TableSource::Table(_)) {
                continue;
            }
            if alias == start {
                let way = std::iter::successors(Some(alias), |alias| came_from.get(alias).copied());
                return Some(way.take_while(|alias| !alias.is_empty()).map(str::to_owned).collect());
            }
            for join in &self.spec.joins {
                let other = join.table.alias.as_str();
                if !came_from.contains_key(other) && !self.pairs(other, alias).is_empty() {
                    came_from.insert(other, alias);
                    next.push_back(other);
                }
            }
        }
        None
    }

    fn table(&self, alias: &str) -> Option<&TableSpec> {
        std::iter::once(&self.spec.main)
            .chain(self.spec.joins.iter().map(|join| &join.table))
            .find(|table| table.alias == alias)
    }

    /// The pairs between two tables, whichever of them declared them, as conditions of `alias`.
    fn pairs(&self, alias: &str, other: &str) -> Vec<OnSpec> {
        let declared = |by: &str, on: &str| {
            let pairs = self.table(by).map(|table| table.on.as_slice()).unwrap_or_default().iter();
            let on = on.to_owned();
            pairs.filter(move |pair| pair.equals.column().is_some_and(|column| column.alias == on))
        };
        let own = declared(alias, other).cloned();
        let its = declared(other, alias).filter_map(|pair| {
            let equals = pair.equals.reversed(ColumnRef { alias: other.to_owned(), column: pair.column.clone() });
            Some(OnSpec { column: pair.equals.column()?.column.clone(), equals })
        });
        own.chain(its).collect()
    }
}

/// Pairs with a literal, which hold by themselves.
fn literals(table: &TableSpec) -> impl Iterator<Item = OnSpec> + '_ {
    table.on.iter().filter(|pair| matches!(pair.equals, OnTarget::Int(_) | OnTarget::Text(_))).cloned()
}

fn collect(members: &[Member], before: &str, spec: &PassSpec, compared: &[Compared], fields: &mut Vec<PlainField>) {
    for member in members {
        let name: String =
            serde_json::from_slice(member.key.json().strip_suffix(b":").unwrap_or_default()).unwrap_or_default();
        let path = super::draft::joined(before, &name);
        match &member.value {
            MemberValue::Object(inner) => collect(inner, &path, spec, compared, fields),
            value => {
                if let Some(column) = plain_column(value) {
                    let compared = compared[column].clone();
                    if matches!(compared.kind, ColumnKind::Integer | ColumnKind::Text) {
                        fields.push(PlainField { path, column: spec.columns[column].clone(), compared });
                    }
                }
            }
        }
    }
}

/// The column that a member shows as it is, or as text.
fn plain_column(value: &MemberValue) -> Option<usize> {
    match value {
        MemberValue::Column {
            column,
            reading: None | Some(Reading::As(ColumnKind::Text) | Reading::TextOf(ColumnKind::Integer)),
            ..
        } => Some(*column),
        _ => None,
    }
}

impl Plan {
    /// None where no part of the identity is a plain column of the entity's level.
    pub fn identity_lookup(&self) -> Option<IdentityLookup<'_>> {
        let parts = self.lookups.of_identity();
        let fields: Vec<&PlainField> = parts.iter().map(|(_, field)| *field).collect();
        let finder = self.finder(&fields)?;
        Some(IdentityLookup { finder, parts: parts.iter().map(|(i, field)| (*i, field.compared.kind)).collect() })
    }

    /// For `--id-field`: fails where the document's field is not a plain column of the entity's level.
    pub fn keys_by_field(&self, field: &str) -> Result<KeyLookup<'_>, LookupError> {
        let found = self.lookups.fields.iter().find(|known| known.path == field);
        let finder = found.and_then(|field| Some((field.compared.kind, self.finder(&[field])?)));
        let Some((kind, finder)) = finder else {
            let fields = self.lookups.fields.iter().map(|field| field.path.as_str());
            let help = suggestion(field, fields).map(|help| format!("; {help}")).unwrap_or_default();
            let message = format!(
                "`{field}` is not a field that shows an integer or text column of the entity's rows as it is{help}"
            );
            return Err(LookupError { message });
        };
        Ok(KeyLookup { finder, kind })
    }

    fn finder(&self, fields: &[&PlainField]) -> Option<Finder<'_>> {
        let columns: Vec<&ColumnRef> = fields.iter().map(|field| &field.column).collect();
        let spec = self.lookups.search(&columns, &self.key.column)?;
        let component = |field: &&PlainField| Component { kind: field.compared.kind, compared: field.compared.clone() };
        let components: Vec<Component> = fields.iter().map(component).collect();
        Some(Finder { plan: self, statement: self.dialect.keyed_pass(&spec, &components) })
    }
}

impl IdentityLookup<'_> {
    /// The keys of the entities that may give one of the identities, each the identity's values in order. Ascending,
    /// each once.
    pub fn find(
        &self,
        reader: &mut dyn SourceReader,
        identities: &[Vec<serde_json::Value>],
    ) -> Result<Vec<EntityKey>, SourceError> {
        let mut tuples = KeyTuples::of_width(self.parts.len());
        for identity in identities {
            let values: Option<Vec<KeyValue>> =
                self.parts.iter().map(|(i, kind)| key_value(identity.get(*i)?, *kind)).collect();
            // A value that the column cannot hold is found nowhere.
            tuples.extend(values.unwrap_or_default());
        }
        let found: BTreeSet<EntityKey> =
            self.finder.find(reader, &tuples)?.into_iter().map(|found| found.key).collect();
        Ok(found.into_iter().collect())
    }
}

impl KeyLookup<'_> {
    /// The keys of the entities that have one of the values; a value may have several or none.
    pub fn find(&self, reader: &mut dyn SourceReader, values: &[String]) -> Result<Vec<FoundKey>, SourceError> {
        let mut tuples = KeyTuples::of_width(1);
        let mut asked = Vec::new();
        for value in values {
            if let Some(key) = key_value(&serde_json::Value::String(value.clone()), self.kind) {
                tuples.push(&key);
                asked.push(value);
            }
        }
        let found = self.finder.find(reader, &tuples)?;
        let mut keys: Vec<FoundKey> = found
            .into_iter()
            .filter_map(|found| Some(FoundKey { value: asked.get(found.tuple)?.to_string(), key: found.key }))
            .collect();
        let mut seen = BTreeSet::new();
        keys.retain(|found| seen.insert((found.value.clone(), found.key.clone())));
        Ok(keys)
    }
}

/// A value of a document or a command line as the column holds it.
fn key_value(value: &serde_json::Value, kind: ColumnKind) -> Option<KeyValue<'_>> {
    match (value, kind) {
        (serde_json::Value::Number(number), ColumnKind::Integer) => integer(&number.to_string()),
        (serde_json::Value::String(text), ColumnKind::Integer) => integer(text),
        (serde_json::Value::String(text), _) => Some(KeyValue::Text(text.as_str().into())),
        _ => None,
    }
}

/// Beyond what an [`i64`] holds, the digits, as a source gives them.
fn integer(text: &str) -> Option<KeyValue<'static>> {
    let int = text.parse().ok().map(KeyValue::Int);
    int.or_else(|| Some(KeyValue::Text(text.parse::<u64>().ok()?.to_string().into())))
}

/// A key, and which tuple it was found for.
struct Hit {
    tuple: usize,
    key: EntityKey,
}

impl Finder<'_> {
    fn find(&self, reader: &mut dyn SourceReader, tuples: &KeyTuples) -> Result<Vec<Hit>, SourceError> {
        if tuples.is_empty() {
            return Ok(Vec::new());
        }
        let values = Values { tuples, range: None, after: None, most_rows: None, today: &self.plan.today };
        let binds = values.binds(&self.statement);
        let mut rows = RowSet::default();
        reader.read(&self.statement.sql, &binds, &mut rows)?;
        let hits = (0..rows.len()).filter_map(|row| {
            let tuple = match rows.cell(row, 0) {
                Cell::Int(tuple) => usize::try_from(tuple).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            Some(Hit { tuple, key: self.plan.key.read(&rows, rows.cell(row, 1))? })
        });
        Ok(hits.collect())
    }
}
