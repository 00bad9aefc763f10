//! The order of the rows of a group: `order_by`, then the columns that break ties.
//!
//! The same on every database: null first, numbers by size, texts by their UTF-8 bytes. Keys are made once per row, and
//! only where the rows do not stand in order already, as most sources give them.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::InvalidItem;
use super::datum::Datum;
use super::read_row::ReadRow;
use super::scope::Frame;
use super::value::{Raw, convert};
use crate::expression::value::Value;
use crate::plan::level::{Level, Operand, Reading, SortBy};
use crate::source::catalog::ColumnKind;
use crate::source::rows::Cell;

/// Sorts one group's rows. An error where a row's `order_by` value is invalid: its place is not known, nor that of
/// the others.
pub(crate) fn sort(frame: &Frame<'_>, rows: &mut [u32]) -> Result<(), InvalidItem> {
    let level = frame.level;
    let width = level.order.len() + level.ties.len();
    if rows.len() < 2 || width == 0 || is_sorted(frame, rows) {
        return Ok(());
    }
    let mut keys = Vec::with_capacity(rows.len() * width);
    for &row in rows.iter() {
        for by in &level.order {
            keys.push(order_key(frame, by, row as usize)?);
        }
        for &column in &level.ties {
            keys.push(tie_key(frame, column, row as usize));
        }
    }
    let mut places: Vec<u32> = (0..rows.len() as u32).collect();
    let keys_of = |place: u32| &keys[place as usize * width..][..width];
    places.sort_by(|left, right| compare(level, keys_of(*left), keys_of(*right)));
    let sorted: Vec<u32> = places.iter().map(|place| rows[*place as usize]).collect();
    rows.copy_from_slice(&sorted);
    Ok(())
}

/// A row that is compared, and its cells.
struct Compared<'a> {
    row: usize,
    read: Option<ReadRow<'a>>,
}

/// True only where the cells alone tell that the rows stand in order; no value that is invalid passes.
fn is_sorted(frame: &Frame<'_>, rows: &[u32]) -> bool {
    let compared = |row: &u32| Compared { row: *row as usize, read: frame.read_row(*row as usize) };
    let mut rows = rows.iter().map(compared);
    let Some(mut before) = rows.next() else { return true };
    rows.all(|row| {
        let is_behind = compare_cells(frame, &before, &row).is_some_and(Ordering::is_le);
        before = row;
        is_behind
    })
}

fn compare_cells(frame: &Frame<'_>, left: &Compared<'_>, right: &Compared<'_>) -> Option<Ordering> {
    let level = frame.level;
    for by in &level.order {
        let Operand::Column { up: 0, column } = by.operand else { return None };
        let order = compare_column(frame, column, left, right)?;
        if order != Ordering::Equal {
            return Some(if by.descending { order.reverse() } else { order });
        }
    }
    for &column in &level.ties {
        let order = compare_column(frame, column, left, right)?;
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

/// Of cells that need no conversion.
#[inline]
fn compare_column(frame: &Frame<'_>, column: usize, left: &Compared<'_>, right: &Compared<'_>) -> Option<Ordering> {
    let integer = |of: &Compared<'_>| of.read.as_ref()?.integer(column);
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => compare_others(frame, column, left.row, right.row),
    }
}

fn compare_others(frame: &Frame<'_>, column: usize, left: usize, right: usize) -> Option<Ordering> {
    let (left_rows, left) = frame.data.cell(frame.level, left, column);
    let (right_rows, right) = frame.data.cell(frame.level, right, column);
    match (left, right, frame.level.columns[column].kind) {
        (Cell::Int(left), Cell::Int(right), ColumnKind::Integer) => Some(left.cmp(&right)),
        (Cell::Text(left), Cell::Text(right), ColumnKind::Text) => {
            let (left, right) = (left_rows.bytes(left), right_rows.bytes(right));
            (is_utf8(left) && is_utf8(right)).then(|| left.cmp(right))
        }
        (Cell::Null, Cell::Null, _) => Some(Ordering::Equal),
        _ => None,
    }
}

fn is_utf8(bytes: &[u8]) -> bool {
    bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()
}

fn compare(level: &Level, left: &[Value<'_>], right: &[Value<'_>]) -> Ordering {
    for (i, (left, right)) in left.iter().zip(right).enumerate() {
        let order = left.order(right);
        if order != Ordering::Equal {
            return if level.order.get(i).is_some_and(|by| by.descending) { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

fn order_key<'f>(frame: &'f Frame<'f>, by: &'f SortBy, row: usize) -> Result<Value<'f>, InvalidItem> {
    let path = &frame.level.path;
    let datum = frame.datum(&by.operand, row, if path.is_empty() { &by.label } else { path })?;
    Ok(comparable(datum, by.by_moment))
}

/// A tie is broken by what can be read; what cannot is compared as it came.
fn tie_key<'f>(frame: &'f Frame<'f>, column: usize, row: usize) -> Value<'f> {
    let kind = frame.level.columns[column].kind;
    let raw = || frame.own(row, column);
    let zone = &frame.environment.zone;
    match convert(raw(), Reading::As(kind), zone) {
        Ok(datum) => comparable(datum, matches!(kind, ColumnKind::DateTime | ColumnKind::DateTimeZoned)),
        Err(_) => match raw() {
            Raw::Float(float) => Value::Float(float),
            Raw::Text(bytes) | Raw::Blob(bytes) => Value::Text(String::from_utf8_lossy(bytes)),
            other => convert(other, Reading::As(ColumnKind::Dynamic), zone).map_or(Value::Null, Datum::into_value),
        },
    }
}

/// Without its `Z` a date-time's text orders as the moment does, fractions of a second included.
pub(crate) fn comparable(datum: Datum<'_>, is_moment: bool) -> Value<'_> {
    match datum {
        Datum::Text(Cow::Borrowed(text)) if is_moment => Value::text(text.strip_suffix('Z').unwrap_or(text)),
        Datum::Text(Cow::Owned(mut text)) if is_moment => {
            if text.ends_with('Z') {
                text.pop();
            }
            Value::Text(Cow::Owned(text))
        }
        datum => datum.into_value(),
    }
}
