//! One attribute's value: where it is read, and by which scopes it is chosen.

use super::read::ReadDraft;
use super::sets::{Attribute, Home, SetTable};
use super::{ScopePair, ScopePlan, ValueLookup};
use crate::definition::feed::eav::{EavSource, EavValue};
use crate::definition::feed::{Fallback, OnPair};
use crate::definition::problem::{Located, nearest, suggestion};
use crate::plan::compile::Compiler;
use crate::plan::draft::{Place, Reference};
use crate::plan::fields::flatten;
use crate::plan::level::{Input, Operand, ScalarPlan, SourceColumn, Step};
use crate::plan::names::Meant;
use crate::source::catalog::{Column, ColumnKind, find_column};
use crate::source::sql::Literal;

/// Where a field finds values of a set.
#[derive(Debug)]
pub(in crate::plan) struct Found {
    pub set: usize,
    /// The level that reads them.
    pub depth: usize,
    /// Index into its reads.
    pub read: usize,
    pub scopes: Vec<ScopePlan>,
}

/// A value as a field needs to know it.
pub(in crate::plan) struct ValueInput {
    /// None for an attribute that the source does not have: null.
    pub lookup: Option<Box<ValueLookup>>,
    pub kind: ColumnKind,
    pub sources: Vec<SourceColumn>,
}

impl<'d> Compiler<'d> {
    pub fn eav_value(&mut self, value: &'d EavValue, place: &Place<'d>) -> Option<ValueInput> {
        let found = self.eav_source(&value.source, place)?;
        let Some(attribute) = self.attribute(found.set, &value.attribute, &place.key("attribute").key) else {
            return Some(ValueInput { lookup: None, kind: ColumnKind::Dynamic, sources: Vec::new() });
        };
        let set = self.sets[found.set].as_ref()?;
        let tables = set.tables_of(&set.attributes[attribute]);
        let kinds: Vec<ColumnKind> = tables.iter().map(|table| table.columns[table.value].kind).collect();
        let kind = match kinds.as_slice() {
            [first, rest @ ..] if rest.iter().all(|kind| kind == first) => *first,
            _ => ColumnKind::Dynamic,
        };
        let sources = tables.into_iter().map(SetTable::value_column).collect();
        let number = self.levels[found.depth].reads[found.read].attribute(attribute);
        let up = place.depth - found.depth;
        let lookup = ValueLookup { up, read: found.read, attribute: number, scopes: found.scopes };
        Some(ValueInput { lookup: Some(Box::new(lookup)), kind, sources })
    }

    /// A value as something is tied by it: computed like a let of the place's level.
    pub fn eav_slot(&mut self, value: &'d EavValue, place: &Place<'d>) -> Option<Reference> {
        let ValueInput { lookup, sources, .. } = self.eav_value(value, place)?;
        let scalar = ScalarPlan::of(&place.path, Input::Value(lookup), sources.clone());
        let slot = self.slot(place.depth, sources, &[]);
        self.levels[place.depth].steps.push(Step::Compute { slot, scalar: Box::new(scalar), whens: Vec::new() });
        Some(Reference::Slot { depth: place.depth, slot })
    }

    /// The index of an attribute in its set; none, and a notice, where the source does not have it.
    fn attribute(&mut self, set: usize, code: &Located<String>, key: &str) -> Option<usize> {
        let plan = self.sets[set].as_mut()?;
        let found = plan.attributes.iter().position(|attribute| attribute.code == code.value);
        if found.is_none() && !plan.is_listed {
            plan.attributes.push(plan.unlisted(&code.value));
            return Some(plan.attributes.len() - 1);
        }
        let name = &self.definition.eav[set].name.value;
        let notice = match found {
            Some(found) if plan.attributes[found].home != Home::Nowhere => return Some(found),
            Some(_) => format!("no table of `{name}` holds the values of `{}`: it is always null", code.value),
            None => format!("the source has no attribute `{}`: it is always null", code.value),
        };
        let help = match found {
            Some(_) => None,
            None => nearest(&code.value, plan.attributes.iter().map(|attribute| attribute.code.as_str()))
                .map(|near| format!("did you mean `{near}`?")),
        };
        self.notice(&code.span, key, notice, help);
        None
    }

    /// Where the values that a field asks for are read: at the level that they belong to, settings at the entity's.
    pub fn eav_source(&mut self, source: &'d EavSource, place: &Place<'d>) -> Option<Found> {
        let set = source.set;
        let entity = self.definition.eav[set].entity.as_ref();
        let of = entity.map(|entity| self.whose(source, &entity.value.0, place));
        let scopes = self.source_scopes(source, place);
        let (of, scopes) = (flatten(of)?, scopes?);
        let depth = match &of {
            Some(Reference::Column { depth, .. } | Reference::Slot { depth, .. }) => *depth,
            Some(Reference::Constant(_)) | None => 0,
        };
        self.sets[set].as_ref()?;
        let level = &mut self.levels[depth];
        let known = level.reads.iter().position(|read| read.set == set && read.of == of);
        let read = known.unwrap_or_else(|| {
            level.reads.push(ReadDraft::new(set, of));
            level.steps.push(Step::Values(level.reads.len() - 1));
            level.reads.len() - 1
        });
        let scopes = scopes.into_iter().map(|pairs| self.levels[depth].reads[read].plan_scope(pairs)).collect();
        Some(Found { set, depth, read, scopes })
    }

    fn source_scopes(&mut self, source: &'d EavSource, place: &Place<'d>) -> Option<Vec<Vec<Pair>>> {
        let Some(fallback) = &source.fallback else { return Some(vec![Vec::new()]) };
        self.scope_pairs(fallback, place, |compiler, pair, key| {
            let tables = compiler.sets[source.set].as_ref()?.tables.clone();
            let found = tables.iter().map(|table| compiler.scope_column(&table.name, &table.columns, pair, key));
            found.collect::<Vec<_>>().into_iter().collect::<Option<Vec<String>>>()?.pop()
        })
    }

    fn whose(&mut self, source: &'d EavSource, entity: &[String], place: &Place<'d>) -> Option<Reference> {
        if let Some(of) = &source.of {
            return self.resolve(&place.key("of"), &of.value.0, &of.span, Meant::Key);
        }
        let before = self.problems.len();
        let found = self.resolve(&place.key("eav"), entity, &source.span, Meant::Column);
        if let (None, Some(problem)) = (&found, self.problems.get_mut(before)) {
            problem.help = Some("say with `of` whose values are meant".to_owned());
        }
        found
    }

    /// The scopes of a fallback as pairs of a column and what it equals. `column` finds the left side.
    pub(super) fn scope_pairs(
        &mut self,
        fallback: &'d Fallback,
        place: &Place<'d>,
        mut column: impl FnMut(&mut Self, &'d OnPair, &str) -> Option<String>,
    ) -> Option<Vec<Vec<Pair>>> {
        let mut whole = true;
        let mut scopes = Vec::new();
        for (number, scope) in fallback.scopes.iter().enumerate() {
            let mut pairs = Vec::new();
            for pair in scope {
                let place = place.key(&format!("fallback[{number}]"));
                let column = column(self, pair, &place.key(&pair.column.value).key);
                match (column, self.scope_value(pair, &place)) {
                    (Some(column), Some(equals)) => pairs.push(Pair { column, equals: equals.seen_from(place.depth) }),
                    _ => whole = false,
                }
            }
            scopes.push(pairs);
        }
        whole.then_some(scopes)
    }

    /// The left side of a scope's pair, as the table spells it.
    pub(super) fn scope_column(&mut self, table: &str, columns: &[Column], pair: &OnPair, key: &str) -> Option<String> {
        if let Some(found) = find_column(columns, &pair.column.value) {
            return Some(columns[found].name.clone());
        }
        let help = suggestion(&pair.column.value, columns.iter().map(|column| column.name.as_str()));
        let message = format!("`{table}` has no column `{}`", pair.column.value);
        self.problem(&pair.column.span, key, message, help);
        None
    }
}

/// A column of the rows to choose from, and what it equals.
#[derive(Debug)]
pub(super) struct Pair {
    pub column: String,
    pub equals: Operand,
}

impl ReadDraft {
    fn plan_scope(&mut self, pairs: Vec<Pair>) -> ScopePlan {
        let cells = self.scope(pairs.iter().map(|pair| pair.column.clone()).collect());
        let equals = pairs.into_iter().map(|pair| pair.equals);
        ScopePlan(cells.into_iter().zip(equals).map(|(cell, equals)| ScopePair { cell, equals }).collect())
    }
}

impl super::SetPlan {
    /// The tables that may hold an attribute's values.
    pub fn tables_of(&self, attribute: &Attribute) -> Vec<&SetTable> {
        match attribute.home {
            Home::Anywhere => self.tables.iter().collect(),
            Home::Table(table) => vec![&self.tables[table]],
            Home::Nowhere => Vec::new(),
        }
    }

    /// An attribute that the value rows name by its code.
    fn unlisted(&self, code: &str) -> Attribute {
        let is_integer = self.tables.first().is_some_and(|of| of.columns[of.attribute].kind == ColumnKind::Integer);
        let key = match code.parse() {
            Ok(int) if is_integer => Literal::Int(int),
            _ => Literal::Text(code.to_owned()),
        };
        Attribute { key, code: code.to_owned(), home: Home::Anywhere }
    }
}

impl SetTable {
    pub fn value_column(&self) -> SourceColumn {
        SourceColumn { table: self.name.clone(), column: self.columns[self.value].name.clone() }
    }
}
