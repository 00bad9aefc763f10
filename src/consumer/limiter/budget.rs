//! How often a consumer may be tried for more. Pure.
//!
//! Whether a consumer takes more can be learned only by sending more, and where it does not, that costs a refusal. Answers
//! pay for refusals, so that few of all requests are refused, however long it goes on: a try waits until one more refusal
//! is paid for. The first refusals of a consumer, by which its limit is found, have to be paid for as well.

use std::time::{Duration, Instant};

/// Answers for a refusal: less than one request in a hundred is refused.
const PRICE: u32 = 125;

/// Refusals that are owed at most: an outage is no reason never to try again.
const OWED: u32 = 4;

/// From a refusal to a try.
const REST: Duration = Duration::from_secs(6);

#[derive(Debug)]
pub(super) struct Budget {
    /// Answers still to come before a try.
    owed: u32,
    refused_at: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { owed: PRICE, refused_at: None }
    }
}

impl Budget {
    pub(super) fn answered(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    pub(super) fn refused(&mut self, now: Instant) {
        self.refused_at = Some(now);
        self.owed = (self.owed + PRICE).min(PRICE * OWED);
    }

    /// One more refusal is paid for.
    pub(super) fn allows_a_try(&self, now: Instant) -> bool {
        self.owed == 0 && self.refused_at.is_none_or(|refused| now.saturating_duration_since(refused) >= REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_waits_until_it_is_paid_for() {
        for (refusals, answers) in [(0, PRICE), (1, 2 * PRICE), (2, 3 * PRICE), (1_000, OWED * PRICE)] {
            let (mut budget, now) = (Budget::default(), Instant::now());
            (0..refusals).for_each(|_| budget.refused(now));
            (1..answers).for_each(|_| budget.answered());
            assert!(!budget.allows_a_try(now + REST), "{refusals}");
            budget.answered();
            assert!(budget.allows_a_try(now + REST), "{refusals}");
            assert_eq!(budget.allows_a_try(now + REST / 2), refusals == 0, "{refusals}");
        }
    }
}
