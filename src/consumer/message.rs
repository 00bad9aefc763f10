//! Texts from outside, made fit to be stored and printed: without secrets, without control characters, of bounded length.

use super::Redact;

/// Of an item's outcome.
pub(super) const MESSAGE_CHARS: usize = 1_000;

/// Of the start of an answer that a run prints.
pub(super) const REASON_CHARS: usize = 200;

/// `text` without secrets and control characters, at most `max_chars` characters. Line breaks and tabs become spaces.
pub(super) fn clean(text: &str, max_chars: usize, redact: &Redact) -> String {
    // Cut last: a secret across the cut would not be recognised. Redact twice: a control character within a secret hides
    // it before they are gone, and one that belongs to it does so after.
    let visible: String = redact(text).chars().filter_map(visible).collect();
    redact(&visible).trim().chars().take(max_chars).collect()
}

fn visible(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        // They reorder what a terminal shows.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        control if control.is_control() => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn texts_are_cleaned() {
        let redact: Redact = Arc::new(|text: &str| text.replace("hunter22", "***"));
        for (text, max, expected) in [
            ("plain", 9, "plain"),
            ("  two\r\nlines\t", 99, "two  lines"),
            ("\u{1b}[31mred\u{1b}[0m\u{7}\u{9b}x", 99, "[31mred[0mx"),
            ("a\u{202e}b\u{2066}c", 99, "abc"),
            ("key=hunter22!", 99, "key=***!"),
            ("key=hun\u{0}ter22!", 99, "key=***!"),
            ("key=hunter22", 6, "key=**"),
            ("größe", 3, "grö"),
        ] {
            assert_eq!(clean(text, max, &redact), expected, "{text:?}");
        }
    }
}
