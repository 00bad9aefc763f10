//! `{name}` templates: text with the canonical text of named values.

use std::ops::Range;

use super::value::Value;
use super::{EvaluationError, ExpressionError, NameParts, Slots};

/// A parsed template; names are not yet looked up.
#[derive(Debug, Clone)]
pub struct Template {}

/// A compiled template.
#[derive(Debug, Clone)]
pub struct TemplateProgram {}

impl Template {
    /// `{name}` or `{alias.column}`; `{{` and `}}` are braces.
    pub fn parse(_text: &str) -> Result<Self, ExpressionError> {
        unreachable!()
    }

    pub fn names(&self) -> Vec<(NameParts, Range<usize>)> {
        unreachable!()
    }

    pub fn compile(&self, _slot_of: &mut dyn FnMut(&[String]) -> usize) -> TemplateProgram {
        unreachable!()
    }
}

impl TemplateProgram {
    /// Null when any part is null.
    pub fn evaluate<'a>(&'a self, _slots: &'a dyn Slots) -> Result<Value<'a>, EvaluationError> {
        unreachable!()
    }
}
