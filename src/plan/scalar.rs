//! How each scalar is made: its input, and what is done to it.

use super::compile::Compiler;
use super::draft::{Place, Reference};
use super::level::{DefaultPlan, Input, Operand, Reading, ScalarPlan};
use super::names::Meant;
use super::operands::{Named, number_of};
use crate::definition::feed::{Default, Scalar, ScalarField, ScalarInput, ValueType};
use crate::definition::problem::Located;
use crate::expression::decimal::normalise_decimal;
use crate::source::catalog::ColumnKind;

impl<'d> Compiler<'d> {
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
