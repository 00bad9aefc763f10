//! Values of a result as cells: what the binary protocol gives of each type, as documents read it.

use mysql::consts::ColumnType;
use mysql::{Column, Row, Value};

use super::super::digits::write_padded;
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
pub(super) fn push(value: &Value, kind: CellKind, text: &mut Vec<u8>, rows: &mut RowSet) {
    match value {
        Value::NULL => rows.push(Cell::Null),
        Value::Int(n) => rows.push(Cell::Int(*n)),
        Value::UInt(n) => push_unsigned(*n, rows),
        // The digits it shows, not those of the next double.
        Value::Float(value) => rows.push(Cell::Float(shortest(*value))),
        Value::Double(value) => rows.push(Cell::Float(*value)),
        Value::Bytes(bytes) => match kind {
            CellKind::Bytes => rows.push_blob(bytes),
            CellKind::Bits => push_unsigned(bits(bytes), rows),
            _ => rows.push_text(bytes),
        },
        Value::Date(..) | Value::Time(..) => {
            text.clear();
            write_temporal(value, kind, text);
            rows.push_text(text);
        }
    }
}

/// Beyond what an [`i64`] holds, the digits.
fn push_unsigned(n: u64, rows: &mut RowSet) {
    match i64::try_from(n) {
        Ok(n) => rows.push(Cell::Int(n)),
        Err(_) => rows.push_text(n.to_string().as_bytes()),
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
fn write_temporal(value: &Value, kind: CellKind, text: &mut Vec<u8>) {
    match *value {
        Value::Date(year, month, day, hour, minute, second, microsecond) => {
            write_padded(year.into(), 4, text);
            text.push(b'-');
            write_padded(month.into(), 2, text);
            text.push(b'-');
            write_padded(day.into(), 2, text);
            let (CellKind::DateTime(digits) | CellKind::Timestamp(digits)) = kind else { return };
            text.push(b' ');
            write_clock(hour.into(), minute, second, text);
            write_fraction(microsecond, digits, text);
            let is_moment = month != 0 && day != 0;
            if matches!(kind, CellKind::Timestamp(_)) && is_moment {
                text.extend_from_slice(b"+00");
            }
        }
        Value::Time(is_negative, days, hours, minute, second, microsecond) => {
            if is_negative {
                text.push(b'-');
            }
            write_clock(i64::from(days) * 24 + i64::from(hours), minute, second, text);
            if let CellKind::Time(digits) = kind {
                write_fraction(microsecond, digits, text);
            }
        }
        _ => {}
    }
}

fn write_clock(hours: i64, minute: u8, second: u8, text: &mut Vec<u8>) {
    write_padded(hours, 2, text);
    text.push(b':');
    write_padded(minute.into(), 2, text);
    text.push(b':');
    write_padded(second.into(), 2, text);
}

/// `digits` beyond six stand for as many as it takes.
fn write_fraction(microsecond: u32, digits: u8, text: &mut Vec<u8>) {
    const MOST: u8 = 6;
    if digits == 0 || digits > MOST && microsecond == 0 {
        return;
    }
    text.push(b'.');
    let start = text.len();
    write_padded(microsecond.into(), MOST.into(), text);
    if digits <= MOST {
        text.truncate(start + usize::from(digits));
    } else {
        while text.last() == Some(&b'0') {
            text.pop();
        }
    }
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
        let (mut rows, mut text) = (RowSet::default(), Vec::new());
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
