//! Computed values of a level that something refers to, one column per field or let.
//!
//! Texts of a column share one buffer, so that storing a value allocates nothing once the buffers have grown.

use std::borrow::Cow;

use super::InvalidItem;
use super::datum::Datum;

#[derive(Debug, Default)]
pub(crate) struct SlotColumn {
    values: Vec<Stored>,
    text: String,
    failures: Vec<InvalidItem>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Stored {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Decimal(Stretch),
    Text(Stretch),
    Json(Stretch),
    Failed(u32),
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: usize,
    end: usize,
}

impl SlotColumn {
    /// Room for `rows` values, all null.
    pub fn reset(&mut self, rows: usize) {
        self.values.clear();
        self.values.resize(rows, Stored::Null);
        self.text.clear();
        self.failures.clear();
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Adds a value behind the others.
    pub fn push(&mut self, value: Datum<'_>) {
        self.values.push(Stored::Null);
        self.set(self.values.len() - 1, Ok(value));
    }

    pub fn set(&mut self, row: usize, value: Result<Datum<'_>, InvalidItem>) {
        let stored = match value {
            Ok(Datum::Null) => Stored::Null,
            Ok(Datum::Bool(truth)) => Stored::Bool(truth),
            Ok(Datum::Int(int)) => Stored::Int(int),
            Ok(Datum::Float(float)) => Stored::Float(float),
            Ok(Datum::Decimal(digits)) => Stored::Decimal(self.keep(&digits)),
            Ok(Datum::Text(text)) => Stored::Text(self.keep(&text)),
            Ok(Datum::Json(json)) => Stored::Json(self.keep(&json)),
            Err(failure) => {
                self.failures.push(failure);
                Stored::Failed(self.failures.len() as u32 - 1)
            }
        };
        self.values[row] = stored;
    }

    fn keep(&mut self, text: &str) -> Stretch {
        let start = self.text.len();
        self.text.push_str(text);
        Stretch { start, end: self.text.len() }
    }

    /// Null for a ghost row.
    pub fn get(&self, row: usize) -> Result<Datum<'_>, &InvalidItem> {
        let text = |stretch: Stretch| Cow::Borrowed(&self.text[stretch.start..stretch.end]);
        match self.values.get(row).copied().unwrap_or_default() {
            Stored::Null => Ok(Datum::Null),
            Stored::Bool(truth) => Ok(Datum::Bool(truth)),
            Stored::Int(int) => Ok(Datum::Int(int)),
            Stored::Float(float) => Ok(Datum::Float(float)),
            Stored::Decimal(stretch) => Ok(Datum::Decimal(text(stretch))),
            Stored::Text(stretch) => Ok(Datum::Text(text(stretch))),
            Stored::Json(stretch) => Ok(Datum::Json(text(stretch))),
            Stored::Failed(number) => Err(&self.failures[number as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let mut column = SlotColumn::default();
        column.reset(4);
        column.set(2, Ok(Datum::Text("later".into())));
        column.set(0, Ok(Datum::Json("{}".into())));
        let failure = InvalidItem { column: "a".into(), reason: "b".into() };
        column.set(3, Err(failure.clone()));
        assert_eq!(column.get(0), Ok(Datum::Json("{}".into())));
        assert_eq!(column.get(1), Ok(Datum::Null));
        assert_eq!(column.get(2), Ok(Datum::Text("later".into())));
        assert_eq!(column.get(3), Err(&failure));
        assert_eq!(column.get(9), Ok(Datum::Null));
    }
}
