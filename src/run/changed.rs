//! What the builders hand to the recorder.

use bytes::Bytes;

use crate::consumer::ItemKind;
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;
use crate::feed::store::{Adoption, InvalidEntity, Refreshed, StoredRow};

/// One batch or a part of it, built and compared: what has to be sent, and what has to be written down.
#[derive(Debug)]
pub struct ComparedBatch {
    pub number: u64,
    /// Of a range: how far a full run has come when this batch is done.
    pub through: Option<Through>,
    pub changed: Vec<ChangedItem>,
    pub adoptions: Vec<Adoption>,
    pub refreshed: Vec<Refreshed>,
    /// Entities whose invalid items are others than those written down.
    pub invalid: Vec<InvalidEntity>,
}

/// The end of a range.
#[derive(Debug, Clone)]
pub struct Through {
    pub key: EntityKey,
    /// Its batch ends there too; else further parts of it follow.
    pub ends_batch: bool,
}

/// An item to send. What its batch has of documents is in one piece, and of minimal payloads in another: to give each item
/// memory of its own, which another thread then gives back, would take longer than to write the document.
#[derive(Debug)]
pub struct ChangedItem {
    pub owner: EntityKey,
    pub feed_id: FeedId,
    /// Of the content that is sent; for a delete, of the content that is deleted.
    pub feed_hash: FeedHash,
    pub kind: ItemKind,
    /// The document of an upsert, the minimal payload of a delete.
    pub json: Bytes,
    /// What the feed table keeps.
    pub feed_data: FeedData,
    /// The row as it was when the item was compared.
    pub before: Option<Box<StoredRow>>,
}

#[derive(Debug)]
pub enum FeedData {
    /// The minimal payload of an upsert.
    Minimal(Bytes),
    /// The document itself (`persist_exported_feed`).
    Document,
    /// What is stored stays (a delete).
    Stored,
    /// This, once the item is gone from where it stood: of a delete that makes room for an upsert elsewhere.
    OnceGone(Bytes),
}
