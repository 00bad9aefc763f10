//! A feed held for one run: its lock, its writer, and what a dead run left behind.

use std::time::{Duration, Instant};

use super::stop::Stop;
use crate::feed::store::{FeedLock, FeedStore, FeedWriter, Holder, Locking, StoreError};

/// How often a waiting run looks whether the lock is free.
const LOCK_POLL: Duration = Duration::from_millis(100);

pub enum Hold {
    Held(HeldFeed),
    /// Another run holds it, and did so until the time to wait was over.
    Busy(Option<Holder>),
}

/// Released when dropped.
pub struct HeldFeed {
    pub writer: Box<dyn FeedWriter>,
    /// Items that a dead run left in flight: they are sent again.
    pub recovered: u64,
    // Dropped last: the writer must be gone before another run may come.
    _lock: Box<dyn FeedLock>,
}

/// Takes the feed's lock, waiting up to `wait`, and writes down as unknown what a dead run left in flight.
pub fn hold(
    store: &dyn FeedStore,
    feed: &str,
    command: &str,
    wait: Option<Duration>,
    stop: &Stop,
) -> Result<Hold, StoreError> {
    let holder = Holder { command: command.to_owned(), pid: std::process::id() };
    let deadline = wait.map(|wait| Instant::now() + wait);
    let lock = loop {
        match store.lock(feed, &holder)? {
            Locking::Held(lock) => break lock,
            Locking::Busy(other) => {
                let over = deadline.is_none_or(|deadline| Instant::now() >= deadline);
                if over || !stop.sleep(LOCK_POLL) {
                    return Ok(Hold::Busy(other));
                }
            }
        }
    };
    let mut writer = store.writer(feed)?;
    let recovered = writer.recover_intents()?;
    Ok(Hold::Held(HeldFeed { writer, recovered, _lock: lock }))
}
