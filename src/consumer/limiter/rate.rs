//! How many requests a second: what `rate_limit` says, and what a consumer with a limit of its own teaches. Pure.
//!
//! A rate is learned from refusals that the number in flight does not explain. What was let through between two of them is
//! what the consumer takes; from a little below, the rate creeps up until it is refused again, or is forgotten when it no
//! longer holds anything back.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Departures that the present rate is measured by.
const MEASURED: usize = 16;

/// The first pause after a refusal without Retry-After; doubles as long as nothing is let through.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_DOUBLINGS: u32 = 2;

/// Requests let through between two refusals that make a measure to go by.
const SAMPLE: u32 = 10;

/// Of the rate that was let through, so that the next refusal is long in coming.
const BELOW: f64 = 0.95;
const LOWER: f64 = 0.92;

/// Where the rate was refused before, it grows by a tenth in so many answers, or in so many seconds if that is longer: one
/// refusal in hundreds of requests.
const CREEP: f64 = 0.1;
const CREEP_ANSWERS: f64 = 400.0;
const CREEP_SECONDS: f64 = 8.0;

/// Elsewhere by so much an answer, or by so much a second if that is less.
const CLIMB: f64 = 0.05;
const CLIMB_A_SECOND: f64 = 0.5;

/// Of the rate that was refused: from here to there it creeps.
const NEAR: std::ops::Range<f64> = 0.9..1.03;

/// Answers in a row that no request waited for the rate: it holds nothing back any more.
const UNUSED: u32 = 50;

#[derive(Debug)]
pub(super) struct Rate {
    /// Between two requests; zero without `rate_limit`.
    configured: Duration,
    learned: Option<Learned>,
    next: Option<Instant>,
    paused_until: Option<Instant>,
    departures: VecDeque<Instant>,
}

#[derive(Debug)]
struct Learned {
    /// Requests a second.
    rate: f64,
    /// Refused at this rate; `None` while that is a guess.
    refused_at: Option<f64>,
    /// Since the last refusal.
    since: Instant,
    let_through: u32,
    /// Refusals in a row with nothing let through between them.
    in_vain: u32,
    /// When the first left that was let through.
    resumed: Instant,
    waited: bool,
    unused: u32,
}

impl Rate {
    pub(super) fn new(per_second: Option<f64>) -> Self {
        let interval = per_second.filter(|rate| *rate > 0.0).map(|rate| Duration::try_from_secs_f64(1.0 / rate));
        Rate {
            configured: interval.and_then(Result::ok).unwrap_or_default(),
            learned: None,
            next: None,
            paused_until: None,
            departures: VecDeque::with_capacity(MEASURED),
        }
    }

    /// When the next request may leave; `None` is now.
    pub(super) fn slot(&mut self, now: Instant) -> Option<Instant> {
        let slot = self.paused_until.max(self.next).filter(|slot| *slot > now);
        if let (Some(learned), true) = (&mut self.learned, slot.is_some()) {
            learned.waited = true;
        }
        slot
    }

    /// Time that nobody used is not saved up: it would leave as a burst.
    pub(super) fn left(&mut self, now: Instant) {
        self.next = now.checked_add(self.interval());
        if self.departures.len() == MEASURED {
            self.departures.pop_front();
        }
        self.departures.push_back(now);
        if let Some(learned) = &mut self.learned {
            if learned.let_through == 0 {
                learned.resumed = now;
            }
            learned.let_through += 1;
        }
    }

    fn interval(&self) -> Duration {
        let learned = self.learned.as_ref().map(|learned| Duration::try_from_secs_f64(1.0 / learned.rate));
        self.configured.max(learned.and_then(Result::ok).unwrap_or_default())
    }

    pub(super) fn answered(&mut self) {
        let Some(learned) = &mut self.learned else { return };
        if !std::mem::take(&mut learned.waited) {
            learned.unused += 1;
            if learned.unused >= UNUSED {
                self.learned = None;
            }
            return;
        }
        learned.unused = 0;
        let climbed = learned.rate * (1.0 + CLIMB.min(CLIMB_A_SECOND / learned.rate));
        learned.rate = match learned.refused_at {
            Some(refused) if learned.rate < refused * NEAR.start => climbed.min(refused * NEAR.start),
            Some(refused) if learned.rate < refused * NEAR.end => {
                learned.rate * (1.0 + CREEP / CREEP_ANSWERS.max(CREEP_SECONDS * learned.rate))
            }
            _ => climbed,
        };
    }

    /// It was not let through after all.
    pub(super) fn refused(&mut self) {
        if let Some(learned) = &mut self.learned {
            learned.let_through = learned.let_through.saturating_sub(1);
        }
    }

    /// A refusal that says: too often. To be called after [`refused`](Self::refused).
    pub(super) fn hold_back(&mut self, retry_after: Option<Duration>, now: Instant) {
        let present = self.present(now);
        let learned = match &mut self.learned {
            None => self.learned.insert(Learned {
                rate: present / 2.0,
                refused_at: None,
                since: now,
                let_through: 0,
                in_vain: 0,
                resumed: now,
                waited: true,
                unused: 0,
            }),
            Some(learned) => {
                learned.learn(now);
                learned
            }
        };
        let pause = PAUSE * 2_u32.pow(learned.in_vain.min(PAUSE_DOUBLINGS));
        let pause = retry_after.unwrap_or(pause).max(self.interval());
        self.pause(pause, now);
    }

    /// Another refusal of what had left already.
    pub(super) fn pause_longer(&mut self, retry_after: Option<Duration>, now: Instant) {
        if let (Some(pause), Some(_)) = (retry_after, &self.learned) {
            self.pause(pause, now);
        }
    }

    fn pause(&mut self, pause: Duration, now: Instant) {
        self.paused_until = self.paused_until.max(now.checked_add(pause));
    }

    /// Requests a second, of late.
    fn present(&self, now: Instant) -> f64 {
        let first = self.departures.front().copied().unwrap_or(now);
        // A burst within a millisecond is no measure of a second.
        self.departures.len().max(1) as f64 / now.saturating_duration_since(first).as_secs_f64().max(0.001)
    }
}

impl Learned {
    fn learn(&mut self, now: Instant) {
        if self.let_through == 0 {
            self.in_vain += 1;
            return;
        }
        // Refusals in a row are those of a limit by the second, which lasts until the second is over; else what was paused
        // was saved up.
        let seconds = if self.in_vain >= 2 {
            now.saturating_duration_since(self.resumed).as_secs_f64().max(1.0)
        } else {
            now.saturating_duration_since(self.since).as_secs_f64().max(0.001)
        };
        let taken = f64::from(self.let_through) / seconds;
        let (refused_at, rate) = if self.let_through >= SAMPLE {
            (self.rate.min(taken * 1.1), taken * BELOW)
        } else {
            (self.rate, taken.max(self.rate / 2.0))
        };
        self.refused_at = Some(refused_at);
        self.rate = rate.min(self.rate * LOWER);
        (self.since, self.let_through, self.in_vain) = (now, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_each_other() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut rate = Rate::new(Some(10.0));
        for (now, slot) in [(0, None), (0, Some(100)), (99, Some(100)), (100, None), (350, None), (360, Some(450))] {
            assert_eq!(rate.slot(at(now)), slot.map(at), "at {now}");
            if slot.is_none() {
                rate.left(at(now));
            }
        }
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        for limit in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
            let (mut rate, now) = (Rate::new(limit), Instant::now());
            rate.left(now);
            assert_eq!(rate.slot(now), None, "{limit:?}");
        }
    }

    #[test]
    fn a_pause_is_as_long_as_it_was_asked_for_or_doubles() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut rate = Rate::new(None);
        let mut refused = |millis, retry_after| {
            rate.left(at(millis));
            rate.refused();
            rate.hold_back(retry_after, at(millis));
            rate.slot(at(millis)).expect("a pause").duration_since(at(millis)).as_millis()
        };
        assert_eq!(refused(0, None), 100);
        assert_eq!(refused(100, None), 200);
        assert_eq!(refused(300, None), 400);
        assert_eq!(refused(700, None), 400);
        assert_eq!(refused(1_100, Some(Duration::from_secs(2))), 2_000);
    }
}
