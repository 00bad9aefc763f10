//! Values by which rows ask for other rows: taken as the source has them, as what they equal is for the database to say.

use std::borrow::Cow;

use super::InvalidItem;
use super::datum::Datum;
use super::scope::{Frame, place};
use super::value::Raw;
use crate::plan::level::Operand;
use crate::source::KeyValue;

/// Stands for a value that is invalid.
pub(crate) const FAILED_TAG: u8 = 255;

/// A computed value as part of a key.
pub(crate) fn key_of_datum(datum: Datum<'_>) -> KeyValue<'_> {
    match datum {
        Datum::Null => KeyValue::Null,
        Datum::Bool(truth) => KeyValue::Bool(truth),
        Datum::Int(int) => KeyValue::Int(int),
        Datum::Float(float) => KeyValue::Float(float),
        // A whole number of a computation is the integer that the key column holds.
        Datum::Decimal(digits) => match digits.parse() {
            Ok(int) => KeyValue::Int(int),
            Err(_) => KeyValue::Text(digits),
        },
        Datum::Text(text) | Datum::Json(text) => KeyValue::Text(text),
    }
}

/// The value as the source has it: what it equals is for the database to say.
pub(crate) fn key_value<'f>(
    frame: &'f Frame<'_>,
    operand: &'f Operand,
    row: usize,
    path: &str,
) -> Result<KeyValue<'f>, InvalidItem> {
    let (raw, _) = frame.raw(operand, row)?;
    Ok(match raw {
        Raw::Null => KeyValue::Null,
        Raw::Bool(truth) => KeyValue::Bool(truth),
        Raw::Int(int) => KeyValue::Int(int),
        Raw::Float(float) => KeyValue::Float(float),
        Raw::Blob(blob) => KeyValue::Blob(Cow::Borrowed(blob)),
        Raw::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => KeyValue::Text(Cow::Borrowed(text)),
            Err(_) => {
                let column = frame.column(operand).map(|column| column.label.as_str());
                return Err(InvalidItem {
                    column: place(path, column),
                    reason: "a key that is not valid UTF-8 text matches nothing".to_owned(),
                });
            }
        },
        Raw::Computed(datum) => key_of_datum(datum),
    })
}
