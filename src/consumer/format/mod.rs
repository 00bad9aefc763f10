//! The bytes of a request, and what an answer's body says of single items. A file each.
//!
//! A format never touches a transport and knows no status codes but those an answer's body lists.

mod json;

pub use json::{Json, deletion};

use super::ItemKind;

/// What a body is made of besides its items' bytes, so that requests can be cut before they are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framing {
    /// Bytes of a body besides those of its items.
    pub body: usize,
    /// Bytes each item adds to its own, at most.
    pub item: usize,
}

/// A payload that cannot be encoded: our own fault, as documents and payloads are written by us.
#[derive(Debug, thiserror::Error)]
#[error("cannot encode a request: {0}")]
pub struct EncodeError(#[from] serde_json::Error);

pub trait Format: Send + Sync {
    fn content_type(&self) -> &'static str;

    fn framing(&self, kind: ItemKind) -> Framing;

    /// The body of a request of these items, all of one kind. The bytes of upserts are joined, never parsed.
    fn encode(&self, kind: ItemKind, items: &mut dyn Iterator<Item = &[u8]>) -> Result<Vec<u8>, EncodeError>;

    /// What the body of an answer says of the single items of a request of `items` items.
    fn read_results(&self, body: &[u8], items: usize) -> Results;
}

/// What an answer's body says of single items.
#[derive(Debug, Clone, PartialEq)]
pub enum Results {
    /// It says nothing of them: empty, not JSON, or without the list.
    Silent,
    /// It ends in the middle.
    Torn,
    /// The list is there and cannot be understood; the reason is for people.
    Nonsense(String),
    /// The items it lists as failed, in its order; may be empty, may name an item twice.
    Listed(Vec<ListedItem>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ListedItem {
    /// Within the request, from 0.
    pub index: usize,
    /// In 300..=599; `None` when the list gives no usable one.
    pub status: Option<i32>,
    /// As the consumer wrote it.
    pub message: Option<String>,
}
