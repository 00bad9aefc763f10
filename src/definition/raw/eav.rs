//! `[eav.NAME]` and what is asked of it: a value, or a list of all the others.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fallback::RawFallback;
use super::literal::RawMap;
use crate::definition::feed::eav::ListOrder;
use crate::definition::problem::Located;
use crate::definition::reader::{FromToml, Given, Reader, read_entry, table};
use crate::definition::shape::{shape, words};
use crate::definition::tree::{Kind, Node};

shape! {
    /// Values that stand in rows of their own: each row says whose value of which attribute it holds.
    pub struct RawEav {
        /// The column, or `alias.column`, whose values the value rows point at: `of` where a field does not say. None: the
        /// values belong to nobody, as settings do.
        entity: String,
        /// The tables that hold the value rows, in this order.
        tables: Vec<Located<String>> [required],
        /// The columns of the value rows.
        columns: RawEavColumns [required],
        /// The table that says which attributes there are. None: the value rows hold the attributes' codes.
        attribute: RawEavAttributes,
        /// Which of several rows of one attribute is meant: the first scope that has a row wins, even if its value is null.
        fallback: RawFallback,
    }
}

shape! {
    /// Columns of the value rows.
    pub struct RawEavColumns {
        /// Whose value it is.
        entity: String,
        /// The attribute's key; without an `attribute` table its code.
        attribute: String [required],
        /// The value.
        value: String [required],
    }
}

shape! {
    /// The table that says which attributes there are.
    pub struct RawEavAttributes {
        /// The table.
        table: String [required],
        /// The column by which the value rows name an attribute.
        key: String [required],
        /// The column with the code by which the feed names an attribute.
        code: String [required],
        /// The column that says in which of `tables` an attribute's values stand, the one whose name ends with it: `int` for
        /// `product_int`. None: in any of them.
        value_type as "type": String,
        /// Which attributes are meant: a condition in the SQL of the source.
        where_sql: String,
    }
}

shape! {
    /// The names of the members of a list's elements.
    pub struct RawElementNames {
        /// The name of the member with the attribute's code. Default: "code".
        code: String,
        /// The name of the member with the list of values. Default: "values".
        values: String,
    }
}

shape! {
    /// Where the labels of options stand.
    pub struct RawLabels {
        /// The table with the labels.
        table: String [required],
        /// The option's key, a column of this table and of the owner's.
        key: String [required],
        /// The column with the label.
        label: String [required],
        /// Which attributes own options.
        owner: RawOptionOwner [required],
        /// Which of several labels of one option is meant: the first scope with a label that is not null.
        fallback: RawFallback,
    }
}

shape! {
    /// The table that says which options an attribute owns.
    pub struct RawOptionOwner {
        /// The table.
        table: String [required],
        /// Its column with the attribute's key.
        attribute: String [required],
    }
}

shape! {
    /// What stands for the values of some attributes.
    pub struct RawAttributeMap {
        /// Which attributes are meant: a condition on their rows, in the SQL of the source.
        where_sql: String,
        /// From a value's text to what is written instead.
        values: RawMap [required],
    }
}

words!(ListOrder, "what a list of attributes is ordered by", {
    "table" => ListOrder::Table,
    "table_code" => ListOrder::TableCode,
    "key" => ListOrder::Key,
    "code" => ListOrder::Code,
});

/// `[eav]`: the sets by name.
#[derive(Debug, Clone)]
pub struct RawEavSets(pub Vec<(Located<String>, Given<RawEav>)>);

impl FromToml for RawEavSets {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let named = entries
            .iter()
            .map(|entry| (Located::new(entry.key.clone(), entry.key_span.clone()), read_entry(entry, reader)));
        Some(RawEavSets(named.collect()))
    }
}

impl JsonSchema for RawEavSets {
    fn schema_name() -> Cow<'static, str> {
        "EavSets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let set = generator.subschema_for::<RawEav>();
        json_schema!({ "type": "object", "additionalProperties": set })
    }
}

/// `as`: the name of a table; in a list of attributes the names of an element's members.
#[derive(Debug, Clone)]
pub enum RawAs {
    Alias(String),
    Members(Box<RawElementNames>),
}

impl FromToml for RawAs {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Table(_) => RawElementNames::read(node, reader).map(|names| RawAs::Members(Box::new(names))),
            _ => String::read(node, reader).map(RawAs::Alias),
        }
    }
}

impl JsonSchema for RawAs {
    fn schema_name() -> Cow<'static, str> {
        "As".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = generator.subschema_for::<RawElementNames>();
        json_schema!({ "anyOf": [{ "type": "string" }, names] })
    }
}

/// `map`: from texts to scalars; in a list of attributes several of them, each for some attributes.
#[derive(Debug, Clone)]
pub enum RawMaps {
    One(RawMap),
    ForAttributes(Vec<Located<RawAttributeMap>>),
}

impl FromToml for RawMaps {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Array(items) if items.iter().all(|item| matches!(item.kind, Kind::Table(_))) && !items.is_empty() => {
                Vec::read(node, reader).map(RawMaps::ForAttributes)
            }
            _ => RawMap::read(node, reader).map(RawMaps::One),
        }
    }
}

impl JsonSchema for RawMaps {
    fn schema_name() -> Cow<'static, str> {
        "Maps".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<RawMap>();
        let several = generator.subschema_for::<Vec<RawAttributeMap>>();
        json_schema!({ "anyOf": [one, several] })
    }
}
