//! Numbers in their one canonical form: decimals, integers, floats; and decimals rounded.
//!
//! The canonical form is a JSON number without an exponent, without superfluous zeros and without `-0`. An exponent that
//! stands for more than a thousand zeros is refused, so a short text never becomes a huge number.

use bigdecimal::num_bigint::Sign;
use bigdecimal::{BigDecimal, RoundingMode};

use super::numeral::{MAX_DIGITS, MAX_PADDING, Numeral, scan_all};

/// Reads a whole text as a decimal. `None` when it is no number, or one with an absurd exponent or thousands of digits.
pub fn parse_decimal(text: &str) -> Option<BigDecimal> {
    scan_all(text)?.decimal()
}

/// Whether a result is still of a size that one computes with.
pub(super) fn is_reasonable(decimal: &BigDecimal) -> bool {
    let (mantissa, scale) = decimal.as_bigint_and_scale();
    // A digit is a good three bits.
    scale.abs() <= 2 * MAX_PADDING && mantissa.bits() <= 4 * MAX_DIGITS as u64
}

/// Appends the canonical form of a decimal number's text. False, with nothing appended, when the text is no number or
/// its exponent is absurd.
pub fn normalise_decimal(text: &str, out: &mut Vec<u8>) -> bool {
    scan_all(text).is_some_and(|numeral| write_numeral(&numeral, out))
}

/// As [`normalise_decimal`], rounded to `places` decimal places, half away from zero.
pub fn round_decimal_text(text: &str, places: u32, out: &mut Vec<u8>) -> bool {
    let Some(numeral) = scan_all(text) else { return false };
    if numeral.exponent == 0 && numeral.fraction.len() <= places as usize {
        return write_numeral(&numeral, out);
    }
    let Some(decimal) = numeral.decimal() else { return false };
    write_decimal(&round_decimal(&decimal, places), out);
    true
}

/// Rounds to `places` decimal places, half away from zero.
pub fn round_decimal(decimal: &BigDecimal, places: u32) -> BigDecimal {
    if decimal.fractional_digit_count() <= i64::from(places) {
        return decimal.clone();
    }
    decimal.with_scale_round(i64::from(places), RoundingMode::HalfUp)
}

/// The shortest digits that read back as this float. `None` for NaN and the infinities.
pub fn decimal_of_f64(float: f64) -> Option<BigDecimal> {
    if !float.is_finite() {
        return None;
    }
    parse_decimal(ryu::Buffer::new().format_finite(float))
}

/// Appends the shortest digits that read back as this float, as a decimal. False for NaN and the infinities.
pub fn write_f64_as_decimal(float: f64, out: &mut Vec<u8>) -> bool {
    if !float.is_finite() {
        return false;
    }
    if write_few_places(float, out) {
        return true;
    }
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(float);
    if shortest.contains('e') || float == 0.0 {
        return normalise_decimal(shortest, out);
    }
    // Canonical but for the fraction of a whole number.
    out.extend_from_slice(shortest.strip_suffix(".0").unwrap_or(shortest).as_bytes());
    true
}

/// Writes a float that is the nearest to a number of few places, such as a price. False where it is none. Of numbers with
/// up to 15 digits no two have the same nearest float, so these digits are the shortest.
fn write_few_places(float: f64, out: &mut Vec<u8>) -> bool {
    const SCALE: i64 = 10_000;
    const BOUND: f64 = 1e15;
    let scaled = float * SCALE as f64;
    if scaled.abs() >= BOUND {
        return false;
    }
    let digits = (scaled + 0.5_f64.copysign(scaled)) as i64;
    if digits as f64 / SCALE as f64 != float {
        return false;
    }
    let (whole, fraction) = ((digits / SCALE).abs(), (digits % SCALE).unsigned_abs() as usize);
    if digits < 0 {
        out.push(b'-');
    }
    write_int(whole, out);
    if fraction > 0 {
        let ([a, b], [c, d]) = (PAIRS[fraction / 100], PAIRS[fraction % 100]);
        let places = [b'.', a, b, c, d];
        let zeros = places.iter().rev().take_while(|place| **place == b'0').count();
        let end = out.len() + places.len() - zeros;
        out.extend_from_slice(&places);
        out.truncate(end);
    }
    true
}

/// Appends the canonical form of a decimal.
pub fn write_decimal(decimal: &BigDecimal, out: &mut Vec<u8>) {
    let (mantissa, scale) = decimal.as_bigint_and_scale();
    let digits = mantissa.magnitude().to_string();
    place_point(mantissa.sign() == Sign::Minus, digits.as_bytes(), &[], -scale, out);
}

/// The digits of the numbers below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

/// Appends an integer's digits.
pub fn write_int(int: i64, out: &mut Vec<u8>) {
    const MOST_DIGITS: usize = 19;
    if (0..10).contains(&int) {
        return out.push(b'0' + int as u8);
    }
    if int < 0 {
        out.push(b'-');
    }
    let mut rest = int.unsigned_abs();
    let mut at = rest.ilog10() as usize + 1;
    let start = out.len();
    // Room is made for a length that the compiler knows, and what is too much cut off.
    out.extend_from_slice(&[b'0'; MOST_DIGITS]);
    out.truncate(start + at);
    let digits = &mut out[start..];
    while rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if at > 0 {
        digits[0] = b'0' + rest as u8;
    }
}

/// Appends a float as JSON writes it: its shortest round-trip digits, with an exponent only below 1e-6 and from 1e21
/// (where ECMAScript begins to write one). NaN and the infinities, which no JSON can hold, get their names.
pub fn write_float(float: f64, out: &mut Vec<u8>) {
    if !float.is_finite() {
        out.extend_from_slice(float.to_string().as_bytes());
        return;
    }
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        write_f64_as_decimal(float, out);
    } else {
        // Without a superfluous fraction this is already the form wanted: `1e300`, `1.5e-9`.
        out.extend_from_slice(ryu::Buffer::new().format_finite(float).as_bytes());
    }
}

pub(super) fn push_decimal(decimal: &BigDecimal, out: &mut String) {
    push(out, |bytes| write_decimal(decimal, bytes));
}

pub(super) fn push_float(float: f64, out: &mut String) {
    push(out, |bytes| write_float(float, bytes));
}

fn push(out: &mut String, write: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::with_capacity(32);
    write(&mut bytes);
    out.extend(bytes.iter().map(|byte| char::from(*byte)));
}

fn write_numeral(numeral: &Numeral<'_>, out: &mut Vec<u8>) -> bool {
    if numeral.exponent.abs() > MAX_PADDING {
        return false;
    }
    place_point(numeral.negative, numeral.whole, numeral.fraction, numeral.exponent, out);
    true
}

/// Writes the digits of `whole` and `fraction`, read as one row, with the point `exponent` places further right than
/// between them.
fn place_point(negative: bool, whole: &[u8], fraction: &[u8], exponent: i64, out: &mut Vec<u8>) {
    let length = whole.len() + fraction.len();
    let digit = |at: usize| if at < whole.len() { whole[at] } else { fraction[at - whole.len()] };
    let Some(first) = (0..length).find(|at| digit(*at) != b'0') else {
        out.push(b'0');
        return;
    };
    let end = (first..length).rev().find(|at| digit(*at) != b'0').map_or(length, |last| last + 1);
    let point = whole.len() as i64 + exponent;
    if negative {
        out.push(b'-');
    }
    if point <= first as i64 {
        out.extend_from_slice(b"0.");
        out.extend((point..first as i64).map(|_| b'0'));
        out.extend((first..end).map(digit));
    } else if point >= end as i64 {
        out.extend((first..end).map(digit));
        out.extend((end as i64..point).map(|_| b'0'));
    } else {
        out.extend((first..point as usize).map(digit));
        out.push(b'.');
        out.extend((point as usize..end).map(digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let around_powers = (0..19).flat_map(|power| {
            let power = 10_i64.pow(power);
            [power - 1, power, power + 1, -power, 1 - power]
        });
        for int in around_powers.chain([7, -7, i64::MAX, i64::MIN, -1_234_567_890_123]) {
            let mut out = Vec::new();
            write_int(int, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), int.to_string());
        }
    }

    #[test]
    fn the_shortest_digits_of_floats() {
        let odd = [
            0.0,
            -0.0,
            0.1,
            0.3,
            0.1 + 0.2,
            19.99,
            -0.5,
            -0.0001,
            1234.5678,
            5e-5,
            99_999_999_999.999_9,
            1e11,
            1e15,
            1e22,
            1e-7,
            f64::MAX,
            f64::MIN_POSITIVE,
            4.35,
            2.675,
            1.000_000_000_000_000_2,
        ];
        let prices = (0..20_000).map(|cents| f64::from(cents * 7_919) / 100.0);
        for float in odd.into_iter().chain(prices) {
            let mut out = Vec::new();
            assert!(write_f64_as_decimal(float, &mut out));
            let digits = String::from_utf8(out).unwrap();
            assert_eq!(Some(digits), normalised(ryu::Buffer::new().format_finite(float)), "{float:e}");
        }
        assert!(
            !write_f64_as_decimal(f64::NAN, &mut Vec::new()) && !write_f64_as_decimal(f64::INFINITY, &mut Vec::new())
        );
    }

    fn normalised(text: &str) -> Option<String> {
        let mut out = Vec::new();
        normalise_decimal(text, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn canonical_form() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.000", "0"),
            ("+1", "1"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("1.", "1"),
            (".5", "0.5"),
            ("-.50", "-0.5"),
            ("100", "100"),
            ("1e3", "1000"),
            ("1.25E+2", "125"),
            ("1.25e1", "12.5"),
            ("125e-2", "1.25"),
            ("125e-5", "0.00125"),
            ("0.001e2", "0.1"),
            ("10.0e-1", "1"),
            ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ] {
            assert_eq!(normalised(text).as_deref(), Some(canonical), "{text}");
            let mut written = Vec::new();
            write_decimal(&parse_decimal(text).unwrap(), &mut written);
            assert_eq!(written, canonical.as_bytes(), "{text}");
        }
        for text in
            ["", "-", ".", "1e", "e5", "1 ", " 1", "1,5", "0x10", "1e999999999", "1e-99999999999999999999", "NaN", "١"]
        {
            assert_eq!(normalised(text), None, "{text}");
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn rounds_half_away_from_zero() {
        for (text, places, rounded) in [
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("1.0049", 2, "1"),
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("-0.4", 0, "0"),
            ("1.5", 3, "1.5"),
            ("15e-1", 0, "2"),
            ("0.05", 1, "0.1"),
            ("0.005", 1, "0"),
            ("999.999", 2, "1000"),
            ("7", 2, "7"),
        ] {
            let mut out = Vec::new();
            assert!(round_decimal_text(text, places, &mut out));
            assert_eq!(String::from_utf8(out).unwrap(), rounded, "{text} to {places}");
        }
        assert!(!round_decimal_text("1e999999999", 2, &mut Vec::new()));
    }

    #[test]
    fn floats_by_their_shortest_digits() {
        for (float, decimal, json) in [
            (0.1, "0.1", "0.1"),
            (19.99, "19.99", "19.99"),
            (-0.0, "0", "0"),
            (1e21, "1000000000000000000000", "1e21"),
            (1e20, "100000000000000000000", "100000000000000000000"),
            (1.5e-7, "0.00000015", "1.5e-7"),
            (1e-6, "0.000001", "0.000001"),
        ] {
            let mut out = Vec::new();
            assert!(write_f64_as_decimal(float, &mut out));
            assert_eq!(String::from_utf8(out).unwrap(), decimal);
            let mut out = Vec::new();
            write_float(float, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), json);
        }
        assert!(!write_f64_as_decimal(f64::NAN, &mut Vec::new()));
        assert_eq!(decimal_of_f64(f64::INFINITY), None);
    }
}
