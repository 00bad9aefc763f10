//! An item between its claim and its recorded outcome: what its intent says, and what its row becomes. Pure.

use std::time::SystemTime;

use bytes::Bytes;

use super::changed::{ChangedItem, FeedData};
use crate::consumer::delivery::ItemOutcome;
use crate::consumer::{Item, ItemKind};
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;
use crate::feed::change::{Attempt, ChangePolicy, after_attempt};
use crate::feed::intent_group::IntentParts;
use crate::feed::status::Status;
use crate::feed::store::{RowWrite, StoredRow};

pub(super) struct Parcel {
    /// Number of the compared batch that it came with.
    pub(super) batch: u64,
    pub(super) feed_id: FeedId,
    pub(super) kind: ItemKind,
    owner: EntityKey,
    feed_hash: FeedHash,
    feed_data: Option<Bytes>,
    before: Option<Box<StoredRow>>,
}

impl Parcel {
    /// What stays here, and what goes to a sender.
    pub(super) fn of(batch: u64, item: ChangedItem) -> (Parcel, Item) {
        let ChangedItem { owner, feed_id, feed_hash, kind, json, feed_data, before } = item;
        let feed_data = match feed_data {
            FeedData::Minimal(minimal) => Some(minimal),
            FeedData::Document => Some(json.clone()),
            FeedData::Stored => None,
        };
        (Parcel { batch, feed_id, kind, owner, feed_hash, feed_data, before }, Item { feed_id, kind, json })
    }

    pub(super) fn intent_of<'a>(&'a self, item: &'a Item) -> IntentParts<'a> {
        IntentParts {
            owner: &self.owner,
            feed_id: &self.feed_id,
            feed_hash: &self.feed_hash,
            feed_data: self.feed_data.as_deref().unwrap_or(&item.json),
        }
    }

    /// The row that says what became of it.
    pub(super) fn settled(self, outcome: ItemOutcome, policy: &ChangePolicy, now: SystemTime, jitter: f64) -> RowWrite {
        let status = Status(outcome.status);
        let is_deleted = self.kind == ItemKind::Delete;
        let attempt = Attempt { feed_hash: self.feed_hash, is_deleted, status, retry_after: outcome.retry_after };
        let state = after_attempt(self.before.as_deref(), &attempt, policy, now, jitter);
        RowWrite {
            believed_owner: self.before.map(|before| before.owner),
            owner: self.owner,
            feed_id: self.feed_id,
            feed_hash: self.feed_hash,
            is_deleted,
            status,
            attempts: state.attempts,
            parked: state.parked,
            next_attempt_at: state.next_attempt_at,
            modified_at: now,
            feed_data: self.feed_data,
            error: if status.is_success() { None } else { outcome.message },
        }
    }
}
