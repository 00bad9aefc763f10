//! Which identities this run is busy with, so that two entities that yield one identity at the same time are told
//! apart and an item is in flight once at a time.
//!
//! A builder compares against the feed table as it is at some moment; what the recorder wrote after that moment, the
//! builder cannot have seen. Those identities are remembered here until no batch compared before them is on its way.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::BuildHasherDefault;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::{FeedId, FeedIdHasher};

/// Moments of the feed table: the number of commits so far, and the one that each batch under way was compared at.
#[derive(Debug, Default)]
pub struct Moments {
    commits: AtomicU64,
    under_way: Mutex<BTreeMap<u64, u64>>,
}

impl Moments {
    /// A builder is about to compare a batch.
    pub fn begin(&self, batch: u64) {
        let mut under_way = self.lock();
        under_way.insert(batch, self.commits.load(Ordering::SeqCst));
    }

    /// The recorder has taken the batch in, or its builder has failed.
    pub fn end(&self, batch: u64) {
        self.lock().remove(&batch);
    }

    /// The recorder has committed.
    fn advance(&self) -> u64 {
        let _under_way = self.lock();
        self.commits.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The earliest moment that a batch under way was compared at.
    fn earliest(&self) -> Option<u64> {
        self.lock().values().min().copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, u64>> {
        self.under_way.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The recorder's side. Identities are known by their first bits: two that share them would merely not be in flight at once.
#[derive(Debug, Default)]
pub struct Claims {
    /// In flight, or recorded at a moment that some batch under way may be earlier than.
    claimed: HashSet<u64, BuildHasherDefault<FeedIdHasher>>,
    /// Those that are recorded, by their commit's moment.
    recorded: VecDeque<(u64, Vec<u64>)>,
}

impl Claims {
    /// False when the identity is in flight, or was recorded after the moment some batch under way was compared at:
    /// the item has to be compared again.
    pub fn claim(&mut self, id: &FeedId) -> bool {
        self.claimed.insert(id.first_bits())
    }

    /// Nothing was sent, and nothing written.
    pub fn release(&mut self, id: &FeedId) {
        self.claimed.remove(&id.first_bits());
    }

    /// The outcomes of these were committed.
    pub fn committed<'a>(&mut self, ids: impl Iterator<Item = &'a FeedId>, moments: &Moments) {
        self.recorded.push_back((moments.advance(), ids.map(FeedId::first_bits).collect()));
        let earliest = moments.earliest();
        // A batch compared at this moment or later saw the commit that made it.
        while let Some((moment, ids)) = self.recorded.front() {
            if earliest.is_some_and(|earliest| earliest < *moment) {
                break;
            }
            for id in ids {
                self.claimed.remove(id);
            }
            self.recorded.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> FeedId {
        FeedId([n; 32])
    }

    #[test]
    fn an_identity_is_in_flight_once() {
        let mut claims = Claims::default();
        assert!(claims.claim(&id(1)));
        assert!(!claims.claim(&id(1)));
        claims.release(&id(1));
        assert!(claims.claim(&id(1)));
    }

    #[test]
    fn a_recorded_identity_is_refused_to_batches_compared_before_it() {
        let (moments, mut claims) = (Moments::default(), Claims::default());
        moments.begin(7);
        assert!(claims.claim(&id(1)));
        claims.committed([id(1)].iter(), &moments);
        assert!(!claims.claim(&id(1)), "batch 7 cannot have seen the row");
        moments.end(7);
        moments.begin(8);
        claims.committed([].iter(), &moments);
        assert!(claims.claim(&id(1)), "batch 8 saw it");
    }
}
