//! `[scopes]` and `fallback`: which of several rows that say the same for different scopes is meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::rows::RawOn;
use crate::definition::problem::Located;
use crate::definition::reader::{FromToml, Given, Reader, read_entry, table};
use crate::definition::tree::{Kind, Node};

/// Scopes in their order: columns of the rows to choose from, and what they equal.
pub type RawScopeList = Vec<Located<RawOn>>;

/// `fallback`: the name of an entry of `[scopes]`, or the list itself.
#[derive(Debug, Clone)]
pub enum RawFallback {
    Name(String),
    List(RawScopeList),
}

impl FromToml for RawFallback {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(name) => Some(RawFallback::Name(name.clone())),
            Kind::Array(_) => RawScopeList::read(node, reader).map(RawFallback::List),
            other => {
                let message = format!("expected a name of `[scopes]` or a list of scopes, found {}", other.described());
                reader.problem_with_help(
                    &node.span,
                    message,
                    "a list of scopes is written `[{ COLUMN = \"NAME\" }, ...]`",
                );
                None
            }
        }
    }
}

impl JsonSchema for RawFallback {
    fn schema_name() -> Cow<'static, str> {
        "Fallback".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<RawScopeList>();
        json_schema!({ "anyOf": [{ "type": "string" }, list] })
    }
}

/// `[scopes]`: lists of scopes by name.
#[derive(Debug, Clone)]
pub struct RawScopes(pub Vec<(Located<String>, Given<RawScopeList>)>);

impl FromToml for RawScopes {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let named = entries
            .iter()
            .map(|entry| (Located::new(entry.key.clone(), entry.key_span.clone()), read_entry(entry, reader)));
        Some(RawScopes(named.collect()))
    }
}

impl JsonSchema for RawScopes {
    fn schema_name() -> Cow<'static, str> {
        "Scopes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<RawScopeList>();
        json_schema!({ "type": "object", "additionalProperties": list })
    }
}
