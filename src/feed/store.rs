//! What feedmill asks of a feed store.
//!
//! Readers are many, one a worker; the writer is one, the recorder's. All that one [`FeedWriter::commit`] is given
//! becomes durable together or not at all.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use roaring::RoaringBitmap;

use super::intent_group::{IntentGroup, IntentId};
use super::status::Status;
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;

pub trait FeedStore: Send + Sync {
    /// Where it is, for people: without user name, password and query.
    fn location(&self) -> &str;

    /// Takes the feed's lock, or says who holds it. Creates the feed's table when it is not there yet.
    fn lock(&self, feed: &str, holder: &Holder) -> Result<Locking, StoreError>;

    /// Who holds the feed's lock now; `unknown` with pid 0 when a holder has written down nothing that can be read.
    fn holder(&self, feed: &str) -> Result<Option<Holder>, StoreError>;

    fn reader(&self, feed: &str) -> Result<Box<dyn FeedReader>, StoreError>;

    /// Only to be used under the feed's lock.
    fn writer(&self, feed: &str) -> Result<Box<dyn FeedWriter>, StoreError>;

    /// Names of all feeds that have a table.
    fn feeds(&self) -> Result<Vec<String>, StoreError>;

    /// Drops delivered deletes last modified before `before`; gives their number. Only under the feed's lock.
    fn purge(&self, feed: &str, before: SystemTime) -> Result<u64, StoreError>;
}

pub enum Locking {
    Held(Box<dyn FeedLock>),
    /// `None`: it is held, and the holder has not written down who it is.
    Busy(Option<Holder>),
}

/// Released when dropped, and by the operating system when its process dies.
pub trait FeedLock: Send {}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    /// Such as `reindex`.
    pub command: String,
    pub pid: u32,
}

/// A row of the feed table.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRow {
    /// Small, dense and never changed for a `feed_id` while its row lives: its bit in a bitmap of rows.
    pub ordinal: u32,
    pub owner: EntityKey,
    pub feed_id: FeedId,
    /// Of the content that `status` speaks of.
    pub feed_hash: FeedHash,
    pub is_deleted: bool,
    pub status: Status,
    /// Failed runs of this content.
    pub attempts: u32,
    /// Failed so often that only a change, `--force` or `retry --parked` sends it.
    pub parked: bool,
}

impl StoredRow {
    /// The consumer has taken the delete: nothing is left there.
    pub fn is_delivered_delete(&self) -> bool {
        self.is_deleted && self.status.is_success()
    }
}

/// Which failed rows a retry takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueFilter {
    /// Rows whose `next_attempt_at` is not later than this; `None`: all retryable ones.
    pub until: Option<SystemTime>,
    pub parked_too: bool,
}

/// A position in the order of the feed table: by owner, then `feed_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct RowCursor {
    pub owner: EntityKey,
    pub feed_id: FeedId,
}

pub trait FeedReader: Send {
    /// All rows that these entities own, in no particular order, appended to `rows`. A full run asks for ascending keys.
    fn rows_of(&mut self, owners: &[EntityKey], rows: &mut Vec<StoredRow>) -> Result<(), StoreError>;

    /// The rows of these identities, whoever owns them, in no particular order, appended to `rows`.
    fn rows_by_id(&mut self, ids: &[FeedId], rows: &mut Vec<StoredRow>) -> Result<(), StoreError>;

    fn row(&mut self, id: &FeedId) -> Result<Option<StoredRow>, StoreError> {
        let mut rows = Vec::new();
        self.rows_by_id(&[*id], &mut rows)?;
        Ok(rows.pop())
    }

    /// The stored minimal payload, or document (JSON), and the errors of the last attempt (JSON).
    fn stored_data(&mut self, id: &FeedId) -> Result<Option<StoredData>, StoreError>;

    /// The next rows that are not delivered deletes, in table order.
    fn undeleted_rows(&mut self, after: Option<&RowCursor>, limit: usize) -> Result<Vec<StoredRow>, StoreError>;

    /// Owners of failed rows that are due, ascending, each once.
    fn due_owners(&mut self, due: DueFilter) -> Result<Vec<EntityKey>, StoreError>;

    /// Owners of rows whose stored JSON has this text or number at a path of object keys.
    fn owners_by_value(&mut self, path: &[String], values: &[String]) -> Result<Vec<EntityKey>, StoreError>;

    /// Those of the given entities that have rows in `invalid`, with what stands there.
    fn invalid_of(&mut self, owners: &[EntityKey]) -> Result<Vec<InvalidEntity>, StoreError>;

    /// Owners of all rows in `invalid`.
    fn invalid_owners(&mut self) -> Result<Vec<EntityKey>, StoreError>;

    fn counts(&mut self) -> Result<Vec<RowCount>, StoreError>;

    /// What the feed was last sent to and how; `None` before its first run.
    fn state(&mut self) -> Result<FeedState, StoreError>;

    /// The newest runs first.
    fn runs(&mut self, limit: usize) -> Result<Vec<RunRecord>, StoreError>;

    /// Failed rows grouped by status and message, with some owners of each; most frequent first.
    fn failures(&mut self, limit: usize) -> Result<Vec<FailureGroup>, StoreError>;

    fn invalid(&mut self, limit: usize) -> Result<Vec<InvalidEntity>, StoreError>;
    /// The number of reasons, which is that of invalid items where each has one.
    fn invalid_count(&mut self) -> Result<u64, StoreError>;
}

#[derive(Debug, Clone)]
pub struct StoredData {
    pub feed_data: Vec<u8>,
    pub errors: Option<String>,
    pub modified_at: String,
    pub next_attempt_at: Option<String>,
}

/// How many rows stand in one state; kept up to date with every commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowCount {
    pub status: Status,
    pub is_deleted: bool,
    pub parked: bool,
    pub rows: u64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedState {
    /// Name of the consumer and its URL (without user name, password, query) or path.
    pub consumer: Option<(String, String)>,
    /// Fingerprint of the definition under which the last full run completed.
    pub definition: Option<String>,
    /// Gone rows whose deletes were withheld, as far as is known since the last full run.
    pub withheld: u64,
    /// The first sequence number that no request has used.
    pub next_sequence: u64,
    /// All `ordinal`s are below this.
    pub next_ordinal: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FailureGroup {
    pub status: Status,
    /// One of those that say the same.
    pub message: Option<String>,
    pub rows: u64,
    pub parked: u64,
    pub sample_owners: Vec<EntityKey>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InvalidEntity {
    pub owner: EntityKey,
    /// Empty: the entity is valid (again).
    pub reasons: Vec<InvalidReason>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidReason {
    /// The field and column, as a person looks for it.
    pub column: String,
    pub reason: String,
}

pub trait FeedWriter: Send {
    /// Rows for what a dead run left in flight: status -1, due at once. Gives their number.
    fn recover_intents(&mut self) -> Result<u64, StoreError>;

    /// Brings `next_attempt_at` and `parked` of failed rows in line when the consumer's `non_retryable_status` or
    /// `max_attempts` are no longer those under which they were written.
    fn apply_policy(&mut self, non_retryable: &[u16], max_attempts: u32, now: SystemTime) -> Result<(), StoreError>;

    /// Remembers where the feed goes. With `resend`, every row becomes "could not submit" and due, and delivered
    /// deletes are dropped: the new consumer has none of it.
    fn set_consumer(&mut self, name: &str, location: &str, resend: bool) -> Result<(), StoreError>;

    fn begin_run(&mut self, run: &RunStart) -> Result<i64, StoreError>;

    /// All or nothing, durable when it returns.
    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError>;

    /// Ends the run; `definition` when a full run completed under it.
    fn finish_run(&mut self, run_id: i64, end: &RunEnd) -> Result<(), StoreError>;

    /// The newest full run of the feed, when it did not complete, ran under this definition and left a checkpoint, or
    /// went on with one that did. To be asked before [`begin_run`](Self::begin_run): a full run that starts from the
    /// beginning ends what could be resumed.
    fn resumable_run(&mut self, definition: &str) -> Result<Option<Resume>, StoreError>;
}

/// One transaction of the recorder. Applied in the order of the fields.
#[derive(Debug, Default)]
pub struct Commit {
    pub outcomes: Vec<RowWrite>,
    pub adoptions: Vec<Adoption>,
    pub refreshed: Vec<Refreshed>,
    /// Requests that are settled: every item has its outcome among these, or never left.
    pub settled: Vec<IntentId>,
    pub intents: Vec<IntentGroup>,
    pub invalid: Vec<InvalidEntity>,
    /// When intents are written: the first sequence number that none of them may use.
    pub next_sequence: Option<u64>,
    /// How far a full run has come.
    pub checkpoint: Option<Checkpoint>,
}

impl Commit {
    /// Makes it empty and keeps the room for the next outcomes.
    pub fn clear(&mut self) {
        self.outcomes.clear();
        *self = Commit { outcomes: std::mem::take(&mut self.outcomes), ..Commit::default() };
    }

    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
            && self.adoptions.is_empty()
            && self.refreshed.is_empty()
            && self.settled.is_empty()
            && self.intents.is_empty()
            && self.invalid.is_empty()
            && self.next_sequence.is_none()
            && self.checkpoint.is_none()
    }
}

/// What became of an item, and the row that says so.
#[derive(Debug, Clone)]
pub struct RowWrite {
    /// Who owned the row before, as far as is known; `None`: it is new.
    pub believed_owner: Option<EntityKey>,
    pub owner: EntityKey,
    pub feed_id: FeedId,
    pub feed_hash: FeedHash,
    pub is_deleted: bool,
    pub status: Status,
    pub attempts: u32,
    pub parked: bool,
    pub next_attempt_at: Option<SystemTime>,
    pub modified_at: SystemTime,
    /// JSON; `None` leaves what is stored.
    pub feed_data: Option<Bytes>,
    /// What the consumer said, as text without secrets; stored as JSON.
    pub error: Option<String>,
}

/// A row whose identity another entity yields now, with unchanged content.
#[derive(Debug, Clone)]
pub struct Adoption {
    pub feed_id: FeedId,
    pub from: EntityKey,
    pub to: EntityKey,
}

/// A row with unchanged content whose stored JSON an edited definition has made another.
#[derive(Debug, Clone)]
pub struct Refreshed {
    pub feed_id: FeedId,
    pub feed_hash: FeedHash,
    pub feed_data: Bytes,
}

#[derive(Debug, Clone)]
pub struct RunStart {
    pub command: String,
    /// all, ids, failed, changes
    pub selection: String,
    pub definition: String,
    pub started_at: SystemTime,
    /// The run that this one resumes.
    pub resumes: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct RunEnd {
    pub ended_at: SystemTime,
    /// complete, incomplete, interrupted
    pub outcome: String,
    pub reason: Option<String>,
    /// The run's summary, as the JSON that `--output json` prints.
    pub summary: serde_json::Value,
    /// A full run completed: this is the definition it ran under.
    pub completed_definition: Option<String>,
    /// `None` leaves what is known: the run did not look for gone rows.
    pub withheld: Option<u64>,
}

/// Everything up to and with `through` is built and its outcomes are recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub run_id: i64,
    pub through: EntityKey,
    /// Ordinals of the rows that the run has seen so far, of those below `first_new_ordinal`.
    pub seen: RoaringBitmap,
    pub first_new_ordinal: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Resume {
    pub run_id: i64,
    pub checkpoint: Checkpoint,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RunRecord {
    pub run_id: i64,
    pub command: String,
    pub selection: String,
    pub started_at: String,
    pub ended_at: Option<String>,
    /// `None`: running, or killed.
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub summary: Option<serde_json::Value>,
}

impl RowCount {
    /// The rows of [`StoredRow::is_delivered_delete`].
    pub fn is_delivered_deletes(&self) -> bool {
        self.is_deleted && self.status.is_success()
    }
}

/// How long failed items wait for a later run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunBackoff {
    pub base: Duration,
    pub max: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the feed store {location}: {message}")]
    Open { location: String, message: String },
    #[error("the feed store {location} failed: {message}")]
    Database { location: String, message: String },
    #[error(
        "the feed store {location} was made by a newer feedmill (schema {found}, this one knows {known}): use that one"
    )]
    TooNew { location: String, found: u32, known: u32 },
}
