//! The key of an entity: the value of the root table's key column.
//!
//! The one invariant: two keys are equal here exactly when the source's key column holds the same
//! value byte for byte. What the *database* calls equal (collations, affinities) is decided there.

use std::fmt;

/// A `source_entity_id`, as the source has it. UUIDs are text in their canonical lower-case form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKey {
    Int(i64),
    Text(Box<str>),
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntityKey::Int(n) => write!(f, "{n}"),
            EntityKey::Text(text) => f.write_str(text),
        }
    }
}

impl From<i64> for EntityKey {
    fn from(n: i64) -> Self {
        EntityKey::Int(n)
    }
}

impl From<&str> for EntityKey {
    fn from(text: &str) -> Self {
        EntityKey::Text(text.into())
    }
}
