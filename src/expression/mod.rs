//! SQL expressions and templates: parsed, compiled, evaluated. Pure; the same answer whatever the source database.
//!
//! Answers are SQLite's, but for these, which hold whatever the source database is:
//!
//! - Decimals are exact: sums, differences and products always, quotients where they end within 38 digits (else they
//!   are rounded to so many). A literal with a point is a decimal, not a float. Integers that overflow become decimals.
//! - `round` and `cast(... as decimal)` always give a decimal, never an integer: `round(5) / 2` is 2.5.
//! - Conditions give booleans. They count as 1 and 0 in arithmetic and beside numbers, but their text is `true`, `false`.
//! - A number and a text compare as numbers where the text is one, else the number is the smaller.
//! - A text made of a number is its canonical text: `1.50 || ''` is `1.5`.
//! - A result that is infinite, or has thousands of digits, is an error; it spoils its item.
//! - `split_part` is PostgreSQL's.

mod accept;
#[cfg(test)]
mod answers;
pub mod arithmetic;
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
mod numeral;
mod parse;
#[cfg(test)]
mod sqlite_agreement;
pub mod template;
mod text;
#[cfg(test)]
mod trial;
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
    /// Of each name, whether only `is null` or `is not null` is asked of it.
    only_null: Vec<bool>,
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
        let mut parsed = parse::parse(text)?;
        let only_null = (0..parsed.names.len()).map(|name| !parsed.root.computes_with(name)).collect();
        Ok(Self { text: text.to_owned(), root: parsed.root, names: parsed.names, only_null })
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

    /// Whether all that the expression asks of a name is `is null` or `is not null`.
    pub fn asks_only_for_null(&self, name: &[String]) -> bool {
        self.names.iter().position(|(parts, _)| parts == name).is_some_and(|number| self.only_null[number])
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
