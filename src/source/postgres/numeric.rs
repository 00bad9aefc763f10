//! The binary form of `numeric`: digits to the base of ten thousand, with a weight, a sign and a display scale.

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Decimal digits of a digit to the base.
const WIDTH: usize = 4;

/// Digits beyond these no column holds: 131,072 before the point and 16,383 behind it.
const MOST_WHOLE: usize = 131_072;
const MOST_FRACTION: usize = 16_383;

/// Appends a value as the server prints it. False where the bytes are none.
pub(super) fn write_text(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut words = raw.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]]));
    let (Some(count), Some(weight), Some(sign), Some(scale)) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let special: &[u8] = match sign {
        POSITIVE | NEGATIVE => b"",
        NAN => b"NaN",
        INFINITY => b"Infinity",
        MINUS_INFINITY => b"-Infinity",
        _ => return false,
    };
    if !special.is_empty() {
        out.extend_from_slice(special);
        return true;
    }
    if words.len() != usize::from(count) {
        return false;
    }
    if sign == NEGATIVE {
        out.push(b'-');
    }
    // The first digit stands for its multiple of ten thousand to the power of the weight.
    let weight = i32::from(weight.cast_signed());
    let mut place = weight;
    if weight < 0 {
        out.push(b'0');
        place = -1;
    } else {
        for power in (0..=weight).rev() {
            let group = four(words.next().unwrap_or(0));
            let leading = if power == weight {
                group.iter().take(WIDTH - 1).take_while(|digit| **digit == b'0').count()
            } else {
                0
            };
            out.extend_from_slice(&group[leading..]);
            place = power - 1;
        }
    }
    let mut left = usize::from(scale);
    if left > 0 {
        out.push(b'.');
    }
    while left > 0 {
        // Places between the point and the first digit are not stored.
        let group = if place > weight { *b"0000" } else { four(words.next().unwrap_or(0)) };
        let written = left.min(WIDTH);
        out.extend_from_slice(&group[..written]);
        left -= written;
        place -= 1;
    }
    true
}

fn four(digit: u16) -> [u8; WIDTH] {
    [1000, 100, 10, 1].map(|unit| b'0' + (digit / unit % 10) as u8)
}

/// A decimal number in its parts: the digits of its whole and of its fraction.
pub(super) struct Digits {
    pub negative: bool,
    whole: Vec<u8>,
    fraction: Vec<u8>,
}

impl Digits {
    /// `-12.50`, `1e3`, ` 7 `; none for anything else, and for more digits than a numeric has.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
        // Zeros that say nothing count for nothing, whatever the exponent.
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading);
        let trailing = digits.iter().rev().take_while(|digit| **digit == b'0').count();
        digits.truncate(digits.len() - trailing);
        let point = if digits.is_empty() { 0 } else { point - i64::try_from(leading).ok()? };
        let length = i64::try_from(digits.len()).ok()?;
        if point > MOST_WHOLE as i64 || length - point > MOST_FRACTION as i64 {
            return None;
        }
        let (whole, fraction) = if point <= 0 {
            let zeros = usize::try_from(-point).ok()?;
            (Vec::new(), [vec![b'0'; zeros], digits].concat())
        } else {
            let point = usize::try_from(point).ok()?;
            let fraction = digits.split_off(point.min(digits.len()));
            digits.resize(point, b'0');
            (digits, fraction)
        };
        Some(Digits { negative: text.starts_with('-'), whole, fraction })
    }

    /// The integer that this is, where it is one of 64 bits.
    pub fn integer(&self) -> Option<i64> {
        if !self.fraction.is_empty() {
            return None;
        }
        let magnitude = self
            .whole
            .iter()
            .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0')))?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// Appends the binary form.
    pub fn write_binary(&self, out: &mut Vec<u8>) {
        let groups_before = self.whole.len().div_ceil(WIDTH);
        let mut digits = vec![b'0'; groups_before * WIDTH - self.whole.len()];
        digits.extend_from_slice(&self.whole);
        digits.extend_from_slice(&self.fraction);
        digits.resize(digits.len().next_multiple_of(WIDTH), b'0');
        let mut groups: Vec<u16> = digits
            .chunks_exact(WIDTH)
            .map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
            .collect();
        let leading = groups.iter().take_while(|group| **group == 0).count();
        groups.drain(..leading);
        let weight = groups_before as i64 - 1 - leading as i64;
        let sign = if self.negative && !groups.is_empty() { NEGATIVE } else { POSITIVE };
        let weight = if groups.is_empty() { 0 } else { weight as i16 };
        for word in [groups.len() as u16, weight.cast_unsigned(), sign, self.fraction.len() as u16] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        for group in groups {
            out.extend_from_slice(&group.to_be_bytes());
        }
    }
}

/// The binary form of the value that is no number.
pub(super) fn write_nan(out: &mut Vec<u8>) {
    for word in [0, 0, NAN, 0] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn text(raw: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        write_text(raw, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn printed_as_the_server_does() {
        let minus = |n: i16| n.cast_unsigned();
        for (words, expected) in [
            (&[0, 0, 0, 0][..], "0"),
            (&[0, 0, 0, 2], "0.00"),
            (&[1, 0, 0, 0, 7], "7"),
            (&[2, 1, 0, 0, 1, 2], "10002"),
            (&[1, 1, 0, 0, 12], "120000"),
            (&[2, 0, 0x4000, 2, 12, 5000], "-12.50"),
            (&[1, minus(-1), 0, 4, 1], "0.0001"),
            (&[1, minus(-2), 0, 6, 100], "0.000001"),
            (&[3, 0, 0, 5, 1, 2345, 6000], "1.23456"),
            (&[0, 0, 0xC000, 0], "NaN"),
            (&[0, 0, 0xF000, 0], "-Infinity"),
        ] {
            assert_eq!(text(&binary(words)).as_deref(), Some(expected));
        }
        assert_eq!(text(&binary(&[1, 0, 0])), None);
        assert_eq!(text(&binary(&[2, 0, 0, 0, 7])), None);
        assert_eq!(text(&binary(&[0, 0, 1, 0])), None);
    }

    #[test]
    fn read_and_written_again() {
        for (given, expected) in [
            ("0", "0"),
            ("-0.000", "0"),
            (" +007 ", "7"),
            ("12.50", "12.5"),
            ("-120000", "-120000"),
            ("0.00001", "0.00001"),
            ("1e3", "1000"),
            ("12.5E-3", "0.0125"),
            ("1234567890123456789012.0001", "1234567890123456789012.0001"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0e999999999", "0"),
        ] {
            let mut out = Vec::new();
            Digits::parse(given).unwrap().write_binary(&mut out);
            assert_eq!(text(&out).as_deref(), Some(expected), "{given}");
        }
        for bad in ["", ".", "-", "1e", "e5", "1x", "NaN", "--1", "1e999999", "1e-99999", "0x10", "1 2"] {
            assert!(Digits::parse(bad).is_none(), "{bad}");
        }
        let integer = |text: &str| Digits::parse(text).and_then(|digits| digits.integer());
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!((integer("1e2"), integer("1.50"), integer("3.00")), (Some(100), None, Some(3)));
    }
}
