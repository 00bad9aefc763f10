//! Dates, times and date-times: their binary forms, and the texts that the server prints for them with `DateStyle` ISO in
//! UTC. A year before the first has ` BC` behind it, and `infinity` is a word: neither is taken for a date by a document.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::Offset;

use crate::source::digits::write_padded;

/// The day that binary forms count from.
const EPOCH: Date = date(2000, 1, 1);

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Days between 0000-03-01 and [`EPOCH`].
const DAYS_BEFORE_EPOCH: i64 = 730_425;

/// Days since [`EPOCH`].
pub(super) fn write_date(days: i32, out: &mut Vec<u8>) {
    match days {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        days => {
            let before_christ = write_day(days.into(), out);
            if before_christ {
                out.extend_from_slice(b" BC");
            }
        }
    }
}

/// Microseconds since [`EPOCH`]; `zoned` date-times are in UTC and say so.
pub(super) fn write_date_time(micros: i64, zoned: bool, out: &mut Vec<u8>) {
    match micros {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        micros => {
            let before_christ = write_day(micros.div_euclid(MICROS_A_DAY), out);
            out.push(b' ');
            write_time(micros.rem_euclid(MICROS_A_DAY), out);
            if zoned {
                out.extend_from_slice(b"+00");
            }
            if before_christ {
                out.extend_from_slice(b" BC");
            }
        }
    }
}

/// Microseconds since midnight; `24:00:00` is one of them.
pub(super) fn write_time(micros: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    write_padded(seconds / 3600, 2, out);
    out.push(b':');
    write_padded(seconds / 60 % 60, 2, out);
    out.push(b':');
    write_padded(seconds % 60, 2, out);
    if fraction != 0 {
        out.push(b'.');
        write_padded(fraction, 6, out);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// `YYYY-MM-DD` of the proleptic Gregorian calendar; true where the year is one before Christ. Beyond what a calendar of
/// the standard libraries knows, and on every row: so the days are counted here, in eras of 400 years from a first of March.
fn write_day(days: i64, out: &mut Vec<u8>) -> bool {
    const DAYS_AN_ERA: i64 = 146_097;
    let days = days + DAYS_BEFORE_EPOCH;
    let (era, day) = (days.div_euclid(DAYS_AN_ERA), days.rem_euclid(DAYS_AN_ERA));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    // There is no year 0: what counts as such is 1 BC.
    let before_christ = year <= 0;
    write_padded(if before_christ { 1 - year } else { year }, 4, out);
    out.push(b'-');
    write_padded(month, 2, out);
    out.push(b'-');
    write_padded(day_of_month, 2, out);
    before_christ
}

/// What a text says of a day or moment, to be compared with a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment {
    Infinity,
    MinusInfinity,
    /// Without an offset: the clock as it is written. With one: in UTC.
    At(DateTime),
}

impl Moment {
    /// Of a date or date-time as databases write them; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        match text {
            "infinity" => return Some(Moment::Infinity),
            "-infinity" => return Some(Moment::MinusInfinity),
            _ => {}
        }
        if let Ok(day) = text.parse::<Date>()
            && text.len() == 10
        {
            return Some(Moment::At(day.to_datetime(Time::midnight())));
        }
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Some(Moment::At(Offset::UTC.to_datetime(timestamp)));
        }
        // jiff reads offsets only of timestamps, which end before the last day of the year 9999.
        let clock = text.strip_suffix("+00").or_else(|| text.strip_suffix('Z')).unwrap_or(text);
        clock.parse().ok().map(Moment::At)
    }

    /// Days since [`EPOCH`], where it is the beginning of a day.
    pub fn days(self) -> Option<i32> {
        match self {
            Moment::Infinity => Some(i32::MAX),
            Moment::MinusInfinity => Some(i32::MIN),
            Moment::At(moment) if moment.time() == Time::midnight() => {
                let since = moment.date().duration_since(EPOCH).as_hours() / 24;
                i32::try_from(since).ok()
            }
            Moment::At(_) => None,
        }
    }

    /// Microseconds since [`EPOCH`], where nothing finer is said.
    pub fn micros(self) -> Option<i64> {
        match self {
            Moment::Infinity => Some(i64::MAX),
            Moment::MinusInfinity => Some(i64::MIN),
            Moment::At(moment) => {
                let since: SignedDuration = moment.duration_since(EPOCH.to_datetime(Time::midnight()));
                let nanos = since.as_nanos();
                (nanos % 1000 == 0).then(|| i64::try_from(nanos / 1000).ok())?
            }
        }
    }
}

/// Microseconds since midnight of a clock as databases write it.
pub(super) fn micros_of_day(text: &str) -> Option<i64> {
    let text = text.trim_matches(' ');
    if text == "24:00:00" {
        return Some(MICROS_A_DAY);
    }
    let time: Time = text.parse().ok()?;
    let nanos = time.duration_since(Time::midnight()).as_nanos();
    (nanos % 1000 == 0).then(|| i64::try_from(nanos / 1000).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_of_all_ages() {
        for (days, expected) in [
            (0, "2000-01-01"),
            (-1, "1999-12-31"),
            (59, "2000-02-29"),
            (60, "2000-03-01"),
            (9_132, "2025-01-01"),
            (-730_119, "0001-01-01"),
            (-730_120, "0001-12-31 BC"),
            (2_921_939, "9999-12-31"),
            (2_921_940, "10000-01-01"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
        ] {
            assert_eq!(shown(|out| write_date(days, out)), expected);
        }
        // Every day of some centuries, against a calendar that others wrote.
        for days in -40_000..40_000 {
            let day = EPOCH.checked_add(jiff::Span::new().days(days)).unwrap();
            assert_eq!(shown(|out| write_date(days, out)), day.to_string());
            assert_eq!(Moment::parse(&day.to_string()).and_then(Moment::days), Some(days));
        }
    }

    #[test]
    fn moments_there_and_back() {
        for (micros, text) in [
            (0, "2000-01-01 00:00:00"),
            (-1, "1999-12-31 23:59:59.999999"),
            (1_500_000, "2000-01-01 00:00:01.5"),
            (252_455_615_999_999_999, "9999-12-31 23:59:59.999999"),
            (i64::MAX, "infinity"),
            (i64::MIN, "-infinity"),
        ] {
            assert_eq!(shown(|out| write_date_time(micros, false, out)), text);
            assert_eq!(Moment::parse(text).and_then(Moment::micros), Some(micros), "{text}");
            let zoned = shown(|out| write_date_time(micros, true, out));
            assert_eq!(Moment::parse(&zoned).and_then(Moment::micros), Some(micros), "{zoned}");
        }
        let same = Moment::parse("2000-01-01 00:00:00").unwrap();
        for text in ["2000-01-01T00:00:00Z", "2000-01-01 02:00:00+02:00", "1999-12-31 19:00:00-05", "2000-01-01 00:00"]
        {
            assert_eq!(Moment::parse(text), Some(same), "{text}");
        }
        for bad in ["", "2000", "2000-02-30", "x", "0044-03-15 BC", "12:00:00"] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
        assert_eq!(Moment::parse("2000-01-01 12:00:00").and_then(Moment::days), None);
        assert_eq!(Moment::parse("2000-01-01 00:00:00.0000001").and_then(Moment::micros), None);
    }

    #[test]
    fn clocks() {
        for (micros, text) in [(0, "00:00:00"), (MICROS_A_DAY, "24:00:00"), (3_723_000_500, "01:02:03.0005")] {
            assert_eq!(shown(|out| write_time(micros, out)), text);
            assert_eq!(micros_of_day(text), Some(micros), "{text}");
        }
        assert_eq!((micros_of_day("3am"), micros_of_day("25:00:00")), (None, None));
    }
}
