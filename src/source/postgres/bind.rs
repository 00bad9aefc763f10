//! Values for placeholders, in the binary form of the type that the server expects there.
//!
//! Invariant: what is sent is a value of that type, so that no value makes a statement fail. A key that the type cannot
//! hold equals nothing and goes as null.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use super::moment::{Moment, micros_of_day};
use super::numeric::{Digits, write_nan};
use crate::source::{Bind, KeyTuples, KeyValue, uuid};

/// What the server keeps texts in, as far as it matters to what it can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Every text.
    Unicode,
    /// The first 256 characters.
    Latin1,
    /// ASCII at least; whether it holds others the server says.
    Other,
}

impl Encoding {
    pub fn of(name: &str) -> Self {
        match name {
            // No encoding at all: bytes are taken as they come.
            "UTF8" | "SQL_ASCII" => Encoding::Unicode,
            "LATIN1" => Encoding::Latin1,
            _ => Encoding::Other,
        }
    }

    fn holds(self, text: &str) -> bool {
        !text.contains('\0') && (self != Encoding::Latin1 || text.chars().all(|c| c <= '\u{ff}'))
    }
}

/// A value under way to the server.
#[derive(Debug)]
pub(super) enum Parameter<'a> {
    Component {
        tuples: &'a KeyTuples,
        number: usize,
        encoding: Encoding,
    },
    /// A value that was written before; none is null.
    Written(Option<Vec<u8>>),
}

impl<'a> Parameter<'a> {
    /// None where a type cannot hold the value of a placeholder that stands for it alone.
    pub fn new(bind: Bind<'a>, of: &Type, encoding: Encoding) -> Option<Self> {
        let value = match bind {
            Bind::Null => return Some(Parameter::Written(None)),
            Bind::Int(int) => Value::Int(int),
            Bind::Text(text) => Value::Text(text),
            Bind::Component(tuples, number) => return Some(Parameter::Component { tuples, number, encoding }),
            Bind::Keys(tuples) => return Some(Parameter::Component { tuples, number: 0, encoding }),
        };
        let mut written = Vec::new();
        write(value, of, encoding, &mut written).map(|()| Parameter::Written(Some(written)))
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Parameter::Written(None) => Ok(IsNull::Yes),
            Parameter::Written(Some(written)) => {
                out.extend_from_slice(written);
                Ok(IsNull::No)
            }
            Parameter::Component { tuples, number, encoding } => {
                let Kind::Array(element) = of.kind() else { return Err(format!("{of} is no array").into()) };
                write_array(tuples, *number, element, *encoding, out)?;
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One dimension that begins at 1, whose elements may be null.
fn write_array(
    tuples: &KeyTuples,
    component: usize,
    element: &Type,
    encoding: Encoding,
    out: &mut BytesMut,
) -> Result<(), Box<dyn Error + Sync + Send>> {
    let count = i32::try_from(tuples.len())?;
    out.put_i32(i32::from(count > 0));
    out.put_i32(1);
    out.put_u32(element.oid());
    if count == 0 {
        return Ok(());
    }
    out.put_i32(count);
    out.put_i32(1);
    let mut written = Vec::new();
    for tuple in 0..tuples.len() {
        written.clear();
        let key = tuples.get(tuple, component);
        match key.as_ref().and_then(|key| write(Value::of(key)?, element, encoding, &mut written)) {
            Some(()) => {
                out.put_i32(i32::try_from(written.len())?);
                out.extend_from_slice(&written);
            }
            None => out.put_i32(-1),
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> Value<'a> {
    fn of(key: &'a KeyValue<'_>) -> Option<Self> {
        Some(match key {
            KeyValue::Null => return None,
            KeyValue::Bool(truth) => Value::Bool(*truth),
            KeyValue::Int(int) => Value::Int(*int),
            KeyValue::Float(float) => Value::Float(*float),
            KeyValue::Text(text) => Value::Text(text),
            KeyValue::Blob(blob) => Value::Blob(blob),
        })
    }

    fn integer(self) -> Option<i64> {
        match self {
            Value::Bool(truth) => Some(i64::from(truth)),
            Value::Int(int) => Some(int),
            Value::Float(_) => self.digits()?.integer(),
            Value::Text(text) => text.trim_matches(' ').parse().ok().or_else(|| self.digits()?.integer()),
            Value::Blob(_) => None,
        }
    }

    fn digits(self) -> Option<Digits> {
        match self {
            Value::Bool(truth) => Digits::parse(if truth { "1" } else { "0" }),
            Value::Int(int) => Digits::parse(&int.to_string()),
            Value::Float(float) if float.is_finite() => Digits::parse(ryu::Buffer::new().format_finite(float)),
            Value::Float(_) | Value::Blob(_) => None,
            Value::Text(text) => Digits::parse(text),
        }
    }

    fn float(self) -> Option<f64> {
        match self {
            Value::Bool(truth) => Some(f64::from(u8::from(truth))),
            Value::Int(int) => Some(int as f64),
            Value::Float(float) => Some(float),
            // Rust reads words of its own too; digits are asked for first.
            Value::Text(text) => Digits::parse(text).and_then(|_| text.trim_matches(' ').parse().ok()),
            Value::Blob(_) => None,
        }
    }

    fn truth(self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(truth),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "t" | "true" | "1" => Some(true),
                "f" | "false" | "0" => Some(false),
                _ => None,
            },
            Value::Int(_) | Value::Float(_) | Value::Blob(_) => None,
        }
    }
}

/// Writes a value in the type's binary form; none where the type cannot hold it.
fn write(value: Value<'_>, of: &Type, encoding: Encoding, out: &mut Vec<u8>) -> Option<()> {
    match *of {
        Type::INT2 => out.extend(i16::try_from(value.integer()?).ok()?.to_be_bytes()),
        Type::INT4 => out.extend(i32::try_from(value.integer()?).ok()?.to_be_bytes()),
        Type::INT8 => out.extend(value.integer()?.to_be_bytes()),
        Type::OID => out.extend(u32::try_from(value.integer()?).ok()?.to_be_bytes()),
        Type::NUMERIC => match value {
            Value::Float(float) if float.is_nan() => write_nan(out),
            Value::Text("NaN") => write_nan(out),
            value => value.digits()?.write_binary(out),
        },
        Type::FLOAT4 => out.extend((value.float()? as f32).to_be_bytes()),
        Type::FLOAT8 => out.extend(value.float()?.to_be_bytes()),
        Type::BOOL => out.push(u8::from(value.truth()?)),
        Type::BYTEA => match value {
            Value::Blob(blob) => out.extend_from_slice(blob),
            _ => return None,
        },
        Type::UUID => out.extend(uuid_of(value)?),
        Type::DATE => out.extend(moment(value)?.days()?.to_be_bytes()),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => out.extend(moment(value)?.micros()?.to_be_bytes()),
        Type::TIME => match value {
            Value::Text(text) => out.extend(micros_of_day(text)?.to_be_bytes()),
            _ => return None,
        },
        ref other => {
            let text = text(value)?;
            if let Kind::Enum(labels) = other.kind()
                && !labels.iter().any(|label| *label == text)
            {
                return None;
            }
            if !(is_text(other) && encoding.holds(&text)) {
                return None;
            }
            out.extend_from_slice(text.as_bytes());
        }
    }
    Some(())
}

/// Types whose binary form is their text.
fn is_text(of: &Type) -> bool {
    matches!(*of, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
        || matches!(of.kind(), Kind::Enum(_))
        || of.name() == "citext"
}

/// Whether a value for a placeholder of this type can be written at all.
pub(super) fn is_bindable(of: &Type) -> bool {
    match of.kind() {
        Kind::Array(element) => is_bindable(element),
        _ => {
            is_text(of)
                || matches!(
                    *of,
                    Type::INT2
                        | Type::INT4
                        | Type::INT8
                        | Type::OID
                        | Type::NUMERIC
                        | Type::FLOAT4
                        | Type::FLOAT8
                        | Type::BOOL
                        | Type::BYTEA
                        | Type::UUID
                        | Type::DATE
                        | Type::TIMESTAMP
                        | Type::TIMESTAMPTZ
                        | Type::TIME
                )
        }
    }
}

fn text(value: Value<'_>) -> Option<std::borrow::Cow<'_, str>> {
    Some(match value {
        Value::Bool(truth) => if truth { "true" } else { "false" }.into(),
        Value::Int(int) => int.to_string().into(),
        Value::Float(float) => float.to_string().into(),
        Value::Text(text) => text.into(),
        Value::Blob(_) => return None,
    })
}

fn moment(value: Value<'_>) -> Option<Moment> {
    match value {
        Value::Text(text) => Moment::parse(text),
        _ => None,
    }
}

fn uuid_of(value: Value<'_>) -> Option<[u8; 16]> {
    match value {
        Value::Blob(blob) => blob.try_into().ok(),
        Value::Text(text) => uuid::parse(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value<'_>, of: &Type) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        write(value, of, Encoding::Latin1, &mut out).map(|()| out)
    }

    #[test]
    fn a_value_is_written_as_its_type_or_not_at_all() {
        use Value::{Blob, Bool, Float, Int, Text};
        let int = |n: i64| Some(n.to_be_bytes().to_vec());
        for (value, of, expected) in [
            (Int(7), Type::INT8, int(7)),
            (Text(" 07 "), Type::INT8, int(7)),
            (Text("7.00"), Type::INT8, int(7)),
            (Text("7.5"), Type::INT8, None),
            (Text("abc"), Type::INT8, None),
            (Float(7.0), Type::INT8, int(7)),
            (Float(f64::INFINITY), Type::INT8, None),
            (Bool(true), Type::INT8, int(1)),
            (Blob(b"7"), Type::INT8, None),
            (Int(70_000), Type::INT2, None),
            (Int(-1), Type::OID, None),
            (Int(7), Type::TEXT, Some(b"7".to_vec())),
            (Text("é"), Type::TEXT, Some("é".as_bytes().to_vec())),
            (Text("€"), Type::TEXT, None),
            (Text("a\0b"), Type::TEXT, None),
            (Blob(b"a"), Type::TEXT, None),
            (Blob(b"a"), Type::BYTEA, Some(b"a".to_vec())),
            (Text("T"), Type::BOOL, Some(vec![1])),
            (Int(2), Type::BOOL, None),
            (Text("2000-01-02"), Type::DATE, Some(1_i32.to_be_bytes().to_vec())),
            (Text("2000-01-02 00:00:01"), Type::DATE, None),
            (Text("yesterday"), Type::DATE, None),
            (Text("2000-01-01 00:00:01+00"), Type::TIMESTAMP, int(1_000_000)),
            (Text("x"), Type::UUID, None),
            (Text("2000-01-01"), Type::INTERVAL, None),
        ] {
            assert_eq!(written(value, &of), expected, "{value:?} as {of}");
        }
        let upper = written(Text("{0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42}"), &Type::UUID).unwrap();
        assert_eq!(written(Blob(&upper), &Type::UUID), Some(upper));
    }
}
