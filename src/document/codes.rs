//! Codes: texts of printable ASCII, compared by a collation that is not known but for them.
//!
//! Such as `SO-0001234`. Those that differ in digits alone are ordered and told apart by every collation in the same way; what
//! it makes of anything else, letters of another case or accents, is for the database to say: then nothing is found here.

use std::cmp::Ordering;
use std::ops::Range;

use crate::source::rows::{Cell, RowSet};

/// Codes that are compared with a row's before all are searched.
const NEAR: usize = 8;

/// No blanks, as collations differ in whether they count at the end.
pub(super) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

/// Whether all have their digits at the same places, and each differs from the one before first in a digit. `texts` are
/// ascending by their bytes.
pub(super) fn differ_in_digits(texts: &[&[u8]]) -> bool {
    texts.iter().zip(texts.iter().skip(1)).all(|(before, text)| {
        let first_difference = before.iter().zip(*text).find(|(one, other)| one != other);
        first_difference.is_some_and(|(one, _)| one.is_ascii_digit())
            && before.len() == text.len()
            && before.iter().zip(*text).all(|(one, other)| one.is_ascii_digit() == other.is_ascii_digit())
    })
}

/// The rows of each of `texts`, which are codes that [differ in digits](differ_in_digits), by their first cell; rows of one
/// value stand together. False where a row may be of one of them by more than its bytes.
pub(super) fn find(read: &RowSet, texts: &[&[u8]], stretches: &mut Vec<Range<u32>>) -> bool {
    stretches.resize(texts.len(), 0..0);
    let value = |row: usize| match read.cell(row, 0) {
        Cell::Text(text) => read.bytes(text),
        _ => &[],
    };
    let (mut row, mut next) = (0, 0);
    while row < read.len() {
        let text = value(row);
        let end = (row..read.len()).find(|row| value(*row) != text).unwrap_or(read.len());
        // One of the next as a rule: every row is of a key, and few keys in a row have none.
        let near = &texts[next..texts.len().min(next + NEAR)];
        let found = match near.iter().position(|code| *code == text) {
            Some(ahead) => Ok(next + ahead),
            // Differing in digits first, they are in the same order whatever the case of their letters.
            None => texts.binary_search_by(|code| ignoring_case(code, text)),
        };
        match found {
            Ok(number) if texts[number] == text => {
                stretches[number] = row as u32..end as u32;
                next = number + 1;
            }
            Err(_) if is_plain(text) => {}
            _ => return false,
        }
        row = end;
    }
    true
}

fn ignoring_case(one: &[u8], other: &[u8]) -> Ordering {
    one.iter().map(u8::to_ascii_lowercase).cmp(other.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_every_collation_orders_alike() {
        for (texts, expected) in [
            (&["SO-0001", "SO-0002", "SO-0010"][..], true),
            (&["A1b", "A2a"], true),
            (&["only"], true),
            (&["a1", "b1"], false),
            (&["SO-1", "SO-10"], false),
            (&["SO-1", "SO-1"], false),
            (&["SO-09", "SO-1x"], false),
            (&["1-2", "12-"], false),
            (&["a1", "a2", "aB"], false),
        ] {
            let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
            assert_eq!(differ_in_digits(&texts), expected, "{texts:?}");
        }
        for (text, expected) in [("SO-1", true), ("", true), ("SO 1", false), ("SO-1 ", false), ("S\u{d6}-1", false)] {
            assert_eq!(is_plain(text.as_bytes()), expected, "{text}");
        }
    }

    /// Where rows of these values are found, as `first..end` of each code.
    fn found(values: &[&str], codes: &[&str]) -> Option<Vec<Range<u32>>> {
        let mut rows = RowSet::default();
        rows.reset(1);
        values.iter().for_each(|value| rows.push_text(value.as_bytes()));
        let codes: Vec<&[u8]> = codes.iter().map(|code| code.as_bytes()).collect();
        let mut stretches = Vec::new();
        find(&rows, &codes, &mut stretches).then_some(stretches)
    }

    #[test]
    fn rows_are_of_the_code_that_they_have() {
        let codes = ["A-1", "A-2", "A-4", "A-5"];
        let values = ["A-1", "A-1", "A-1b", "A-3", "A-4", "A-5", "A-5"];
        assert_eq!(found(&values, &codes), Some(vec![0..2, 0..0, 4..5, 5..7]));
        assert_eq!(found(&[], &codes), Some(vec![0..0; 4]));
        // Which may or may not be equal to one of them.
        for value in ["a-2", "A-2 ", "\u{c1}-2", ""] {
            let expected = value.is_empty().then(|| vec![0..1, 0..0, 0..0, 2..3]);
            assert_eq!(found(&["A-1", value, "A-5"], &codes), expected, "{value:?}");
        }
    }
}
