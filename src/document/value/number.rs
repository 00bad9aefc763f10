//! Values read as numbers and booleans. Whatever a number came as, its digits are kept as they are.

use std::borrow::Cow;

use super::{Fault, Raw, as_text, finite};
use crate::document::datum::Datum;
use crate::expression::decimal::{normalise_decimal, write_f64_as_decimal, write_float};

pub(super) fn integer<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not an integer";
    /// From here on a float no longer tells neighbouring integers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match raw {
        Raw::Int(int) => Ok(Datum::Int(int)),
        Raw::Bool(truth) => Ok(Datum::Int(i64::from(truth))),
        Raw::Float(float) if float.fract() == 0.0 && float.abs() <= EXACT => Ok(Datum::Int(float as i64)),
        Raw::Float(float) => Err(Fault::of(WHAT, digits_of(finite(float)?))),
        Raw::Computed(Datum::Decimal(digits)) => match digits.parse() {
            Ok(int) => Ok(Datum::Int(int)),
            Err(_) if digits.parse::<u64>().is_ok() => Ok(Datum::Decimal(digits)),
            Err(_) => Err(Fault::of(WHAT, digits)),
        },
        other => match as_text(other)? {
            Ok(text) => match text.trim_matches(' ').parse() {
                Ok(int) => Ok(Datum::Int(int)),
                // `1.0` and `1e3` are integers too, however they are written.
                Err(_) => {
                    let digits = canonical_digits(&text).ok_or_else(|| Fault::of(WHAT, &text))?;
                    match (digits.parse(), digits.parse::<u64>()) {
                        (Ok(int), _) => Ok(Datum::Int(int)),
                        // MySQL's unsigned integers go further than ours.
                        (Err(_), Ok(_)) => Ok(Datum::Decimal(Cow::Owned(digits))),
                        (Err(_), Err(_)) => Err(Fault::of(WHAT, &text)),
                    }
                }
            },
            Err(_) => Err(Fault::new(WHAT)),
        },
    }
}

fn canonical_digits(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    normalise_decimal(text.trim_matches(' '), &mut out).then(|| String::from_utf8(out).unwrap_or_default())
}

pub(super) fn digits_of(float: f64) -> String {
    let mut out = Vec::with_capacity(24);
    write_float(float, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

pub(super) fn decimal<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not a decimal number";
    match raw {
        // A decimal, not an integer: a rate of 19 divided by 100 is not 0.
        Raw::Int(int) => Ok(Datum::Decimal(Cow::Owned(int.to_string()))),
        Raw::Bool(truth) => Ok(Datum::Decimal(Cow::Borrowed(if truth { "1" } else { "0" }))),
        Raw::Float(float) => {
            let mut out = Vec::with_capacity(24);
            write_f64_as_decimal(finite(float)?, &mut out);
            Ok(Datum::Decimal(Cow::Owned(String::from_utf8(out).unwrap_or_default())))
        }
        Raw::Computed(Datum::Decimal(digits)) => Ok(Datum::Decimal(digits)),
        other => match as_text(other)? {
            Ok(text) => match text {
                Cow::Borrowed(text) if is_canonical_decimal(text) => Ok(Datum::Decimal(Cow::Borrowed(text))),
                text => canonical_digits(&text)
                    .map(|digits| Datum::Decimal(Cow::Owned(digits)))
                    .ok_or_else(|| Fault::of(WHAT, &text)),
            },
            Err(_) => Err(Fault::new(WHAT)),
        },
    }
}

/// Short digits, perhaps with a sign and a point, that need no change: the common case, without a copy.
fn is_canonical_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(|fraction| all_digits(fraction) && !fraction.ends_with('0'))
        && text != "-0"
}

pub(super) fn float<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not a number";
    match raw {
        Raw::Float(float) => finite(float).map(Datum::Float),
        Raw::Int(int) => Ok(Datum::Float(int as f64)),
        Raw::Bool(truth) => Ok(Datum::Float(f64::from(u8::from(truth)))),
        Raw::Computed(Datum::Decimal(digits)) => parse_float(&digits).ok_or_else(|| Fault::of(WHAT, digits)),
        other => match as_text(other)? {
            Ok(text) => parse_float(text.trim_matches(' ')).ok_or_else(|| Fault::of(WHAT, text)),
            Err(_) => Err(Fault::new(WHAT)),
        },
    }
}

/// Digits only: Rust reads `nan` and `inf` as well.
fn parse_float(text: &str) -> Option<Datum<'static>> {
    let float = text.bytes().any(|byte| byte.is_ascii_digit()).then(|| text.parse::<f64>().ok())??;
    float.is_finite().then_some(Datum::Float(float))
}

pub(super) fn boolean<'a>(raw: Raw<'a>) -> Result<Datum<'a>, Fault> {
    const WHAT: &str = "is not a boolean (0, 1, t, f, true, false)";
    let number = |int: i64| match int {
        0 => Ok(Datum::Bool(false)),
        1 => Ok(Datum::Bool(true)),
        _ => Err(Fault::of(WHAT, int)),
    };
    match raw {
        Raw::Bool(truth) => Ok(Datum::Bool(truth)),
        Raw::Int(int) => number(int),
        Raw::Float(float) if float == 0.0 || float == 1.0 => number(float as i64),
        Raw::Float(float) => Err(Fault::of(WHAT, digits_of(finite(float)?))),
        Raw::Computed(Datum::Decimal(digits)) => match digits.parse() {
            Ok(int) => number(int),
            Err(_) => Err(Fault::of(WHAT, digits)),
        },
        Raw::Blob([0]) => Ok(Datum::Bool(false)),
        Raw::Blob([1]) => Ok(Datum::Bool(true)),
        other => match as_text(other)? {
            Ok(text) => {
                let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
                if is(&["t", "true", "1"]) {
                    Ok(Datum::Bool(true))
                } else if is(&["f", "false", "0"]) {
                    Ok(Datum::Bool(false))
                } else {
                    Err(Fault::of(WHAT, text))
                }
            }
            Err(_) => Err(Fault::new(WHAT)),
        },
    }
}
