//! Fields and lets that something names: planned once, as steps of their level that leave a value behind.

use super::compile::{Compiler, reference_of};
use super::draft::{EntryState, Place, Reference};
use super::level::{Condition, Input, Lifted, SourceColumn, Step};
use super::names::Meant;
use crate::definition::feed::{Field, FieldValue, Relation, ScalarField};
use crate::definition::problem::Span;
use crate::source::SourceError;

impl<'d> Compiler<'d> {
    /// The value of a field or let. `place` and `span` say where it is named.
    pub fn require(
        &mut self,
        depth: usize,
        number: usize,
        place: &Place<'d>,
        name: &[String],
        span: &Span,
        meant: Meant,
    ) -> Option<Reference> {
        let entry = &self.levels[depth].entries[number];
        let (field, through) = (entry.field, entry.through);
        let composite = field.composite();
        if let Some(what) = composite.filter(|_| meant != Meant::Presence || through.is_some()) {
            let message = format!("`{}` is {what} here, not a value", name.join("."));
            self.problem(span, &place.key, message, Some(qualify()));
            return None;
        }
        match entry.state.clone() {
            EntryState::Ready(reference) => return Some(reference),
            EntryState::Broken => return None,
            EntryState::Busy => {
                self.problem(span, &place.key, format!("`{}` needs itself", name.join(".")), Some(qualify()));
                return None;
            }
            EntryState::New | EntryState::Listed(_) => {}
        }
        self.levels[depth].entries[number].state = EntryState::Busy;
        let planned = match (through, &field.value) {
            (Some(through), _) => self.value_through(depth, number, through),
            (None, _) if composite.is_some() => self.presence(depth, number),
            (None, _) if field.json => self.json_value(depth, number),
            (None, FieldValue::Scalar(scalar)) => self.scalar_value(depth, number, field, scalar),
            (None, FieldValue::Relation(relation)) => self.lifted_value(depth, number, field, relation),
            (None, FieldValue::Object(_) | FieldValue::Array(_)) => None,
        };
        self.levels[depth].entries[number].state = match &planned {
            Some(reference) => EntryState::Ready(reference.clone()),
            None => EntryState::Broken,
        };
        planned
    }

    fn scalar_value(
        &mut self,
        depth: usize,
        number: usize,
        field: &'d Field,
        scalar: &'d ScalarField,
    ) -> Option<Reference> {
        let own = self.levels[depth].entries[number].place.clone();
        let mut whens = self.conditions_around(depth, number);
        if let Some(when) = &field.when {
            whens.push(self.condition(when, &own.key("when"))?);
        }
        let plan = self.scalar(scalar, &own)?;
        if whens.is_empty() && plan.is_plain() {
            match plan.input {
                Input::Operand(operand) => return Some(reference_of(depth, operand)),
                Input::Literal(scalar) => return Some(Reference::Constant(scalar)),
                Input::Expression(_) | Input::Template(_) | Input::Piece | Input::Value(_) => {}
            }
            return None;
        }
        let slot = self.slot(depth, plan.sources.clone(), &whens);
        self.levels[depth].steps.push(Step::Compute { slot, scalar: Box::new(plan), whens });
        Some(Reference::Slot { depth, slot })
    }

    /// A new slot, and what its value is made of.
    pub fn slot(&mut self, depth: usize, mut sources: Vec<SourceColumn>, whens: &[Condition]) -> usize {
        sources.extend(whens.iter().flat_map(|when| when.sources.clone()));
        let slots = &mut self.levels[depth].slots;
        slots.push(sources);
        slots.len() - 1
    }

    /// The plain value of a `one`: its relation is built before whatever names it.
    fn lifted_value(
        &mut self,
        depth: usize,
        number: usize,
        field: &'d Field,
        relation: &'d Relation,
    ) -> Option<Reference> {
        let whens = self.conditions_around(depth, number);
        let child = self.attached(depth, number, field, relation)?;
        let value = self.levels[depth].children[child].level.plain_value();
        let sources = value.map(|scalar| scalar.sources.clone()).unwrap_or_default();
        let slot = self.slot(depth, sources, &whens);
        self.levels[depth].steps.push(Step::Lift { slot, child, lifted: Lifted::Value, whens });
        Some(Reference::Slot { depth, slot })
    }

    /// The relation of an entry, built before whatever names it.
    pub fn attached(&mut self, depth: usize, number: usize, field: &'d Field, relation: &'d Relation) -> Option<usize> {
        let entry = &self.levels[depth].entries[number];
        let (own, document) = (entry.place.clone(), entry.document.clone());
        let planned = self.attach(field, relation, &own, &document);
        self.or_fail(planned)?
    }

    /// The source's failure is handed on when the plan is done.
    pub fn or_fail<T>(&mut self, planned: Result<T, SourceError>) -> Option<T> {
        match planned {
            Ok(planned) => Some(planned),
            Err(error) => {
                self.failed.get_or_insert(error);
                None
            }
        }
    }

    /// What the objects around a field depend on.
    pub fn conditions_around(&mut self, depth: usize, number: usize) -> Vec<Condition> {
        let whens = self.levels[depth].entries[number].whens.clone();
        whens.iter().filter_map(|(when, place)| self.condition(when, &place.key("when"))).collect()
    }
}

fn qualify() -> String {
    "a field goes before a column of the same name; `ALIAS.NAME` names the column".to_owned()
}
