//! Fields as members of the document: values, objects, relations, arrays.

use super::compile::Compiler;
use super::draft::{ELEMENT_VALUE, EntryState, Place, Reference};
use super::level::{Condition, Input, Member, MemberKey, MemberValue, Operand, Reading, ScalarPlan, ValueMember};
use super::names::Meant;
use crate::definition::feed::{Field, FieldValue, Scalar, ScalarField};
use crate::source::SourceError;
use crate::source::catalog::ColumnKind;

impl<'d> Compiler<'d> {
    /// The members that a list of fields makes. `path` is where the object stands in the document, arrays included.
    pub fn members(
        &mut self,
        fields: &'d [Field],
        place: &Place<'d>,
        key: &str,
        path: &[&'d str],
    ) -> Result<Vec<Member>, SourceError> {
        // What relations and the other fields name must be known before it is decided how a field is written.
        self.plan_relations(fields, place, key, path, true)?;
        Ok(self.plan_members(fields, place, key, path))
    }

    /// Plans every field once, for what it names, and the relations for good. What is not `shown` is only checked.
    pub fn plan_relations(
        &mut self,
        fields: &'d [Field],
        place: &Place<'d>,
        key: &str,
        path: &[&'d str],
        shown: bool,
    ) -> Result<(), SourceError> {
        for field in fields {
            let mut path = path.to_vec();
            path.push(&field.name.value);
            self.plan_field(field, &place.field(key, &field.name.value), &path, shown && !field.hidden)?;
        }
        Ok(())
    }

    /// `own` and `path` are the field's.
    pub fn plan_field(
        &mut self,
        field: &'d Field,
        own: &Place<'d>,
        path: &[&'d str],
        shown: bool,
    ) -> Result<(), SourceError> {
        // Under way, so that a circle is found where it closes.
        let entry = self.levels[own.depth].entry(&own.objects, std::slice::from_ref(&field.name.value));
        let entry = entry.filter(|entry| self.levels[own.depth].entries[*entry].state == EntryState::New);
        if let Some(entry) = entry {
            self.levels[own.depth].entries[entry].state = EntryState::Busy;
        }
        let planned = self.plan_value(field, own, path, shown);
        if let Some(entry) = entry {
            self.levels[own.depth].entries[entry].state = EntryState::New;
        }
        planned
    }

    fn plan_value(
        &mut self,
        field: &'d Field,
        own: &Place<'d>,
        path: &[&'d str],
        shown: bool,
    ) -> Result<(), SourceError> {
        match &field.value {
            FieldValue::Scalar(scalar) => {
                if let Some(when) = &field.when {
                    self.condition(when, &own.key("when"));
                }
                self.scalar(scalar, own);
            }
            FieldValue::Object(object) => {
                let within = own.within(&field.name.value);
                self.plan_relations(&object.lets, &within, "let", path, false)?;
                self.plan_relations(&object.fields, &within, "fields", path, shown)?;
            }
            FieldValue::Relation(relation) if shown => {
                self.attach(field, relation, own, path)?;
            }
            FieldValue::Relation(relation) => {
                // One that something names is planned already.
                if !self.relations.contains_key(&std::ptr::from_ref(field)) {
                    self.relation(field, relation, own, path, false)?;
                }
            }
            FieldValue::Array(array) => self.plan_array(array, &field.name.value, own, path, shown)?,
        }
        Ok(())
    }

    pub fn plan_members(&mut self, fields: &'d [Field], place: &Place<'d>, key: &str, path: &[&'d str]) -> Vec<Member> {
        let mut members = Vec::new();
        for field in fields.iter().filter(|field| !field.hidden) {
            let mut path = path.to_vec();
            path.push(&field.name.value);
            members.extend(self.member(field, &place.field(key, &field.name.value), &path));
        }
        members
    }

    /// `place` and `path` are the field's.
    pub fn member(&mut self, field: &'d Field, place: &Place<'d>, path: &[&'d str]) -> Option<Member> {
        let name: Vec<String> = vec![field.name.value.clone()];
        let (when, value) = match &field.value {
            _ if field.json => {
                let entry = self.levels[place.depth].entry(&place.objects, &name)?;
                let reference = self.require(place.depth, entry, place, &name, &field.name.span, Meant::Anything)?;
                (None, MemberValue::Slot(reference.own_slot()?))
            }
            FieldValue::Scalar(scalar) => {
                let entry = self.levels[place.depth].entry(&place.objects, &name)?;
                match self.levels[place.depth].entries[entry].state.clone() {
                    EntryState::Ready(reference) => (None, self.written(&reference, scalar, place)?),
                    EntryState::Broken => return None,
                    EntryState::New | EntryState::Busy | EntryState::Listed(_) => {
                        let when = field.when.as_ref().map(|when| self.condition(when, &place.key("when")));
                        let value = scalar_member(self.scalar(scalar, place)?);
                        (flatten(when)?, value)
                    }
                }
            }
            _ => self.composite_member(field, place, path)?,
        };
        let mark = self.paths.mark(path, self.label(&value, place.depth));
        Some(Member {
            key: MemberKey::new(&member_key(&field.name.value)),
            omit_null: field.omit_null,
            excluded: self.paths.is_excluded(path),
            mark,
            when: when.map(Box::new),
            value,
        })
    }

    /// An object, a relation or an array: when it is there, and how it is written.
    pub fn composite_member(
        &mut self,
        field: &'d Field,
        place: &Place<'d>,
        path: &[&'d str],
    ) -> Option<(Option<Condition>, MemberValue)> {
        let value = match &field.value {
            FieldValue::Scalar(_) => return None,
            FieldValue::Object(object) => {
                let within = place.within(&field.name.value);
                MemberValue::Object(self.plan_members(&object.fields, &within, "fields", path))
            }
            FieldValue::Relation(_) => {
                // Its level takes care of the condition.
                return Some((None, MemberValue::Relation(self.written_relation(field, place.depth)?)));
            }
            FieldValue::Array(array) => MemberValue::Array(self.array_plan(array, &field.name.value, place, path)?),
        };
        let when = field.when.as_ref().map(|when| self.condition(when, &place.key("when")));
        Some((flatten(when)?, value))
    }

    /// The relation of a field whose JSON goes into the document.
    pub fn written_relation(&mut self, field: &Field, depth: usize) -> Option<usize> {
        let number = self.relations.get(&std::ptr::from_ref(field))?.number;
        self.levels[depth].children[number].written = true;
        Some(number)
    }

    /// An element of an array of plain values, or the value of a `one`.
    pub fn plain_member(&mut self, field: &'d Field, place: &Place<'d>, path: &[&'d str]) -> Option<Member> {
        let own = place.key("value");
        let when = field.when.as_ref().map(|when| self.condition(when, &own.key("when")));
        let value = match &field.value {
            FieldValue::Scalar(scalar) => MemberValue::Scalar(Box::new(self.scalar(scalar, &own)?)),
            FieldValue::Array(array) => {
                let planned = self.plan_array(array, ELEMENT_VALUE, &own, path, true);
                self.or_fail(planned)?;
                MemberValue::Array(self.array_plan(array, ELEMENT_VALUE, &own, path)?)
            }
            FieldValue::Object(_) | FieldValue::Relation(_) => return None,
        };
        Some(Member { when: flatten(when)?.map(Box::new), ..Member::element(value) })
    }

    /// How a value that something else names is written.
    fn written(&mut self, reference: &Reference, scalar: &'d ScalarField, place: &Place<'d>) -> Option<MemberValue> {
        Some(match reference {
            Reference::Slot { depth, slot } if *depth == place.depth => MemberValue::Slot(*slot),
            _ => scalar_member(self.scalar(scalar, place)?),
        })
    }

    fn label(&self, value: &MemberValue, depth: usize) -> Option<String> {
        let source = match value {
            MemberValue::Column { column, .. } => self.levels[depth].source_column(*column),
            MemberValue::Scalar(scalar) => match scalar.sources.as_slice() {
                [only] => only.clone(),
                _ => return None,
            },
            MemberValue::Slot(slot) => match self.levels[depth].slots[*slot].as_slice() {
                [only] => only.clone(),
                _ => return None,
            },
            _ => return None,
        };
        Some(format!("{}.{}", source.table, source.column))
    }
}

/// `Some(None)` is a condition with a problem.
pub(super) fn flatten<T>(condition: Option<Option<T>>) -> Option<Option<T>> {
    match condition {
        None => Some(None),
        Some(condition) => condition.map(Some),
    }
}

/// `"name":`
pub(super) fn member_key(name: &str) -> Box<[u8]> {
    let mut key = serde_json::Value::String(name.to_owned()).to_string().into_bytes();
    key.push(b':');
    key.into_boxed_slice()
}

/// The simplest way to write a scalar.
fn scalar_member(mut plan: ScalarPlan) -> MemberValue {
    let reading = match plan.reading {
        // The text of a text is the text.
        Some(Reading::TextOf(ColumnKind::Text)) => Some(Reading::As(ColumnKind::Text)),
        reading => reading,
    };
    if plan.is_unshaped()
        && let Input::Value(lookup) = &mut plan.input
        && let Some(lookup) = lookup.take()
    {
        let ScalarPlan { path, sources, .. } = plan;
        return MemberValue::Value(Box::new(ValueMember { lookup: *lookup, reading, path, sources }));
    }
    if plan.is_unshaped()
        && let Input::Operand(Operand::Column { up: 0, column }) = &plan.input
    {
        return MemberValue::Column { column: *column, reading, path: plan.path.as_str().into() };
    }
    if plan.is_plain() {
        match &plan.input {
            Input::Operand(Operand::Slot { up: 0, slot }) => return MemberValue::Slot(*slot),
            Input::Literal(scalar) => return MemberValue::Literal(json_of(scalar)),
            _ => {}
        }
    }
    MemberValue::Scalar(Box::new(plan))
}

fn json_of(scalar: &Scalar) -> Box<[u8]> {
    let json = match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Int(int) => int.to_string(),
        Scalar::Decimal(digits) => digits.clone(),
        Scalar::Text(text) => serde_json::Value::String(text.clone()).to_string(),
    };
    json.into_bytes().into_boxed_slice()
}
