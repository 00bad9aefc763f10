//! Cells from the binary form that the server sends.
//!
//! Types without a decoder here are asked for as text: see [`Select`].

use tokio_postgres::types::{Kind, Type};

use super::{moment, numeric};
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::postgres::printed;
use crate::source::uuid;

/// How the values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decode {
    Int2,
    Int4,
    Int8,
    Oid,
    Bool,
    Float4,
    Float8,
    Numeric,
    /// Its bytes are its text.
    Text,
    /// Padded to its length: blanks at the end mean nothing, and are left out as a cast to text does.
    Padded,
    Binary,
    Date,
    DateTime,
    DateTimeZoned,
    Time,
    Uuid,
    /// Text behind a version.
    Jsonb,
    Bits,
}

/// How a column has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Select {
    AsItIs(Decode),
    /// An array, as JSON.
    ToJson,
    /// As the server prints it.
    ToText,
    /// The same of an address.
    AddressToText,
}

impl Select {
    pub fn of(of: &Type) -> Self {
        Select::AsItIs(match *of {
            Type::INT2 => Decode::Int2,
            Type::INT4 => Decode::Int4,
            Type::INT8 => Decode::Int8,
            Type::OID => Decode::Oid,
            Type::BOOL => Decode::Bool,
            Type::FLOAT4 => Decode::Float4,
            Type::FLOAT8 => Decode::Float8,
            Type::NUMERIC => Decode::Numeric,
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::CHAR | Type::JSON | Type::UNKNOWN => Decode::Text,
            Type::BPCHAR => Decode::Padded,
            Type::BYTEA => Decode::Binary,
            Type::DATE => Decode::Date,
            Type::TIMESTAMP => Decode::DateTime,
            Type::TIMESTAMPTZ => Decode::DateTimeZoned,
            Type::TIME => Decode::Time,
            Type::UUID => Decode::Uuid,
            Type::JSONB => Decode::Jsonb,
            Type::BIT => Decode::Bits,
            ref other => match other.kind() {
                Kind::Enum(_) => Decode::Text,
                Kind::Array(_) => return Select::ToJson,
                _ if *other == Type::INET => return Select::AddressToText,
                _ => return Select::ToText,
            },
        })
    }

    /// The column as it stands in a list of what is selected.
    pub fn expression(self, column: &str) -> String {
        match self {
            Select::AsItIs(_) => column.to_owned(),
            Select::ToJson => format!("to_jsonb({column})"),
            Select::ToText => printed(column, false),
            Select::AddressToText => printed(column, true),
        }
    }
}

impl Decode {
    /// Appends a cell. False where the bytes are no value of the type. `scratch` is kept for its memory.
    pub fn push(self, raw: &[u8], rows: &mut RowSet, scratch: &mut Vec<u8>) -> bool {
        let cell = match self {
            Decode::Int2 => bytes(raw).map(|raw| Cell::Int(i16::from_be_bytes(raw).into())),
            Decode::Int4 => bytes(raw).map(|raw| Cell::Int(i32::from_be_bytes(raw).into())),
            Decode::Int8 => bytes(raw).map(|raw| Cell::Int(i64::from_be_bytes(raw))),
            Decode::Oid => bytes(raw).map(|raw| Cell::Int(u32::from_be_bytes(raw).into())),
            Decode::Bool => bytes::<1>(raw).map(|[truth]| Cell::Bool(truth != 0)),
            Decode::Float4 => bytes(raw).map(|raw| Cell::Float(widened(f32::from_be_bytes(raw)))),
            Decode::Float8 => bytes(raw).map(|raw| Cell::Float(f64::from_be_bytes(raw))),
            _ => return self.push_bytes(raw, rows, scratch),
        };
        cell.map(|cell| rows.push(cell)).is_some()
    }

    fn push_bytes(self, raw: &[u8], rows: &mut RowSet, scratch: &mut Vec<u8>) -> bool {
        scratch.clear();
        let written = match self {
            Decode::Text => {
                rows.push_text(raw);
                return true;
            }
            Decode::Padded => {
                let length = raw.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
                rows.push_text(&raw[..length]);
                return true;
            }
            Decode::Binary => {
                rows.push_blob(raw);
                return true;
            }
            Decode::Jsonb => {
                let Some((1, json)) = raw.split_first().map(|(version, json)| (*version, json)) else { return false };
                rows.push_text(json);
                return true;
            }
            Decode::Bits => return push_bits(raw, rows, scratch),
            Decode::Numeric => numeric::write_text(raw, scratch).then_some(()),
            Decode::Date => bytes(raw).map(|raw| moment::write_date(i32::from_be_bytes(raw), scratch)),
            Decode::DateTime | Decode::DateTimeZoned => bytes(raw).map(|raw| {
                moment::write_date_time(i64::from_be_bytes(raw), self == Decode::DateTimeZoned, scratch);
            }),
            Decode::Time => bytes(raw).map(|raw| moment::write_time(i64::from_be_bytes(raw), scratch)),
            Decode::Uuid => bytes::<16>(raw).map(|raw| uuid::write(&raw, scratch)),
            _ => None,
        };
        written.map(|()| rows.push_text(scratch)).is_some()
    }
}

fn bytes<const N: usize>(raw: &[u8]) -> Option<[u8; N]> {
    raw.try_into().ok()
}

/// The double that the same digits name: the one next to the single would show digits that nobody wrote.
fn widened(single: f32) -> f64 {
    if !single.is_finite() {
        return single.into();
    }
    ryu::Buffer::new().format_finite(single).parse().unwrap_or_else(|_| single.into())
}

/// Up to 64 bits are an integer, more a text of zeros and ones.
fn push_bits(raw: &[u8], rows: &mut RowSet, scratch: &mut Vec<u8>) -> bool {
    let Some((length, raw)) = raw.split_at_checked(4) else { return false };
    let Some(length) = bytes(length).and_then(|length| usize::try_from(i32::from_be_bytes(length)).ok()) else {
        return false;
    };
    if raw.len() != length.div_ceil(8) {
        return false;
    }
    let bits = (0..length).map(|i| raw[i / 8] >> (7 - i % 8) & 1);
    if length > 64 {
        scratch.extend(bits.map(|bit| b'0' + bit));
        rows.push_text(scratch);
        return true;
    }
    let number = bits.fold(0_u64, |number, bit| number << 1 | u64::from(bit));
    match i64::try_from(number) {
        Ok(number) => rows.push(Cell::Int(number)),
        Err(_) => rows.push_text(number.to_string().as_bytes()),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(decode: Decode, raw: &[u8]) -> Option<String> {
        let mut rows = RowSet::default();
        rows.reset(1);
        decode.push(raw, &mut rows, &mut Vec::new()).then(|| match rows.cell(0, 0) {
            Cell::Text(text) => format!("{:?}", String::from_utf8_lossy(rows.bytes(text))),
            Cell::Blob(blob) => format!("{:?}", rows.bytes(blob)),
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn cells_of_each_type() {
        for (decode, raw, expected) in [
            (Decode::Int2, &[0xff, 0xfe][..], Some("Int(-2)")),
            (Decode::Oid, &[0xff, 0xff, 0xff, 0xff], Some("Int(4294967295)")),
            (Decode::Bool, &[1], Some("Bool(true)")),
            (Decode::Float4, &0.1_f32.to_be_bytes(), Some("Float(0.1)")),
            (Decode::Float4, &f32::NAN.to_be_bytes(), Some("Float(NaN)")),
            (Decode::Padded, b"ab  ", Some("\"ab\"")),
            (Decode::Padded, b"   ", Some("\"\"")),
            (Decode::Jsonb, b"\x01{}", Some("\"{}\"")),
            (Decode::Jsonb, b"\x02{}", None),
            (Decode::Bits, &[0, 0, 0, 4, 0b1010_0000], Some("Int(10)")),
            (Decode::Bits, &[0, 0, 0, 64, 255, 255, 255, 255, 255, 255, 255, 255], Some("\"18446744073709551615\"")),
            (Decode::Bits, &[0, 0, 0, 9, 1], None),
            (Decode::Int4, &[0, 1], None),
            (Decode::Uuid, &[0xab; 16], Some("\"abababab-abab-abab-abab-abababababab\"")),
        ] {
            assert_eq!(cell(decode, raw).as_deref(), expected, "{decode:?} {raw:?}");
        }
    }
}
