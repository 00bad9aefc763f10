//! SQL expressions and templates: parsed, compiled, evaluated. Pure; the same answer whatever the source database.
//!
//! Answers are SQLite's, except that decimals are exact, that conditions give booleans (which count as 1 and 0), that
//! a number and a text compare by the one rule of [`comparison`], and that text made of a value is its canonical text.

mod accept;
mod arithmetic;
mod ast;
mod call;
mod comparison;
mod compile;
pub mod decimal;
mod dialect;
mod evaluate;
mod functions;
mod like;
mod location;
mod membership;
mod parse;
pub mod template;
mod text;
pub mod value;

use std::ops::Range;

use ast::Node;
use value::Value;

/// Names used by an expression or template, as the parts between the dots.
pub type NameParts = Vec<String>;

/// A parsed expression; names are not yet looked up.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    root: Node,
    names: Vec<(NameParts, Range<usize>)>,
}

/// A compiled expression: names are slot numbers.
#[derive(Debug, Clone)]
pub struct Program {
    root: Node,
}

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

impl EvaluationError {
    /// An error of the computation itself, not of one column.
    pub(self) fn of_computation(reason: impl Into<String>) -> Self {
        Self { column: None, reason: reason.into() }
    }
}

impl Expression {
    /// Parses and checks an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let parsed = parse::parse(text)?;
        Ok(Self { text: text.to_owned(), root: parsed.root, names: parsed.names })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every name used, each once, in order of appearance, with the bytes it stands at.
    pub fn names(&self) -> Vec<(NameParts, Range<usize>)> {
        self.names.clone()
    }

    /// The name, where the expression is nothing but one.
    pub fn as_name(&self) -> Option<&[String]> {
        match self.root {
            Node::Read(name) => self.names.get(name).map(|(parts, _)| parts.as_slice()),
            _ => None,
        }
    }

    /// Compiles with the slot that each name reads; `slot_of` is asked for the names of [`names`](Self::names).
    pub fn compile(&self, slot_of: &mut dyn FnMut(&[String]) -> usize) -> Program {
        let slots: Vec<usize> = self.names.iter().map(|(parts, _)| slot_of(parts)).collect();
        Program { root: compile::compile(self.root.clone(), &slots) }
    }
}

impl Program {
    pub fn evaluate<'a>(&'a self, slots: &'a dyn Slots) -> Result<Value<'a>, EvaluationError> {
        evaluate::evaluate(&self.root, slots)
    }
}
