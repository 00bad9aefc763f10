//! What expressions compute with.

use std::borrow::Cow;

use bigdecimal::BigDecimal;

/// A scalar. Date-times, dates, times and UUIDs are text in their canonical form; so are binary (base64) and JSON values.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Box<BigDecimal>),
    Float(f64),
    Text(Cow<'a, str>),
}
