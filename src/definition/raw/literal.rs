//! Literals, maps, and the words of a value's treatment.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::definition::feed::{Encoding, Mask, Scalar, ValueType};
use crate::definition::reader::{FromToml, Reader, table};
use crate::definition::shape::words;
use crate::definition::tree::{Kind, Node};

words!(ValueType, "a type", {
    "string" => ValueType::String,
    "int" => ValueType::Int,
    "integer" => ValueType::Int,
    "decimal" => ValueType::Decimal,
    "float" => ValueType::Float,
    "bool" => ValueType::Bool,
    "boolean" => ValueType::Bool,
    "datetime" => ValueType::DateTime,
    "date" => ValueType::Date,
    "time" => ValueType::Time,
    "json" => ValueType::Json,
    "binary" => ValueType::Binary,
});

/// `encode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawEncoding {
    /// Of a value's text.
    OfText(Encoding),
    /// An object or an array becomes the text of its JSON.
    Json,
}

words!(RawEncoding, "an encoding", {
    "md5" => RawEncoding::OfText(Encoding::Md5),
    "sha1" => RawEncoding::OfText(Encoding::Sha1),
    "sha256" => RawEncoding::OfText(Encoding::Sha256),
    "blake3" => RawEncoding::OfText(Encoding::Blake3),
    "base64" => RawEncoding::OfText(Encoding::Base64),
    "json" => RawEncoding::Json,
});

words!(Mask, "a mask", { "hmac" => Mask::Hmac, "redact" => Mask::Redact, "email" => Mask::Email });

impl FromToml for Scalar {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        const WHAT: &str = "a string, a number or a boolean";
        match &node.kind {
            Kind::Text(text) => Some(Scalar::Text(text.clone())),
            Kind::Int(number) => Some(Scalar::Int(*number)),
            Kind::Bool(value) => Some(Scalar::Bool(*value)),
            Kind::Float(digits) if digits.ends_with("inf") || digits.ends_with("nan") => {
                reader.problem(&node.span, format!("JSON has no `{digits}`"));
                None
            }
            Kind::Float(digits) => Some(Scalar::Decimal(digits.clone())),
            Kind::HugeInt(digits) => {
                let message = format!("{digits} does not fit into 64 bits");
                reader.problem_with_help(&node.span, message, "put it in quotes to write it as text");
                None
            }
            Kind::DateTime(_) => {
                let message = format!("expected {WHAT}, found {}", node.kind.described());
                reader.problem_with_help(&node.span, message, "put it in quotes");
                None
            }
            Kind::Array(_) | Kind::Table(_) => {
                reader.expected(WHAT, node);
                None
            }
        }
    }
}

pub fn scalar_schema() -> Schema {
    json_schema!({ "type": ["string", "number", "boolean"] })
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema()
    }
}

/// `map`: from a value's canonical text to what is written instead.
#[derive(Debug, Clone)]
pub struct RawMap(pub Vec<(String, Scalar)>);

impl FromToml for RawMap {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let read = entries.iter().filter_map(|entry| {
            let scalar = reader.under(&entry.key, |reader| Scalar::read(&entry.value, reader))?;
            Some((entry.key.clone(), scalar))
        });
        Some(RawMap(read.collect()))
    }
}

impl JsonSchema for RawMap {
    fn schema_name() -> Cow<'static, str> {
        "Map".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scalar = generator.subschema_for::<Scalar>();
        json_schema!({ "type": "object", "additionalProperties": scalar })
    }
}
