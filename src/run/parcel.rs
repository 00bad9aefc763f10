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

/// Of an item that is gone from one place of the consumer and not yet at the other.
const DEPARTED: &str = "gone from where it stood before, and not yet sent to where it belongs";

pub(super) struct Parcel {
    /// Number of the compared batch that it came with.
    pub(super) batch: u64,
    pub(super) feed_id: FeedId,
    pub(super) kind: ItemKind,
    owner: EntityKey,
    feed_hash: FeedHash,
    feed_data: Option<Bytes>,
    /// Of a departure: what the row keeps instead when it has succeeded.
    once_gone: Option<Bytes>,
    before: Option<Box<StoredRow>>,
}

impl Parcel {
    /// What stays here, and what goes to a sender.
    pub(super) fn of(batch: u64, item: ChangedItem) -> (Parcel, Item) {
        let ChangedItem { owner, feed_id, feed_hash, kind, json, feed_data, before } = item;
        let (feed_data, once_gone) = match feed_data {
            FeedData::Minimal(minimal) => (Some(minimal), None),
            FeedData::Document => (Some(json.clone()), None),
            FeedData::Stored => (None, None),
            FeedData::OnceGone(kept) => (None, Some(kept)),
        };
        (Parcel { batch, feed_id, kind, owner, feed_hash, feed_data, once_gone, before }, Item { feed_id, kind, json })
    }

    /// It deletes an item at its old place, so that it can be sent to its new one.
    pub(super) fn is_departure(&self) -> bool {
        self.once_gone.is_some()
    }

    pub(super) fn item(&self) -> (EntityKey, FeedId) {
        (self.owner.clone(), self.feed_id)
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
        if self.is_departure() {
            return self.departed(outcome, policy, now, jitter);
        }
        let is_deleted = self.kind == ItemKind::Delete;
        self.row(is_deleted, outcome, policy, now, jitter)
    }

    /// The item lives, and has not been sent to its new place yet: or, where the delete has failed, stands at its old one.
    fn departed(mut self, outcome: ItemOutcome, policy: &ChangePolicy, now: SystemTime, jitter: f64) -> RowWrite {
        let kept = self.once_gone.take();
        if Status(outcome.status).is_success() {
            let waits =
                ItemOutcome { status: Status::NOT_SUBMITTED.0, message: Some(DEPARTED.into()), retry_after: None };
            let row = self.row(false, waits, policy, now, jitter);
            return RowWrite { attempts: 0, parked: false, next_attempt_at: Some(now), feed_data: kept, ..row };
        }
        let message = outcome.message.as_deref().unwrap_or("it failed");
        let message = Some(format!("{message} (of its delete where it stood before)"));
        self.row(false, ItemOutcome { message, ..outcome }, policy, now, jitter)
    }

    fn row(
        self,
        is_deleted: bool,
        outcome: ItemOutcome,
        policy: &ChangePolicy,
        now: SystemTime,
        jitter: f64,
    ) -> RowWrite {
        let status = Status(outcome.status);
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
