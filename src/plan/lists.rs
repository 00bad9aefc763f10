//! Keys of several values: pieces of a text, and the elements of list fields and lets, which are planned once as a step
//! of their level that leaves a list behind.

use super::compile::Compiler;
use super::draft::{EntryState, Place};
use super::level::{KeyPart, Step};
use super::rows::{Key, KeySource};
use crate::definition::feed::{Cardinality, Element, Field, FieldValue, Relation};
use crate::definition::problem::{Span, suggestion};
use crate::source::catalog::ColumnKind;

impl Key {
    /// As a part of the tuples of rows at `depth`.
    pub fn part(&self, depth: usize) -> KeyPart {
        match &self.source {
            KeySource::One(reference) => KeyPart::One(reference.seen_from(depth)),
            KeySource::Split { text, by } => KeyPart::Split {
                operand: text.seen_from(depth),
                by: by.as_str().into(),
                integer: self.compared.kind == ColumnKind::Integer,
            },
            KeySource::List { depth: own, list } => KeyPart::List { up: depth - own, list: *list },
        }
    }
}

impl<'d> Compiler<'d> {
    /// The elements of the list that a name stands for, sought from `place` outwards.
    pub fn list(&mut self, place: &Place<'d>, name: &[String], span: &Span) -> Option<KeySource> {
        for depth in (0..=place.depth).rev() {
            let objects = self.objects_at(place, depth);
            let level = &self.levels[depth];
            let entry = (0..=objects.len()).rev().find_map(|outer| level.named(&objects[..outer], name));
            let Some(entry) = entry else { continue };
            let list = self.require_list(depth, entry, place, name, span)?;
            return Some(KeySource::List { depth, list });
        }
        let lists: Vec<&str> = self.levels[..=place.depth]
            .iter()
            .rev()
            .flat_map(|level| &level.entries)
            .filter(|entry| entry.path.len() == 1 && plain_list(entry.field).is_some())
            .map(|entry| entry.path[0])
            .collect();
        let message = format!("no list here is named `{}`", name.join("."));
        let help = suggestion(&name.join("."), lists.iter().copied()).or_else(|| {
            Some("a list is a field or let that is an array of plain values: `many` with `value`".to_owned())
        });
        self.problem(span, &place.key, message, help);
        None
    }

    /// The number of a list among those of its level.
    fn require_list(
        &mut self,
        depth: usize,
        number: usize,
        place: &Place<'d>,
        name: &[String],
        span: &Span,
    ) -> Option<usize> {
        let entry = &self.levels[depth].entries[number];
        let (field, through) = (entry.field, entry.through);
        match entry.state {
            EntryState::Listed(list) => return Some(list),
            EntryState::Broken => return None,
            EntryState::Busy => {
                self.problem(span, &place.key, format!("`{}` needs itself", name.join(".")), None);
                return None;
            }
            EntryState::New | EntryState::Ready(_) => {}
        }
        let Some(relation) = plain_list(field).filter(|_| through.is_none()) else {
            let what = field.composite().map_or("a single value", |what| match what {
                "an array" if through.is_some() => "an array of another row",
                "an array" if matches!(field.value, FieldValue::Array(_)) => "an array of another kind",
                "an array" => "an array of objects",
                other => other,
            });
            let help = "a list is an array of plain values: `many` with `value`".to_owned();
            self.problem(span, &place.key, format!("`{}` is {what}, not a list", name.join(".")), Some(help));
            return None;
        };
        self.levels[depth].entries[number].state = EntryState::Busy;
        let listed = self.listed(depth, number, field, relation);
        self.levels[depth].entries[number].state = listed.map_or(EntryState::Broken, EntryState::Listed);
        listed
    }

    /// Its relation is built before whatever names it.
    fn listed(&mut self, depth: usize, number: usize, field: &'d Field, relation: &'d Relation) -> Option<usize> {
        let child = self.attached(depth, number, field, relation)?;
        let whens = self.conditions_around(depth, number);
        let level = &mut self.levels[depth];
        let list = level.list_count;
        level.list_count += 1;
        level.steps.push(Step::List { list, child, whens });
        Some(list)
    }
}

/// The relation of a list: an array of plain values.
fn plain_list(field: &Field) -> Option<&Relation> {
    match &field.value {
        FieldValue::Relation(relation) => match (relation.cardinality, &relation.element) {
            (Cardinality::Many { .. }, Element::Value(value)) if value.composite().is_none() => Some(relation),
            _ => None,
        },
        FieldValue::Scalar(_) | FieldValue::Object(_) | FieldValue::Array(_) => None,
    }
}
