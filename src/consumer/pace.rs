//! `rate_limit`: when the next request may leave. Pure: the time comes in, the wait goes out.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by all senders; gives each try a slot of its own.
#[derive(Debug)]
pub struct Pacer {
    interval: Duration,
    /// When the next slot begins.
    next: Mutex<Option<Instant>>,
}

impl Pacer {
    /// `per_second` requests a second; anything that is no positive number means no limit.
    pub fn new(per_second: Option<f64>) -> Self {
        let interval = per_second.filter(|rate| *rate > 0.0).map(|rate| Duration::try_from_secs_f64(1.0 / rate));
        Pacer { interval: interval.and_then(Result::ok).unwrap_or_default(), next: Mutex::new(None) }
    }

    /// Takes the next slot and says how long it is until then.
    pub fn reserve(&self, now: Instant) -> Duration {
        if self.interval.is_zero() {
            return Duration::ZERO;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Time that nobody used is not saved up: it would leave as a burst.
        let slot = next.map_or(now, |slot| slot.max(now));
        *next = slot.checked_add(self.interval);
        slot.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_each_other() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let pacer = Pacer::new(Some(10.0));
        for (now, wait) in [(0, 0), (0, 100), (50, 150), (300, 0), (1000, 0), (1000, 100)] {
            assert_eq!(pacer.reserve(at(now)), Duration::from_millis(wait), "at {now}");
        }
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        for rate in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
            let pacer = Pacer::new(rate);
            let now = Instant::now();
            assert_eq!((pacer.reserve(now), pacer.reserve(now)), Default::default(), "{rate:?}");
        }
    }
}
