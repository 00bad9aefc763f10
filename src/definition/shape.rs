//! Tables and words of a file, declared once: reading them, the refusal of what is unknown, and the JSON Schema come from
//! the one declaration.

use schemars::{Schema, json_schema};

use super::problem::{Span, nearest, suggestion};
use super::reader::{FromToml, Reader};
use super::tree::{Entry, Node};

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
        impl $crate::definition::shape::Word for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($name, $word)),*];
            const WHAT: &'static str = $what;
        }

        impl $crate::definition::reader::FromToml for $type {
            fn read(
                node: &$crate::definition::tree::Node,
                reader: &mut $crate::definition::reader::Reader,
            ) -> Option<Self> {
                $crate::definition::shape::read_word(node, reader)
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
            pub const KEYS: &'static [$crate::definition::shape::Key] = &[
                $($crate::definition::shape::Key {
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

            /// These keys, and those of `other` that are not given here.
            #[allow(dead_code, reason = "not every shape is made of two")]
            pub fn or(self, other: Self) -> Self {
                Self {
                    $($field: self.$field.or(other.$field),)*
                    has_unknown: self.has_unknown || other.has_unknown,
                }
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
                            $crate::definition::shape::unknown_key(entry, Self::KEYS, reader);
                        }
                    }
                }
                $crate::definition::shape::missing_keys(entries, owner, Self::KEYS, reader);
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
                $crate::definition::shape::table_schema(concat!($($doc, "\n"),*), Self::KEYS, properties)
            }
        }
    };
    (@name $field:ident $name:literal) => { $name };
    (@name $field:ident) => { stringify!($field) };
    (@required required) => { true };
    (@required) => { false };
}

/// A key of a shape.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub doc: &'static str,
    pub required: bool,
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

pub(crate) use {shape, words};
