//! Numbers as texts write them: sign, digits, point, exponent; where one begins a text, or is all of it, and what it is worth.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;

/// Zeros that an exponent may stand for. A double needs 324; more is no quantity but an attack or a mistake.
pub(super) const MAX_PADDING: i64 = 1000;

/// Digits that a number may have where it is computed with; PostgreSQL's declared precisions end at 1000.
pub(super) const MAX_DIGITS: usize = 2000;

/// A number at the beginning of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numeral<'a> {
    pub(super) negative: bool,
    pub(super) whole: &'a [u8],
    pub(super) fraction: &'a [u8],
    /// Saturated far beyond anything accepted.
    pub(super) exponent: i64,
    /// Neither a point nor an exponent.
    integer: bool,
    /// Bytes read.
    length: usize,
}

/// Reads the longest number at the beginning of `text`: sign, digits, point, exponent.
fn scan(text: &[u8]) -> Option<Numeral<'_>> {
    let negative = text.first() == Some(&b'-');
    let mut at = usize::from(negative || text.first() == Some(&b'+'));
    let whole = digits(text, at);
    at += whole.len();
    let mut fraction: &[u8] = &[];
    let mut integer = true;
    if text.get(at) == Some(&b'.') {
        fraction = digits(text, at + 1);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        integer = false;
        at += 1 + fraction.len();
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent = 0;
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = text.get(at + 1).copied();
        let start = at + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
        let power = digits(text, start);
        if !power.is_empty() {
            exponent = power.iter().fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 40));
            if sign == Some(b'-') {
                exponent = -exponent;
            }
            integer = false;
            at = start + power.len();
        }
    }
    Some(Numeral { negative, whole, fraction, exponent, integer, length: at })
}

fn digits(text: &[u8], from: usize) -> &[u8] {
    let rest = text.get(from..).unwrap_or_default();
    &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()]
}

/// The whole text as a number.
pub(super) fn scan_all(text: &str) -> Option<Numeral<'_>> {
    scan(text.as_bytes()).filter(|numeral| numeral.length == text.len())
}

impl Numeral<'_> {
    fn is_zero(&self) -> bool {
        self.whole.iter().chain(self.fraction).all(|digit| *digit == b'0')
    }

    /// Whether the number is small enough to be computed with.
    fn is_reasonable(&self) -> bool {
        self.exponent.abs() <= MAX_PADDING && self.whole.len() + self.fraction.len() <= MAX_DIGITS
    }

    pub(super) fn decimal(&self) -> Option<BigDecimal> {
        if !self.is_reasonable() {
            return None;
        }
        let scale = self.fraction.len() as i64 - self.exponent;
        /// So many digits always fit an `i64`.
        const SMALL: usize = 18;
        let mantissa = if self.whole.len() + self.fraction.len() <= SMALL {
            let unsigned =
                self.whole.iter().chain(self.fraction).fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            BigInt::from(if self.negative { -unsigned } else { unsigned })
        } else {
            let all: Vec<u8> = self.whole.iter().chain(self.fraction).copied().collect();
            let unsigned = BigInt::parse_bytes(&all, 10)?;
            if self.negative { -unsigned } else { unsigned }
        };
        Some(BigDecimal::new(mantissa, scale))
    }

    fn int(&self) -> Option<i64> {
        if !self.integer {
            return None;
        }
        let mut sum = 0i64;
        for digit in self.whole {
            sum = sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
        }
        if self.negative { Some(sum) } else { sum.checked_neg() }
    }
}

/// What a text is worth as a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextNumber {
    Int(i64),
    Decimal(BigDecimal),
    /// A number, but beyond everything that is computed with.
    Unreasonable,
}

impl TextNumber {
    fn of(numeral: &Numeral<'_>) -> Self {
        match numeral.int() {
            Some(int) => TextNumber::Int(int),
            None => numeral.decimal().map_or(TextNumber::Unreasonable, TextNumber::Decimal),
        }
    }
}

/// The number that the whole text is, blanks around it aside.
pub(super) fn whole_number(text: &str) -> Option<TextNumber> {
    scan_all(text.trim_matches(is_blank)).map(|numeral| TextNumber::of(&numeral))
}

/// The number that the text begins with, 0 when it begins with none.
pub(super) fn leading_number(text: &str) -> TextNumber {
    scan(text.trim_start_matches(is_blank).as_bytes()).map_or(TextNumber::Int(0), |numeral| TextNumber::of(&numeral))
}

/// The integer that the text begins with, 0 when it begins with none; what follows the digits does not count.
pub(super) fn leading_integer(text: &str) -> TextNumber {
    let Some(numeral) = scan(text.trim_start_matches(is_blank).as_bytes()) else { return TextNumber::Int(0) };
    TextNumber::of(&Numeral { fraction: &[], exponent: 0, integer: true, ..numeral })
}

pub(super) fn begins_with_non_zero(text: &str) -> bool {
    scan(text.trim_start_matches(is_blank).as_bytes()).is_some_and(|numeral| !numeral.is_zero())
}

/// What SQLite skips before a number.
fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::super::decimal::parse_decimal;
    use super::*;

    #[test]
    fn numbers_in_texts() {
        use TextNumber::{Decimal, Int, Unreasonable};
        let decimal = |text: &str| Decimal(parse_decimal(text).unwrap());
        for (text, number) in [
            ("12", Int(12)),
            (" 12abc", Int(12)),
            ("12.5abc", decimal("12.5")),
            ("1e2", decimal("100")),
            ("5e", Int(5)),
            ("abc", Int(0)),
            ("", Int(0)),
            ("-9223372036854775808", Int(i64::MIN)),
            ("9223372036854775808", decimal("9223372036854775808")),
            ("1e99999", Unreasonable),
        ] {
            assert_eq!(leading_number(text), number, "{text}");
        }
        assert_eq!(whole_number(" 12 "), Some(Int(12)));
        assert_eq!(whole_number("12abc"), None);
        assert_eq!(leading_integer("12.9e5"), Int(12));
        assert_eq!(leading_integer(".5"), Int(0));
    }
}
