//! One scalar field: its input, then type (with round and format), map, encode or mask, default.
//!
//! Null goes past everything straight to the default; so does a value that a map does not know, where there is one.

use std::borrow::Cow;

use super::InvalidItem;
use super::datetime;
use super::datum::Datum;
use super::eav::FoundValue;
use super::mask::{encode, mask};
use super::scope::{Environment, RowScope, place};
use super::value::{self, Fault, Raw, convert, day};
use crate::definition::feed::DateTimeFormat;
use crate::expression::EvaluationError;
use crate::expression::decimal::round_decimal_text;
use crate::expression::value::Value;
use crate::plan::level::{DefaultPlan, Input, Reading, ScalarPlan};
use crate::source::catalog::ColumnKind;

/// Computes a field for the row of `scope`.
pub(crate) fn compute<'s>(plan: &'s ScalarPlan, scope: &'s RowScope<'s>) -> Result<Datum<'s>, InvalidItem> {
    let by_itself = Reading::As(ColumnKind::Dynamic);
    let (raw, own) = match &plan.input {
        Input::Operand(operand) => scope.frame.raw(operand, scope.row)?,
        Input::Literal(scalar) => (Raw::Computed(Datum::of_scalar(scalar)), by_itself),
        Input::Value(None) => (Raw::Null, by_itself),
        Input::Value(Some(lookup)) => FoundValue::raw(scope.frame.value(lookup, scope.row)?),
        Input::Piece => (scope.piece.map_or(Raw::Null, |piece| Raw::Text(piece.as_bytes())), by_itself),
        Input::Expression(program) => (evaluated(plan, scope, program.evaluate(scope))?, by_itself),
        Input::Template(template) => (evaluated(plan, scope, template.evaluate(scope))?, by_itself),
    };
    let environment = scope.frame.environment;
    let value = typed(plan, environment, raw, own).map_err(|fault| InvalidItem {
        column: place(&plan.path, only_source(plan).as_deref()),
        reason: fault.reason(plan.secret),
    })?;
    match shaped(plan, environment, value) {
        Some(datum) => Ok(datum),
        None => compute_default(plan, scope),
    }
}

/// The default alone; it also stands for the missing row of a `one` with plain values.
pub(crate) fn compute_default<'s>(plan: &'s ScalarPlan, scope: &'s RowScope<'s>) -> Result<Datum<'s>, InvalidItem> {
    match &plan.default {
        Some(DefaultPlan::Literal(scalar)) => Ok(Datum::of_scalar(scalar)),
        Some(DefaultPlan::Scalar(default)) => compute(default, scope),
        None => Ok(Datum::Null),
    }
}

fn evaluated<'s>(
    plan: &ScalarPlan,
    scope: &RowScope<'_>,
    value: Result<Value<'s>, EvaluationError>,
) -> Result<Raw<'s>, InvalidItem> {
    match value {
        Ok(value) => Ok(Raw::Computed(Datum::of_value(value))),
        Err(error) => Err(scope.blame(error, only_source(plan).as_deref(), plan.secret)),
    }
}

/// The column of a value that comes from a single one.
fn only_source(plan: &ScalarPlan) -> Option<String> {
    match plan.sources.as_slice() {
        [only] => Some(format!("{}.{}", only.table, only.column)),
        _ => None,
    }
}

/// Type, round and format.
fn typed<'v>(plan: &ScalarPlan, environment: &Environment, raw: Raw<'v>, own: Reading) -> Result<Datum<'v>, Fault> {
    let zone = &environment.zone;
    let reading = Reading::of(plan.reading, own);
    if let Some(format) = &plan.format {
        return formatted(raw, reading, format, zone);
    }
    let Some(places) = plan.round else { return convert(raw, reading, zone) };
    // Rounds the exact digits first; only then does an integer or a float become of them what was asked for.
    let digits = match convert(raw, Reading::As(ColumnKind::Decimal), zone)? {
        Datum::Null => return Ok(Datum::Null),
        digits => digits.into_canonical_text(),
    };
    let mut rounded = Vec::with_capacity(digits.len());
    if !round_decimal_text(&digits, places, &mut rounded) {
        return Err(Fault { what: "cannot be rounded", quote: Some(value::shorten(&digits)) });
    }
    let rounded = Datum::Decimal(Cow::Owned(String::from_utf8(rounded).unwrap_or_default()));
    match plan.reading {
        Some(reading @ (Reading::As(ColumnKind::Integer | ColumnKind::Float) | Reading::TextOf(_))) => {
            convert(Raw::Computed(rounded), reading, zone).map(|datum| match datum {
                // Owned, whatever the conversion borrowed from.
                Datum::Text(text) => Datum::Text(Cow::Owned(text.into_owned())),
                other => other,
            })
        }
        _ => Ok(rounded),
    }
}

fn formatted<'v>(
    raw: Raw<'v>,
    reading: Reading,
    format: &DateTimeFormat,
    zone: &jiff::tz::TimeZone,
) -> Result<Datum<'v>, Fault> {
    let moment = match reading {
        Reading::As(ColumnKind::Date) => day(raw)?.map(datetime::start_of),
        _ => value::moment(raw, zone)?,
    };
    let Some(moment) = moment else { return Ok(Datum::Null) };
    let mut out = Vec::with_capacity(32);
    if datetime::write_formatted(moment, format, &mut out).is_none() {
        return Err(Fault { what: "the date-time cannot be written in this format", quote: None });
    }
    let text = String::from_utf8(out).unwrap_or_default();
    Ok(match (format, text.parse()) {
        (DateTimeFormat::Unix, Ok(seconds)) => Datum::Int(seconds),
        _ => Datum::Text(Cow::Owned(text)),
    })
}

/// Map, encode and mask. `None` is for the default to fill.
fn shaped<'v>(plan: &'v ScalarPlan, environment: &Environment, datum: Datum<'v>) -> Option<Datum<'v>> {
    if datum.is_null() {
        return None;
    }
    let datum = match &plan.map {
        None => datum,
        Some(map) => {
            let text = datum.clone().into_canonical_text();
            match map.get(text.as_ref()) {
                Some(scalar) => Datum::of_scalar(scalar),
                None if plan.default.is_some() => return None,
                None => datum,
            }
        }
    };
    if datum.is_null() {
        return None;
    }
    let owned = |text: String| Datum::Text(Cow::Owned(text));
    Some(match (plan.encode, plan.mask) {
        (None, None) => datum,
        (Some(encoding), None) => owned(encode(&datum.into_canonical_text(), encoding)),
        (_, Some(how)) => owned(mask(&datum.into_canonical_text(), how, environment.mask_key.as_ref())),
    })
}
