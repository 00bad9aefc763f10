//! JSON of a source column in canonical form: compact, keys sorted by their bytes, each number in the one form of its value.
//!
//! Databases keep JSON in forms of their own: PostgreSQL's jsonb writes `1e2` as `100` and keeps `1.50`, MySQL writes them
//! as `100.0` and `1.5`, others keep the text. So a number is written by its value alone: exactly, without an exponent, a
//! plus sign or zeros that say nothing, and zero without a sign. Only where more than [`MOST_ZEROS`] zeros would stand for
//! its size it has an exponent, `1.5e-30`, one digit before the point. Of repeated keys the last one counts.
//! Invariant: equal content gives equal bytes, and what comes out is valid JSON.

use std::borrow::Cow;
use std::ops::Range;

use super::text::write_string;

/// Levels of nesting that are followed: beyond it the text is refused, so that no input overflows the stack.
const MAX_DEPTH: usize = 128;

/// Zeros that may be written before or behind the digits of a number to show how large it is; ECMAScript as well writes an
/// exponent from 1e21.
const MOST_ZEROS: i64 = 20;

/// Why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotJson {
    Syntax,
    TooDeep,
}

/// The canonical form of a JSON text.
pub(crate) fn canonical(text: &str) -> Result<String, NotJson> {
    let mut writer = Canonical { text, at: 0, out: Vec::with_capacity(text.len()) };
    writer.value(0)?;
    writer.blanks();
    if writer.at < text.len() {
        return Err(NotJson::Syntax);
    }
    String::from_utf8(writer.out).map_err(|_| NotJson::Syntax)
}

struct Canonical<'a> {
    text: &'a str,
    at: usize,
    out: Vec<u8>,
}

/// A member as it was written to the output, key and value.
struct Written<'a> {
    key: Cow<'a, str>,
    bytes: Range<usize>,
}

impl<'a> Canonical<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<(), NotJson> {
        if depth > MAX_DEPTH {
            return Err(NotJson::TooDeep);
        }
        self.blanks();
        match self.peek().ok_or(NotJson::Syntax)? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let text = self.string()?;
                write_string(&text, &mut self.out);
                Ok(())
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        if !self.text[self.at..].starts_with(word) {
            return Err(NotJson::Syntax);
        }
        self.at += word.len();
        self.out.extend_from_slice(word.as_bytes());
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), NotJson> {
        self.at += 1;
        self.out.push(b'[');
        if !self.eat(b']') {
            loop {
                self.value(depth + 1)?;
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(NotJson::Syntax);
                }
                self.out.push(b',');
            }
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes the members as they come; only where they were out of order are they put into order afterwards.
    fn object(&mut self, depth: usize) -> Result<(), NotJson> {
        self.at += 1;
        self.out.push(b'{');
        let start = self.out.len();
        let mut members: Vec<Written<'a>> = Vec::new();
        if !self.eat(b'}') {
            loop {
                self.blanks();
                if self.peek() != Some(b'"') {
                    return Err(NotJson::Syntax);
                }
                let key = self.string()?;
                let from = self.out.len();
                write_string(&key, &mut self.out);
                if !self.eat(b':') {
                    return Err(NotJson::Syntax);
                }
                self.out.push(b':');
                self.value(depth + 1)?;
                members.push(Written { key, bytes: from..self.out.len() });
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(NotJson::Syntax);
                }
                self.out.push(b',');
            }
        }
        if !members.is_sorted_by(|left, right| left.key < right.key) {
            self.put_into_order(start, members);
        }
        self.out.push(b'}');
        Ok(())
    }

    fn put_into_order(&mut self, start: usize, mut members: Vec<Written<'a>>) {
        // Stable, so that the last of equal keys stays the last.
        members.sort_by(|left, right| left.key.cmp(&right.key));
        let mut sorted = Vec::with_capacity(self.out.len() - start);
        for (i, member) in members.iter().enumerate() {
            if members.get(i + 1).is_some_and(|next| next.key == member.key) {
                continue;
            }
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(&self.out[member.bytes.clone()]);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&sorted);
    }

    /// Reads a string; the opening quote is next.
    fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut plain = true;
        loop {
            match bytes.get(at).ok_or(NotJson::Syntax)? {
                b'"' => break,
                b'\\' => {
                    plain = false;
                    at += 2;
                }
                0..0x20 => return Err(NotJson::Syntax),
                _ => at += 1,
            }
        }
        self.at = at + 1;
        if plain {
            return Ok(Cow::Borrowed(&self.text[start + 1..at]));
        }
        serde_json::from_str::<String>(&self.text[start..=at]).map(Cow::Owned).map_err(|_| NotJson::Syntax)
    }

    fn number(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = self.at;
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let whole = whole..self.at;
        let mut fraction = self.at..self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction.start = self.at;
            self.digits()?;
            fraction.end = self.at;
        }
        let mut exponent = 0;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let negative = self.peek() == Some(b'-');
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            let from = self.at;
            self.digits()?;
            // Far beyond what any text could make up for.
            let most = |sum: i64, digit: &u8| (sum * 10 + i64::from(digit - b'0')).min(1 << 40);
            exponent = self.text.as_bytes()[from..self.at].iter().fold(0, most);
            exponent = if negative { -exponent } else { exponent };
        }
        let bytes = self.text.as_bytes();
        write_number(bytes[start] == b'-', &bytes[whole], &bytes[fraction], exponent, &mut self.out);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(NotJson::Syntax) } else { Ok(()) }
    }
}

/// Appends `whole.fraction` times ten to the power of `exponent` by its value.
fn write_number(negative: bool, whole: &[u8], fraction: &[u8], exponent: i64, out: &mut Vec<u8>) {
    // An integer as nearly all are.
    if exponent == 0 && fraction.is_empty() && whole != b"0" && whole.len() as i64 <= MOST_ZEROS {
        out.extend_from_slice(if negative { b"-" } else { b"" });
        out.extend_from_slice(whole);
        return;
    }
    let digits: Vec<u8> = whole.iter().chain(fraction).copied().collect();
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    let trailing = digits[leading..].iter().rev().take_while(|digit| **digit == b'0').count();
    let digits_worth = &digits[leading..digits.len() - trailing];
    if digits_worth.is_empty() {
        out.push(b'0');
        return;
    }
    if negative {
        out.push(b'-');
    }
    // Where the point stands, counted from the first digit that is worth something.
    let point = whole.len() as i64 - leading as i64 + exponent;
    let behind = point - digits_worth.len() as i64;
    if behind > MOST_ZEROS || -point > MOST_ZEROS {
        let (first, rest) = digits_worth.split_at(1);
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.extend_from_slice(format!("e{}", point - 1).as_bytes());
        return;
    }
    let zeros = |count: i64, out: &mut Vec<u8>| out.resize(out.len() + usize::try_from(count).unwrap_or(0), b'0');
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            let (before, after) = digits_worth.split_at(point.min(digits_worth.len()));
            out.extend_from_slice(before);
            zeros(behind, out);
            if !after.is_empty() {
                out.push(b'.');
                out.extend_from_slice(after);
            }
        }
        _ => {
            out.extend_from_slice(b"0.");
            zeros(-point, out);
            out.extend_from_slice(digits_worth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_their_value() {
        for (texts, expected) in [
            (&["0", "-0", "0.0", "-0.000", "0e9", "-0.0e+5", "0E-400"][..], "0"),
            (&["100", "1e2", "1E+2", "100.0", "100.000", "0.1e3", "1000e-1"], "100"),
            (&["-1.5", "-1.50", "-15e-1", "-0.0015e3"], "-1.5"),
            (&["0.000001", "1e-6", "0.0000010"], "0.000001"),
            (&["12345678901234567890123", "12345678901234567890123.0"], "12345678901234567890123"),
            (&["0.1000000000000000055511151231257827"], "0.1000000000000000055511151231257827"),
            (&["100000000000000000000", "1e20", "1e+20"], "100000000000000000000"),
            (&["1000000000000000000000", "1e21", "10e20", "0.1e22"], "1e21"),
            (&["-1234e30", "-1.234e33", "-1234000000000000000000000000000000"], "-1.234e33"),
            (&["1e-21", "0.000000000000000000001"], "0.000000000000000000001"),
            (&["1e-22", "0.0000000000000000000001", "10e-23"], "1e-22"),
            (&["1e400"], "1e400"),
            (&["12e-9999999999999999999"], "1.2e-1099511627775"),
        ] {
            for text in texts {
                assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
                // It is its own canonical form.
                assert_eq!(canonical(expected).as_deref(), Ok(expected));
            }
        }
    }

    #[test]
    fn canonical_forms() {
        for (text, expected) in [
            (r#" { "b" : 1 , "a" : [ 1 , 2.50 , -0.0e+5 ] } "#, r#"{"a":[1,2.5,0],"b":1}"#),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#"{"a":1,"a":3}"#, r#"{"a":3}"#),
            (r#"{"z":{"y":1,"x":{"b":[],"a":{}}},"a":null}"#, r#"{"a":null,"z":{"x":{"a":{},"b":[]},"y":1}}"#),
            (r#"{"\u0062":1,"a":"\u00e9\/\ud83d\ude00\u0001"}"#, "{\"a\":\"é/😀\\u0001\",\"b\":1}"),
            (r#"{"é":1,"z":2,"Z":3}"#, r#"{"Z":3,"z":2,"é":1}"#),
            ("true", "true"),
            ("\t\"x\"\n", "\"x\""),
            ("12345678901234567890123", "12345678901234567890123"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refused() {
        let lone = r#""\ud800""#;
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "tru",
            "nul",
            "truex",
            "1 2",
            "\"a",
            "\"\\x\"",
            "\"\\\"",
            "\"a\nb\"",
            "NaN",
            "'a'",
            "[1 2]",
            "{\"a\" 1}",
            "[",
            "\u{feff}1",
            lone,
        ] {
            assert_eq!(canonical(text), Err(NotJson::Syntax), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(canonical(&deep), Err(NotJson::TooDeep));
        let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(canonical(&nested).as_deref(), Ok(nested.as_str()));
    }
}
