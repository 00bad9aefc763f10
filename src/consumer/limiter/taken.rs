//! What a consumer takes, as far as its refusals tell. Pure.
//!
//! A limit is counted within spans, most often of a second, or is a bucket that fills by so much a second. Between two refusals
//! the bucket let through what flowed into it, but for what it lost while it was full; a span let through the same number each
//! time. Where both counts within a second agree it may be a span, where they do not it is a bucket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What most limits count in.
pub(super) const SPAN: Duration = Duration::from_secs(1);

/// A count agrees with the one before that is no less than this part of it, as a second may touch two spans of the clock; and
/// no more than so many times as much, for those let through in the span before that of the refusal.
const LESS: f64 = 0.5;
const MORE: f64 = 1.4;

/// Shorter than any time between two refusals; keeps what is divided by it finite.
const MOMENT: f64 = 0.001;

#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Since the last refusal: requests let through, and how long requests left, without the times when there were none.
    let_through: u32,
    active: Duration,
    left_at: Option<Instant>,
    /// When what was let through within the last [`SPAN`] left.
    late: VecDeque<Instant>,
    /// Of these, before the first refusal: no bucket holds more.
    burst: Option<usize>,
    /// Of these, before the last refusal.
    counted: usize,
}

/// What was let through from one refusal to the next.
#[derive(Debug)]
pub(super) struct Stretch {
    /// There was no refusal before.
    pub(super) is_first: bool,
    pub(super) let_through: u32,
    seconds: f64,
    /// Within [`SPAN`] before the refusal, and before the one before.
    counted: usize,
    counted_before: usize,
    /// The lowest rate of a bucket that let it through.
    least: f64,
}

/// Requests a second.
#[derive(Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Taken {
    /// Gaps count up to `longest`.
    pub(super) fn left(&mut self, longest: Duration, now: Instant) {
        let gap = self.left_at.replace(now).map(|left| now.saturating_duration_since(left).min(longest));
        self.active += gap.unwrap_or_default();
        self.let_through = self.let_through.saturating_add(1);
        self.late.push_back(now);
        self.forget_early(now);
    }

    /// What left at that moment was not let through after all.
    pub(super) fn refused(&mut self, left_at: Instant) {
        self.let_through = self.let_through.saturating_sub(1);
        if let Some(place) = self.late.iter().rposition(|late| *late == left_at) {
            self.late.remove(place);
        }
    }

    fn forget_early(&mut self, now: Instant) {
        let early = self.late.iter().take_while(|late| now.saturating_duration_since(**late) > SPAN).count();
        self.late.drain(..early);
    }

    /// A refusal ends the stretch; `None` if nothing was let through. To be called after [`refused`](Self::refused).
    pub(super) fn end(&mut self, now: Instant) -> Option<Stretch> {
        self.forget_early(now);
        let active = std::mem::take(&mut self.active);
        let let_through = std::mem::take(&mut self.let_through);
        if let_through == 0 {
            return None;
        }
        let is_first = self.burst.is_none();
        let burst = *self.burst.get_or_insert(self.late.len().max(1));
        // What is taken before the first refusal may have been saved up for long.
        let active = if is_first { active.max(SPAN) } else { active };
        let counted = self.late.len();
        Some(Stretch {
            is_first,
            let_through,
            seconds: active.as_secs_f64().max(MOMENT),
            counted,
            counted_before: std::mem::replace(&mut self.counted, counted),
            least: least(&self.late, burst),
        })
    }

    /// The next refusal is the first.
    pub(super) fn forget(&mut self) {
        self.burst = None;
    }
}

impl Stretch {
    pub(super) fn average(&self) -> f64 {
        f64::from(self.let_through) / self.seconds
    }

    /// The pace before the refusal.
    pub(super) fn pace(&self) -> f64 {
        self.counted.max(1) as f64 / SPAN.as_secs_f64()
    }

    /// Requests left at `began_at` a second at first, and at `rate` when they were refused.
    pub(super) fn bounds(&self, began_at: f64, rate: f64) -> Bounds {
        let average = self.average();
        let least = average.max(self.least).min(rate);
        let (before, counted) = (self.counted_before as f64, self.counted as f64);
        let most = if (before * LESS..=(before * MORE).max(before + 1.0)).contains(&counted) {
            counted.min(before) / SPAN.as_secs_f64()
        } else if began_at < average {
            // It may have lost as much as was not sent at first.
            self.pace()
        } else {
            // Of one more nobody knows whether half of it was there.
            average + 0.5 / self.seconds
        };
        Bounds { least, most: most.max(least) }
    }
}

/// A bucket that holds `burst` let these through one after the other: so many a second have to flow into it.
fn least(let_through: &VecDeque<Instant>, burst: usize) -> f64 {
    let Some(last) = let_through.back() else { return 0.0 };
    let rates = let_through.iter().rev().zip(1..).skip(burst).map(|(left_at, number)| {
        (number - burst) as f64 / last.saturating_duration_since(*left_at).as_secs_f64().max(MOMENT)
    });
    rates.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, millis: &[u64]) -> VecDeque<Instant> {
        millis.iter().map(|millis| start + Duration::from_millis(*millis)).collect()
    }

    #[test]
    fn a_bucket_that_let_much_through_is_filled_fast() {
        let start = Instant::now();
        for (millis, burst, expected) in [
            (&[][..], 1, 0.0),
            (&[0], 1, 0.0),
            (&[0, 100], 1, 10.0),
            (&[0, 100], 2, 0.0),
            (&[0, 400, 500], 1, 10.0),
            (&[0, 100, 200, 300, 400], 3, 5.0),
            (&[0, 0], 1, 1_000.0),
        ] {
            assert_eq!(least(&at(start, millis), burst), expected, "{millis:?} {burst}");
        }
    }

    #[test]
    fn counts_that_agree_are_a_span_and_others_a_bucket() {
        let stretch = |let_through, seconds, counted, counted_before| Stretch {
            is_first: false,
            let_through,
            seconds,
            counted,
            counted_before,
            least: 0.0,
        };
        for (stretch, began_at, expected) in [
            (stretch(24, 2.0, 20, 20), 13.0, (12.0, 20.0)),
            (stretch(24, 2.0, 24, 20), 13.0, (12.0, 20.0)),
            (stretch(24, 2.0, 20, 40), 13.0, (12.0, 20.0)),
            (stretch(24, 2.0, 20, 41), 13.0, (12.0, 12.25)),
            (stretch(12, 2.0, 10, 5), 6.0, (6.0, 6.25)),
            (stretch(12, 2.0, 10, 5), 5.0, (6.0, 10.0)),
            (stretch(4, 2.0, 2, 1), 2.0, (2.0, 2.0)),
        ] {
            let Bounds { least, most } = stretch.bounds(began_at, 30.0);
            assert_eq!((least, most), expected, "{stretch:?}");
        }
    }

    #[test]
    fn a_stretch_is_what_was_let_through_since_the_last_refusal() {
        let start = Instant::now();
        let mut taken = Taken::default();
        let mut ended = |departures: &[u64], refused| {
            let departures = at(start, departures);
            departures.iter().for_each(|now| taken.left(SPAN, *now));
            taken.refused(start + Duration::from_millis(refused));
            let stretch = taken.end(start + Duration::from_millis(refused))?;
            Some((stretch.is_first, stretch.let_through, stretch.seconds, stretch.counted, stretch.counted_before))
        };
        assert_eq!(ended(&[0, 100, 200], 200), Some((true, 2, 1.0, 2, 0)));
        assert_eq!(ended(&[300], 300), None);
        assert_eq!(ended(&[1_300, 1_500, 1_700], 1_700), Some((false, 2, 1.4, 2, 2)));
        // Nothing left for a while.
        assert_eq!(ended(&[9_700, 9_800], 9_800), Some((false, 1, 1.1, 1, 2)));
    }
}
