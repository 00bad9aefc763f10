//! The functions over texts. Positions and lengths count characters. A value that is no text takes part as its
//! canonical text; null gives null.

use std::borrow::Cow;
use std::ops::Range;

use super::value::Value;
use super::{EvaluationError, arithmetic};

/// Bytes of a text that is made. `replace` in `replace` grows exponentially; no document needs so much.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// A text that is not too long to go on with.
pub(super) fn bounded(text: String) -> Result<String, EvaluationError> {
    if text.len() > MAX_TEXT { Err(too_long()) } else { Ok(text) }
}

fn too_long() -> EvaluationError {
    EvaluationError::of_computation("the text is longer than 16 MiB")
}

/// ASCII letters only, as in SQLite.
pub(super) fn lower(value: Value<'_>) -> Value<'_> {
    match value.into_canonical_text() {
        None => Value::Null,
        Some(text) if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => Value::Text(text),
        Some(text) => Value::Text(Cow::Owned(text.to_ascii_lowercase())),
    }
}

/// ASCII letters only, as in SQLite.
pub(super) fn upper(value: Value<'_>) -> Value<'_> {
    match value.into_canonical_text() {
        None => Value::Null,
        Some(text) if !text.bytes().any(|byte| byte.is_ascii_lowercase()) => Value::Text(text),
        Some(text) => Value::Text(Cow::Owned(text.to_ascii_uppercase())),
    }
}

pub(super) fn length(value: &Value<'_>) -> Value<'static> {
    value.canonical_text().map_or(Value::Null, |text| Value::Int(text.chars().count() as i64))
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub left: bool,
    pub right: bool,
}

/// Takes spaces, or the characters given, off the sides.
pub(super) fn trim<'a>(value: Value<'a>, characters: Option<&Value<'_>>, sides: Sides) -> Value<'a> {
    let characters = match characters.map(Value::canonical_text) {
        None => Cow::Borrowed(" "),
        Some(Some(characters)) => characters,
        Some(None) => return Value::Null,
    };
    let Some(text) = value.into_canonical_text() else { return Value::Null };
    cut(text, |text| {
        let is_trimmed = |char| characters.contains(char);
        let start = if sides.left { text.len() - text.trim_start_matches(is_trimmed).len() } else { 0 };
        let rest = &text[start..];
        let end = if sides.right { rest.trim_end_matches(is_trimmed).len() } else { rest.len() };
        start..start + end
    })
}

/// A stretch of a text, not copied where the text is borrowed.
fn cut<'a>(text: Cow<'a, str>, stretch: impl FnOnce(&str) -> Range<usize>) -> Value<'a> {
    let range = stretch(&text);
    Value::Text(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    })
}

/// An empty `old` replaces nothing.
pub(super) fn replace<'a>(value: Value<'a>, old: &Value<'_>, new: &Value<'_>) -> Result<Value<'a>, EvaluationError> {
    let (Some(text), Some(old)) = (value.into_canonical_text(), old.canonical_text()) else { return Ok(Value::Null) };
    if old.is_empty() {
        return Ok(Value::Text(text));
    }
    let Some(new) = new.canonical_text() else { return Ok(Value::Null) };
    let found = text.matches(old.as_ref()).count();
    if found == 0 {
        return Ok(Value::Text(text));
    }
    // Measured first, so that nothing too long is ever made.
    if text.len().saturating_add(found.saturating_mul(new.len())) > MAX_TEXT + found * old.len() {
        return Err(too_long());
    }
    Ok(Value::Text(Cow::Owned(text.replace(old.as_ref(), &new))))
}

/// As SQLite: positions count from 1, negative ones from the end; 0 lies before the first character; a negative length
/// takes the characters before the position.
pub(super) fn substr<'a>(
    value: Value<'a>,
    first: &Value<'_>,
    length: Option<&Value<'_>>,
) -> Result<Value<'a>, EvaluationError> {
    let Some(text) = value.into_canonical_text() else { return Ok(Value::Null) };
    let Some(first) = arithmetic::integer_argument(first)? else { return Ok(Value::Null) };
    let length = match length {
        None => i64::MAX,
        Some(length) => match arithmetic::integer_argument(length)? {
            Some(length) => length,
            None => return Ok(Value::Null),
        },
    };
    Ok(cut(text, |text| {
        let characters = characters_from(text, first, length);
        byte_at(text, characters.start)..byte_at(text, characters.end)
    }))
}

/// The characters, from 0, that `substr` means; they may lie past the text's end.
fn characters_from(text: &str, first: i64, length: i64) -> Range<i128> {
    // Wide enough that no sum of an i64 and a length overflows.
    let (mut start, mut length) = (i128::from(first), i128::from(length));
    if start < 0 {
        start += text.chars().count() as i128;
        if start < 0 {
            length = if length < 0 { 0 } else { (length + start).max(0) };
            start = 0;
        }
    } else if start > 0 {
        start -= 1;
    } else if length > 0 {
        length -= 1;
    }
    if length < 0 {
        let end = start;
        start = (start + length).max(0);
        length = end - start;
    }
    start..start + length
}

fn byte_at(text: &str, character: i128) -> usize {
    let Ok(character) = usize::try_from(character) else { return text.len() };
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// As PostgreSQL: the first part is 1, the last -1; `''` where there is no such part.
pub(super) fn split_part<'a>(
    value: Value<'a>,
    separator: &Value<'_>,
    part: &Value<'_>,
) -> Result<Value<'a>, EvaluationError> {
    let (Some(text), Some(separator)) = (value.into_canonical_text(), separator.canonical_text()) else {
        return Ok(Value::Null);
    };
    let Some(part) = arithmetic::integer_argument(part)? else { return Ok(Value::Null) };
    if part == 0 {
        return Err(EvaluationError::of_computation(
            "`split_part` counts from 1, or from -1 backwards: there is no part 0",
        ));
    }
    let number = usize::try_from(part.unsigned_abs() - 1).unwrap_or(usize::MAX);
    Ok(cut(text, |text| {
        let stretch = if separator.is_empty() {
            (number == 0).then_some(0..text.len())
        } else if part > 0 {
            parts(text, &separator).nth(number)
        } else {
            let count = parts(text, &separator).count();
            count.checked_sub(number + 1).and_then(|from_start| parts(text, &separator).nth(from_start))
        };
        stretch.unwrap_or(0..0)
    }))
}

fn parts(text: &str, separator: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split(separator).map(move |part| {
        let range = start..start + part.len();
        start = range.end + separator.len();
        range
    })
}
