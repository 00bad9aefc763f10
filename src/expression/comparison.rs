//! `=`, `<` and their like over two values.
//!
//! Texts compare by their bytes, numbers of all kinds by size. A number and a text compare as numbers when the text is
//! one, else the number is the smaller. A boolean counts as 1 or 0, and equals the text that is its canonical form.

use std::cmp::Ordering;

use super::ast::Comparison;
use super::numeral::{self, TextNumber};
use super::value::Value;

impl Comparison {
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// `None` when either is null.
pub(super) fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return None,
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Bool(truth), Value::Text(text)) => compare_truth_with_text(*truth, text),
        (Value::Text(text), Value::Bool(truth)) => compare_truth_with_text(*truth, text).reverse(),
        (Value::Bool(truth), number) => Value::Int(i64::from(*truth)).order_as_number(number),
        (number, Value::Bool(truth)) => number.order_as_number(&Value::Int(i64::from(*truth))),
        (Value::Text(text), number) => compare_with_text(number, text).reverse(),
        (number, Value::Text(text)) => compare_with_text(number, text),
        (left, right) => left.order_as_number(right),
    })
}

fn compare_with_text(number: &Value<'_>, text: &str) -> Ordering {
    number_in(text).map_or(Ordering::Less, |other| number.order_as_number(&other))
}

fn compare_truth_with_text(truth: bool, text: &str) -> Ordering {
    match [false, true].into_iter().find(|other| text_of_truth(*other) == text) {
        Some(other) => truth.cmp(&other),
        None => compare_with_text(&Value::Int(i64::from(truth)), text),
    }
}

pub(super) fn text_of_truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

/// The number that a whole text is.
pub(super) fn number_in(text: &str) -> Option<Value<'static>> {
    match numeral::whole_number(text)? {
        TextNumber::Int(int) => Some(Value::Int(int)),
        TextNumber::Decimal(decimal) => Some(Value::decimal(decimal)),
        TextNumber::Unreasonable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decimal;
    use super::super::membership::ConstantSet;
    use super::*;

    fn values() -> Vec<Value<'static>> {
        let decimal = |text: &str| Value::decimal(decimal::parse_decimal(text).unwrap());
        vec![
            Value::Int(0),
            Value::Int(1),
            Value::Int(5),
            decimal("5.0"),
            decimal("5.5"),
            Value::Float(5.5),
            Value::text("5"),
            Value::text("5.50"),
            Value::text(" 5"),
            Value::text("5x"),
            Value::text("true"),
            Value::text("1"),
            Value::text("1e999999999"),
            Value::text(""),
        ]
    }

    #[test]
    fn kinds_meet() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, order) in [
            (Value::Int(5), Value::text("5.0"), Some(Equal)),
            (Value::Int(10), Value::text("9"), Some(Greater)),
            (Value::Int(10), Value::text("x"), Some(Less)),
            (Value::Int(10), Value::text("1e999999999"), Some(Less)),
            (Value::text("10"), Value::text("9"), Some(Less)),
            (Value::Bool(true), Value::Int(1), Some(Equal)),
            (Value::Bool(true), Value::Float(0.5), Some(Greater)),
            (Value::Bool(true), Value::text("true"), Some(Equal)),
            (Value::Bool(false), Value::text("true"), Some(Less)),
            (Value::Bool(false), Value::text("0"), Some(Equal)),
            (Value::Bool(false), Value::text("no"), Some(Less)),
            (Value::Null, Value::Null, None),
            (Value::Int(1), Value::Null, None),
        ] {
            assert_eq!(compare(&left, &right), order, "{left:?} {right:?}");
            assert_eq!(compare(&right, &left), order.map(Ordering::reverse), "{right:?} {left:?}");
        }
    }

    #[test]
    fn a_set_answers_as_comparing_in_turn_does() {
        let all = values();
        for skip in 0..all.len() {
            let list: Vec<_> = all.iter().skip(skip).step_by(3).collect();
            let set = ConstantSet::of(&list).unwrap();
            for value in all.iter().chain([&Value::Bool(true), &Value::Bool(false)]) {
                let in_turn = list.iter().any(|constant| compare(value, constant) == Some(Ordering::Equal));
                assert_eq!(set.contains(value), Some(in_turn), "{value:?} in {list:?}");
            }
        }
        let with_null = ConstantSet::of(&[&Value::Int(1), &Value::Null]).unwrap();
        assert_eq!(with_null.contains(&Value::Int(1)), Some(true));
        assert_eq!(with_null.contains(&Value::Int(2)), None);
        assert_eq!(with_null.contains(&Value::Null), None);
    }
}
