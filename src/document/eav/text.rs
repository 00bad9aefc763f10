//! A value as the raw text that the source has of it, the same on every database: decimals with their declared places,
//! date-times as `YYYY-MM-DD HH:MM:SS`.

use jiff::tz::TimeZone;

use super::FoundValue;
use crate::document::datetime::{self, Day, Moment};
use crate::document::text::{write_int, write_string};
use crate::document::value::{Fault, Raw, convert};
use crate::expression::decimal::{normalise_decimal, round_decimal_text, write_f64_as_decimal};
use crate::plan::level::Reading;
use crate::source::catalog::ColumnKind;

/// What stands at the end of `out` now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RawText<'a> {
    Null,
    /// Nothing: the text is where it was read.
    Text(&'a str),
    /// Characters that JSON writes as they are.
    Written,
}

impl<'f> FoundValue<'f> {
    /// The value's text. What is no text in the source is written to `out`, without quotes.
    pub(super) fn text(&self, out: &mut Vec<u8>) -> Result<RawText<'f>, Fault> {
        let (kind, scale) = (self.table.value.kind, self.table.scale);
        let raw = Raw::of_cell(self.rows, self.cell);
        match (&raw, kind) {
            (Raw::Null | Raw::Computed(_), _) => return Ok(RawText::Null),
            (Raw::Text(bytes), ColumnKind::Decimal) => {
                let text = utf8(bytes)?;
                if !write_digits(text, scale, out) {
                    return Ok(RawText::Text(text));
                }
            }
            (Raw::Int(int), ColumnKind::Decimal) => {
                let start = out.len();
                write_int(*int, out);
                pad(start, scale, out);
            }
            (Raw::Float(float), ColumnKind::Decimal) if float.is_finite() => {
                let start = out.len();
                write_f64_as_decimal(*float, out);
                if scale.is_some_and(|scale| places(&out[start..]) > scale as usize) {
                    let digits = String::from_utf8(out.split_off(start)).unwrap_or_default();
                    write_digits(&digits, scale, out);
                }
                pad(start, scale, out);
            }
            (Raw::Int(int), ColumnKind::Integer | ColumnKind::Text | ColumnKind::Dynamic) => write_int(*int, out),
            (Raw::Text(bytes), ColumnKind::DateTime | ColumnKind::DateTimeZoned) => {
                let text = utf8(bytes)?;
                // Naive ones stay on the clock that they were written by.
                return Ok(match datetime::parse(text, &TimeZone::UTC) {
                    None => RawText::Text(text),
                    Some(Moment::Zero) => RawText::Null,
                    Some(Moment::At(moment)) => {
                        datetime::write_date(moment.date(), out);
                        out.push(b' ');
                        datetime::write_clock(moment, out);
                        RawText::Written
                    }
                });
            }
            (Raw::Text(bytes), ColumnKind::Date) => {
                let text = utf8(bytes)?;
                return Ok(match datetime::parse_day(text) {
                    Some(Day::Zero) => RawText::Null,
                    _ => RawText::Text(text),
                });
            }
            (Raw::Text(bytes), _) => return utf8(bytes).map(RawText::Text),
            (Raw::Blob(bytes), ColumnKind::Text) => return utf8(bytes).map(RawText::Text),
            _ => {
                let datum = convert(raw, Reading::TextOf(kind), &TimeZone::UTC)?;
                let text = datum.into_canonical_text();
                // Without the quotes that would be written around it.
                let start = out.len();
                write_string(&text, out);
                out.truncate(out.len() - 1);
                out.remove(start);
            }
        }
        Ok(RawText::Written)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault { what: "the text is not valid UTF-8", quote: None })
}

/// A decimal number's text with as many places as declared. False, with nothing written, where it is none.
fn write_digits(text: &str, scale: Option<u32>, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let written = match scale {
        Some(scale) => round_decimal_text(text, scale, out),
        None => normalise_decimal(text, out),
    };
    if written {
        pad(start, scale, out);
    }
    written
}

/// Adds the zeros that the number written since `start` lacks.
fn pad(start: usize, scale: Option<u32>, out: &mut Vec<u8>) {
    let Some(scale) = scale.filter(|scale| *scale > 0) else { return };
    let places = places(&out[start..]);
    if places == 0 {
        out.push(b'.');
    }
    out.resize(out.len() + (scale as usize).saturating_sub(places), b'0');
}

/// Decimal places of canonical digits.
fn places(digits: &[u8]) -> usize {
    digits.iter().position(|byte| *byte == b'.').map_or(0, |point| digits.len() - point - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::eav::ValueTable;
    use crate::plan::level::{ColumnRead, SourceColumn};
    use crate::source::rows::{Cell, RowSet};
    use crate::source::sql::Statement;

    fn text(raw: Raw<'_>, kind: ColumnKind, scale: Option<u32>) -> String {
        let statement = Statement { sql: String::new(), binds: Vec::new() };
        let source = SourceColumn { table: "t".into(), column: "value".into() };
        let value = ColumnRead { source, label: "t.value".into(), kind, secret: false };
        let table = ValueTable { keyed: statement, range: None, value, scale, ties: 0..0 };
        let mut out = b"before".to_vec();
        let mut rows = RowSet::default();
        rows.reset(1);
        match raw {
            Raw::Null | Raw::Computed(_) => rows.push(Cell::Null),
            Raw::Bool(truth) => rows.push(Cell::Bool(truth)),
            Raw::Int(int) => rows.push(Cell::Int(int)),
            Raw::Float(float) => rows.push(Cell::Float(float)),
            Raw::Text(text) => rows.push_text(text),
            Raw::Blob(blob) => rows.push_blob(blob),
        }
        let found = FoundValue { rows: &rows, cell: rows.cell(0, 0), table: &table };
        match found.text(&mut out) {
            Ok(RawText::Null) => "NULL".to_owned(),
            Ok(RawText::Text(text)) => text.to_owned(),
            Ok(RawText::Written) => String::from_utf8(out.split_off(6)).unwrap(),
            Err(fault) => format!("! {}", fault.reason(false)),
        }
    }

    #[test]
    fn decimals_have_their_declared_places() {
        for (raw, scale, expected) in [
            (Raw::Int(12), Some(6), "12.000000"),
            (Raw::Int(-3), Some(0), "-3"),
            (Raw::Int(12), None, "12"),
            (Raw::Float(12.5), Some(4), "12.5000"),
            (Raw::Float(0.1 + 0.2), Some(2), "0.30"),
            (Raw::Float(1e21), Some(1), "1000000000000000000000.0"),
            (Raw::Text(b"12.50"), Some(4), "12.5000"),
            (Raw::Text(b"012.5"), None, "12.5"),
            (Raw::Text(b"12.500000"), Some(6), "12.500000"),
            (Raw::Text(b"n/a"), Some(6), "n/a"),
        ] {
            assert_eq!(text(raw.clone(), ColumnKind::Decimal, scale), expected, "{raw:?} {scale:?}");
        }
    }

    #[test]
    fn dates_stand_as_their_clocks_do() {
        use ColumnKind::{Date, DateTime, DateTimeZoned};
        for (raw, kind, expected) in [
            ("2026-11-20 00:00:00", DateTime, "2026-11-20 00:00:00"),
            ("2026-11-20T08:30:00", DateTime, "2026-11-20 08:30:00"),
            ("2026-11-20T08:30:00+02:00", DateTimeZoned, "2026-11-20 06:30:00"),
            ("0000-00-00 00:00:00", DateTime, "NULL"),
            ("soon", DateTime, "soon"),
            ("2026-11-20", Date, "2026-11-20"),
            ("0000-00-00", Date, "NULL"),
        ] {
            assert_eq!(text(Raw::Text(raw.as_bytes()), kind, None), expected, "{raw}");
        }
    }

    #[test]
    fn texts_and_integers_stand_as_they_are() {
        assert_eq!(text(Raw::Text("é, \"x\"".as_bytes()), ColumnKind::Text, None), "é, \"x\"");
        assert_eq!(text(Raw::Int(-5), ColumnKind::Integer, None), "-5");
        assert_eq!(text(Raw::Null, ColumnKind::Text, None), "NULL");
        assert_eq!(text(Raw::Text(b"\xff"), ColumnKind::Text, None), "! the text is not valid UTF-8");
        assert_eq!(text(Raw::Bool(true), ColumnKind::Boolean, None), "true");
    }
}
