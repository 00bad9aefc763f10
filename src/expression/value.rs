//! What expressions compute with.
//!
//! A decimal is always one that [`parse_decimal`](super::decimal::parse_decimal) or a computation let through, so
//! writing or comparing it costs no more than its few digits.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use bigdecimal::BigDecimal;
use bigdecimal::num_traits::Zero;

use super::{decimal, numeral};

/// A scalar. Date-times, dates, times and UUIDs are text in their canonical form; so are binary (base64) and JSON values.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Box<BigDecimal>),
    Float(f64),
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    pub fn text(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    pub fn decimal(decimal: BigDecimal) -> Self {
        Value::Decimal(Box::new(decimal))
    }

    /// SQL's unknown is null.
    pub fn from_truth(truth: Option<bool>) -> Self {
        truth.map_or(Value::Null, Value::Bool)
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The same value, borrowing its text from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(*truth),
            Value::Int(int) => Value::Int(*int),
            Value::Decimal(decimal) => Value::Decimal(decimal.clone()),
            Value::Float(float) => Value::Float(*float),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
        }
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(truth),
            Value::Int(int) => Value::Int(int),
            Value::Decimal(decimal) => Value::Decimal(decimal),
            Value::Float(float) => Value::Float(float),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        }
    }

    /// The text that maps, masks and templates see. `None` for null. Decimals have neither an exponent nor trailing
    /// zeros, floats their shortest round-trip digits, booleans are `true` and `false`.
    pub fn canonical_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Null => None,
            Value::Bool(true) => Some(Cow::Borrowed("true")),
            Value::Bool(false) => Some(Cow::Borrowed("false")),
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Int(_) | Value::Decimal(_) | Value::Float(_) => {
                let mut text = String::new();
                self.write_canonical_text(&mut text);
                Some(Cow::Owned(text))
            }
        }
    }

    /// As [`canonical_text`](Self::canonical_text), but gives the value's own text away instead of copying it.
    pub fn into_canonical_text(self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text),
            other => other.canonical_text().map(|text| Cow::Owned(text.into_owned())),
        }
    }

    /// Appends the canonical text. False, with nothing appended, for null.
    pub fn write_canonical_text(&self, out: &mut String) -> bool {
        match self {
            Value::Null => return false,
            Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            // Writing into a String cannot fail.
            Value::Int(int) => drop(write!(out, "{int}")),
            Value::Decimal(decimal) => decimal::push_decimal(decimal, out),
            Value::Float(float) => decimal::push_float(*float, out),
            Value::Text(text) => out.push_str(text),
        }
        true
    }

    /// Whether the value is true where a condition is wanted: numbers other than zero are, and texts that begin with
    /// such a number. `None` for null.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Value::Null => None,
            Value::Bool(truth) => Some(*truth),
            Value::Int(int) => Some(*int != 0),
            Value::Decimal(decimal) => Some(!decimal.is_zero()),
            Value::Float(float) => Some(*float != 0.0),
            Value::Text(text) => Some(numeral::begins_with_non_zero(text)),
        }
    }

    /// The order of `order_by`: null first, then booleans, numbers by size whatever their kind, and texts by bytes.
    /// Total, so it can be sorted by.
    pub fn order(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            _ => match self.rank().cmp(&other.rank()) {
                Ordering::Equal => self.order_as_number(other),
                unequal => unequal,
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) | Value::Decimal(_) | Value::Float(_) => 2,
            Value::Text(_) => 3,
        }
    }

    /// Numbers by size. A float counts as its shortest digits, which keeps the order total over all kinds; NaN comes
    /// before every number. What is no number compares as equal.
    pub(super) fn order_as_number(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
            (Value::Float(left), Value::Float(right)) => order_floats(*left, *right),
            (Value::Int(left), Value::Decimal(right)) => BigDecimal::from(*left).cmp(right),
            (Value::Int(left), Value::Float(right)) => order_int_and_float(*left, *right),
            (Value::Decimal(left), Value::Float(right)) => order_decimal_and_float(left, *right),
            (Value::Decimal(_) | Value::Float(_), Value::Int(_)) | (Value::Float(_), Value::Decimal(_)) => {
                other.order_as_number(self).reverse()
            }
            _ => Ordering::Equal,
        }
    }
}

fn order_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

fn order_int_and_float(int: i64, float: f64) -> Ordering {
    /// Up to here every integer is a float of its own.
    const EXACT: u64 = 1 << 53;
    if int.unsigned_abs() <= EXACT {
        order_floats(int as f64, float)
    } else {
        order_decimal_and_float(&BigDecimal::from(int), float)
    }
}

fn order_decimal_and_float(decimal: &BigDecimal, float: f64) -> Ordering {
    match decimal::decimal_of_f64(float) {
        Some(digits) => decimal.cmp(&digits),
        None if float == f64::INFINITY => Ordering::Less,
        None => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Value<'static> {
        Value::decimal(decimal::parse_decimal(text).unwrap())
    }

    #[test]
    fn canonical_texts() {
        let cases = [
            (Value::Bool(true), "true"),
            (Value::Int(-7), "-7"),
            (decimal("1.500"), "1.5"),
            (decimal("-0.00"), "0"),
            (decimal("12e3"), "12000"),
            (decimal("12e-3"), "0.012"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(12.0), "12"),
            (Value::Float(-0.0), "0"),
            (Value::Float(1e300), "1e300"),
            (Value::Float(1.5e-9), "1.5e-9"),
            (Value::text("a"), "a"),
        ];
        for (value, text) in cases {
            assert_eq!(value.canonical_text().as_deref(), Some(text), "{value:?}");
            assert_eq!(value.clone().into_canonical_text().as_deref(), Some(text), "{value:?}");
        }
        assert_eq!(Value::Null.canonical_text(), None);
    }

    #[test]
    fn truth_of_values() {
        for (value, truth) in [
            (Value::Null, None),
            (Value::Int(0), Some(false)),
            (Value::Int(-1), Some(true)),
            (decimal("0.0"), Some(false)),
            (decimal("0.1"), Some(true)),
            (Value::Float(0.0), Some(false)),
            (Value::text("1x"), Some(true)),
            (Value::text(" 0.5"), Some(true)),
            (Value::text("0x"), Some(false)),
            (Value::text("yes"), Some(false)),
            (Value::text(""), Some(false)),
        ] {
            assert_eq!(value.truth(), truth, "{value:?}");
        }
    }

    #[test]
    fn every_kind_has_its_place_in_the_order() {
        let ascending = [
            Value::Null,
            Value::Bool(false),
            Value::Bool(true),
            Value::Float(f64::NAN),
            Value::Float(f64::NEG_INFINITY),
            decimal("-1e400"),
            Value::Int(i64::MIN),
            Value::Int(-1),
            Value::Float(-0.5),
            decimal("0.3"),
            Value::Float(0.1 + 0.2),
            Value::Int(1),
            Value::Int(1 << 53),
            Value::Int((1 << 53) + 1),
            Value::Float(9007199254740994.0),
            Value::Int(i64::MAX),
            decimal("9223372036854775807.5"),
            decimal("1e400"),
            Value::Float(f64::INFINITY),
            Value::text(""),
            Value::text("1"),
            Value::text("Z"),
            Value::text("a"),
            Value::text("ä"),
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(left.order(right), i.cmp(&j), "{left:?} {right:?}");
            }
        }
        assert_eq!(decimal("2.50").order(&Value::Float(2.5)), Ordering::Equal);
        assert_eq!(Value::Int(2).order(&decimal("2.0")), Ordering::Equal);
    }
}
