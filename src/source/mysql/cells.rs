//! Values of a result as cells: what the binary protocol gives of each type, as documents read it.

use std::fmt::Write;

use mysql::consts::ColumnType;
use mysql::{Column, Row, Value};

use super::super::rows::{Cell, RowSet};

/// The number of the character set of bytes.
pub(super) const BINARY: u16 = 63;

/// What the values of a result's column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    /// Numbers as they are, and texts.
    Plain,
    Bytes,
    Bits,
    Date,
    /// With the digits of its fraction.
    DateTime(u8),
    /// In UTC, the session's time zone.
    Timestamp(u8),
    Time(u8),
}

impl CellKind {
    pub fn of(column: &Column) -> Self {
        use ColumnType::*;
        let digits = column.decimals();
        match column.column_type() {
            MYSQL_TYPE_BIT => CellKind::Bits,
            MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE => CellKind::Date,
            MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2 => CellKind::DateTime(digits),
            MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2 => CellKind::Timestamp(digits),
            MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => CellKind::Time(digits),
            MYSQL_TYPE_GEOMETRY | MYSQL_TYPE_VECTOR => CellKind::Bytes,
            MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_BLOB
                if column.character_set() == BINARY =>
            {
                CellKind::Bytes
            }
            _ => CellKind::Plain,
        }
    }
}

/// Appends a value to the row under way. `text` is a buffer.
pub(super) fn push(value: &Value, kind: CellKind, text: &mut String, rows: &mut RowSet) {
    match value {
        Value::NULL => rows.push(Cell::Null),
        Value::Int(n) => rows.push(Cell::Int(*n)),
        Value::UInt(n) => push_unsigned(*n, text, rows),
        // The digits it shows, not those of the next double.
        Value::Float(value) => rows.push(Cell::Float(shortest(*value))),
        Value::Double(value) => rows.push(Cell::Float(*value)),
        Value::Bytes(bytes) => match kind {
            CellKind::Bytes => rows.push_blob(bytes),
            CellKind::Bits => push_unsigned(bits(bytes), text, rows),
            _ => rows.push_text(bytes),
        },
        Value::Date(..) | Value::Time(..) => {
            text.clear();
            // Writing into a String does not fail.
            let _ = write_temporal(value, kind, text);
            rows.push_text(text.as_bytes());
        }
    }
}

/// Beyond what an [`i64`] holds, the digits.
fn push_unsigned(n: u64, text: &mut String, rows: &mut RowSet) {
    match i64::try_from(n) {
        Ok(n) => rows.push(Cell::Int(n)),
        Err(_) => {
            text.clear();
            let _ = write!(text, "{n}");
            rows.push_text(text.as_bytes());
        }
    }
}

fn shortest(value: f32) -> f64 {
    let mut digits = ryu::Buffer::new();
    digits.format(value).parse().unwrap_or(f64::from(value))
}

fn bits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// As the server itself writes it. A timestamp has the zone behind it; one of zeros is no moment and has none.
fn write_temporal(value: &Value, kind: CellKind, text: &mut String) -> std::fmt::Result {
    match *value {
        Value::Date(year, month, day, hour, minute, second, microsecond) => {
            write!(text, "{year:04}-{month:02}-{day:02}")?;
            let (CellKind::DateTime(digits) | CellKind::Timestamp(digits)) = kind else { return Ok(()) };
            write!(text, " {hour:02}:{minute:02}:{second:02}")?;
            write_fraction(microsecond, digits, text)?;
            let is_moment = month != 0 && day != 0;
            if matches!(kind, CellKind::Timestamp(_)) && is_moment { text.write_str("+00") } else { Ok(()) }
        }
        Value::Time(is_negative, days, hours, minute, second, microsecond) => {
            let hours = u64::from(days) * 24 + u64::from(hours);
            write!(text, "{}{hours:02}:{minute:02}:{second:02}", if is_negative { "-" } else { "" })?;
            let CellKind::Time(digits) = kind else { return Ok(()) };
            write_fraction(microsecond, digits, text)
        }
        _ => Ok(()),
    }
}

/// `digits` beyond six stand for as many as it takes.
fn write_fraction(microsecond: u32, digits: u8, text: &mut String) -> std::fmt::Result {
    const MOST: u8 = 6;
    let all = format!("{microsecond:06}");
    let shown = if digits > MOST { all.trim_end_matches('0') } else { &all[..usize::from(digits)] };
    if shown.is_empty() { Ok(()) } else { write!(text, ".{shown}") }
}

/// A value of a result of texts; none for NULL.
pub(super) fn text(row: &Row, column: usize) -> Option<String> {
    match row.as_ref(column)? {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Int(n) => Some(n.to_string()),
        Value::UInt(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value, kind: CellKind) -> String {
        let (mut rows, mut text) = (RowSet::default(), String::new());
        rows.reset(1);
        push(value, kind, &mut text, &mut rows);
        match rows.cell(0, 0) {
            Cell::Text(text) => String::from_utf8_lossy(rows.bytes(text)).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn dates_and_times_as_the_server_writes_them() {
        let date = Value::Date(2024, 1, 2, 3, 4, 5, 120_000);
        for (value, kind, expected) in [
            (&date, CellKind::Date, "2024-01-02"),
            (&date, CellKind::DateTime(0), "2024-01-02 03:04:05"),
            (&date, CellKind::DateTime(3), "2024-01-02 03:04:05.120"),
            (&date, CellKind::DateTime(31), "2024-01-02 03:04:05.12"),
            (&date, CellKind::Timestamp(6), "2024-01-02 03:04:05.120000+00"),
            (&Value::Date(0, 0, 0, 0, 0, 0, 0), CellKind::Timestamp(0), "0000-00-00 00:00:00"),
            (&Value::Date(2024, 0, 0, 0, 0, 0, 0), CellKind::Date, "2024-00-00"),
            (&Value::Time(true, 34, 22, 59, 59, 0), CellKind::Time(0), "-838:59:59"),
            (&Value::Time(false, 0, 1, 2, 3, 500_000), CellKind::Time(1), "01:02:03.5"),
        ] {
            assert_eq!(shown(value, kind), expected);
        }
    }

    #[test]
    fn numbers() {
        for (value, kind, expected) in [
            (Value::Float(0.1), CellKind::Plain, "Float(0.1)"),
            (Value::Float(1e20), CellKind::Plain, "Float(1e20)"),
            (Value::UInt(9_223_372_036_854_775_807), CellKind::Plain, "Int(9223372036854775807)"),
            (Value::UInt(u64::MAX), CellKind::Plain, "18446744073709551615"),
            (Value::Bytes(vec![1, 0]), CellKind::Bits, "Int(256)"),
            (Value::Bytes(vec![255; 8]), CellKind::Bits, "18446744073709551615"),
        ] {
            assert_eq!(shown(&value, kind), expected);
        }
    }
}
