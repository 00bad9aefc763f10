//! A scalar on its way into a document.
//!
//! Like an expression's [`Value`], but decimals stay digits and JSON stays JSON, so that what is only written is
//! neither parsed nor boxed.

use std::borrow::Cow;

use super::text::{write_int, write_string};
use crate::definition::feed::Scalar;
use crate::expression::decimal::{parse_decimal, write_decimal, write_float};
use crate::expression::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// In canonical form, as [`crate::expression::decimal`] writes it.
    Decimal(Cow<'a, str>),
    /// Finite.
    Float(f64),
    Text(Cow<'a, str>),
    /// Canonical JSON, embedded as it is.
    Json(Cow<'a, str>),
}

impl<'a> Datum<'a> {
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    pub fn into_owned(self) -> Datum<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Datum::Null => Datum::Null,
            Datum::Bool(truth) => Datum::Bool(truth),
            Datum::Int(int) => Datum::Int(int),
            Datum::Decimal(digits) => Datum::Decimal(owned(digits)),
            Datum::Float(float) => Datum::Float(float),
            Datum::Text(text) => Datum::Text(owned(text)),
            Datum::Json(json) => Datum::Json(owned(json)),
        }
    }

    pub fn of_scalar(scalar: &'a Scalar) -> Self {
        match scalar {
            Scalar::Null => Datum::Null,
            Scalar::Bool(truth) => Datum::Bool(*truth),
            Scalar::Int(int) => Datum::Int(*int),
            Scalar::Decimal(digits) => Datum::Decimal(canonical_decimal(digits)),
            Scalar::Text(text) => Datum::Text(Cow::Borrowed(text)),
        }
    }

    pub fn of_value(value: Value<'a>) -> Self {
        match value {
            Value::Null => Datum::Null,
            Value::Bool(truth) => Datum::Bool(truth),
            Value::Int(int) => Datum::Int(int),
            Value::Decimal(decimal) => {
                let mut digits = Vec::with_capacity(24);
                write_decimal(&decimal, &mut digits);
                Datum::Decimal(Cow::Owned(String::from_utf8(digits).unwrap_or_default()))
            }
            Value::Float(float) => Datum::Float(float),
            Value::Text(text) => Datum::Text(text),
        }
    }

    pub fn into_value(self) -> Value<'a> {
        match self {
            Datum::Null => Value::Null,
            Datum::Bool(truth) => Value::Bool(truth),
            Datum::Int(int) => Value::Int(int),
            // Canonical digits parse unless there are thousands of them; those compare as the text they are.
            Datum::Decimal(digits) => match parse_decimal(&digits) {
                Some(decimal) => Value::decimal(decimal),
                None => Value::Text(digits),
            },
            Datum::Float(float) => Value::Float(float),
            Datum::Text(text) | Datum::Json(text) => Value::Text(text),
        }
    }

    /// The text that maps, encodings and masks see; empty for null.
    pub fn into_canonical_text(self) -> Cow<'a, str> {
        match self {
            Datum::Null => Cow::Borrowed(""),
            Datum::Bool(true) => Cow::Borrowed("true"),
            Datum::Bool(false) => Cow::Borrowed("false"),
            Datum::Int(int) => Cow::Owned(int.to_string()),
            Datum::Float(float) => {
                let mut digits = Vec::with_capacity(24);
                write_float(float, &mut digits);
                Cow::Owned(String::from_utf8(digits).unwrap_or_default())
            }
            Datum::Decimal(text) | Datum::Text(text) | Datum::Json(text) => text,
        }
    }

    /// Appends the value as JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Datum::Null => out.extend_from_slice(b"null"),
            Datum::Bool(true) => out.extend_from_slice(b"true"),
            Datum::Bool(false) => out.extend_from_slice(b"false"),
            Datum::Int(int) => write_int(*int, out),
            Datum::Float(float) => write_float(*float, out),
            Datum::Decimal(digits) | Datum::Json(digits) => out.extend_from_slice(digits.as_bytes()),
            Datum::Text(text) => write_string(text, out),
        }
    }
}

/// Decimal digits of the definition in canonical form; they were checked when the file was loaded.
fn canonical_decimal(digits: &str) -> Cow<'_, str> {
    let mut out = Vec::with_capacity(digits.len());
    match crate::expression::decimal::normalise_decimal(digits, &mut out) {
        true if out == digits.as_bytes() => Cow::Borrowed(digits),
        true => Cow::Owned(String::from_utf8(out).unwrap_or_default()),
        false => Cow::Borrowed(digits),
    }
}
