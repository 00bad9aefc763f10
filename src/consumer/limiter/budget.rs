//! How often a consumer may be tried for more. Pure.
//!
//! Whether a consumer takes more can be learned only by sending more, and where it does not, that costs a refusal. Answers
//! pay for refusals, so that few of all requests are refused, however long it goes on: a try waits until one more refusal
//! is paid for. The first refusals of a consumer, by which its limit is found, have to be paid for as well.

use std::time::{Duration, Instant};

/// Answers for a refusal: less than one request in a hundred is refused.
const PRICE: i32 = 125;

/// Refusals that are owed at most: an outage is no reason never to try again.
const OWED: i32 = 4;

/// From a refusal to a try; and so many times the pause that was asked for, which costs as much as it takes.
const REST: Duration = Duration::from_secs(6);
const PAUSES: u32 = 14;

#[derive(Debug)]
pub(super) struct Budget {
    /// Answers still to come before a try; of those that came when nothing was owed, as many as pay for one refusal count.
    owed: i32,
    rests_until: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { owed: PRICE, rests_until: None }
    }
}

impl Budget {
    pub(super) fn answered(&mut self) {
        self.owed = (self.owed - 1).max(-PRICE);
    }

    /// A pause may have been asked for.
    pub(super) fn refused(&mut self, retry_after: Option<Duration>, now: Instant) {
        self.rest(retry_after, now);
        self.owed = (self.owed + PRICE).min(PRICE * OWED);
    }

    /// A refusal costs such a pause.
    pub(super) fn rest(&mut self, pause: Option<Duration>, now: Instant) {
        let rest = REST.max(pause.unwrap_or_default().saturating_mul(PAUSES));
        self.rests_until = self.rests_until.max(now.checked_add(rest));
    }

    /// One more refusal is paid for.
    pub(super) fn allows_a_try(&self, now: Instant) -> bool {
        self.owed <= 0 && self.rests_until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_waits_until_it_is_paid_for() {
        for (refusals, answers) in [(0, PRICE), (1, 2 * PRICE), (2, 3 * PRICE), (1_000, OWED * PRICE)] {
            let (mut budget, now) = (Budget::default(), Instant::now());
            (0..refusals).for_each(|_| budget.refused(None, now));
            (1..answers).for_each(|_| budget.answered());
            assert!(!budget.allows_a_try(now + REST), "{refusals}");
            budget.answered();
            assert!(budget.allows_a_try(now + REST), "{refusals}");
            assert_eq!(budget.allows_a_try(now + REST / 2), refusals == 0, "{refusals}");
        }
    }

    #[test]
    fn one_refusal_is_paid_for_in_advance() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        (0..10 * PRICE).for_each(|_| budget.answered());
        for is_paid in [true, false] {
            budget.refused(None, now);
            assert_eq!(budget.allows_a_try(now + REST), is_paid);
        }
    }

    #[test]
    fn a_try_waits_the_longer_the_longer_a_pause_it_may_cost() {
        for (pause, rest) in [(0, 6), (1, 14), (5, 70)] {
            let (mut budget, now) = (Budget::default(), Instant::now());
            budget.refused(Some(Duration::from_secs(pause)), now);
            (0..2 * PRICE).for_each(|_| budget.answered());
            for (seconds, expected) in [(rest - 1, false), (rest, true)] {
                assert_eq!(budget.allows_a_try(now + Duration::from_secs(seconds)), expected, "{pause} {seconds}");
            }
        }
    }
}
