//! Values read as dates, times and moments, and these as texts.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::number::digits_of;
use super::{Fault, Raw, as_text, finite};
use crate::document::datetime::{self, Day, Moment};
use crate::document::datum::Datum;

/// The moment of a raw value, in UTC; integers are Unix seconds.
pub(crate) fn moment(raw: Raw<'_>, zone: &TimeZone) -> Result<Option<jiff::civil::DateTime>, Fault> {
    const WHAT: &str = "is not a date-time";
    let moment = match raw.plain()? {
        Raw::Null => return Ok(None),
        Raw::Int(int) => datetime::from_unix(int).ok_or_else(|| Fault::of(WHAT, int))?,
        Raw::Float(float) => return Err(Fault::of(WHAT, digits_of(finite(float)?))),
        other => match as_text(other)? {
            Ok(text) => datetime::parse(&text, zone).ok_or_else(|| Fault::of(WHAT, text))?,
            Err(_) => return Err(Fault::new(WHAT)),
        },
    };
    Ok(match moment {
        Moment::At(moment) => Some(moment),
        Moment::Zero => None,
    })
}

/// The day of a raw value.
pub(crate) fn day(raw: Raw<'_>) -> Result<Option<jiff::civil::Date>, Fault> {
    const WHAT: &str = "is not a date";
    let day = match raw.plain()? {
        Raw::Null => return Ok(None),
        Raw::Int(int) => match datetime::from_unix(int) {
            Some(Moment::At(moment)) => Day::On(moment.date()),
            _ => return Err(Fault::of(WHAT, int)),
        },
        Raw::Float(float) => return Err(Fault::of(WHAT, digits_of(finite(float)?))),
        other => match as_text(other)? {
            Ok(text) => datetime::parse_day(&text).ok_or_else(|| Fault::of(WHAT, text))?,
            Err(_) => return Err(Fault::new(WHAT)),
        },
    };
    Ok(match day {
        Day::On(date) => Some(date),
        Day::Zero => None,
    })
}

fn written<'a>(write: impl FnOnce(&mut Vec<u8>)) -> Datum<'a> {
    let mut out = Vec::with_capacity(32);
    write(&mut out);
    Datum::Text(Cow::Owned(String::from_utf8(out).unwrap_or_default()))
}

pub(super) fn date_time<'a>(raw: Raw<'a>, zone: &TimeZone) -> Result<Datum<'a>, Fault> {
    Ok(moment(raw, zone)?.map_or(Datum::Null, |moment| written(|out| datetime::write(moment, out))))
}

pub(super) fn date<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    Ok(day(raw)?.map_or(Datum::Null, |day| written(|out| datetime::write_date(day, out))))
}

pub(super) fn time<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not a time of day";
    match as_text(raw)? {
        Ok(text) => {
            if let Some(time) = datetime::canonical_time(&text) {
                return Ok(Datum::Text(Cow::Owned(time)));
            }
            // Of a whole date-time: its clock in UTC.
            match text.contains('-').then(|| datetime::parse(&text, &TimeZone::UTC)).flatten() {
                Some(Moment::At(moment)) => Ok(written(|out| datetime::write_clock(moment, out))),
                _ => Err(Fault::of(WHAT, text)),
            }
        }
        Err(_) => Err(Fault::new(WHAT)),
    }
}

/// Appends a text that needs no escapes, or null. True when it was null.
pub(super) fn write_quoted<T>(value: Option<T>, write: impl FnOnce(T, &mut Vec<u8>), out: &mut Vec<u8>) -> bool {
    let Some(value) = value else {
        out.extend_from_slice(b"null");
        return true;
    };
    out.push(b'"');
    write(value, out);
    out.push(b'"');
    false
}
