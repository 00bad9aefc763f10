//! Which of several rows is meant: those of a scope are known by what their columns hold, and ties between them are broken
//! the same way on every database.

use std::cmp::Ordering;
use std::ops::Range;

use super::datum::Datum;
use super::value::Raw;
use crate::expression::decimal::write_f64_as_decimal;
use crate::source::rows::{Cell, RowSet};

/// Whether a cell holds the value that a scope wants: integers by value, texts by their bytes, a number as its canonical
/// text. Null is in no scope.
pub(crate) fn is(rows: &RowSet, cell: Cell, wanted: &Raw<'_>) -> bool {
    let wanted = match wanted {
        Raw::Null | Raw::Computed(Datum::Null) => return false,
        Raw::Bool(truth) | Raw::Computed(Datum::Bool(truth)) => Known::Int(i64::from(*truth)),
        Raw::Int(int) | Raw::Computed(Datum::Int(int)) => Known::Int(*int),
        Raw::Float(float) | Raw::Computed(Datum::Float(float)) => Known::of_float(*float),
        Raw::Text(bytes) | Raw::Blob(bytes) => Known::Text(bytes),
        Raw::Computed(Datum::Text(text) | Datum::Decimal(text) | Datum::Json(text)) => Known::Text(text.as_bytes()),
    };
    let held = match cell {
        Cell::Null => return false,
        Cell::Bool(truth) => Known::Int(i64::from(truth)),
        Cell::Int(int) => Known::Int(int),
        Cell::Float(float) => Known::of_float(float),
        Cell::Text(bytes) | Cell::Blob(bytes) => Known::Text(rows.bytes(bytes)),
    };
    held.equals(&wanted)
}

/// A value as scopes compare it.
enum Known<'a> {
    Int(i64),
    Text(&'a [u8]),
    /// Canonical digits of what is no integer.
    Digits(Vec<u8>),
}

impl Known<'_> {
    fn of_float(float: f64) -> Self {
        let mut digits = Vec::with_capacity(24);
        if float.is_finite() {
            write_f64_as_decimal(float, &mut digits);
        }
        match std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok()) {
            Some(int) => Known::Int(int),
            None => Known::Digits(digits),
        }
    }

    fn equals(&self, other: &Known<'_>) -> bool {
        match (self, other) {
            (Known::Int(left), Known::Int(right)) => left == right,
            (Known::Int(int), other) | (other, Known::Int(int)) => other.bytes() == int_digits(*int, &mut [0; 20]),
            (left, right) => left.bytes() == right.bytes(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Known::Int(_) => &[],
            Known::Text(bytes) => bytes,
            Known::Digits(digits) => digits,
        }
    }
}

/// An integer's decimal digits.
pub(crate) fn int_digits(int: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    let mut rest = int.unsigned_abs();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if int < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

/// Whether a row goes before another by what their cells hold: null, numbers by size, texts by their bytes.
pub(crate) fn breaks_tie(rows: &RowSet, cells: &Range<usize>, row: u32, other: u32) -> bool {
    let compared =
        cells.clone().map(|cell| compare(rows, rows.cell(row as usize, cell), rows.cell(other as usize, cell)));
    compared.fold(Ordering::Equal, Ordering::then) == Ordering::Less
}

fn compare(rows: &RowSet, left: Cell, right: Cell) -> Ordering {
    let class = |cell: Cell| match cell {
        Cell::Null => 0,
        Cell::Bool(_) => 1,
        Cell::Int(_) | Cell::Float(_) => 2,
        Cell::Text(_) => 3,
        Cell::Blob(_) => 4,
    };
    match (left, right) {
        (Cell::Bool(left), Cell::Bool(right)) => left.cmp(&right),
        (Cell::Int(left), Cell::Int(right)) => left.cmp(&right),
        (Cell::Float(left), Cell::Float(right)) => left.total_cmp(&right),
        (Cell::Int(left), Cell::Float(right)) => (left as f64).total_cmp(&right),
        (Cell::Float(left), Cell::Int(right)) => left.total_cmp(&(right as f64)),
        (Cell::Text(left), Cell::Text(right)) | (Cell::Blob(left), Cell::Blob(right)) => {
            rows.bytes(left).cmp(rows.bytes(right))
        }
        _ => class(left).cmp(&class(right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(of: &str) -> (RowSet, Cell) {
        let mut rows = RowSet::default();
        rows.reset(1);
        match of.parse::<i64>() {
            Ok(int) => rows.push(Cell::Int(int)),
            Err(_) if of == "null" => rows.push(Cell::Null),
            Err(_) if of.contains('.') => rows.push(Cell::Float(of.parse().unwrap())),
            Err(_) => rows.push_text(of.trim_matches('\'').as_bytes()),
        }
        let cell = rows.cell(0, 0);
        (rows, cell)
    }

    #[test]
    fn a_scope_holds_what_is_equal_to_it() {
        for (cell, wanted, expected) in [
            ("5", Raw::Int(5), true),
            ("5", Raw::Int(6), false),
            ("5", Raw::Text(b"5"), true),
            ("'5'", Raw::Int(5), true),
            ("'05'", Raw::Int(5), false),
            ("-9223372036854775808", Raw::Text(b"-9223372036854775808"), true),
            ("'de'", Raw::Text(b"de"), true),
            ("'de'", Raw::Text(b"DE"), false),
            ("'de'", Raw::Computed(Datum::Text("de".into())), true),
            ("1", Raw::Bool(true), true),
            ("1.0", Raw::Int(1), true),
            ("1.5", Raw::Computed(Datum::Decimal("1.5".into())), true),
            ("1.5", Raw::Int(1), false),
            ("null", Raw::Null, false),
            ("null", Raw::Int(0), false),
            ("0", Raw::Null, false),
        ] {
            let (rows, held) = held(cell);
            assert_eq!(is(&rows, held, &wanted), expected, "{cell} {wanted:?}");
        }
    }
}
