//! Refusals in a row with nothing let through between them, and how long each is waited out. Pure.

use std::time::{Duration, Instant};

/// After a refusal. Doubles as long as nothing is let through. In the end it is a part of the time for which nothing was: what a
/// consumer takes again is seen no later than that.
pub(super) const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_DOUBLINGS: u32 = 3;
const LATER: u32 = 5;

/// So many mean a span of several seconds of which nothing was left.
const NOTHING_LEFT: u32 = 3;

#[derive(Debug)]
pub(super) struct InVain {
    refusals: u32,
    first: Instant,
    last: Instant,
}

impl InVain {
    pub(super) fn new(now: Instant) -> Self {
        InVain { refusals: 0, first: now, last: now }
    }

    /// Gives how long to wait after it.
    pub(super) fn another(&mut self, now: Instant) -> Duration {
        let doublings = self.refusals.min(PAUSE_DOUBLINGS);
        self.refusals += 1;
        self.last = now;
        (PAUSE * 2_u32.pow(doublings)).max(now.saturating_duration_since(self.first) / LATER)
    }

    pub(super) fn is_nothing_left(&self) -> bool {
        self.refusals >= NOTHING_LEFT
    }

    pub(super) fn last(&self) -> Instant {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_waited_out_for_longer() {
        let start = Instant::now();
        let mut in_vain = InVain::new(start);
        for (seconds, millis, is_nothing_left) in
            [(0, 250, false), (1, 500, false), (2, 1_000, true), (3, 2_000, true), (4, 2_000, true), (60, 12_000, true)]
        {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(in_vain.another(now), Duration::from_millis(millis), "at {seconds}");
            assert_eq!((in_vain.is_nothing_left(), in_vain.last()), (is_nothing_left, now), "at {seconds}");
        }
    }
}
