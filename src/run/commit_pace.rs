//! When the recorder commits: each commit waits for the disk, and writes some pages that the next one writes again. Pure.
//!
//! Invariant: nothing waits for longer than [`COMMIT_INTERVAL`], and no more outcomes than [`OUTCOMES_PER_COMMIT`] and a
//! request's.

use std::time::{Duration, Instant};

/// Outcomes that are committed at the latest when so many wait: bounds what a kill makes unknown.
const OUTCOMES_PER_COMMIT: usize = 2_000;

/// Outcomes wait no longer than this for others to share their commit.
const COMMIT_INTERVAL: Duration = Duration::from_millis(250);

/// Batches whose requests share a commit. More would hold more documents in memory.
const BATCHES_PER_COMMIT: usize = 2;

/// Senders wait no longer than this for requests of another batch to share the commit of those that are there.
const SHARING_INTERVAL: Duration = Duration::from_millis(40);

/// What waits for the next commit, and since when; nothing by default.
#[derive(Debug, Default)]
pub(super) struct CommitPace {
    since: Option<Instant>,
    /// Batches taken in since the first of their requests was cut.
    batches: usize,
}

/// What the recorder knows besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// Further batches may come. Not before the first answer: until then senders stand idle, and a slow consumer keeps
    /// them busy for long with what they get.
    pub(super) may_share: bool,
    /// Requests are cut that no commit has written down.
    pub(super) has_staged: bool,
    /// Senders have next to nothing left to do.
    pub(super) senders_starve: bool,
    pub(super) outcomes: usize,
}

impl CommitPace {
    /// Something waits from now on, if nothing did. The clock is asked only then.
    pub(super) fn waits(&mut self, now: impl FnOnce() -> Instant) {
        self.since.get_or_insert_with(now);
    }

    /// A batch is taken in, and it or one before it has requests to commit.
    pub(super) fn batch_staged(&mut self) {
        self.batches += 1;
    }

    /// The requests are taken back; other things may wait.
    pub(super) fn withdrawn(&mut self) {
        self.batches = 0;
    }

    /// Requests are cut, and those of another batch may be committed with them.
    pub(super) fn shares(&self, may_share: bool) -> bool {
        may_share && (1..BATCHES_PER_COMMIT).contains(&self.batches)
    }

    pub(super) fn is_due(&self, situation: &Situation, now: Instant) -> bool {
        let waited = |interval| self.since.is_some_and(|since| now.saturating_duration_since(since) >= interval);
        let is_shared = self.batches >= BATCHES_PER_COMMIT;
        let shares_no_more = !self.shares(situation.may_share) || waited(SHARING_INTERVAL);
        situation.has_staged && (is_shared || situation.senders_starve && shares_no_more)
            || waited(COMMIT_INTERVAL)
            || situation.outcomes >= OUTCOMES_PER_COMMIT
    }

    /// How long to wait for something else to happen; `None` when nothing waits.
    pub(super) fn patience(&self, may_share: bool) -> Option<Duration> {
        self.since.map(|_| if self.shares(may_share) { SHARING_INTERVAL } else { COMMIT_INTERVAL })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARING: Situation = Situation { may_share: true, has_staged: true, senders_starve: true, outcomes: 0 };

    /// So many batches with requests, the first now.
    fn staged(batches: usize, now: Instant) -> CommitPace {
        let mut pace = CommitPace::default();
        for _ in 0..batches {
            pace.waits(|| now);
            pace.batch_staged();
        }
        pace
    }

    #[test]
    fn two_batches_share_a_commit() {
        let start = Instant::now();
        let (soon, later) = (start + SHARING_INTERVAL / 2, start + SHARING_INTERVAL);
        let alone = Situation { may_share: false, ..SHARING };
        let busy = Situation { senders_starve: false, ..SHARING };
        let empty = Situation { has_staged: false, ..SHARING };
        for (batches, situation, now, due, words) in [
            (1, SHARING, soon, false, "another may come"),
            (1, SHARING, later, true, "but not in time"),
            (2, SHARING, soon, true, "it has come"),
            (2, busy, soon, true, "senders go on meanwhile"),
            (1, busy, later, false, "nobody needs it"),
            (1, busy, start + COMMIT_INTERVAL, true, "nothing waits for longer"),
            (1, alone, soon, true, "no other one comes"),
            (0, empty, later, false, "there is nothing to send"),
        ] {
            assert_eq!(staged(batches, start).is_due(&situation, now), due, "{words}");
        }
        assert_eq!(staged(1, start).patience(true), Some(SHARING_INTERVAL));
        assert_eq!(staged(2, start).patience(true), Some(COMMIT_INTERVAL));
        assert_eq!(CommitPace::default().patience(true), None);
    }

    #[test]
    fn outcomes_are_committed_when_they_are_many_or_old() {
        let start = Instant::now();
        let mut pace = CommitPace::default();
        pace.waits(|| start);
        pace.waits(|| start + COMMIT_INTERVAL);
        let with = |outcomes| Situation { outcomes, has_staged: false, ..SHARING };
        assert!(!pace.is_due(&with(OUTCOMES_PER_COMMIT - 1), start));
        assert!(pace.is_due(&with(OUTCOMES_PER_COMMIT), start));
        assert!(pace.is_due(&with(1), start + COMMIT_INTERVAL), "since the first of them");
    }
}
