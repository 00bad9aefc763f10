//! A feed as its file declares it: pure data, validated in itself, names not yet looked up in the source.

pub mod eav;

use super::problem::{Located, SourceFile, Span};
use crate::expression::Expression;
use crate::expression::template::Template;
use eav::{EavList, EavSet, EavValue};

/// Each has a thread of its own; where a consumer takes more requests at once, larger ones serve it better.
pub const MOST_THREADS: i64 = 256;

/// Items of a request.
pub const MOST_BATCH_ITEMS: i64 = 100_000;

#[derive(Debug, Clone)]
pub struct FeedDefinition {
    pub file: SourceFile,
    pub name: String,
    pub consumer: Located<String>,
    /// Paths into the document; at least one, no arrays on the way.
    pub identity: Vec<Located<DocumentPath>>,
    /// Contains the identity.
    pub minimal_payload: Vec<Located<DocumentPath>>,
    /// May cross arrays: each element is meant.
    pub exclude_from_hash: Vec<Located<DocumentPath>>,
    pub entities_removable: bool,
    pub persist_exported_feed: bool,
    pub thread_count: Option<usize>,
    pub batch_size: Option<usize>,
    pub max_deletes: Option<u64>,
    pub max_delete_percent: Option<u8>,
    pub entity: Entity,
    /// The sets of `[eav]`, in the order of the file.
    pub eav: Vec<EavSet>,
    pub lets: Vec<Field>,
    pub fields: Vec<Field>,
    /// Changes with everything that may change a document, and with nothing else (comments, order of tables, `thread_count`).
    pub fingerprint: String,
}

impl FeedDefinition {
    pub fn minimal_payload_paths(&self) -> Vec<DocumentPath> {
        self.minimal_payload.iter().map(|path| path.value.clone()).collect()
    }
}

/// Keys from the document's top, `["brand", "name"]` for `brand.name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentPath(pub Vec<String>);

#[derive(Debug, Clone)]
pub struct Entity {
    pub rows: Rows,
    pub key: Located<String>,
    /// Decides over the finished fields whether the item exists.
    pub keep: Option<Located<Expression>>,
}

/// The rows of one level: a main table and its joins.
#[derive(Debug, Clone)]
pub struct Rows {
    pub table: TableUse,
    /// Pairs that tie the main table to the enclosing level; empty for the entity.
    pub on: Vec<OnPair>,
    /// All of them hold.
    pub where_sql: Vec<Located<String>>,
    pub joins: Vec<Join>,
}

#[derive(Debug, Clone)]
pub struct TableUse {
    pub source: TableSource,
    /// `as`, else the table's name without its schema; a query without `as` has its field's name.
    pub alias: Located<String>,
    pub watch: Vec<Watch>,
}

#[derive(Debug, Clone)]
pub enum TableSource {
    Table(Located<String>),
    /// The table whose name a row's values make, such as `stock_{store.id}`.
    Named(Located<Template>),
    Query(Located<String>),
}

/// What change tracking looks at for a query: a table, and its column that holds the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    pub table: Located<String>,
    pub key: Option<Located<String>>,
}

#[derive(Debug, Clone)]
pub struct Join {
    pub table: TableUse,
    pub on: Vec<OnPair>,
    pub optional: bool,
    pub where_sql: Option<Located<String>>,
}

/// `column` belongs to the table being joined.
#[derive(Debug, Clone, PartialEq)]
pub struct OnPair {
    pub column: Located<String>,
    pub equals: Located<OnValue>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OnValue {
    Name(Name),
    Literal(Scalar),
    /// Any of the pieces of a text, cut at `by`; an empty text has none.
    Split {
        name: Located<Name>,
        by: String,
    },
    /// Any of the elements of a list field or let.
    List(Located<Name>),
    /// The value of an attribute.
    Eav(Box<EavValue>),
}

/// Scopes in their order, the first that has what is sought wins. Of the pairs the left side is a column of the rows to
/// choose from; names on the right are seen from where the fallback is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    pub scopes: Vec<Vec<OnPair>>,
    /// Where it is used.
    pub span: Span,
}

/// `column`, `alias.column`, a field or a let: the parts between the dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(pub Vec<String>);

/// A literal of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// As written in the file, such as `1.19`.
    Decimal(String),
    Text(String),
}

/// A field or a let.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: Located<String>,
    /// Computed, and left out of the document. True for lets.
    pub hidden: bool,
    /// Left out of the document when null.
    pub omit_null: bool,
    pub when: Option<Located<Expression>>,
    pub value: FieldValue,
    /// An object or an array that is written as the text of its JSON: a single value then.
    pub json: bool,
    /// The whole field.
    pub span: Span,
}

impl Field {
    /// What a field is that has no single value.
    pub fn composite(&self) -> Option<&'static str> {
        if self.json {
            return None;
        }
        match &self.value {
            FieldValue::Scalar(_) => None,
            FieldValue::Object(_) => Some("an object"),
            FieldValue::Array(_) => Some("an array"),
            FieldValue::Relation(relation) => match (relation.cardinality, &relation.element) {
                (Cardinality::One, Element::Value(value)) => value.composite(),
                (Cardinality::One, Element::Object(_)) => Some("an object"),
                (Cardinality::Many { .. }, _) => Some("an array"),
            },
        }
    }

    /// The fields of the rows behind a `one` that is an object: they can be named as parts of it.
    pub fn fields_of_one(&self) -> Option<&[Field]> {
        match &self.value {
            FieldValue::Relation(relation) if relation.cardinality == Cardinality::One => match &relation.element {
                Element::Object(fields) => Some(fields),
                Element::Value(_) => None,
            },
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "made once per field of a file; most fields are scalars")]
pub enum FieldValue {
    Scalar(ScalarField),
    Object(Object),
    Relation(Box<Relation>),
    Array(Array),
}

/// An object made of the same row.
#[derive(Debug, Clone)]
pub struct Object {
    pub lets: Vec<Field>,
    pub fields: Vec<Field>,
    /// Over its fields, as a part of an array: whether the element exists.
    pub keep: Option<Located<Expression>>,
}

/// An array that is more, or other, than the rows of one relation.
#[derive(Debug, Clone)]
pub struct Array {
    pub elements: Elements,
    /// Null where it has no element.
    pub empty_null: bool,
}

#[derive(Debug, Clone)]
pub enum Elements {
    /// One part after the other, each a field: the rows of a `many`, an object of the same row, or an array itself. Its
    /// `when` decides about its elements; its name is its place, such as `[2]`.
    Parts(Vec<Field>),
    /// Literal elements; their names are their places.
    List(Vec<Field>),
    Split(Box<Split>),
    From(From),
    /// The attributes of a set that have a value.
    Attributes(Box<EavList>),
}

/// A text cut into pieces: none where it is null or empty.
#[derive(Debug, Clone)]
pub struct Split {
    /// A column, a field or a let.
    pub text: Located<Name>,
    /// Not empty.
    pub by: String,
    /// What is done to each piece; its input is the piece.
    pub piece: ScalarField,
}

/// A field of each element of another array of the same row.
#[derive(Debug, Clone)]
pub struct From {
    pub array: Located<Name>,
    pub field: Located<String>,
}

/// What is done to a value, in this order: type (with round and format), map, encode or mask, default.
#[derive(Debug, Clone)]
pub struct ScalarField {
    pub input: ScalarInput,
    pub value_type: Option<Located<ValueType>>,
    /// Decimal places, half away from zero.
    pub round: Option<Located<u32>>,
    pub format: Option<Located<DateTimeFormat>>,
    /// From canonical text to a scalar.
    pub map: Option<Vec<(String, Scalar)>>,
    pub encode: Option<Located<Encoding>>,
    pub mask: Option<Located<Mask>>,
    pub default: Option<Default>,
}

#[derive(Debug, Clone)]
pub enum ScalarInput {
    Column(Located<Name>),
    Eav(Box<EavValue>),
    Literal(Scalar),
    Expression(Located<Expression>),
    Template(Located<Template>),
    /// A piece of the text that a [`Split`] cuts.
    Piece,
    Summary(Box<Summary>),
}

/// One value made of the plain values of many rows, without nulls.
#[derive(Debug, Clone)]
pub struct Summary {
    pub kind: SummaryKind,
    /// An array of plain values.
    pub relation: Relation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryKind {
    /// 0 of nothing.
    Sum,
    Count,
    /// Null of nothing, as is the greatest.
    Min,
    Max,
    /// The values' texts with the separator between them; of nothing an empty text, or null.
    Text {
        separator: String,
        empty_null: bool,
    },
}

#[derive(Debug, Clone)]
pub enum Default {
    Literal(Scalar),
    /// A whole field, evaluated when it is needed.
    Field(Box<ScalarField>),
}

/// `string int decimal float bool datetime date time json binary`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    String,
    Int,
    Decimal,
    Float,
    Bool,
    DateTime,
    Date,
    Time,
    Json,
    Binary,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateTimeFormat {
    /// Seconds since 1970-01-01T00:00:00Z, an integer.
    Unix,
    /// A strftime pattern, applied in UTC.
    Pattern(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Md5,
    Sha1,
    Sha256,
    Blake3,
    Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// Keyed with `[masks] key`.
    Hmac,
    /// A fixed text.
    Redact,
    /// Keeps the domain.
    Email,
}

/// Rows of other tables: `one` or `many`.
#[derive(Debug, Clone)]
pub struct Relation {
    pub cardinality: Cardinality,
    pub rows: Rows,
    /// Of a `one`: per column, the first row in the order of the scopes whose column is not null.
    pub fallback: Option<Fallback>,
    /// Over the element's fields: whether it exists.
    pub keep: Option<Located<Expression>>,
    pub order_by: Vec<Located<OrderKey>>,
    /// Of the rows that agree in these the first in order.
    pub first_per: Vec<Located<Name>>,
    pub lets: Vec<Field>,
    pub element: Element,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// The first row in order, or null.
    One,
    /// An array; `empty_null` gives null where it has no element.
    Many { empty_null: bool },
}

#[derive(Debug, Clone)]
pub enum Element {
    Object(Vec<Field>),
    /// Plain values, or arrays of the row. The default of a `one` also stands for a missing row.
    Value(Box<Field>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderKey {
    pub name: Name,
    pub descending: bool,
}
