//! Fields as members of the document, and how each scalar is made.

use super::compile::{Compiler, Named, number_of};
use super::draft::{ELEMENT_VALUE, EntryState, Place, Reference};
use super::level::{Condition, DefaultPlan, Input, Member, MemberValue, Operand, Reading, ScalarPlan, ValueMember};
use super::names::Meant;
use crate::definition::feed::{Default, Field, FieldValue, Scalar, ScalarField, ScalarInput, ValueType};
use crate::definition::problem::Located;
use crate::expression::decimal::normalise_decimal;
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
            key: member_key(&field.name.value),
            omit_null: field.omit_null,
            excluded: self.paths.is_excluded(path),
            mark,
            when,
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
        Some(Member { when: flatten(when)?, ..Member::element(value) })
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

    /// How one scalar is made; nothing where there is a problem with it.
    pub fn scalar(&mut self, field: &'d ScalarField, place: &Place<'d>) -> Option<ScalarPlan> {
        self.scalar_of(field, place, None)
    }

    /// The same where the input may be a piece of a `text`.
    pub fn scalar_of(
        &mut self,
        field: &'d ScalarField,
        place: &Place<'d>,
        text: Option<&Reference>,
    ) -> Option<ScalarPlan> {
        let mut sources = Vec::new();
        let mut kind = ColumnKind::Dynamic;
        let mut secret = false;
        let mut of_moments = false;
        let input = match &field.input {
            ScalarInput::Column(name) => {
                let reference = self.resolve(place, &name.value.0, &name.span, Meant::Column);
                reference.map(|reference| {
                    if let Reference::Column { depth, column } = &reference {
                        kind = self.levels[*depth].column(*column).kind;
                    }
                    self.add_sources(&reference, &mut sources);
                    Input::Operand(reference.seen_from(place.depth))
                })
            }
            ScalarInput::Literal(scalar) => Some(Input::Literal(literal(scalar))),
            ScalarInput::Eav(value) => self.eav_value(value, place).map(|found| {
                kind = found.kind;
                sources = found.sources;
                Input::Value(found.lookup)
            }),
            ScalarInput::Piece => text.map(|text| {
                self.add_sources(text, &mut sources);
                Input::Piece
            }),
            ScalarInput::Summary(summary) => self.summary(summary, place).map(|slot| {
                sources = self.levels[place.depth].slots[slot].clone();
                of_moments = self.is_moment(&Reference::Slot { depth: place.depth, slot });
                Input::Operand(Operand::Slot { up: 0, slot })
            }),
            ScalarInput::Expression(text) => {
                let names = self.names_of(text, &place.key("expr"));
                names.map(|Named { operands, sources: of }| {
                    sources = of;
                    Input::Expression(text.value.compile(&mut |name| number_of(&operands, name)))
                })
            }
            ScalarInput::Template(text) => {
                let names = self.names(text.value.names(), &text.span, &place.key("template"), |_| Meant::Anything);
                names.map(|Named { operands, sources: of }| {
                    sources = of;
                    Input::Template(text.value.compile(&mut |name| number_of(&operands, name)))
                })
            }
        };
        self.check_kind(field, kind, place);
        let default = match &field.default {
            None => None,
            Some(Default::Literal(scalar)) => Some(DefaultPlan::Literal(literal(scalar))),
            Some(Default::Field(default)) => {
                let plan = self.scalar(default, &place.key("default"))?;
                for source in &plan.sources {
                    if !sources.contains(source) {
                        sources.push(source.clone());
                    }
                }
                Some(DefaultPlan::Scalar(Box::new(plan)))
            }
        };
        if field.mask.is_some() {
            secret = true;
            self.masked.extend(sources.iter().cloned());
        }
        let reading = field.value_type.as_ref().map(|value_type| reading(value_type.value, kind));
        let unshaped = field.format.is_none() && field.map.is_none() && field.encode.is_none() && field.mask.is_none();
        let is_moment = match reading {
            Some(reading) => is_moment(reading),
            None => of_moments || is_moment(Reading::As(kind)),
        };
        Some(ScalarPlan {
            path: place.path.clone(),
            input: input?,
            reading,
            round: field.round.as_ref().map(|round| round.value),
            format: field.format.as_ref().map(|format| format.value.clone()),
            map: field.map.as_ref().map(|map| map.iter().map(|(from, to)| (from.clone(), literal(to))).collect()),
            encode: field.encode.as_ref().map(|encode| encode.value),
            mask: field.mask.as_ref().map(|mask| mask.value),
            default,
            sources,
            secret,
            is_moment: unshaped && is_moment,
        })
    }

    /// Refuses what no value of the column's kind can become.
    fn check_kind(&mut self, field: &ScalarField, kind: ColumnKind, place: &Place<'d>) {
        let declared = |kind| format!("{kind:?}").to_lowercase();
        if let Some(Located { value, span }) = &field.value_type
            && is_impossible(kind, *value)
        {
            let message = format!("a column of the kind {} cannot be read as this type", declared(kind));
            self.problem(span, &place.key("type").key, message, None);
        }
        if let Some(format) = &field.format
            && field.value_type.is_none()
            && is_impossible(kind, ValueType::DateTime)
        {
            let message = format!("a column of the kind {} is no date-time", declared(kind));
            self.problem(&format.span, &place.key("format").key, message, None);
        }
        if let Some(round) = &field.round
            && field.value_type.is_none()
            && is_impossible(kind, ValueType::Decimal)
        {
            let message = format!("a column of the kind {} cannot be rounded", declared(kind));
            self.problem(&round.span, &place.key("round").key, message, None);
        }
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
    let read_as = match plan.reading {
        None => Some(None),
        Some(Reading::As(kind)) => Some(Some(kind)),
        Some(Reading::TextOf(_)) => None,
    };
    if let (Some(read_as), true) = (read_as, plan.is_unshaped())
        && let Input::Value(lookup) = &mut plan.input
        && let Some(lookup) = lookup.take()
    {
        let ScalarPlan { path, sources, .. } = plan;
        return MemberValue::Value(Box::new(ValueMember { lookup: *lookup, read_as, path, sources }));
    }
    if plan.is_plain() {
        match &plan.input {
            Input::Operand(Operand::Column { up: 0, column }) => {
                return MemberValue::Column { column: *column, path: plan.path.as_str().into() };
            }
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

/// A literal with its decimals in canonical form.
pub(super) fn literal(scalar: &Scalar) -> Scalar {
    let Scalar::Decimal(digits) = scalar else { return scalar.clone() };
    let mut out = Vec::with_capacity(digits.len());
    if normalise_decimal(digits, &mut out) {
        Scalar::Decimal(String::from_utf8(out).unwrap_or_else(|_| digits.clone()))
    } else {
        scalar.clone()
    }
}

fn reading(value_type: ValueType, kind: ColumnKind) -> Reading {
    Reading::As(match value_type {
        ValueType::String => return Reading::TextOf(kind),
        ValueType::Int => ColumnKind::Integer,
        ValueType::Decimal => ColumnKind::Decimal,
        ValueType::Float => ColumnKind::Float,
        ValueType::Bool => ColumnKind::Boolean,
        ValueType::DateTime => ColumnKind::DateTime,
        ValueType::Date => ColumnKind::Date,
        ValueType::Time => ColumnKind::Time,
        ValueType::Json => ColumnKind::Json,
        ValueType::Binary => ColumnKind::Binary,
    })
}

fn is_moment(reading: Reading) -> bool {
    let (Reading::As(kind) | Reading::TextOf(kind)) = reading;
    matches!(kind, ColumnKind::DateTime | ColumnKind::DateTimeZoned)
}

/// What no value of a kind can be. Declared types of SQLite promise little, so this refuses little.
fn is_impossible(kind: ColumnKind, value_type: ValueType) -> bool {
    use ValueType::{Bool, Date, DateTime, Decimal, Float, Int, Time};
    match kind {
        ColumnKind::Boolean => matches!(value_type, Date | DateTime | Time),
        ColumnKind::Float => matches!(value_type, Date | DateTime | Time),
        ColumnKind::Binary | ColumnKind::Uuid => {
            matches!(value_type, Int | Decimal | Float | Bool | Date | DateTime | Time)
        }
        ColumnKind::Date => matches!(value_type, Bool | Time),
        ColumnKind::DateTime | ColumnKind::DateTimeZoned => matches!(value_type, Bool),
        ColumnKind::Time => matches!(value_type, Bool | Date | DateTime),
        ColumnKind::Integer | ColumnKind::Decimal | ColumnKind::Text | ColumnKind::Json | ColumnKind::Dynamic => false,
    }
}
