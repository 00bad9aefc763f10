//! SQL expressions and templates: parsed, compiled, evaluated. Pure; the same answer whatever the source database.

pub mod template;
pub mod value;

use std::ops::Range;

use value::Value;

/// Names used by an expression or template, as the parts between the dots.
pub type NameParts = Vec<String>;

/// A parsed expression; names are not yet looked up.
#[derive(Debug, Clone)]
pub struct Expression {
    // private: the text and the checked syntax tree
}

/// A compiled expression: names are slot numbers.
#[derive(Debug, Clone)]
pub struct Program {}

/// What a program reads names from: the values of one row.
pub trait Slots {
    fn slot(&self, slot: usize) -> Result<Value<'_>, EvaluationError>;
}

/// Why a text is no expression or template that feedmill evaluates.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    pub message: String,
    pub help: Option<String>,
    /// Bytes of the expression's text.
    pub span: Range<usize>,
}

/// A value that spoils its item.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct EvaluationError {
    /// The column, where one is to blame.
    pub column: Option<String>,
    pub reason: String,
}

impl Expression {
    /// Parses and checks an expression.
    pub fn parse(_text: &str) -> Result<Self, ExpressionError> {
        unreachable!()
    }

    /// Every name used, each once, in order of appearance, with the bytes it stands at.
    pub fn names(&self) -> Vec<(NameParts, Range<usize>)> {
        unreachable!()
    }

    /// Compiles with the slot that each name reads; `slot_of` is asked for the names of [`names`](Self::names).
    pub fn compile(&self, _slot_of: &mut dyn FnMut(&[String]) -> usize) -> Program {
        unreachable!()
    }
}

impl Program {
    pub fn evaluate<'a>(&'a self, _slots: &'a dyn Slots) -> Result<Value<'a>, EvaluationError> {
        unreachable!()
    }
}
