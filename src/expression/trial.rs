//! A row made up for a test.

use super::value::Value;
use super::{EvaluationError, Expression, Slots};

/// Column names and their values; a slot is a position here.
pub(super) struct Row(pub Vec<(&'static str, Value<'static>)>);

impl Row {
    pub fn slot_of(&self, parts: &[String]) -> usize {
        self.0.iter().position(|(name, _)| *name == parts.join(".")).expect("the test names a column of its row")
    }

    pub fn evaluate(&self, expression: &str) -> Result<Value<'static>, EvaluationError> {
        let parsed = Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
        let program = parsed.compile(&mut |parts| self.slot_of(parts));
        program.evaluate(self).map(Value::into_owned)
    }
}

impl Slots for Row {
    fn slot(&self, slot: usize) -> Result<Value<'_>, EvaluationError> {
        let (name, value) = &self.0[slot];
        if matches!(value, Value::Text(text) if text == "broken") {
            return Err(EvaluationError { column: Some((*name).to_owned()), reason: "broken".to_owned() });
        }
        Ok(value.borrowed())
    }
}
