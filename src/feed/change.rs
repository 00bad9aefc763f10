//! Is it changed? What an item's row becomes. Pure.

use std::time::SystemTime;

use super::status::Status;
use super::store::{RunBackoff, StoredRow};
use crate::digest::FeedHash;

/// What a run may do beyond sending what has changed, and what its consumer's codes mean.
#[derive(Debug, Clone)]
pub struct ChangePolicy {
    pub non_retryable: Vec<u16>,
    /// `--force`: unchanged, parked and refused items too.
    pub force: bool,
    /// `retry --parked`
    pub parked_too: bool,
    /// Failed runs of one content after which it is parked.
    pub max_attempts: u32,
    pub backoff: RunBackoff,
}

/// What to do with an item that its entity yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Living {
    Send(SendReason),
    Skip(SkipReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendReason {
    New,
    Changed,
    /// Delivered as a delete, or on its way to be, and back again.
    Returned,
    Retry,
    /// In flight when a run died.
    Unknown,
    Forced,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    Unchanged,
    Refused,
    Parked,
}

/// What to do with a row that its entity no longer yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// `new`: not tried before, so the mass-delete guard counts it.
    Delete {
        new: bool,
    },
    Skip,
}
