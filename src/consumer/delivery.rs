//! One request from its first try to an outcome for each of its items.

use std::time::Duration;

use super::{Item, ItemKind};

/// What one sender is given: items of one kind for one request.
#[derive(Debug)]
pub struct Request {
    pub feed: String,
    pub kind: ItemKind,
    pub items: Vec<Item>,
    /// Sequence numbers reserved for this request and what it may be split into: at least `4 * items + 4` of them.
    pub first_sequence: u64,
}

/// Numbers that a request of `items` items must reserve: bisecting n items makes fewer than 2n requests, and leaving
/// out listed items at most n more.
pub fn sequences_for(items: usize) -> u64 {
    4 * items as u64 + 4
}

#[derive(Debug, Default)]
pub struct Delivered {
    /// One for each item of the request, in its order.
    pub outcomes: Vec<ItemOutcome>,
    /// HTTP requests that were made, each counted once however often it was tried.
    pub requests: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Bodies as they went over the wire, every try.
    pub bytes_sent: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ItemOutcome {
    /// The consumer's code, or 0 (could not submit) or 1 (failed without a code in a 2xx response).
    pub status: i32,
    /// The consumer's message or ours, without secrets and control characters, at most 1,000 characters.
    pub message: Option<String>,
    /// The consumer asked to wait this long, longer than a run waits.
    pub retry_after: Option<Duration>,
}
