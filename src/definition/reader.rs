//! From a [tree](super::tree) of TOML values to raw shapes: every fault is noted with its place and reading goes on.
//!
//! Tables are read by their [shape](super::shape); what keys mean together is checked later.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::problem::{Located, Problem, Span};
use super::tree::{Entry, Kind, Node};

/// Collects problems, each with the path of the keys that lead to it.
#[derive(Debug, Default)]
pub struct Reader {
    pub problems: Vec<Problem>,
    /// As it is shown: `fields.images.order_by[1]`.
    path: String,
}

impl Reader {
    pub fn problem(&mut self, span: &Span, message: impl Into<String>) {
        self.note(span, message.into(), None);
    }

    pub fn problem_with_help(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.note(span, message.into(), Some(help.into()));
    }

    pub fn note(&mut self, span: &Span, message: String, help: Option<String>) {
        self.problems.push(Problem { span: span.clone(), path: self.path.clone(), message, help });
    }

    /// What is noted by `work` stands under `key`.
    pub fn under<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        if !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
            self.path.push_str(key);
        } else {
            self.path.push_str(&format!("{key:?}"));
        }
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// What is noted by `work` stands in an element of the list that the path names.
    pub fn under_element<T>(&mut self, number: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(&format!("[{number}]"));
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// A value of another type than the one that stands here.
    pub fn expected(&mut self, what: &str, found: &Node) {
        self.problem(&found.span, format!("expected {what}, found {}", found.kind.described()));
    }
}

/// A key that was given, where, and its value if that could be read.
#[derive(Debug, Clone)]
pub struct Given<T> {
    pub key: Span,
    pub span: Span,
    pub value: Option<T>,
}

impl<T: Clone> Given<T> {
    pub fn located(&self) -> Option<Located<T>> {
        self.value.clone().map(|value| Located::new(value, self.span.clone()))
    }
}

/// The value of an optional key, if it was given and could be read.
pub fn located<T: Clone>(given: &Option<Given<T>>) -> Option<Located<T>> {
    given.as_ref().and_then(Given::located)
}

/// The same without its place.
pub fn value<T: Clone>(given: &Option<Given<T>>) -> Option<T> {
    given.as_ref().and_then(|given| given.value.clone())
}

/// What a TOML value can be read as. `None` when it cannot; a problem is then noted.
pub trait FromToml: Sized {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;
}

impl FromToml for String {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => {
                reader.expected("a string", node);
                None
            }
        }
    }
}

impl FromToml for bool {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                reader.expected("`true` or `false`", node);
                None
            }
        }
    }
}

impl<T: FromToml> FromToml for Located<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(|value| Located::new(value, node.span.clone()))
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: FromToml> FromToml for Box<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(Box::new)
    }
}

/// Elements that cannot be read are left out; the problems say so.
impl<T: FromToml> FromToml for Vec<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Array(items) => {
                let read = |(number, item)| reader.under_element(number, |reader| T::read(item, reader));
                Some(items.iter().enumerate().filter_map(read).collect())
            }
            other => {
                let message = format!("expected a list, found {}", other.described());
                reader.problem_with_help(&node.span, message, "put it in brackets: `[...]`");
                None
            }
        }
    }
}

/// An integer within limits, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranged<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> FromToml for Ranged<MIN, MAX> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let range = if MAX == i64::MAX { format!("{MIN} or more") } else { format!("from {MIN} to {MAX}") };
        match &node.kind {
            Kind::Int(number) if (MIN..=MAX).contains(number) => Some(Ranged(*number)),
            Kind::Int(number) => {
                reader.problem(&node.span, format!("{number} is out of range: an integer {range} stands here"));
                None
            }
            Kind::HugeInt(number) => {
                reader.problem(&node.span, format!("{number} is out of range: an integer {range} stands here"));
                None
            }
            _ => {
                reader.expected(&format!("an integer {range}"), node);
                None
            }
        }
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Ranged<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({ "type": "integer", "minimum": MIN });
        if MAX != i64::MAX {
            schema.insert("maximum".to_owned(), MAX.into());
        }
        schema
    }
}

pub fn table<'n>(node: &'n Node, reader: &mut Reader) -> Option<&'n [Entry]> {
    match &node.kind {
        Kind::Table(entries) => Some(entries),
        _ => {
            reader.expected("a table", node);
            None
        }
    }
}

pub fn read_entry<T: FromToml>(entry: &Entry, reader: &mut Reader) -> Given<T> {
    let value = reader.under(&entry.key, |reader| T::read(&entry.value, reader));
    Given { key: entry.key_span.clone(), span: entry.value.span.clone(), value }
}
