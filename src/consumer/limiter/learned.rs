//! A rate that a consumer taught. Pure.
//!
//! From the first refusal on it climbs, gently where several were let through before, until it is refused. Then it is a little
//! below the least that the consumer takes for sure, and approaches the most that it may take; a higher one is tried where the
//! budget allows, and if that is refused too, the rate is what it was.

use std::time::Duration;

use super::taken::{Bounds, SOME, Stretch};

/// Of what the consumer takes.
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

/// By so much an answer, or a second if that is less, the distance to what was refused becomes smaller.
const APPROACH: f64 = 0.05;
const APPROACH_A_SECOND: f64 = 0.25;

#[derive(Debug)]
pub(super) struct Learned {
    /// Requests a second.
    pub(super) rate: f64,
    /// What it was after the last refusal.
    began_at: f64,
    /// The consumer let several through before its first refusal: it counts, and that guess is worth some care.
    is_close: bool,
    /// Refused at this rate, or taken at no more for sure; `None` while all of it is a guess.
    pub(super) refused_at: Option<f64>,
    /// What it was before the try that is going on.
    pub(super) tried_from: Option<f64>,
    /// Few were let through before the last refusal, which was not believed for that.
    is_doubted: bool,
    /// In which the consumer counts, if that is more than a second or two.
    pub(super) span: Option<Duration>,
    /// A request had to, since the last answer.
    pub(super) waited: bool,
    /// Answers in a row that none waited for.
    pub(super) unused: u32,
}

impl Learned {
    pub(super) fn guess(rate: f64, is_close: bool) -> Self {
        Learned {
            rate,
            began_at: rate,
            is_close,
            refused_at: None,
            tried_from: None,
            is_doubted: false,
            span: None,
            waited: true,
            unused: 0,
        }
    }

    /// A refusal of what has been a steady pace.
    pub(super) fn near(rate: f64) -> Self {
        Learned { refused_at: Some(rate), ..Learned::guess(rate * BELOW, false) }
    }

    /// So many a second were taken in a span of this length at most, and no more than `most` if it is shorter.
    pub(super) fn within(span: Duration, rate: f64, most: f64) -> Self {
        Learned { refused_at: Some(most), span: Some(span), ..Learned::near(rate) }
    }

    /// An answer came, and the rate had held something back.
    pub(super) fn grow(&mut self, may_try: bool) {
        match self.refused_at {
            None if self.is_close => self.climb_from(self.began_at),
            None => self.climb(CLIMB_A_SECOND),
            Some(_) if may_try => {
                let from = *self.tried_from.get_or_insert(self.rate);
                let a_second = if self.rate < from * AS_BEFORE { TRY_A_SECOND } else { CLIMB_A_SECOND };
                self.climb(a_second / self.slowness());
            }
            Some(refused) => {
                let distance = (refused * BELOW - self.rate).max(0.0);
                self.rate += distance * APPROACH.min(APPROACH_A_SECOND / self.rate);
            }
        }
    }

    /// The longer the span, the later it is seen that a try has come too far.
    fn slowness(&self) -> f64 {
        self.span.map_or(1.0, |span| span.as_secs_f64().max(1.0).sqrt())
    }

    /// As far as an answer goes, if it is so much a second.
    fn climb(&mut self, a_second: f64) {
        self.rate *= 1.0 + CLIMB.min(a_second / self.rate);
    }

    /// Begins gently.
    fn climb_from(&mut self, rate: f64) {
        self.climb(CLIMB_A_SECOND.min(GENTLY + (self.rate / rate).ln()));
    }

    /// A try has come so far that the limit is not what it was.
    pub(super) fn is_another(&self) -> bool {
        self.tried_from.is_some() && self.refused_at.is_some_and(|refused| self.rate >= refused * AS_BEFORE)
    }

    /// After so much was let through.
    pub(super) fn refused(&mut self, stretch: &Stretch) {
        let is_little = stretch.let_through < SOME;
        let is_doubtful = is_little && !stretch.is_slow && self.refused_at.is_some() && self.tried_from.is_none();
        if is_doubtful && !std::mem::replace(&mut self.is_doubted, true) {
            return;
        }
        self.learn(&stretch.bounds(self.began_at, self.rate));
    }

    fn learn(&mut self, takes: &Bounds) {
        let found = takes.least * BELOW;
        let is_another = self.is_another();
        (self.rate, self.refused_at) = match self.tried_from.take().zip(self.refused_at) {
            Some((from, _)) if is_another => (found.max(from), Some(self.rate)),
            Some((from, refused)) => (from, Some(self.rate.min(refused * A_LITTLE))),
            None => (found, Some(takes.most)),
        };
        self.began_at = self.rate;
        self.is_doubted = false;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::taken::{SPAN, Taken};
    use super::*;

    #[test]
    fn few_let_through_are_believed_the_second_time() {
        let taken = |let_through: u64| {
            let (mut taken, start) = (Taken::default(), Instant::now());
            let at = |number: u64| start + Duration::from_secs(number);
            for departures in [0..2, 2..3 + let_through] {
                let last = at(departures.end - 1);
                departures.for_each(|number| taken.left(SPAN, None, at(number)));
                taken.refused(last);
                if let Some(stretch) = taken.end(last).filter(|stretch| !stretch.is_first) {
                    return stretch;
                }
            }
            unreachable!("the second is not the first");
        };
        for (let_through, refusals, is_lower) in [(1, 1, false), (1, 2, true), (2, 1, false), (3, 1, true)] {
            let mut learned = Learned::near(20.0);
            (0..refusals).for_each(|_| learned.refused(&taken(let_through)));
            assert_eq!(learned.rate < 19.0, is_lower, "{let_through} {refusals}");
        }
    }

    #[test]
    fn a_try_is_the_slower_the_longer_the_span() {
        for (span, expected) in [(None, 20.2), (Some(1), 20.2), (Some(4), 20.1), (Some(100), 20.02)] {
            let mut learned = Learned { span: span.map(Duration::from_secs), ..Learned::near(20.0 / BELOW) };
            learned.grow(true);
            assert!((learned.rate - expected).abs() < 0.000_001, "{span:?} {}", learned.rate);
        }
    }

    #[test]
    fn a_try_that_is_refused_leaves_the_rate_as_it_was() {
        for (rate, expected) in [(21.0, (19.0, 21.0)), (25.0, (19.0, 22.0)), (40.0, (20.0, 40.0))] {
            let mut learned =
                Learned { rate, refused_at: Some(20.0), tried_from: Some(19.0), ..Learned::guess(19.0, false) };
            learned.learn(&Bounds { least: 20.0 / BELOW, most: 21.0 });
            assert_eq!((learned.rate, learned.refused_at), (expected.0, Some(expected.1)), "{rate}");
        }
    }
}
