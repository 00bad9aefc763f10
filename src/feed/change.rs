//! Is it changed? What an item's row becomes. Pure.

use std::time::{Duration, SystemTime};

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

/// What a run does with an item that its entity yields now with this hash.
pub fn decide_living(stored: Option<&StoredRow>, hash: &FeedHash, policy: &ChangePolicy) -> Living {
    let Some(row) = stored else { return Living::Send(SendReason::New) };
    if row.is_deleted {
        return Living::Send(SendReason::Returned);
    }
    if row.status == Status::IN_FLIGHT {
        return Living::Send(SendReason::Unknown);
    }
    if row.feed_hash != *hash {
        return Living::Send(SendReason::Changed);
    }
    let skip = if row.status.is_success() {
        SkipReason::Unchanged
    } else if row.status.is_refused(&policy.non_retryable) {
        SkipReason::Refused
    } else if row.parked && !policy.parked_too {
        SkipReason::Parked
    } else {
        return Living::Send(SendReason::Retry);
    };
    if policy.force { Living::Send(SendReason::Forced) } else { Living::Skip(skip) }
}

/// What a run does with a row that its owner, built without error, no longer yields.
pub fn decide_gone(stored: &StoredRow, policy: &ChangePolicy) -> Gone {
    if !stored.is_deleted {
        return Gone::Delete { new: true };
    }
    let again = if stored.status == Status::IN_FLIGHT {
        true
    } else if stored.status.is_success() {
        false
    } else if stored.status.is_refused(&policy.non_retryable) {
        policy.force
    } else {
        !stored.parked || policy.parked_too || policy.force
    };
    if again { Gone::Delete { new: false } } else { Gone::Skip }
}

/// How one item's sending ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Of what was sent; of a delete, the hash of the content it takes back.
    pub feed_hash: FeedHash,
    pub is_deleted: bool,
    pub status: Status,
    /// How long the consumer asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// The part of a row that speaks of its failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowState {
    pub attempts: u32,
    pub parked: bool,
    pub next_attempt_at: Option<SystemTime>,
}

/// What a row's state becomes after an attempt, given the row that stood before it.
///
/// `jitter`, in `0..1`, spreads the items that failed together; see [`RunBackoff::wait`].
pub fn after_attempt(
    stored: Option<&StoredRow>,
    attempt: &Attempt,
    policy: &ChangePolicy,
    now: SystemTime,
    jitter: f64,
) -> RowState {
    if attempt.status.is_success() {
        return RowState { attempts: 0, parked: false, next_attempt_at: None };
    }
    let failed_before = stored.filter(|row| {
        row.feed_hash == attempt.feed_hash && row.is_deleted == attempt.is_deleted && !row.status.is_success()
    });
    let attempts = failed_before.map_or(0, |row| row.attempts).saturating_add(1);
    if !attempt.status.is_retryable(&policy.non_retryable) {
        return RowState { attempts, parked: false, next_attempt_at: None };
    }
    if attempts >= policy.max_attempts {
        return RowState { attempts, parked: true, next_attempt_at: None };
    }
    let asked = attempt.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
    let wait = policy.backoff.wait(attempts, jitter).max(asked);
    RowState { attempts, parked: false, next_attempt_at: Some(now.checked_add(wait).unwrap_or(now)) }
}

/// What a consumer may ask for at most: a nonsensical Retry-After must not silence an item for good.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

impl RunBackoff {
    /// For a `retry` that cron starts every minute: the next one tries again, and a consumer that is down for a day
    /// is asked about once an hour.
    pub const DEFAULT: RunBackoff = RunBackoff { base: Duration::from_secs(60), max: Duration::from_secs(3600) };

    /// The wait after the `attempts`-th failed run: `base`, doubling, at most `max`, with equal jitter, which is to say
    /// between half of that and all of it. Waiting at least half keeps a down consumer from being asked at once again.
    pub fn wait(&self, attempts: u32, jitter: f64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        let whole = self.base.saturating_mul(1 << doublings).min(self.max);
        whole.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

impl Default for RunBackoff {
    fn default() -> Self {
        RunBackoff::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::FeedId;
    use crate::entity::EntityKey;

    const SAME: FeedHash = FeedHash([1; 32]);
    const OTHER: FeedHash = FeedHash([2; 32]);

    fn policy() -> ChangePolicy {
        ChangePolicy {
            non_retryable: vec![400, 422],
            force: false,
            parked_too: false,
            max_attempts: 3,
            backoff: RunBackoff::DEFAULT,
        }
    }

    fn forced() -> ChangePolicy {
        ChangePolicy { force: true, ..policy() }
    }

    fn parked_too() -> ChangePolicy {
        ChangePolicy { parked_too: true, ..policy() }
    }

    fn row(is_deleted: bool, status: i32, parked: bool) -> StoredRow {
        StoredRow {
            ordinal: 0,
            owner: EntityKey::Int(7),
            feed_id: FeedId([9; 32]),
            feed_hash: SAME,
            is_deleted,
            status: Status(status),
            attempts: 1,
            parked,
        }
    }

    const LIVING: bool = false;
    const DELETE: bool = true;
    const UNPARKED: bool = false;
    const PARKED: bool = true;

    #[test]
    fn a_living_item_is_sent_or_skipped_as_the_table_of_the_design_has_it() {
        use Living::{Send, Skip};
        use SendReason::*;
        use SkipReason::*;
        #[rustfmt::skip]
        let table = [
            // stored row                  same hash        other hash      same, --force    same, --parked
            (row(LIVING, 200, UNPARKED), Skip(Unchanged), Send(Changed),  Send(Forced),    Skip(Unchanged)),
            (row(LIVING, 204, UNPARKED), Skip(Unchanged), Send(Changed),  Send(Forced),    Skip(Unchanged)),
            (row(LIVING, 400, UNPARKED), Skip(Refused),   Send(Changed),  Send(Forced),    Skip(Refused)),
            (row(LIVING, 422, UNPARKED), Skip(Refused),   Send(Changed),  Send(Forced),    Skip(Refused)),
            (row(LIVING, 503, UNPARKED), Send(Retry),     Send(Changed),  Send(Retry),     Send(Retry)),
            (row(LIVING, 404, UNPARKED), Send(Retry),     Send(Changed),  Send(Retry),     Send(Retry)),
            (row(LIVING, 302, UNPARKED), Send(Retry),     Send(Changed),  Send(Retry),     Send(Retry)),
            (row(LIVING, 0, UNPARKED),   Send(Retry),     Send(Changed),  Send(Retry),     Send(Retry)),
            (row(LIVING, 1, UNPARKED),   Send(Retry),     Send(Changed),  Send(Retry),     Send(Retry)),
            (row(LIVING, -1, UNPARKED),  Send(Unknown),   Send(Unknown),  Send(Unknown),   Send(Unknown)),
            (row(LIVING, -1, PARKED),    Send(Unknown),   Send(Unknown),  Send(Unknown),   Send(Unknown)),
            (row(LIVING, 503, PARKED),   Skip(Parked),    Send(Changed),  Send(Forced),    Send(Retry)),
            (row(LIVING, 0, PARKED),     Skip(Parked),    Send(Changed),  Send(Forced),    Send(Retry)),
            (row(DELETE, 200, UNPARKED), Send(Returned),  Send(Returned), Send(Returned),  Send(Returned)),
            (row(DELETE, 400, UNPARKED), Send(Returned),  Send(Returned), Send(Returned),  Send(Returned)),
            (row(DELETE, 503, UNPARKED), Send(Returned),  Send(Returned), Send(Returned),  Send(Returned)),
            (row(DELETE, 503, PARKED),   Send(Returned),  Send(Returned), Send(Returned),  Send(Returned)),
            (row(DELETE, -1, UNPARKED),  Send(Returned),  Send(Returned), Send(Returned),  Send(Returned)),
        ];
        for (stored, same, other, force, parked) in table {
            let decide = |hash, policy| decide_living(Some(&stored), hash, &policy);
            assert_eq!(decide(&SAME, policy()), same, "{stored:?}");
            assert_eq!(decide(&OTHER, policy()), other, "{stored:?} with another hash");
            assert_eq!(decide(&SAME, forced()), force, "{stored:?} forced");
            assert_eq!(decide(&SAME, parked_too()), parked, "{stored:?} with parked ones");
            assert_eq!(decide(&OTHER, forced()), other, "{stored:?} with another hash, forced");
            assert!(matches!(decide(&OTHER, parked_too()), Send(_)));
            assert!(matches!(decide(&SAME, forced()), Send(_)), "force sends every living item");
        }
        assert_eq!(decide_living(None, &SAME, &policy()), Send(New));
        assert_eq!(decide_living(None, &SAME, &forced()), Send(New));
    }

    #[test]
    fn a_gone_row_is_deleted_or_skipped_as_the_table_of_the_design_has_it() {
        const NEW: Gone = Gone::Delete { new: true };
        const AGAIN: Gone = Gone::Delete { new: false };
        let table = [
            // stored row                  plain       --force     --parked
            (row(LIVING, 200, UNPARKED), NEW, NEW, NEW),
            (row(LIVING, 400, UNPARKED), NEW, NEW, NEW),
            (row(LIVING, 503, UNPARKED), NEW, NEW, NEW),
            (row(LIVING, 503, PARKED), NEW, NEW, NEW),
            (row(LIVING, -1, UNPARKED), NEW, NEW, NEW),
            (row(DELETE, 200, UNPARKED), Gone::Skip, Gone::Skip, Gone::Skip),
            (row(DELETE, 400, UNPARKED), Gone::Skip, AGAIN, Gone::Skip),
            (row(DELETE, 503, UNPARKED), AGAIN, AGAIN, AGAIN),
            (row(DELETE, 0, UNPARKED), AGAIN, AGAIN, AGAIN),
            (row(DELETE, 1, UNPARKED), AGAIN, AGAIN, AGAIN),
            (row(DELETE, -1, UNPARKED), AGAIN, AGAIN, AGAIN),
            (row(DELETE, 503, PARKED), Gone::Skip, AGAIN, AGAIN),
        ];
        for (stored, plain, force, parked) in table {
            assert_eq!(decide_gone(&stored, &policy()), plain, "{stored:?}");
            assert_eq!(decide_gone(&stored, &forced()), force, "{stored:?} forced");
            assert_eq!(decide_gone(&stored, &parked_too()), parked, "{stored:?} with parked ones");
        }
    }

    fn attempt(status: i32) -> Attempt {
        Attempt { feed_hash: SAME, is_deleted: false, status: Status(status), retry_after: None }
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
    }

    /// Attempts, parked, seconds until the next attempt.
    fn state_after(stored: Option<&StoredRow>, attempt: &Attempt) -> (u32, bool, Option<u64>) {
        let state = after_attempt(stored, attempt, &policy(), now(), 1.0);
        let wait = state.next_attempt_at.map(|at| at.duration_since(now()).unwrap().as_secs());
        (state.attempts, state.parked, wait)
    }

    #[test]
    fn failures_of_one_content_add_up_until_it_is_parked() {
        let failed = |attempts| StoredRow { attempts, ..row(LIVING, 503, UNPARKED) };
        assert_eq!(state_after(None, &attempt(503)), (1, false, Some(60)));
        assert_eq!(state_after(Some(&failed(1)), &attempt(0)), (2, false, Some(120)));
        assert_eq!(state_after(Some(&failed(2)), &attempt(1)), (3, true, None));
        assert_eq!(state_after(Some(&failed(u32::MAX)), &attempt(1)), (u32::MAX, true, None));
    }

    #[test]
    fn success_and_new_content_start_anew() {
        let failed = StoredRow { attempts: 2, ..row(LIVING, 503, UNPARKED) };
        assert_eq!(state_after(Some(&failed), &attempt(200)), (0, false, None));
        assert_eq!(state_after(Some(&failed), &Attempt { feed_hash: OTHER, ..attempt(503) }), (1, false, Some(60)));
        assert_eq!(state_after(Some(&failed), &Attempt { is_deleted: true, ..attempt(503) }), (1, false, Some(60)));
        let delivered = StoredRow { attempts: 2, ..row(LIVING, 200, UNPARKED) };
        assert_eq!(state_after(Some(&delivered), &attempt(503)), (1, false, Some(60)));
    }

    #[test]
    fn a_refused_item_waits_for_nothing() {
        assert_eq!(state_after(None, &attempt(400)), (1, false, None));
        let refused = StoredRow { attempts: 7, ..row(LIVING, 400, UNPARKED) };
        assert_eq!(state_after(Some(&refused), &attempt(422)), (8, false, None));
    }

    #[test]
    fn the_consumer_s_own_wait_counts_when_it_is_longer() {
        let asked = |seconds| Attempt { retry_after: Some(Duration::from_secs(seconds)), ..attempt(429) };
        assert_eq!(state_after(None, &asked(5)), (1, false, Some(60)));
        assert_eq!(state_after(None, &asked(7200)), (1, false, Some(7200)));
        assert_eq!(state_after(None, &asked(u64::MAX)), (1, false, Some(7 * 24 * 3600)));
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_never_less_than_half() {
        let wait = |attempts, jitter| RunBackoff::DEFAULT.wait(attempts, jitter).as_secs();
        assert_eq!([1, 2, 3, 6, 7, 8, 500].map(|n| wait(n, 1.0)), [60, 120, 240, 1920, 3600, 3600, 3600]);
        assert_eq!([1, 2, 7].map(|n| wait(n, 0.0)), [30, 60, 1800]);
        assert_eq!(wait(u32::MAX, f64::INFINITY), 3600);
        assert_eq!(wait(0, 0.5), 45);
    }
}
