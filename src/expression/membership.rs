//! `in` over a list of constants: looked up instead of compared one by one.

use std::collections::HashSet;

use super::comparison::{self, number_in};
use super::value::Value;

/// From so many constants on, a set is faster than comparing in turn.
pub(super) const WORTH_A_SET: usize = 8;

/// The constants of a list, so kept that a lookup gives what `=` with each would.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConstantSet {
    texts: HashSet<Box<str>>,
    /// Numbers, and booleans as the numbers they count as; ascending.
    numbers: Vec<Value<'static>>,
    /// The numbers that constant texts are; ascending.
    numbers_in_texts: Vec<Value<'static>>,
    has_null: bool,
}

impl ConstantSet {
    /// `None` for a list that has to be compared one by one: booleans equal texts in a way of their own.
    pub fn of(constants: &[&Value<'static>]) -> Option<Self> {
        let mut set =
            Self { texts: HashSet::new(), numbers: Vec::new(), numbers_in_texts: Vec::new(), has_null: false };
        for constant in constants {
            match constant {
                Value::Null => set.has_null = true,
                Value::Bool(_) => return None,
                Value::Text(text) => {
                    set.numbers_in_texts.extend(number_in(text));
                    set.texts.insert(text.as_ref().into());
                }
                number => set.numbers.push((*number).clone()),
            }
        }
        set.numbers.sort_by(Value::order_as_number);
        set.numbers_in_texts.sort_by(Value::order_as_number);
        Some(set)
    }

    /// Whether the value is in the list, with SQL's unknown.
    pub fn contains(&self, value: &Value<'_>) -> Option<bool> {
        let found = match value {
            Value::Null => return None,
            Value::Text(text) => {
                self.texts.contains(text.as_ref())
                    || (!self.numbers.is_empty() && number_in(text).is_some_and(|number| holds(&self.numbers, &number)))
            }
            Value::Bool(truth) => {
                let number = Value::Int(i64::from(*truth));
                self.texts.contains(comparison::text_of_truth(*truth))
                    || holds(&self.numbers, &number)
                    || holds(&self.numbers_in_texts, &number)
            }
            number => holds(&self.numbers, number) || holds(&self.numbers_in_texts, number),
        };
        if found { Some(true) } else { (!self.has_null).then_some(false) }
    }
}

fn holds(ascending: &[Value<'static>], number: &Value<'_>) -> bool {
    ascending.binary_search_by(|held| held.order_as_number(number)).is_ok()
}
