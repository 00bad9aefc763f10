//! Date-times, dates and times of a source in their one form: RFC 3339 in UTC, `YYYY-MM-DD`, `HH:MM:SS`.
//!
//! Naive date-times are read in the source's time zone; where a zone's clock jumps, as jiff's "compatible" says (the
//! gap is skipped by its length, the first of two equal times counts). A fraction is written only where it is not zero.
//!
//! A moment is the clock of UTC, not jiff's timestamp: that one ends a day before the year 9999 does, and the last second
//! of that year is how many databases say "for ever".

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::text::write_int;
use crate::definition::feed::DateTimeFormat;

/// What a text says about a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    /// In UTC.
    At(DateTime),
    /// `0000-00-00`, which stands for no date at all, or a date without its month or day.
    Zero,
}

/// What a text says about a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Day {
    On(Date),
    Zero,
}

/// Naive parts of a text, and its offset from UTC in seconds if it has one.
struct Parts {
    date: Date,
    time: Time,
    offset: Option<Offset>,
}

/// `YYYY-MM-DD[( |T)HH:MM[:SS[.f]][Z| UTC|+hh[:mm]]]`. `None` for anything else.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Moment> {
    let text = text.trim_matches(' ');
    if is_zero_date(text) {
        return Some(Moment::Zero);
    }
    let Parts { date, time, offset } = parts(text)?;
    let naive = DateTime::from_parts(date, time);
    let moment = match offset {
        Some(offset) => in_utc(naive, offset)?,
        None => match zone.to_timestamp(naive) {
            Ok(timestamp) => Offset::UTC.to_datetime(timestamp),
            Err(_) => in_utc(naive, zone.to_offset(Timestamp::MAX))?,
        },
    };
    Some(Moment::At(moment))
}

/// `None` beyond the year 9999.
fn in_utc(naive: DateTime, offset: Offset) -> Option<DateTime> {
    naive.checked_sub(SignedDuration::from_secs(offset.seconds().into())).ok()
}

const EPOCH: DateTime = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);

pub(crate) fn from_unix(seconds: i64) -> Option<Moment> {
    EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok().map(Moment::At)
}

/// The day of a date or date-time; one with an offset counts in UTC.
pub(crate) fn parse_day(text: &str) -> Option<Day> {
    let text = text.trim_matches(' ');
    if is_zero_date(text) {
        return Some(Day::Zero);
    }
    let Parts { date, time, offset } = parts(text)?;
    let date = match offset {
        Some(offset) => in_utc(DateTime::from_parts(date, time), offset)?.date(),
        None => date,
    };
    Some(Day::On(date))
}

/// MySQL's way of writing that there is no date, or not all of it: a month or day of 0, alone or with a time.
fn is_zero_date(text: &str) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = text.as_bytes() else { return false };
    let (Some(month), Some(day)) = (number(&[*m1, *m2]), number(&[*d1, *d2])) else { return false };
    number(&[*y1, *y2, *y3, *y4]).is_some()
        && (month == 0 && day <= 31 || day == 0 && month <= 12)
        && rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b' ' | b'T' | b'Z'))
}

fn parts(text: &str) -> Option<Parts> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let date =
        Date::new(number(&bytes[0..4])? as i16, number(&bytes[5..7])? as i8, number(&bytes[8..10])? as i8).ok()?;
    if bytes.len() == 10 {
        return Some(Parts { date, time: Time::midnight(), offset: None });
    }
    if !matches!(bytes[10], b' ' | b'T' | b't') {
        return None;
    }
    let (time, length) = clock(&bytes[11..])?;
    let offset = match text.get(11 + length..)? {
        "" => None,
        rest => Some(offset(rest)?),
    };
    Some(Parts { date, time, offset })
}

/// `HH:MM[:SS[.f]]` at the beginning, and the bytes it takes.
fn clock(bytes: &[u8]) -> Option<(Time, usize)> {
    if bytes.len() < 5 || bytes[2] != b':' {
        return None;
    }
    let (hour, minute) = (number(&bytes[0..2])?, number(&bytes[3..5])?);
    if bytes.get(5) != Some(&b':') {
        return Some((Time::new(hour as i8, minute as i8, 0, 0).ok()?, 5));
    }
    let second = number(bytes.get(6..8)?)?;
    let (nanosecond, length) = fraction(&bytes[8..])?;
    Some((Time::new(hour as i8, minute as i8, second as i8, nanosecond).ok()?, 8 + length))
}

/// `.f` as nanoseconds; digits beyond the ninth are cut off. Nothing is no fraction.
fn fraction(bytes: &[u8]) -> Option<(i32, usize)> {
    if bytes.first() != Some(&b'.') {
        return Some((0, 0));
    }
    let digits = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let nanosecond = (0..9).fold(0, |sum, i| sum * 10 + if i < digits { i32::from(bytes[1 + i] - b'0') } else { 0 });
    Some((nanosecond, 1 + digits))
}

/// `Z`, `UTC`, `+hh`, `+hhmm`, `+hh:mm`, with or without a blank before it.
fn offset(text: &str) -> Option<Offset> {
    let text = text.trim_start_matches(' ');
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(Offset::UTC);
    }
    let bytes = text.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match bytes.len() {
        3 => (number(&bytes[1..3])?, 0),
        5 => (number(&bytes[1..3])?, number(&bytes[3..5])?),
        6 if bytes[3] == b':' => (number(&bytes[1..3])?, number(&bytes[4..6])?),
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
}

/// `HH:MM:SS[.f]` of a time, or of a date-time's UTC clock. Hours may pass 24 and be negative, as MySQL's do.
pub(crate) fn canonical_time(text: &str) -> Option<String> {
    let text = text.trim_matches(' ');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let colon = digits.find(':')?;
    if !(1..=3).contains(&colon) {
        return None;
    }
    let hours = number(&digits.as_bytes()[..colon])?;
    // The hours apart it is a clock like any other.
    let mut clock_text = [0u8; 40];
    let rest = &digits.as_bytes()[colon..];
    let full = clock_text.get_mut(..2 + rest.len())?;
    full[..2].copy_from_slice(b"00");
    full[2..].copy_from_slice(rest);
    let (time, length) = clock(full)?;
    if length != full.len() {
        return None;
    }
    let mut out = format!("{sign}{hours:02}:{:02}:{:02}", time.minute(), time.second()).into_bytes();
    write_fraction(time.subsec_nanosecond(), &mut out);
    String::from_utf8(out).ok()
}

/// Whether the text of a date or date-time is surely none that is changed: no zero date, and without a fraction of a second.
pub(crate) fn stays_text(text: &[u8]) -> bool {
    let [_, _, _, _, b'-', m1, m2, b'-', d1, d2, ..] = text else { return false };
    [*m1, *m2] != *b"00" && [*d1, *d2] != *b"00" && !text.contains(&b'.')
}

/// A text without zeros at the end of its fraction of a second, which some databases write and some do not.
pub(crate) fn without_zeros(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole } else { &text[..whole.len() + 1 + fraction.len()] }
        }
        _ => text,
    }
}

/// The UTC clock of a moment.
pub(crate) fn write_clock(moment: DateTime, out: &mut Vec<u8>) {
    write_time(moment.time(), out);
}

/// Midnight UTC.
pub(crate) fn start_of(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

/// Appends `2024-01-02T03:04:05[.f]Z`.
pub(crate) fn write(moment: DateTime, out: &mut Vec<u8>) {
    write_date(moment.date(), out);
    out.push(b'T');
    write_time(moment.time(), out);
    out.push(b'Z');
}

pub(crate) fn write_date(date: Date, out: &mut Vec<u8>) {
    let year = date.year();
    if year < 0 {
        out.push(b'-');
    }
    let year = year.unsigned_abs();
    write_two((year / 100) as u8, out);
    write_two((year % 100) as u8, out);
    out.push(b'-');
    write_two(date.month() as u8, out);
    out.push(b'-');
    write_two(date.day() as u8, out);
}

fn write_time(time: Time, out: &mut Vec<u8>) {
    write_two(time.hour() as u8, out);
    out.push(b':');
    write_two(time.minute() as u8, out);
    out.push(b':');
    write_two(time.second() as u8, out);
    write_fraction(time.subsec_nanosecond(), out);
}

fn write_two(number: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
}

fn write_fraction(nanosecond: i32, out: &mut Vec<u8>) {
    if nanosecond == 0 {
        return;
    }
    let digits = format!("{nanosecond:09}");
    out.push(b'.');
    out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
}

/// A moment by a pattern, in UTC, or as Unix seconds. `None` when the pattern asks for what a moment has not.
pub(crate) fn write_formatted(moment: DateTime, format: &DateTimeFormat, out: &mut Vec<u8>) -> Option<()> {
    match format {
        // Floors, so that half a second before 1970 is -1.
        DateTimeFormat::Unix => {
            let since = moment.duration_since(EPOCH).as_nanos();
            write_int(i64::try_from(since.div_euclid(1_000_000_000)).ok()?, out);
        }
        DateTimeFormat::Pattern(pattern) => {
            let text = match Offset::UTC.to_timestamp(moment) {
                Ok(timestamp) => jiff::fmt::strtime::format(pattern, &timestamp.to_zoned(TimeZone::UTC)),
                Err(_) => jiff::fmt::strtime::format(pattern, moment),
            };
            out.extend_from_slice(text.ok()?.as_bytes());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(text: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::get(zone).unwrap();
        match parse(text, &zone)? {
            Moment::Zero => Some("zero".into()),
            Moment::At(timestamp) => {
                let mut out = Vec::new();
                write(timestamp, &mut out);
                String::from_utf8(out).ok()
            }
        }
    }

    #[test]
    fn accepted_texts() {
        for (text, expected) in [
            ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02 03:04:05 UTC", "2024-01-02T03:04:05Z"),
            ("2024-01-02 03:04:05.120", "2024-01-02T03:04:05.12Z"),
            ("2024-01-02 03:04:05.000", "2024-01-02T03:04:05Z"),
            ("2024-01-02 03:04:05.1234567899", "2024-01-02T03:04:05.123456789Z"),
            ("2024-01-02 03:04", "2024-01-02T03:04:00Z"),
            ("2024-01-02", "2024-01-02T00:00:00Z"),
            ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
            ("2024-01-02 03:04:05+0530", "2024-01-01T21:34:05Z"),
            ("2024-01-02 03:04:05.5-08", "2024-01-02T11:04:05.5Z"),
            ("2024-12-31 23:30:00-01:00", "2025-01-01T00:30:00Z"),
            ("2024-02-29 12:00:00", "2024-02-29T12:00:00Z"),
            ("0001-01-01 00:00:00", "0001-01-01T00:00:00Z"),
            ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z"),
            ("9999-12-31", "9999-12-31T00:00:00Z"),
            ("9999-12-31 23:59:59+02:00", "9999-12-31T21:59:59Z"),
            ("0000-00-00", "zero"),
            ("0000-00-00 00:00:00", "zero"),
            ("0000-00-00 00:00:00.000000", "zero"),
            ("2024-00-00", "zero"),
            ("2024-05-00 00:00:00", "zero"),
            ("2024-00-17 12:30:00", "zero"),
        ] {
            assert_eq!(read_in(text, "UTC").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refused_texts() {
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "2023-02-29",
            "2024-01-02 25:00:00",
            "2024-01-02 03:60",
            "2024-1-2",
            "2024-01-02T",
            "2024-01-02X03:04:05",
            "2024-01-02 03:04:05.",
            "2024-01-02 03:04:05 CET",
            "02.01.2024",
            "yesterday",
            "2024-01-02 03:04:05+25:00:00",
            "2024-01-02 03:04:05+1",
            "2024-01-02é03:04",
            "1700000000",
            "0000-00-00 x",
            "2024-13-00",
            "2024-00-32",
        ] {
            assert_eq!(read_in(text, "UTC"), None, "{text}");
        }
    }

    #[test]
    fn naive_texts_are_read_in_the_zone() {
        for (text, expected) in [
            ("2024-01-15 12:00:00", "2024-01-15T11:00:00Z"),
            ("2024-07-15 12:00:00", "2024-07-15T10:00:00Z"),
            ("2024-07-15", "2024-07-14T22:00:00Z"),
            // Skipped by the clock: an hour later. Twice on the clock: the first.
            ("2024-03-31 02:30:00", "2024-03-31T01:30:00Z"),
            ("2024-10-27 02:30:00", "2024-10-27T00:30:00Z"),
            ("2024-07-15 12:00:00Z", "2024-07-15T12:00:00Z"),
        ] {
            assert_eq!(read_in(text, "Europe/Berlin").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        for (text, expected) in [
            ("03:04", Some("03:04:00")),
            ("03:04:05", Some("03:04:05")),
            ("3:04:05", Some("03:04:05")),
            ("03:04:05.500", Some("03:04:05.5")),
            ("-838:59:59", Some("-838:59:59")),
            ("24:00:00", Some("24:00:00")),
            ("03:60:00", None),
            ("03", None),
            ("", None),
            (":04:05", None),
            ("03:04:05Z", None),
            ("3am", None),
        ] {
            assert_eq!(canonical_time(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn days_and_formats() {
        assert_eq!(parse_day("2024-01-02 23:59:00"), Some(Day::On(Date::new(2024, 1, 2).unwrap())));
        assert_eq!(parse_day("2024-01-02 23:59:00-02:00"), Some(Day::On(Date::new(2024, 1, 3).unwrap())));
        assert_eq!(parse_day("0000-00-00"), Some(Day::Zero));
        assert_eq!(parse_day("2024-02-00"), Some(Day::Zero));
        let Some(Moment::At(moment)) = parse("2024-01-02 03:04:05.6", &TimeZone::UTC) else { panic!("no moment") };
        let mut out = Vec::new();
        write_formatted(moment, &DateTimeFormat::Unix, &mut out).unwrap();
        out.push(b'|');
        write_formatted(moment, &DateTimeFormat::Pattern("%d.%m.%Y %H:%M".into()), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "1704164645|02.01.2024 03:04");
        let Some(Moment::At(before)) = parse("1969-12-31 23:59:59.5", &TimeZone::UTC) else { panic!("no moment") };
        let mut out = Vec::new();
        write_formatted(before, &DateTimeFormat::Unix, &mut out).unwrap();
        assert_eq!(out, b"-1");
    }
}
