//! What a source's value becomes in a document: conversion by the column's declared kind or a field's `type`.
//!
//! Invariant: what comes out can be written as JSON (UTF-8, finite), or it is a [`Fault`] that says what was wrong.

mod moment;
mod number;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;

use super::datetime;
use super::datum::Datum;
use super::json::{self, NotJson};
use super::text::{write_int, write_plain};
use crate::expression::decimal::write_f64_as_decimal;
use crate::plan::level::Reading;
use crate::source;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use moment::{date, date_time, time, write_quoted};
pub(crate) use moment::{day, moment};
use number::{boolean, decimal, float, integer};

/// A value before it is converted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw<'a> {
    /// From a literal or an expression.
    Computed(Datum<'a>),
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Not yet known to be UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

impl<'a> Raw<'a> {
    pub fn of_cell(rows: &'a RowSet, cell: Cell) -> Self {
        match cell {
            Cell::Null => Raw::Null,
            Cell::Bool(truth) => Raw::Bool(truth),
            Cell::Int(int) => Raw::Int(int),
            Cell::Float(float) => Raw::Float(float),
            Cell::Text(bytes) => Raw::Text(rows.bytes(bytes)),
            Cell::Blob(bytes) => Raw::Blob(rows.bytes(bytes)),
        }
    }

    fn plain(self) -> Result<Raw<'a>, Fault> {
        Ok(match self {
            Raw::Computed(datum) => match datum {
                Datum::Null => Raw::Null,
                Datum::Bool(truth) => Raw::Bool(truth),
                Datum::Int(int) => Raw::Int(int),
                Datum::Float(float) => Raw::Float(float),
                other => Raw::Computed(other),
            },
            other => other,
        })
    }
}

/// Why a value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub what: &'static str,
    /// The value, shortened and without control characters.
    pub quote: Option<String>,
}

impl Fault {
    fn new(what: &'static str) -> Self {
        Fault { what, quote: None }
    }

    fn of(what: &'static str, value: impl std::fmt::Display) -> Self {
        Fault { what, quote: Some(shorten(&value.to_string())) }
    }

    /// `secret` values are not quoted.
    pub fn reason(&self, secret: bool) -> String {
        match &self.quote {
            Some(quote) if !secret => format!("`{quote}` {}", self.what),
            Some(_) => format!("the value {}", self.what),
            None => self.what.to_owned(),
        }
    }
}

/// At most 40 characters, without control characters.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut chars = text.chars().filter(|c| !c.is_control());
    let mut short: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

const NOT_UTF8: &str = "the text is not valid UTF-8";

/// Reads a raw value as `reading` says.
pub(crate) fn convert<'a>(raw: Raw<'a>, reading: Reading, zone: &TimeZone) -> Result<Datum<'a>, Fault> {
    let raw = raw.plain()?;
    if raw == Raw::Null {
        return Ok(Datum::Null);
    }
    match reading {
        Reading::As(kind) => by_kind(raw, kind, zone),
        Reading::TextOf(kind) => match raw {
            Raw::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text_of_text(text, kind, zone)),
                Err(_) => Err(Fault::new(NOT_UTF8)),
            },
            raw => by_kind(raw, kind, zone).map(canonical_text),
        },
    }
}

fn canonical_text(datum: Datum<'_>) -> Datum<'_> {
    if datum.is_null() { Datum::Null } else { Datum::Text(datum.into_canonical_text()) }
}

/// What the kind makes of a text, as text; what the kind cannot read stays itself.
fn text_of_text<'a>(text: &'a str, kind: ColumnKind, zone: &TimeZone) -> Datum<'a> {
    let raw = Raw::Text(text.as_bytes());
    // A date as the database writes it; a zero date is null even so. A moment has no text but ours: a server writes it in
    // the zone of whoever asks.
    let is_there = match kind {
        ColumnKind::Date => day(raw).map(|day| day.is_some()),
        ColumnKind::DateTime => moment(raw, zone).map(|moment| moment.is_some()),
        ColumnKind::Time => time(raw).map(|_| true),
        _ => return by_kind(raw, kind, zone).map_or(Datum::Text(Cow::Borrowed(text)), canonical_text),
    };
    match is_there {
        Ok(true) => Datum::Text(Cow::Borrowed(datetime::without_zeros(text))),
        Ok(false) => Datum::Null,
        Err(_) => Datum::Text(Cow::Borrowed(text)),
    }
}

fn by_kind<'a>(raw: Raw<'a>, kind: ColumnKind, zone: &TimeZone) -> Result<Datum<'a>, Fault> {
    match kind {
        ColumnKind::Integer => integer(raw),
        ColumnKind::Decimal => decimal(raw),
        ColumnKind::Float => float(raw),
        ColumnKind::Boolean => boolean(raw),
        ColumnKind::Text => text(raw),
        ColumnKind::Date => date(raw),
        ColumnKind::DateTime | ColumnKind::DateTimeZoned => date_time(raw, zone),
        ColumnKind::Time => time(raw),
        ColumnKind::Binary => binary(raw),
        ColumnKind::Json => embedded_json(raw),
        ColumnKind::Uuid => uuid(raw),
        ColumnKind::Dynamic => dynamic(raw),
    }
}

/// The text of a value that is one, whatever it came as.
fn as_text<'a>(raw: Raw<'a>) -> Result<Result<Cow<'a, str>, Raw<'a>>, Fault> {
    Ok(match raw {
        Raw::Text(bytes) | Raw::Blob(bytes) => {
            Ok(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| Fault::new(NOT_UTF8))?))
        }
        Raw::Computed(Datum::Text(text) | Datum::Json(text)) => Ok(text),
        other => Err(other),
    })
}

fn finite(float: f64) -> Result<f64, Fault> {
    if float.is_finite() { Ok(float) } else { Err(Fault::new("NaN and infinity cannot be written as JSON")) }
}

fn text<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    match raw {
        Raw::Text(bytes) | Raw::Blob(bytes) => {
            std::str::from_utf8(bytes).map(|text| Datum::Text(Cow::Borrowed(text))).map_err(|_| Fault::new(NOT_UTF8))
        }
        other => Ok(Datum::Text(dynamic(other)?.into_canonical_text())),
    }
}

/// Each value by its own type.
fn dynamic<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    match raw {
        Raw::Null => Ok(Datum::Null),
        Raw::Bool(truth) => Ok(Datum::Bool(truth)),
        Raw::Int(int) => Ok(Datum::Int(int)),
        Raw::Float(float) => finite(float).map(Datum::Float),
        Raw::Text(_) => text(raw),
        Raw::Blob(_) => binary(raw),
        Raw::Computed(datum) => Ok(datum),
    }
}

fn binary<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    let encoded = match &raw {
        Raw::Text(bytes) | Raw::Blob(bytes) => STANDARD.encode(bytes),
        Raw::Computed(Datum::Text(text) | Datum::Json(text)) => STANDARD.encode(text.as_bytes()),
        _ => return Err(Fault::new("a number is not binary data")),
    };
    Ok(Datum::Text(Cow::Owned(encoded)))
}

fn embedded_json<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    match raw {
        // A JSON column of SQLite turns numbers into numbers.
        Raw::Float(float) => match json::canonical(ryu::Buffer::new().format_finite(finite(float)?)) {
            Ok(json) => Ok(Datum::Json(Cow::Owned(json))),
            Err(_) => dynamic(raw),
        },
        Raw::Int(_) | Raw::Bool(_) | Raw::Computed(Datum::Decimal(_) | Datum::Json(_)) => dynamic(raw),
        other => match as_text(other)? {
            Ok(text) => match json::canonical(&text) {
                Ok(json) => Ok(Datum::Json(Cow::Owned(json))),
                Err(NotJson::Syntax) => Err(Fault::of("is not valid JSON", text)),
                Err(NotJson::TooDeep) => Err(Fault::new("the JSON is nested too deeply")),
            },
            Err(_) => Err(Fault::new("is not valid JSON")),
        },
    }
}

fn uuid<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not a UUID";
    let canonical = |uuid| Datum::Text(Cow::Owned(source::uuid::text(&uuid)));
    if let Raw::Blob(bytes) = raw
        && let Ok(uuid) = bytes.try_into()
    {
        return Ok(canonical(uuid));
    }
    match as_text(raw)? {
        Ok(text) => source::uuid::parse(&text).map(canonical).ok_or_else(|| Fault::of(WHAT, text)),
        Err(_) => Err(Fault::new(WHAT)),
    }
}

/// Appends a cell as JSON. True when it was null.
pub(crate) fn write_cell(
    rows: &RowSet,
    cell: Cell,
    reading: Reading,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) -> Result<bool, Fault> {
    match write_common(rows, cell, reading, out) {
        Some(is_null) => Ok(is_null),
        None => write_uncommon(Raw::of_cell(rows, cell), reading, zone, out),
    }
}

/// Appends a cell as JSON, and says whether it was null, where that needs no intermediate and cannot fail, as nearly always;
/// none otherwise.
#[inline(always)]
pub(crate) fn write_common(rows: &RowSet, cell: Cell, reading: Reading, out: &mut Vec<u8>) -> Option<bool> {
    use ColumnKind::{Date, DateTime, Decimal, Dynamic, Integer, Text};
    match (cell, reading) {
        (Cell::Null, _) => {
            out.extend_from_slice(b"null");
            return Some(true);
        }
        (Cell::Int(int), Reading::As(Integer | Decimal | Dynamic)) => write_int(int, out),
        (Cell::Float(float), Reading::As(Decimal)) if float.is_finite() => {
            write_f64_as_decimal(float, out);
        }
        (Cell::Text(text), Reading::As(Text | Dynamic) | Reading::TextOf(Text))
            if write_plain(rows.onwards_from(text), text.len as usize, out) => {}
        (Cell::Text(text), Reading::TextOf(Date | DateTime))
            if datetime::stays_text(rows.bytes(text))
                && write_plain(rows.onwards_from(text), text.len as usize, out) => {}
        _ => return None,
    }
    Some(false)
}

fn write_uncommon(raw: Raw<'_>, reading: Reading, zone: &TimeZone, out: &mut Vec<u8>) -> Result<bool, Fault> {
    match reading {
        Reading::As(ColumnKind::DateTime | ColumnKind::DateTimeZoned) => {
            Ok(write_quoted(moment(raw, zone)?, datetime::write, out))
        }
        Reading::As(ColumnKind::Date) => Ok(write_quoted(day(raw)?, datetime::write_date, out)),
        _ => {
            let datum = convert(raw, reading, zone)?;
            datum.write_json(out);
            Ok(datum.is_null())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_at_once_is_what_is_written_in_the_end() {
        let readings = {
            use ColumnKind::{Date, DateTime, DateTimeZoned, Decimal, Dynamic, Integer, Text};
            let kinds = [Date, DateTime, DateTimeZoned, Decimal, Dynamic, Integer, Text];
            kinds.into_iter().flat_map(|kind| [Reading::As(kind), Reading::TextOf(kind)])
        };
        let mut rows = RowSet::default();
        rows.reset(1);
        for text in [
            "2025-01-02 03:04:05",
            "2025-01-02",
            "2025-01-02T03:04:05Z",
            "2025-01-02 03:04:05.500",
            "2025-01-02 03:04:05.000",
            "0000-00-00 00:00:00",
            "0000-01-01",
            "2025-00-02",
            "2025-01-00 00:00:00",
            " 2025-00-00",
            " 025-01-02 ",
            "1.5.-01-02",
            "2025-13-45",
            "2025-01-02 \"é\"",
            "no date",
            "1.50",
            "",
        ] {
            rows.push_text(text.as_bytes());
        }
        for cell in [Cell::Null, Cell::Int(-7), Cell::Float(1.5), Cell::Float(f64::NAN)] {
            rows.push(cell);
        }
        for (reading, row) in readings.flat_map(|reading| (0..rows.len()).map(move |row| (reading, row))) {
            let cell = rows.cell(row, 0);
            let (mut at_once, mut in_the_end) = (Vec::new(), Vec::new());
            if let Some(is_null) = write_common(&rows, cell, reading, &mut at_once) {
                let raw = Raw::of_cell(&rows, cell);
                assert_eq!(write_uncommon(raw, reading, &TimeZone::UTC, &mut in_the_end), Ok(is_null));
            }
            assert_eq!(String::from_utf8(at_once), String::from_utf8(in_the_end), "{reading:?} {row}");
        }
    }
}
