//! Where rows come from: the entity, joins, and what ties a table to what is known already.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fallback::RawFallback;
use crate::definition::feed::Scalar;
use crate::definition::problem::Located;
use crate::definition::reader::{FromToml, Reader, table};
use crate::definition::shape::shape;
use crate::definition::tree::{Kind, Node};

shape! {
    /// The rows that items are made of: a row of the root table is an entity.
    pub struct RawEntity {
        /// The root table.
        table: RawTable [required],
        /// The name of the table in this definition. Default: the table's own, without its schema.
        alias as "as": String,
        /// The root table's column that tells its rows apart: an integer, a text or a UUID.
        key: String [required],
        /// Which rows are meant: a condition in the SQL of the source.
        where_sql: String,
        /// Further tables, in this order; one that has several rows for one makes several items.
        join: Vec<Located<RawJoin>>,
        /// Whether an item exists: an expression over the finished fields.
        keep: String,
        /// What change tracking looks at besides the tables.
        watch: Vec<Located<RawWatch>>,
    }
}

shape! {
    /// A table whose rows are joined to those before it.
    pub struct RawJoin {
        /// The table.
        table: RawTable,
        /// A query in the SQL of the source instead of a table; `IN (:keys)` limits it to the batch.
        sql: String,
        /// The name of the table in this definition. Default: the table's own, without its schema.
        alias as "as": String,
        /// Columns of this table and what they equal: a name, a number or `{ value = ... }`. None: every row with every row.
        on: RawOn,
        /// Keeps the rows before it where this table has none. Default: false.
        optional: bool,
        /// Which rows are meant: a condition in the SQL of the source.
        where_sql: String,
        /// What change tracking looks at: for a query, the tables it reads.
        watch: Vec<Located<RawWatch>>,
    }
}

shape! {
    /// A query in the place of a table.
    pub struct RawQuery {
        /// The query in the SQL of the source; `IN (:keys)` limits it to the batch.
        sql: String [required],
    }
}

shape! {
    /// A table that change tracking looks at.
    pub struct RawWatchedTable {
        /// The table.
        table: String [required],
        /// Its column that holds the key of the row that changes with it.
        key: String,
    }
}

shape! {
    /// What a column equals that is neither a name nor a number: a literal, any of several values, or one of a set.
    pub struct RawKey {
        /// A literal: a string, a number or a boolean.
        value: Scalar,
        /// A name whose text is cut into values: `{ split = "path", by = "/" }`.
        split: String,
        /// What the text of `split` is cut at.
        by: String,
        /// A list field or let, whose elements are the values.
        list: String,
        /// The set of `[eav]` that holds the value: `{ eav = "product", attribute = "tax_class_id" }`.
        eav: String,
        /// The code of the attribute of `eav`.
        attribute: String,
        /// Whose value of `eav`: a name. Default: the set's `entity`.
        of: String,
        /// The scopes of the value of `eav`. Default: the set's.
        fallback: RawFallback,
    }
}

/// A table's name, or a query.
#[derive(Debug, Clone)]
pub enum RawTable {
    Name(String),
    Query(Box<RawQuery>),
}

impl FromToml for RawTable {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(name) => Some(RawTable::Name(name.clone())),
            Kind::Table(_) => RawQuery::read(node, reader).map(|query| RawTable::Query(Box::new(query))),
            _ => {
                reader.expected("a table's name or `{ sql = \"...\" }`", node);
                None
            }
        }
    }
}

impl JsonSchema for RawTable {
    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let query = generator.subschema_for::<RawQuery>();
        json_schema!({ "anyOf": [{ "type": "string" }, query] })
    }
}

/// `on`: columns of the table being joined, and what they equal.
#[derive(Debug, Clone)]
pub struct RawOn(pub Vec<RawOnPair>);

#[derive(Debug, Clone)]
pub struct RawOnPair {
    pub column: Located<String>,
    pub equals: Option<Located<RawOnValue>>,
}

#[derive(Debug, Clone)]
pub enum RawOnValue {
    Name(String),
    Int(i64),
    Key(Box<RawKey>),
}

impl FromToml for RawOn {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let pairs = entries.iter().map(|entry| RawOnPair {
            column: Located::new(entry.key.clone(), entry.key_span.clone()),
            equals: reader.under(&entry.key, |reader| Located::<RawOnValue>::read(&entry.value, reader)),
        });
        Some(RawOn(pairs.collect()))
    }
}

impl FromToml for RawOnValue {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(name) => Some(RawOnValue::Name(name.clone())),
            Kind::Int(number) => Some(RawOnValue::Int(*number)),
            Kind::Table(_) => RawKey::read(node, reader).map(|key| RawOnValue::Key(Box::new(key))),
            Kind::Bool(_) | Kind::Float(_) => {
                let message = format!("expected a name or an integer, found {}", node.kind.described());
                reader.problem_with_help(&node.span, message, "other literals are written `{ value = ... }`");
                None
            }
            _ => {
                reader.expected("a name, an integer or `{ value = ... }`", node);
                None
            }
        }
    }
}

impl JsonSchema for RawOn {
    fn schema_name() -> Cow<'static, str> {
        "On".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let key = generator.subschema_for::<RawKey>();
        json_schema!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "integer" }, key] },
        })
    }
}

/// A table's name, or a table with the column that holds the key.
#[derive(Debug, Clone)]
pub enum RawWatch {
    Table(String),
    WithKey(Box<RawWatchedTable>),
}

impl FromToml for RawWatch {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(name) => Some(RawWatch::Table(name.clone())),
            Kind::Table(_) => RawWatchedTable::read(node, reader).map(|watch| RawWatch::WithKey(Box::new(watch))),
            _ => {
                reader.expected("a table's name or `{ table = \"...\", key = \"...\" }`", node);
                None
            }
        }
    }
}

impl JsonSchema for RawWatch {
    fn schema_name() -> Cow<'static, str> {
        "Watch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<RawWatchedTable>();
        json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}
