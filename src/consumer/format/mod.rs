//! The bytes of a request and where they go, and what an answer's body says of single items. A file each.
//!
//! A format never touches a transport and knows no status codes but those an answer's body lists. [`values`] reads what a
//! document says of itself, [`naming`] makes its ID of that, [`id_member`] puts the ID into it, [`address`] makes URLs,
//! [`places`] knows when a document has moved. [`listed_errors`] reads the answers of three formats, [`bulk_answer`] those of
//! Elasticsearch.

mod address;
mod algolia;
mod bulk_answer;
mod elasticsearch;
mod id_member;
mod json;
mod listed_errors;
mod meilisearch;
mod naming;
mod ndjson;
mod places;
mod rest;
mod surrogates;
mod typesense;
mod values;

pub use bulk_answer::{MISADDRESSED_INDEX, UNAVAILABLE_INDEX};
#[cfg(test)]
pub use json::Json;
pub use json::{deleted_bytes, write_item};
pub use places::Places;

use ureq::http::{Method, Uri};

use super::outline::Outline;
use super::{Item, ItemKind};
use crate::config::{HttpConfig, HttpFormat};

/// What a body is made of besides its items' bytes, so that requests can be cut before they are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framing {
    /// Bytes of a body besides those of its items.
    pub body: usize,
    /// Bytes each item adds to its own, at most, whatever is in it.
    pub item: usize,
    /// Each item goes in a request of its own.
    pub alone: bool,
}

impl Framing {
    /// Bytes of a body of these items, but for what is made of their values: room for it, so that it is not moved as it grows.
    fn body_of(&self, items: &[&Item]) -> usize {
        self.body + items.iter().map(|item| item.json.len() + self.item).sum::<usize>()
    }
}

/// A request as a format writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub method: Method,
    /// Without userinfo and fragment.
    pub uri: Uri,
    pub content_type: &'static str,
    /// May be empty: then there is nothing to have a type.
    pub body: Vec<u8>,
}

/// An item that cannot be put into a request.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Our own fault, as documents and payloads are written by us.
    #[error("cannot encode a request: {0}")]
    Json(#[from] serde_json::Error),
    /// What an ID, a URL, an index, a routing or a version is made of.
    #[error("its `{path}` {what}")]
    Value { path: String, what: &'static str },
    #[error("cannot make its URL: {0}")]
    Url(String),
}

/// A setting that a format cannot work with; the reason is for people.
#[derive(Debug)]
pub struct SettingFault {
    pub key: &'static str,
    pub reason: String,
}

pub trait Format: Send + Sync {
    fn framing(&self, kind: ItemKind) -> Framing;

    /// Bytes of an item in a body, besides those of the framing: its own, where they are sent, and what is made of its values.
    /// At most; an item that cannot be encoded has its own.
    fn item_bytes(&self, item: &Item) -> usize {
        item.json.len()
    }

    /// The request of these items, all of one kind, at least one; one alone where the framing says so. The bytes of upserts
    /// are copied, never parsed but for the values that name them.
    fn encode(&self, kind: ItemKind, items: &[&Item], sequence: u64) -> Result<Message, EncodeError>;

    /// An accepted request is only accepted when the answer says so in its own words.
    fn must_tell(&self) -> bool {
        false
    }

    /// The URL of a request names an item: that there is none says nothing of the consumer.
    fn names_items(&self) -> bool {
        false
    }

    /// That there is nothing to delete is no failure there, or is told of each item: an address that does not exist is no answer
    /// to a delete.
    fn takes_any_delete(&self) -> bool {
        false
    }

    /// What the body of an answer says of the single items of a request of `items` items.
    fn read_results(&self, kind: ItemKind, body: &[u8], items: usize) -> Results;

    /// Of a format whose results say that they are [pending](Results::Pending): what an answer to the question after the
    /// task says.
    fn read_task(&self, _kind: ItemKind, _body: &[u8]) -> TaskState {
        TaskState::Nonsense("nobody had asked".into())
    }
}

/// What an answer's body says of single items.
#[derive(Debug, Clone, PartialEq)]
pub enum Results {
    /// It says nothing of them: empty, not JSON, or without the list.
    Silent,
    /// It ends in the middle.
    Torn,
    /// What should be there cannot be understood, or is not there; the reason is for people.
    Nonsense(String),
    /// The items it lists as failed, in its order; may be empty, may name an item twice.
    Listed(Vec<ListedItem>),
    /// Every item is refused for what the consumer is or who asks, none for what it is itself. `None`: with a status that
    /// would be one of a bad item.
    Barred { status: Option<i32>, message: Option<String> },
    /// It is queued: this URL says when it is done.
    Pending(Uri),
    /// The consumer can take nothing at the moment, whatever the items are.
    Unable,
    /// The request failed, and not before its status had gone out.
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ListedItem {
    /// Within the request, from 0.
    pub index: usize,
    /// In 300..=599; `None` when the list gives no usable one.
    pub status: Option<i32>,
    /// As the consumer wrote it.
    pub message: Option<String>,
    /// Turned away for the moment (too much to do, not ready): worth another try within the run.
    pub passing: bool,
}

/// How far a consumer's queue has come with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskState {
    Running,
    Done,
    /// Something in it is wrong; nothing of it was taken over.
    Refused(String),
    /// Nothing of it was taken over, and it may work later.
    Failed(String),
    /// Nothing of it was taken over, and the next one would fare no better.
    Hopeless(String),
    Nonsense(String),
}

/// The items one behind the other, with commas between them.
fn write_separated(
    body: &mut Vec<u8>,
    items: &[&Item],
    write: impl Fn(&mut Vec<u8>, &Item) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        write(body, item)?;
    }
    Ok(())
}

/// Statuses of single items that pass, as those of whole answers do.
pub fn is_passing(status: i32) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// The format that the configuration asks for, for the documents of one feed.
pub fn open(config: &HttpConfig, outline: &Outline) -> Result<Box<dyn Format>, SettingFault> {
    Ok(match &config.format {
        HttpFormat::Json => Box::new(json::Json::new(config)?),
        HttpFormat::Ndjson => Box::new(ndjson::Ndjson::new(config)?),
        HttpFormat::Elasticsearch(settings) => Box::new(elasticsearch::Elasticsearch::new(config, settings, outline)?),
        HttpFormat::Meilisearch(settings) => Box::new(meilisearch::Meilisearch::new(config, settings, outline)?),
        HttpFormat::Typesense => Box::new(typesense::Typesense::new(config, outline)?),
        HttpFormat::Algolia => Box::new(algolia::Algolia::new(config, outline)?),
        HttpFormat::Rest(settings) => Box::new(rest::Rest::new(config, settings, outline)?),
    })
}
