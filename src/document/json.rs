//! JSON of a source column in canonical form: compact, keys sorted by their bytes, numbers as they were written.
//!
//! Of repeated keys the last one counts. Invariant: equal content gives equal bytes, and what comes out is valid JSON.

use std::borrow::Cow;
use std::ops::Range;

use super::text::write_string;

/// Levels of nesting that are followed: beyond it the text is refused, so that no input overflows the stack.
const MAX_DEPTH: usize = 128;

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
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.out.extend_from_slice(&self.text.as_bytes()[start..self.at]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, expected) in [
            (r#" { "b" : 1 , "a" : [ 1 , 2.50 , -0.0e+5 ] } "#, r#"{"a":[1,2.50,-0.0e+5],"b":1}"#),
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
