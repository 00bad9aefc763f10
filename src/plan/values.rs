//! Fields and lets that something names: planned once, as steps of their level that leave a value behind.

use super::compile::{Compiler, reference_of};
use super::draft::{EntryState, Place, Reference};
use super::level::{Condition, ElementPlan, Input, MemberValue, Step};
use crate::definition::feed::{Field, FieldValue, Relation, ScalarField};
use crate::definition::problem::Span;

impl<'d> Compiler<'d> {
    /// The value of a field or let. `place` and `span` say where it is named.
    pub fn require(
        &mut self,
        depth: usize,
        number: usize,
        place: &Place<'d>,
        name: &[String],
        span: &Span,
    ) -> Option<Reference> {
        let entry = &self.levels[depth].entries[number];
        let field = entry.field;
        match entry.state.clone() {
            EntryState::Ready(reference) => return Some(reference),
            EntryState::Broken => return None,
            EntryState::Busy => {
                self.problem(span, &place.key, format!("`{}` needs itself", name.join(".")), Some(qualify()));
                return None;
            }
            EntryState::New | EntryState::Listed(_) => {}
        }
        if let Some(what) = field.composite() {
            let message = format!("`{}` is {what}, not a value that can be computed with", name.join("."));
            self.problem(span, &place.key, message, Some(qualify()));
            return None;
        }
        self.levels[depth].entries[number].state = EntryState::Busy;
        let planned = match &field.value {
            FieldValue::Scalar(scalar) => self.scalar_value(depth, number, field, scalar),
            FieldValue::Relation(relation) => self.lifted_value(depth, number, field, relation),
            FieldValue::Object(_) => None,
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
                Input::Expression(_) | Input::Template(_) => {}
            }
            return None;
        }
        let level = &mut self.levels[depth];
        let mut sources = plan.sources.clone();
        sources.extend(whens.iter().flat_map(|when| when.sources.clone()));
        level.slots.push(sources);
        let slot = level.slots.len() - 1;
        level.steps.push(Step::Compute { slot, scalar: Box::new(plan), whens });
        Some(Reference::Slot { depth, slot })
    }

    /// The plain value of a `one`: its relation is built before whatever names it.
    fn lifted_value(
        &mut self,
        depth: usize,
        number: usize,
        field: &'d Field,
        relation: &'d Relation,
    ) -> Option<Reference> {
        let child = self.named_relation(depth, number, field, relation)?;
        let whens = self.conditions_around(depth, number);
        let level = &mut self.levels[depth];
        let mut sources: Vec<_> = whens.iter().flat_map(|when| when.sources.clone()).collect();
        if let ElementPlan::Value(value) = &level.children[child].level.element
            && let MemberValue::Scalar(scalar) = &value.value
        {
            sources.extend(scalar.sources.iter().cloned());
        }
        level.slots.push(sources);
        let slot = level.slots.len() - 1;
        level.steps.push(Step::Lift { slot, child, whens });
        Some(Reference::Slot { depth, slot })
    }

    /// The child of its level that a relation is, planned before whatever names it.
    pub fn named_relation(
        &mut self,
        depth: usize,
        number: usize,
        field: &'d Field,
        relation: &'d Relation,
    ) -> Option<usize> {
        let known = std::ptr::from_ref(field);
        if let Some(child) = self.relations.get(&known) {
            return Some(*child);
        }
        let own = self.levels[depth].entries[number].place.clone();
        // It is planned in its own level, whichever deeper one is under way.
        let deeper = self.levels.split_off(depth + 1);
        let planned = self.relation(field, relation, &own, &[], true);
        self.levels.extend(deeper);
        match planned {
            Ok(child) => {
                self.relations.extend(child.map(|child| (known, child)));
                child
            }
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
