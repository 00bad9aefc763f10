//! Where a feed's items go: formats, transports, and what their answers mean.
//!
//! Knows no SQL and no source. Pure parts: [`batch`] (where to cut), [`outcome`] (what a response means: a [`verdict`]),
//! [`retry`] (when to try again), [`limiter`] (when the next request may leave), [`statement`] (what an answer says of that),
//! [`mod@format`] (bytes of a request, results of an answer). [`delivery`] joins them around a [`transport`]; [`circuit`] says
//! whether it is worth trying at all, and [`line`] is what all the feeds of a consumer share.
//! [`mod@file`] is the consumer without HTTP. [`open_consumer`] makes the one that the configuration asks for.

pub mod batch;
pub mod circuit;
mod clock;
mod compress;
pub mod delivery;
mod envelope;
pub mod file;
pub mod format;
mod limiter;
mod line;
mod message;
mod open;
pub mod outcome;
mod outline;
pub mod retry;
mod statement;
pub mod transport;
mod verdict;

pub use format::{Framing, MISADDRESSED_INDEX, Places, UNAVAILABLE_INDEX};
pub use line::Line;
pub use open::{ConsumerError, Redact, location, open_consumer};
pub use outcome::NO_FAULT_OF_ITEMS;
pub use outline::Outline;

use bytes::Bytes;

use crate::digest::FeedId;
use delivery::{Delivered, Request};

/// One item on its way.
#[derive(Debug, Clone)]
pub struct Item {
    pub feed_id: FeedId,
    pub kind: ItemKind,
    /// The document of an upsert, or the minimal payload of a delete (without `"deleted": true`).
    pub json: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    Upsert,
    Delete,
}

/// A consumer as a sender sees it. Shared by all senders.
pub trait Consumer: Send + Sync {
    /// Delivers one request, with its tries, halves and parts; gives an outcome for each of its items, in order.
    /// Never panics on what the consumer answers.
    fn deliver(&self, request: &Request) -> Delivered;

    /// What a request's body adds to the bytes of its items, for [`batch::Batcher`]. Nothing, by default.
    fn framing(&self, _kind: ItemKind) -> Framing {
        Framing::default()
    }

    /// What a request's body holds of an item besides the framing, for [`batch::Batcher`]. Its bytes, by default.
    fn item_bytes(&self, item: &Item) -> usize {
        item.json.len()
    }
}
