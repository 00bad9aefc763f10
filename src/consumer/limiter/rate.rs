//! How many requests a second: what `rate_limit` says, and what a consumer with a limit of its own teaches. Pure.
//!
//! A rate is learned from refusals: what was let through between two of them is what the consumer takes. From the first
//! refusal on the rate climbs, gently where several were let through before, until it is refused or is forgotten because it
//! holds nothing back. Once it was refused it stays a little below; a higher one is tried where the budget allows, and if that
//! is refused too, the rate is what it was.

use std::time::{Duration, Instant};

/// What most limits count in: so long a consumer is left alone after the first refusal that may mean a rate.
const SPAN: Duration = Duration::from_secs(1);

/// After any other. Doubles as long as nothing is let through.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_DOUBLINGS: u32 = 3;

/// Departures whose mean distance is the present pace.
const GAPS: f64 = 16.0;

/// Of the rate that was refused.
const BELOW: f64 = 0.95;

/// A try that is refused at no more than this has found the limit as it was before; or a little higher.
const AS_BEFORE: f64 = 1.5;
const A_LITTLE: f64 = 1.1;

/// By so much an answer the rate climbs, or by so much a second if that is less. A climb from a close guess begins gently, and
/// is the faster the farther it has come; a try is slow as long as it may find the limit as it was before.
const CLIMB: f64 = 0.1;
const CLIMB_A_SECOND: f64 = 1.4;
const GENTLY: f64 = 0.15;
const TRY_A_SECOND: f64 = 0.2;

/// A close guess is refused at less than so many times as much, and what was let through makes at least this part of the rate.
const CLOSE: f64 = 2.0;
const CLOSE_SHARE: f64 = 0.125;

/// By so much an answer, or a second if that is less, the distance to what was refused becomes smaller.
const APPROACH: f64 = 0.05;
const APPROACH_A_SECOND: f64 = 0.25;

/// Answers in a row that no request waited for the rate: it holds nothing back any more.
const UNUSED: u32 = 50;

#[derive(Debug)]
pub(super) struct Rate {
    /// Between two requests; zero without `rate_limit`.
    configured: Duration,
    /// Of pauses that nobody asked for.
    longest_pause: Duration,
    learned: Option<Learned>,
    next: Option<Instant>,
    paused_until: Option<Instant>,
    /// Since the last refusal: requests let through, and how long requests left, without the times when there were none.
    let_through: u32,
    active: Duration,
    /// The part of that which was a pause.
    paused: Duration,
    /// Refusals in a row with nothing let through between them.
    in_vain: u32,
    was_refused: bool,
    left_at: Option<Instant>,
    /// Seconds between departures, of late.
    gap: f64,
}

#[derive(Debug)]
struct Learned {
    /// Requests a second.
    rate: f64,
    /// What it was after the last refusal.
    began_at: f64,
    /// The consumer let several through before its first refusal: it counts, and that guess is worth some care.
    is_close: bool,
    /// Refused at this rate; `None` while that is a guess.
    refused_at: Option<f64>,
    /// What it was before the try that is going on.
    tried_from: Option<f64>,
    waited: bool,
    unused: u32,
}

impl Rate {
    pub(super) fn new(per_second: Option<f64>, longest_pause: Duration) -> Self {
        let interval = per_second.filter(|rate| *rate > 0.0).map(|rate| Duration::try_from_secs_f64(1.0 / rate));
        Rate {
            configured: interval.and_then(Result::ok).unwrap_or_default(),
            longest_pause,
            learned: None,
            next: None,
            paused_until: None,
            let_through: 0,
            active: Duration::ZERO,
            paused: Duration::ZERO,
            in_vain: 0,
            was_refused: false,
            left_at: None,
            gap: SPAN.as_secs_f64(),
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
        let longest = SPAN.max(self.interval());
        let gap = self.left_at.replace(now).map(|left| now.saturating_duration_since(left).min(longest));
        self.gap += (gap.unwrap_or(SPAN).as_secs_f64() - self.gap) / GAPS;
        self.active += gap.unwrap_or_default();
        self.let_through = self.let_through.saturating_add(1);
    }

    fn interval(&self) -> Duration {
        let learned = self.learned.as_ref().map(|learned| Duration::try_from_secs_f64(1.0 / learned.rate));
        self.configured.max(learned.and_then(Result::ok).unwrap_or_default())
    }

    pub(super) fn answered(&mut self, may_try: bool) {
        let Some(learned) = &mut self.learned else { return };
        if !std::mem::take(&mut learned.waited) {
            learned.unused += 1;
            if learned.unused >= UNUSED {
                self.learned = None;
            }
            return;
        }
        learned.unused = 0;
        learned.grow(may_try);
    }

    /// It was not let through after all.
    pub(super) fn refused(&mut self) {
        self.let_through = self.let_through.saturating_sub(1);
    }

    /// A refusal that says: too often. To be called after [`refused`](Self::refused).
    pub(super) fn hold_back(&mut self, retry_after: Option<Duration>, now: Instant) {
        let seconds = std::mem::take(&mut self.active);
        let sending = seconds.saturating_sub(self.paused);
        let let_through = std::mem::take(&mut self.let_through);
        let mut pause = PAUSE;
        match &mut self.learned {
            // Nothing was ever taken, or not for a while: that says nothing of a rate.
            _ if let_through == 0 => {
                pause = PAUSE * 2_u32.pow(self.in_vain.min(PAUSE_DOUBLINGS));
                self.in_vain += 1;
            }
            None if self.was_refused => self.learned = Some(Learned::near(1.0 / self.gap)),
            None => {
                let rate = f64::from(let_through) / seconds.max(SPAN).as_secs_f64();
                self.learned = Some(Learned { is_close: let_through > 1, ..Learned::guess(rate) });
                self.was_refused = true;
                pause = SPAN;
            }
            Some(learned) => learned.learn(let_through, seconds, sending),
        }
        if let_through > 0 {
            self.in_vain = 0;
        }
        let pause = pause.min(self.longest_pause);
        let pause = retry_after.unwrap_or(pause).max(self.interval());
        self.paused = pause.min(SPAN);
        self.pause(pause, now);
    }

    /// Another refusal of what had left already.
    pub(super) fn pause_longer(&mut self, retry_after: Option<Duration>, now: Instant) {
        if let (Some(pause), Some(_)) = (retry_after, &self.learned) {
            self.pause(pause, now);
        }
    }

    /// A refusal that says nothing of a rate.
    pub(super) fn wait(&mut self, retry_after: Option<Duration>, now: Instant) {
        self.pause(retry_after.unwrap_or(PAUSE.min(self.longest_pause)), now);
    }

    /// A refusal that nothing is learned from.
    pub(super) fn ignore(&mut self, retry_after: Option<Duration>, now: Instant) {
        if let Some(pause) = retry_after {
            self.pause(pause, now);
        }
    }

    /// More than the consumer is known to take.
    pub(super) fn is_trying(&self) -> bool {
        self.learned.as_ref().is_some_and(|learned| learned.tried_from.is_some())
    }

    /// What was learned was wrong.
    pub(super) fn forget(&mut self) {
        self.learned = None;
        self.was_refused = false;
        self.next = None;
    }

    fn pause(&mut self, pause: Duration, now: Instant) {
        self.paused_until = self.paused_until.max(now.checked_add(pause));
    }
}

impl Learned {
    fn guess(rate: f64) -> Self {
        Learned { rate, began_at: rate, is_close: false, refused_at: None, tried_from: None, waited: true, unused: 0 }
    }

    /// A refusal of what has been a steady pace.
    fn near(rate: f64) -> Self {
        Learned { refused_at: Some(rate), ..Learned::guess(rate * BELOW) }
    }

    /// An answer came, and the rate had held something back.
    fn grow(&mut self, may_try: bool) {
        match self.refused_at {
            None if self.is_close => self.climb_from(self.began_at),
            None => self.climb(CLIMB_A_SECOND),
            Some(_) if may_try => {
                let from = *self.tried_from.get_or_insert(self.rate);
                self.climb(if self.rate < from * AS_BEFORE { TRY_A_SECOND } else { CLIMB_A_SECOND });
            }
            Some(refused) => {
                let distance = (refused * BELOW - self.rate).max(0.0);
                self.rate += distance * APPROACH.min(APPROACH_A_SECOND / self.rate);
            }
        }
    }

    /// As far as an answer goes, if it is so much a second.
    fn climb(&mut self, a_second: f64) {
        self.rate *= 1.0 + CLIMB.min(a_second / self.rate);
    }

    /// Begins gently.
    fn climb_from(&mut self, rate: f64) {
        self.climb(CLIMB_A_SECOND.min(GENTLY + (self.rate / rate).ln()));
    }

    /// It was refused, `seconds` after the refusal before, of which `sending` were no pause.
    fn learn(&mut self, let_through: u32, seconds: Duration, sending: Duration) {
        let rate = self.rate;
        let per_second = |time: Duration| f64::from(let_through) / time.as_secs_f64().max(0.001);
        let tried_from = self.tried_from.take();
        let lower = per_second(seconds) * BELOW;
        (self.rate, self.refused_at) = match (tried_from, self.refused_at) {
            (Some(from), Some(refused)) if rate < refused * AS_BEFORE => (from, Some(rate.min(refused * A_LITTLE))),
            _ if self.is_close_to(let_through, seconds) => {
                let measured = if sending < SPAN {
                    f64::from(let_through) / SPAN.as_secs_f64()
                } else {
                    // What could have been taken in the pause was saved up for later, or was lost: nobody knows.
                    (per_second(seconds) * per_second(sending)).sqrt()
                };
                (lower.min(rate * BELOW), Some(rate.min(measured)))
            }
            _ => (lower.clamp(rate / 2.0, rate * BELOW), Some(rate)),
        };
        self.rate = self.rate.max(tried_from.unwrap_or(0.0));
        self.began_at = self.rate;
    }

    /// What was let through from one refusal to the next, pauses and all, is about what the consumer takes.
    fn is_close_to(&self, let_through: u32, seconds: Duration) -> bool {
        let is_many = f64::from(let_through) >= self.rate * CLOSE_SHARE;
        self.is_close && is_many && seconds >= SPAN && self.rate < self.began_at * CLOSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);

    #[test]
    fn slots_follow_each_other() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut rate = Rate::new(Some(10.0), LONGEST);
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
            let (mut rate, now) = (Rate::new(limit, LONGEST), Instant::now());
            rate.left(now);
            assert_eq!(rate.slot(now), None, "{limit:?}");
        }
    }

    #[test]
    fn a_pause_is_as_long_as_it_was_asked_for_or_doubles() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut rate = Rate::new(None, Duration::from_millis(1_500));
        let mut refused = |millis, retry_after| {
            rate.left(at(millis));
            rate.refused();
            rate.hold_back(retry_after, at(millis));
            rate.slot(at(millis)).expect("a pause").duration_since(at(millis)).as_millis()
        };
        for (millis, retry_after, pause) in
            [(0, None, 250), (250, None, 500), (750, None, 1_000), (1_750, None, 1_500), (3_250, Some(2), 2_000)]
        {
            assert_eq!(refused(millis, retry_after.map(Duration::from_secs)), pause, "at {millis}");
        }
    }

    #[test]
    fn a_try_that_is_refused_leaves_the_rate_as_it_was() {
        let second = Duration::from_secs(1);
        for (rate, expected) in [(21.0, (19.0, 21.0)), (25.0, (19.0, 22.0)), (40.0, (20.0, 40.0))] {
            let mut learned = Learned { rate, refused_at: Some(20.0), tried_from: Some(19.0), ..Learned::guess(19.0) };
            learned.learn(20, second, second);
            assert_eq!((learned.rate, learned.refused_at), (expected.0, Some(expected.1)), "{rate}");
        }
    }
}
