//! From the parser's lines and columns to bytes of the text.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Span};

/// Where each line and each character of a text begins.
#[derive(Debug)]
pub(super) struct Locations {
    /// Byte of each character, and the text's length as the last.
    characters: Vec<usize>,
    /// Index into `characters` of each line's first.
    lines: Vec<usize>,
}

impl Locations {
    pub fn of(text: &str) -> Self {
        let mut characters = Vec::with_capacity(text.len() + 1);
        let mut lines = vec![0];
        for (at, char) in text.char_indices() {
            characters.push(at);
            if char == '\n' {
                lines.push(characters.len());
            }
        }
        characters.push(text.len());
        Self { characters, lines }
    }

    /// The byte at a location; a location past the text is its end.
    pub fn byte(&self, location: Location) -> usize {
        let end = self.characters.last().copied().unwrap_or(0);
        let (Some(line), Some(column)) = (location.line.checked_sub(1), location.column.checked_sub(1)) else {
            return 0;
        };
        let Some(first) = self.lines.get(line as usize) else { return end };
        self.characters.get(first + column as usize).copied().unwrap_or(end)
    }

    /// The bytes of a span; of the whole text where the parser knows no better.
    pub fn bytes(&self, span: Span) -> Range<usize> {
        if span == Span::empty() {
            return 0..self.characters.last().copied().unwrap_or(0);
        }
        let start = self.byte(span.start);
        start..self.byte(span.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        let text = "'ä'\n  = b";
        let locations = Locations::of(text);
        assert_eq!(locations.byte(Location::new(1, 1)), 0);
        assert_eq!(locations.byte(Location::new(1, 4)), 4);
        assert_eq!(locations.byte(Location::new(2, 5)), 9);
        assert_eq!(locations.byte(Location::new(9, 9)), text.len());
        assert_eq!(locations.bytes(Span::new(Location::new(2, 5), Location::new(2, 6))), 9..10);
        assert_eq!(locations.bytes(Span::empty()), 0..text.len());
    }
}
