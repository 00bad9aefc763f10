//! What can be named of something that is no single value: the values of the row of a `one`, whether an object, a
//! relation or an array is there, and the text of its JSON.

use super::compile::{Compiler, reference_of};
use super::draft::{EntryState, Place, Reference};
use super::fields::flatten;
use super::level::{ElementsPlan, KeyPart, Level, Lift, LiftValue, Lifted, Member, MemberValue, SourceColumn, Step};
use super::names::Meant;
use crate::definition::feed::{Field, FieldValue, Scalar};
use crate::source::SourceError;

impl<'d> Compiler<'d> {
    /// The values that can be named of the row of a `one` with these fields; `inside` and `path` are those of its rows.
    pub fn lifts(
        &mut self,
        fields: &'d [Field],
        inside: &Place<'d>,
        path: &[&'d str],
    ) -> Result<Vec<Lift>, SourceError> {
        let mut lifts = Vec::new();
        self.add_lifts(fields, inside, path, &mut lifts)?;
        Ok(lifts)
    }

    fn add_lifts(
        &mut self,
        fields: &'d [Field],
        place: &Place<'d>,
        path: &[&'d str],
        lifts: &mut Vec<Lift>,
    ) -> Result<(), SourceError> {
        for field in fields {
            let own = place.field("fields", &field.name.value);
            let mut path = path.to_vec();
            path.push(&field.name.value);
            if let FieldValue::Object(object) = &field.value
                && !field.json
            {
                self.add_lifts(&object.fields, &own.within(&field.name.value), &path, lifts)?;
                continue;
            }
            match &field.value {
                FieldValue::Relation(relation) if !field.json => {
                    let is_one = field.fields_of_one().is_some();
                    if field.composite().is_some() && !is_one {
                        continue;
                    }
                    let Some(child) = self.attach(field, relation, &own, &path)? else { continue };
                    self.add_lifts_of_relation(field, child, &own, lifts);
                }
                _ => lifts.extend(self.lift(field, &own)),
            }
        }
        Ok(())
    }

    /// A single value of the same row.
    fn lift(&mut self, field: &'d Field, own: &Place<'d>) -> Option<Lift> {
        let entry = self.levels[own.depth].entry(&own.objects, std::slice::from_ref(&field.name.value))?;
        if field.composite().is_some() {
            return None;
        }
        let mut whens = Vec::new();
        let mut sources = Vec::new();
        let (value, is_moment) = match (self.levels[own.depth].entries[entry].state.clone(), &field.value) {
            (EntryState::Broken, _) => return None,
            (EntryState::New | EntryState::Busy | EntryState::Listed(_), FieldValue::Scalar(scalar)) => {
                whens = self.conditions_around(own.depth, entry);
                let when = field.when.as_ref().map(|when| self.condition(when, &own.key("when")));
                whens.extend(flatten(when)?);
                let plan = self.scalar(scalar, own)?;
                sources.extend(plan.sources.iter().cloned());
                let is_moment = plan.is_moment;
                (LiftValue::Scalar(Box::new(plan)), is_moment)
            }
            (EntryState::Ready(reference), _) => self.lifted_reference(&reference, own, &mut sources),
            (EntryState::New | EntryState::Busy | EntryState::Listed(_), _) => {
                let name = [field.name.value.clone()];
                let reference = self.require(own.depth, entry, own, &name, &field.name.span, Meant::Anything)?;
                self.lifted_reference(&reference, own, &mut sources)
            }
        };
        Some(Lift { path: self.path_of(field, own), whens, value, sources, is_moment })
    }

    fn lifted_reference(
        &self,
        reference: &Reference,
        own: &Place<'d>,
        sources: &mut Vec<SourceColumn>,
    ) -> (LiftValue, bool) {
        self.add_sources(reference, sources);
        (LiftValue::Operand(reference.seen_from(own.depth)), self.is_moment(reference))
    }

    /// What can be named of a relation of the row: its plain value, or the values of its own row.
    fn add_lifts_of_relation(&mut self, field: &'d Field, child: usize, own: &Place<'d>, lifts: &mut Vec<Lift>) {
        let Some(entry) = self.levels[own.depth].entry(&own.objects, std::slice::from_ref(&field.name.value)) else {
            return;
        };
        let path = self.path_of(field, own);
        let whens = self.conditions_around(own.depth, entry);
        let level = &self.levels[own.depth].children[child].level;
        if field.fields_of_one().is_none() {
            let value = LiftValue::Child(child);
            let sources = level.plain_value().map(|scalar| scalar.sources.clone()).unwrap_or_default();
            let is_moment = level.gives_moment(Lifted::Value);
            lifts.push(Lift { path, whens, value, sources, is_moment });
            return;
        }
        for (number, lift) in level.lifts.iter().enumerate() {
            lifts.push(Lift {
                path: path.iter().chain(&lift.path).cloned().collect(),
                whens: whens.clone(),
                value: LiftValue::Through { child, lift: number },
                sources: lift.sources.clone(),
                is_moment: lift.is_moment,
            });
        }
    }

    /// A field's name behind those of the objects around it.
    fn path_of(&self, field: &Field, own: &Place<'d>) -> Vec<String> {
        own.objects.iter().copied().chain([field.name.value.as_str()]).map(str::to_owned).collect()
    }

    /// A value of the row of a `one`; `through` is the entry of that one.
    pub fn value_through(&mut self, depth: usize, number: usize, through: usize) -> Option<Reference> {
        let level = &self.levels[depth];
        let field = level.entries[through].field;
        let path = &level.entries[number].path[level.entries[through].path.len()..];
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        let FieldValue::Relation(relation) = &field.value else { return None };
        let whens = self.conditions_around(depth, through);
        let child = self.attached(depth, through, field, relation)?;
        let lifts = &self.levels[depth].children[child].level.lifts;
        let lift = lifts.iter().position(|lift| lift.path == path)?;
        let sources = lifts[lift].sources.clone();
        let slot = self.slot(depth, sources, &whens);
        self.levels[depth].steps.push(Step::Lift { slot, child, lifted: Lifted::Of(lift), whens });
        Some(Reference::Slot { depth, slot })
    }

    /// Whether an object, a relation or an array is there: true or null.
    pub fn presence(&mut self, depth: usize, number: usize) -> Option<Reference> {
        let entry = &self.levels[depth].entries[number];
        let (field, own, document) = (entry.field, entry.place.clone(), entry.document.clone());
        let mut whens = self.conditions_around(depth, number);
        if let FieldValue::Relation(relation) = &field.value {
            let child = self.attached(depth, number, field, relation)?;
            let slot = self.slot(depth, Vec::new(), &whens);
            self.levels[depth].steps.push(Step::Lift { slot, child, lifted: Lifted::Presence, whens });
            return Some(Reference::Slot { depth, slot });
        }
        if let Some(when) = &field.when {
            whens.push(self.condition(when, &own.key("when"))?);
        }
        let array = match &field.value {
            FieldValue::Array(array) if array.empty_null => {
                let planned = self.plan_array(array, &field.name.value, &own, &document, true);
                self.or_fail(planned)?;
                Some(self.array_plan(array, &field.name.value, &own, &document)?)
            }
            _ => None,
        };
        if array.is_none() && whens.is_empty() {
            return Some(Reference::Constant(Scalar::Bool(true)));
        }
        let slot = self.slot(depth, Vec::new(), &whens);
        self.levels[depth].steps.push(Step::Presence { slot, array, whens });
        Some(Reference::Slot { depth, slot })
    }

    /// The text of the JSON of what is no single value.
    pub fn json_value(&mut self, depth: usize, number: usize) -> Option<Reference> {
        let entry = &self.levels[depth].entries[number];
        let (field, own, document) = (entry.field, entry.place.clone(), entry.document.clone());
        let whens = self.conditions_around(depth, number);
        let planned = self.plan_field(field, &own, &document, true);
        self.or_fail(planned)?;
        let (when, value) = self.composite_member(field, &own, &document)?;
        let member = Member { when: when.map(Box::new), ..Member::element(value) };
        let mut sources = Vec::new();
        self.add_member_sources(&member, depth, &mut sources);
        let slot = self.slot(depth, sources, &whens);
        self.levels[depth].steps.push(Step::Json { slot, member: Box::new(member), whens });
        Some(Reference::Slot { depth, slot })
    }

    /// Every column that something written is made of; of a relation all that it reads.
    fn add_member_sources(&self, member: &Member, depth: usize, sources: &mut Vec<SourceColumn>) {
        match &member.value {
            MemberValue::Column { column, .. } => {
                self.add_sources(&Reference::Column { depth, column: *column }, sources);
            }
            MemberValue::Slot(slot) => self.add_sources(&Reference::Slot { depth, slot: *slot }, sources),
            MemberValue::Scalar(scalar) => sources.extend(scalar.sources.iter().cloned()),
            MemberValue::Value(value) => sources.extend(value.sources.iter().cloned()),
            MemberValue::Literal(_) => {}
            MemberValue::Object(members) => {
                members.iter().for_each(|member| self.add_member_sources(member, depth, sources));
            }
            MemberValue::Relation(child) => self.add_child_sources(*child, depth, sources),
            MemberValue::Array(array) => {
                for part in &array.parts {
                    match &part.elements {
                        ElementsPlan::Relation(child) | ElementsPlan::Taken { child, .. } => {
                            self.add_child_sources(*child, depth, sources);
                        }
                        ElementsPlan::Made { members, .. } => {
                            members.iter().for_each(|member| self.add_member_sources(member, depth, sources));
                        }
                        ElementsPlan::Split(split) => sources.extend(split.piece.sources.iter().cloned()),
                        ElementsPlan::Attributes(list) => sources.extend(list.sources.iter().cloned()),
                    }
                }
            }
        }
    }

    fn add_child_sources(&self, child: usize, depth: usize, sources: &mut Vec<SourceColumn>) {
        let level = &self.levels[depth].children[child].level;
        let asked_by = level.components.iter().filter_map(|part| match part {
            KeyPart::One(operand) | KeyPart::Split { operand, .. } => Some(operand),
            KeyPart::List { .. } => None,
        });
        for operand in asked_by.chain(&level.outer) {
            self.add_sources(&reference_of(depth, operand.clone()), sources);
        }
        add_columns(level, sources);
    }
}

fn add_columns(level: &Level, sources: &mut Vec<SourceColumn>) {
    sources.extend(level.columns.iter().map(|column| column.source.clone()));
    level.children.iter().for_each(|child| add_columns(&child.level, sources));
}
