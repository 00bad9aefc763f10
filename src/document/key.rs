//! Values by which rows ask for other rows: taken as the source has them, as what they equal is for the database to say.

use std::borrow::Cow;

use super::InvalidItem;
use super::datum::Datum;
use super::scope::{Frame, place};
use super::value::Raw;
use crate::plan::level::Operand;
use crate::source::KeyValue;

/// A value as part of a key.
#[derive(Debug)]
pub(crate) enum KeyRef<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Blob(&'a [u8]),
}

/// Stands for a value that is invalid.
pub(crate) const FAILED_TAG: u8 = 255;

impl KeyRef<'_> {
    /// Bytes that differ where the values do.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            KeyRef::Null => out.push(0),
            KeyRef::Bool(truth) => out.extend_from_slice(&[1, u8::from(*truth)]),
            KeyRef::Int(int) => {
                out.push(2);
                out.extend_from_slice(&int.to_le_bytes());
            }
            KeyRef::Float(float) => {
                out.push(3);
                out.extend_from_slice(&float.to_bits().to_le_bytes());
            }
            KeyRef::Text(text) => {
                out.push(4);
                out.extend_from_slice(&text.len().to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            KeyRef::Blob(blob) => {
                out.push(5);
                out.extend_from_slice(&blob.len().to_le_bytes());
                out.extend_from_slice(blob);
            }
        }
    }

    pub fn to_value(&self) -> KeyValue {
        match self {
            KeyRef::Null => KeyValue::Null,
            KeyRef::Bool(truth) => KeyValue::Bool(*truth),
            KeyRef::Int(int) => KeyValue::Int(*int),
            KeyRef::Float(float) => KeyValue::Float(*float),
            KeyRef::Text(text) => KeyValue::Text(text.as_ref().into()),
            KeyRef::Blob(blob) => KeyValue::Blob((*blob).into()),
        }
    }

    pub fn of_datum(datum: Datum<'_>) -> KeyRef<'_> {
        match datum {
            Datum::Null => KeyRef::Null,
            Datum::Bool(truth) => KeyRef::Bool(truth),
            Datum::Int(int) => KeyRef::Int(int),
            Datum::Float(float) => KeyRef::Float(float),
            // A whole number of a computation is the integer that the key column holds.
            Datum::Decimal(digits) => match digits.parse() {
                Ok(int) => KeyRef::Int(int),
                Err(_) => KeyRef::Text(digits),
            },
            Datum::Text(text) | Datum::Json(text) => KeyRef::Text(text),
        }
    }
}

/// The value as the source has it: what it equals is for the database to say.
pub(crate) fn key_value<'f>(
    frame: &'f Frame<'_>,
    operand: &'f Operand,
    row: usize,
    path: &str,
) -> Result<KeyRef<'f>, InvalidItem> {
    let (raw, _) = frame.raw(operand, row)?;
    Ok(match raw {
        Raw::Null => KeyRef::Null,
        Raw::Bool(truth) => KeyRef::Bool(truth),
        Raw::Int(int) => KeyRef::Int(int),
        Raw::Float(float) => KeyRef::Float(float),
        Raw::Blob(blob) => KeyRef::Blob(blob),
        Raw::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => KeyRef::Text(Cow::Borrowed(text)),
            Err(_) => {
                let column = frame.column(operand).map(|column| column.label.as_str());
                return Err(InvalidItem {
                    column: place(path, column),
                    reason: "a key that is not valid UTF-8 text matches nothing".to_owned(),
                });
            }
        },
        Raw::Computed(datum) => KeyRef::of_datum(datum),
    })
}
