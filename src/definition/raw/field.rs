//! Fields: one table with the keys of a scalar, an object and a relation; which of them it is, its keys decide.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Empty;
use super::eav::{RawAs, RawLabels, RawMaps};
use super::fallback::RawFallback;
use super::literal::{RawEncoding, scalar_schema};
use super::rows::{RawJoin, RawOn, RawTable, RawWatch};
use crate::definition::feed::{Mask, Scalar, ValueType};
use crate::definition::problem::{Located, Span};
use crate::definition::reader::{FromToml, Ranged, Reader, table};
use crate::definition::shape::shape;
use crate::definition::tree::{Entry, Kind, Node};

shape! {
    /// A field: a value (`column`, `expr`, `template`, `value`, `eav` with `attribute`), an object of the same row
    /// (`fields`), rows of other tables (`one`, `many`), or another array (`list`, `split`, `from`, `eav` alone). An array
    /// may be made of several such parts.
    pub struct RawField {
        /// A column of the nearest table, or `alias.column`.
        column: String,
        /// An SQL expression over fields, lets and columns, evaluated by feedmill.
        expr: String,
        /// A text with `{name}`s in it; null if any of them is null.
        template: String,
        /// A literal. Of `one` and `many`: the value that makes an element, a column's name or a field.
        value: RawValue,
        /// The set of `[eav]` that holds the value. Without `attribute`: a list of its attributes that have a value.
        eav: String,
        /// The code of the attribute whose value is meant.
        attribute: String,
        /// Whose value is meant: a name. Default: the set's `entity`.
        of: String,
        /// What the value is written as. Default: by the column's declared type.
        value_type as "type": ValueType,
        /// Decimal places to round to, half away from zero.
        round: Ranged<0, 38>,
        /// How a datetime is written: "unix" (seconds), or a strftime pattern. Default: RFC 3339 in UTC.
        format: String,
        /// From a value's text to what is written instead. In a list of attributes: several of them, each for some attributes.
        map: RawMaps,
        /// A hash (in hex) or base64 of the value's text. Of an object or array "json": its text.
        encode: RawEncoding,
        /// Hides the value: "hmac" keyed with `[masks] key`, "redact" a fixed text, "email" keeps the domain.
        mask: Mask,
        /// What stands in for null, or for what `map` does not have: a literal or a whole field.
        default: RawDefault,
        /// An expression; unless it is true the field is null.
        when: String,
        /// Computes the field and leaves it out of the document. Default: false.
        hidden: bool,
        /// Leaves the field out of the document when it is null. Default: the feed's.
        omit_null: bool,
        /// The keys of an object. Of `one` and `many`: of each element.
        fields: RawFields,
        /// Another table's row, the first in order, or null.
        one: RawTable,
        /// Another table's rows, an array.
        many: RawTable,
        /// An array of these elements: literals, other fields or objects.
        list: RawElements,
        /// An array of the pieces of a text: a column, field or let. What is done to values is done to each piece.
        split: String,
        /// What stands between the pieces of `split`.
        by: String,
        /// An array of a field of another array's elements; `value` names the field.
        from: String,
        /// Rows of other tables by their name in `[rows]`. Keys beside it go before those there; both `where_sql` hold.
        rows as "use": String,
        /// The sum of the `value`s of another table's rows; 0 without any.
        sum: RawTable,
        /// How many of another table's rows there are; with `value` those that have one.
        count: RawTable,
        /// The least `value` of another table's rows, or null.
        min: RawTable,
        /// The greatest `value` of another table's rows, or null.
        max: RawTable,
        /// Of `many` with `value`: one text of the values with this between them, instead of an array.
        separator: String,
        /// The name of the table in this definition. Default: the table's own, without its schema. In a list of attributes:
        /// the names of an element's members.
        alias as "as": RawAs,
        /// Columns of this table and what they equal: a name, a number or `{ value = ... }`.
        on: RawOn,
        /// Which rows are meant: a condition in the SQL of the source. In a list of attributes: on the attributes' rows.
        where_sql: String,
        /// The scopes to look in, the first that has a value wins: a name of `[scopes]` or a list such as
        /// `[{ store_id = "store.id" }, { store_id = 0 }]`.
        fallback: RawFallback,
        /// Further tables, in this order; one that has several rows for one makes several elements.
        join: Vec<Located<RawJoin>>,
        /// Whether an element exists: an expression over its fields. Of `many`, and of objects that are parts of an array.
        keep: String,
        /// The order of rows: names of columns, fields or lets, descending with a `-` before. Of a list of attributes: "table",
        /// "table_code", "key", "code".
        order_by: Vec<Located<String>>,
        /// Of the rows that agree in these columns, fields or lets, the first in order alone makes an element.
        first_per: Vec<Located<String>>,
        /// Values of each row, or of an object, that are computed like fields and not written.
        lets as "let": RawFields,
        /// What an array without elements becomes. Default: the feed's.
        empty: Empty,
        /// The attributes that a list leaves out, by their codes.
        except: Vec<Located<String>>,
        /// In a list of attributes: where the labels stand that take the place of option keys.
        labels: RawLabels,
        /// Keeps an attribute in a list whose value is null, with null for its values. Default: false.
        keep_null: bool,
        /// What change tracking looks at: for a query, the tables it reads.
        watch: Vec<Located<RawWatch>>,
    }
}

/// `fields` or `let`: names and what they are, in the order of the file.
#[derive(Debug, Clone)]
pub struct RawFields(pub Vec<NamedField>);

#[derive(Debug, Clone)]
pub struct NamedField {
    pub name: Located<String>,
    pub span: Span,
    /// None if it could not be read.
    pub shape: Option<FieldShape>,
}

#[derive(Debug, Clone)]
pub enum FieldShape {
    /// A plain string.
    Column(String),
    Table(Box<RawField>),
    /// An array's parts, one after the other.
    Parts(Vec<Located<RawField>>),
}

impl FromToml for RawFields {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        Some(RawFields(entries.iter().map(|entry| read_field(entry, reader)).collect()))
    }
}

fn read_field(entry: &Entry, reader: &mut Reader) -> NamedField {
    let node = &entry.value;
    let shape = reader.under(&entry.key, |reader| match &node.kind {
        Kind::Text(column) => Some(FieldShape::Column(column.clone())),
        Kind::Table(entries) => {
            Some(FieldShape::Table(Box::new(RawField::read_entries(entries, &entry.key_span, reader))))
        }
        Kind::Array(items) => read_parts(items, node, reader).map(FieldShape::Parts),
        other => {
            let message = format!("expected a column's name or a table, found {}", other.described());
            reader.problem_with_help(&node.span, message, "a literal is written `{ value = ... }`");
            None
        }
    });
    NamedField { name: Located::new(entry.key.clone(), entry.key_span.clone()), span: node.span.clone(), shape }
}

/// The parts of an array, each a table.
fn read_parts(items: &[Node], list: &Node, reader: &mut Reader) -> Option<Vec<Located<RawField>>> {
    let mut parts = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Kind::Table(entries) = &item.kind else {
            let help = "values are listed as `{ list = [...] }`; rows of a table are `many`, several parts `[[...]]`";
            reader.problem_with_help(&list.span, "expected a column's name or a table, found a list", help);
            return None;
        };
        let part = reader.under_element(number, |reader| RawField::read_entries(entries, &item.span, reader));
        parts.push(Located::new(part, item.span.clone()));
    }
    Some(parts)
}

/// `list`: fields without names.
#[derive(Debug, Clone)]
pub struct RawElements(pub Vec<NamedField>);

impl FromToml for RawElements {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Array(items) = &node.kind else {
            let message = format!("expected a list, found {}", node.kind.described());
            reader.problem_with_help(&node.span, message, "put it in brackets: `[...]`");
            return None;
        };
        let elements = items.iter().enumerate().map(|(number, item)| {
            let shape = reader.under_element(number, |reader| match &item.kind {
                Kind::Text(column) => Some(FieldShape::Column(column.clone())),
                Kind::Table(entries) => {
                    Some(FieldShape::Table(Box::new(RawField::read_entries(entries, &item.span, reader))))
                }
                other => {
                    let message = format!("expected a column's name or a table, found {}", other.described());
                    reader.problem_with_help(&item.span, message, "a literal is written `{ value = ... }`");
                    None
                }
            });
            NamedField { name: Located::new(place_name(number), item.span.clone()), span: item.span.clone(), shape }
        });
        Some(RawElements(elements.collect()))
    }
}

/// What stands for the name of a part or an element that has none; no file can name it.
pub fn place_name(number: usize) -> String {
    format!("[{number}]")
}

impl JsonSchema for RawElements {
    fn schema_name() -> Cow<'static, str> {
        "Elements".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<RawField>();
        json_schema!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, field] } })
    }
}

impl JsonSchema for RawFields {
    fn schema_name() -> Cow<'static, str> {
        "Fields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<RawField>();
        let column =
            json_schema!({ "type": "string", "description": "A column of the nearest table, or `alias.column`." });
        let parts = json_schema!({
            "type": "array", "items": field.clone(), "description": "An array's parts, one after the other.",
        });
        json_schema!({ "type": "object", "additionalProperties": { "anyOf": [column, field, parts] } })
    }
}

/// `value`: a literal; of a relation, the element.
#[derive(Debug, Clone)]
pub enum RawValue {
    Scalar(Scalar),
    Field(Box<RawField>),
}

/// `default`: a literal or a whole field.
pub type RawDefault = RawValue;

impl FromToml for RawValue {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Table(entries) => {
                Some(RawValue::Field(Box::new(RawField::read_entries(entries, &node.span, reader))))
            }
            _ => Scalar::read(node, reader).map(RawValue::Scalar),
        }
    }
}

impl JsonSchema for RawValue {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<RawField>();
        json_schema!({ "anyOf": [scalar_schema(), field] })
    }
}
