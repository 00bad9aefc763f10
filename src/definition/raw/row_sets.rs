//! `[rows]`: relations by name, for `use`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::field::RawField;
use crate::definition::problem::Located;
use crate::definition::reader::{FromToml, Given, Reader, read_entry, table};
use crate::definition::tree::Node;

#[derive(Debug, Clone)]
pub struct RawRowSets(pub Vec<(Located<String>, Given<RawField>)>);

impl FromToml for RawRowSets {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let named = entries
            .iter()
            .map(|entry| (Located::new(entry.key.clone(), entry.key_span.clone()), read_entry(entry, reader)));
        Some(RawRowSets(named.collect()))
    }
}

impl JsonSchema for RawRowSets {
    fn schema_name() -> Cow<'static, str> {
        "RowSets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let set = generator.subschema_for::<RawField>();
        json_schema!({ "type": "object", "additionalProperties": set })
    }
}
