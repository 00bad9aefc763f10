//! From a [tree](super::tree) of TOML values to raw shapes: every fault is noted with its place and reading goes on.
//!
//! A shape is declared once, with [`shape!`]: its keys, their types and their meaning. Reading, the refusal of unknown keys
//! and the JSON Schema come from that one declaration. What keys mean together is checked later.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::problem::{Located, Problem, Span, nearest, suggestion};
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

/// A string that is one of some words.
pub trait Word: Copy + Sized + 'static {
    const WORDS: &'static [(&'static str, Self)];
    /// With its article, such as "a type".
    const WHAT: &'static str;

    fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::WORDS.iter().map(|(name, _)| *name)
    }
}

/// Reads a word, offering the nearest where there is no such word.
pub fn read_word<W: Word>(node: &Node, reader: &mut Reader) -> Option<W> {
    let text = String::read(node, reader)?;
    let found = W::WORDS.iter().find(|(name, _)| *name == text).map(|(_, word)| *word);
    if found.is_none() {
        let what = W::WHAT;
        reader.note(&node.span, format!("`{text}` is not {what}"), suggestion(&text, W::names()));
    }
    found
}

/// Declares the words of an enum: how they are written in the file.
macro_rules! words {
    ($type:ty, $what:literal, { $($name:literal => $word:expr),* $(,)? }) => {
        impl $crate::definition::reader::Word for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($name, $word)),*];
            const WHAT: &'static str = $what;
        }

        impl $crate::definition::reader::FromToml for $type {
            fn read(
                node: &$crate::definition::tree::Node,
                reader: &mut $crate::definition::reader::Reader,
            ) -> Option<Self> {
                $crate::definition::reader::read_word(node, reader)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($name),*] })
            }
        }
    };
}

/// Declares a table of the file: `key: Type`, `key as "name in the file": Type`, `[required]` behind the type where it
/// must be given. Doc comments become the schema's descriptions, and the help where a required key is missing.
macro_rules! shape {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $shape:ident {
            $(
                $(#[doc = $key_doc:literal])*
                $field:ident $(as $name:literal)? : $type:ty $([$required:ident])?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default)]
        $vis struct $shape {
            $(
                $(#[doc = $key_doc])*
                pub $field: Option<$crate::definition::reader::Given<$type>>,
            )*
            /// Whether keys were given that are none: what is missing may have been meant by one of them.
            #[allow(dead_code, reason = "not every shape is looked at for what is missing")]
            pub has_unknown: bool,
        }

        impl $shape {
            pub const KEYS: &'static [$crate::definition::reader::Key] = &[
                $($crate::definition::reader::Key {
                    name: shape!(@name $field $($name)?),
                    doc: concat!($($key_doc, "\n"),*),
                    required: shape!(@required $($required)?),
                }),*
            ];

            /// The keys that were given, in the order of the declaration.
            #[allow(dead_code, reason = "not every shape has keys that exclude each other")]
            pub fn given(&self) -> Vec<(&'static str, $crate::definition::problem::Span)> {
                let mut given = Vec::new();
                $(if let Some(key) = &self.$field {
                    given.push((shape!(@name $field $($name)?), key.key.clone()));
                })*
                given
            }

            /// Reads the entries of a table; `owner` is underlined where a key is missing.
            pub fn read_entries(
                entries: &[$crate::definition::tree::Entry],
                owner: &$crate::definition::problem::Span,
                reader: &mut $crate::definition::reader::Reader,
            ) -> Self {
                let mut shape = Self::default();
                for entry in entries {
                    match entry.key.as_str() {
                        $(shape!(@name $field $($name)?) => {
                            shape.$field = Some($crate::definition::reader::read_entry(entry, reader));
                        })*
                        _ => {
                            shape.has_unknown = true;
                            $crate::definition::reader::unknown_key(entry, Self::KEYS, reader);
                        }
                    }
                }
                $crate::definition::reader::missing_keys(entries, owner, Self::KEYS, reader);
                shape
            }
        }

        impl $crate::definition::reader::FromToml for $shape {
            fn read(
                node: &$crate::definition::tree::Node,
                reader: &mut $crate::definition::reader::Reader,
            ) -> Option<Self> {
                let entries = $crate::definition::reader::table(node, reader)?;
                Some(Self::read_entries(entries, &node.span, reader))
            }
        }

        impl schemars::JsonSchema for $shape {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($shape).trim_start_matches("Raw").into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let properties = vec![$(generator.subschema_for::<$type>()),*];
                $crate::definition::reader::table_schema(concat!($($doc, "\n"),*), Self::KEYS, properties)
            }
        }
    };
    (@name $field:ident $name:literal) => { $name };
    (@name $field:ident) => { stringify!($field) };
    (@required required) => { true };
    (@required) => { false };
}

pub(crate) use {shape, words};

/// A key of a shape.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub doc: &'static str,
    pub required: bool,
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

pub fn unknown_key(entry: &Entry, keys: &'static [Key], reader: &mut Reader) {
    let help = suggestion(&entry.key, keys.iter().map(|key| key.name));
    reader.under(&entry.key, |reader| reader.note(&entry.key_span, format!("unknown key `{}`", entry.key), help));
}

pub fn missing_keys(entries: &[Entry], owner: &Span, keys: &[Key], reader: &mut Reader) {
    for key in keys.iter().filter(|key| key.required) {
        let names = || keys.iter().map(|key| key.name);
        let given = entries.iter().any(|entry| entry.key == key.name);
        let misspelt = entries.iter().any(|entry| {
            !names().any(|name| name == entry.key) && nearest(&entry.key, names()).as_deref() == Some(key.name)
        });
        if !given && !misspelt {
            reader.problem_with_help(owner, format!("`{}` is missing", key.name), described(key.doc));
        }
    }
}

pub fn table_schema(doc: &str, keys: &[Key], properties: Vec<Schema>) -> Schema {
    let mut map = serde_json::Map::new();
    for (key, mut schema) in keys.iter().zip(properties) {
        schema.insert("description".to_owned(), described(key.doc).into());
        map.insert(key.name.to_owned(), schema.to_value());
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json_schema!({
        "type": "object",
        "description": described(doc),
        "properties": map,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

/// A doc comment as one paragraph.
fn described(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
