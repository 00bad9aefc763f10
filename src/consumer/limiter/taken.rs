//! What a consumer takes, as far as its refusals tell. Pure.
//!
//! A limit is counted within spans, most often of a second, or is a bucket that fills by so much a second. Between two refusals
//! the bucket let through what flowed into it, but for what it lost while it was full; a span let through the same number each
//! time. Where both counts within a second agree it may be a span, where they do not it is a bucket, unless it stays empty for
//! longer than it would. Of a slow limit, of which a second says nothing, all the time counts.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What most limits count in.
pub(super) const SPAN: Duration = Duration::from_secs(1);

/// Fewer let through say little of the pace.
pub(super) const SOME: u32 = 3;

/// Where fewer than that are let through twice, and no more than so many a second, the limit is slow: what it lets through is
/// counted with the pauses, as these are shorter than the time that it counts in. More seconds may as well be an outage.
const SLOW: f64 = 0.5;
const LONG: f64 = 20.0;

/// A count agrees with the one before that is no less than this part of it, as a second may touch two spans of the clock; and
/// no more than so many times as much, for those let through in the span before that of the refusal.
const LESS: f64 = 0.5;
const MORE: f64 = 1.4;

/// Departures that are remembered, however long ago they were.
const KEPT: usize = 5;

/// Of what follows from each other: as good as all.
const ROUNDS: u32 = 8;

/// Shorter than any time between two refusals; keeps what is divided by it finite.
pub(super) const MOMENT: f64 = 0.001;

#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Since the last refusal: requests let through, and how long requests left, without the times when there were none.
    let_through: u32,
    active: Duration,
    /// As long with pauses, those after refusals in vain as well.
    elapsed: Duration,
    left_at: Option<Instant>,
    /// When the first of them left.
    began_at: Option<Instant>,
    /// When what was let through within the last [`SPAN`] left, and a few before.
    late: VecDeque<Instant>,
    /// The last that was not let through left then.
    refused_at: Option<Instant>,
    /// A refusal ended what was taken.
    was_refused: bool,
    bucket: Bucket,
    /// The longest time from one refusal to another with nothing let through in between.
    empty: Duration,
    /// Several were let through before the last refusal that was not in vain.
    were_some: bool,
    /// Of these, within the [`SPAN`] before the last refusal.
    counted: usize,
}

/// What is known of a bucket's size, if it is one.
#[derive(Debug, Default)]
enum Bucket {
    /// It was not emptied yet.
    #[default]
    Full,
    /// By these, the last of which was refused. How many flowed into it meanwhile is not known yet.
    Emptied(VecDeque<Instant>),
    /// No more than so many.
    Holds(f64),
}

/// What was let through from one refusal to the next.
#[derive(Debug)]
pub(super) struct Stretch {
    /// There was no refusal before.
    pub(super) is_first: bool,
    pub(super) let_through: u32,
    /// When the first of them left.
    pub(super) began_at: Instant,
    seconds: f64,
    /// With pauses.
    elapsed: f64,
    /// Few were let through in much time, and few before.
    pub(super) is_slow: bool,
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
    /// Gaps count up to `longest`; a pause that has ended counts as well, where pauses do.
    pub(super) fn left(&mut self, longest: Duration, paused_until: Option<Instant>, now: Instant) {
        if let Some(left_at) = self.left_at.replace(now) {
            let gap = now.saturating_duration_since(left_at);
            let pause = paused_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(left_at));
            self.active += gap.min(longest);
            self.elapsed += gap.min(longest.max(pause));
        }
        if self.let_through == 0 {
            self.began_at = Some(now);
        }
        self.let_through = self.let_through.saturating_add(1);
        self.late.push_back(now);
        self.forget_early(now);
    }

    /// What left at that moment was not let through after all.
    pub(super) fn refused(&mut self, left_at: Instant) {
        self.let_through = self.let_through.saturating_sub(1);
        if let (0, Some(before)) = (self.let_through, self.refused_at) {
            self.empty = self.empty.max(left_at.saturating_duration_since(before));
        }
        self.refused_at = Some(left_at);
        if let Some(place) = self.late.iter().rposition(|late| *late == left_at) {
            self.late.remove(place);
        }
    }

    /// Since the last refusal.
    pub(super) fn let_through(&self) -> u32 {
        self.let_through
    }

    /// When the last that was let through left.
    pub(super) fn last(&self) -> Option<Instant> {
        self.late.back().copied()
    }

    fn forget_early(&mut self, now: Instant) {
        let early = self.late.len() - self.within_a_span(now).max(KEPT).min(self.late.len());
        self.late.drain(..early);
    }

    fn within_a_span(&self, now: Instant) -> usize {
        self.late.iter().rev().take_while(|late| now.saturating_duration_since(**late) <= SPAN).count()
    }

    /// A refusal ends the stretch; `None` if nothing was let through. Of what left after it nobody knows, it may be refused as
    /// well. To be called after [`refused`](Self::refused).
    pub(super) fn end(&mut self, now: Instant) -> Option<Stretch> {
        let is_after = |left: &&Instant| self.refused_at.is_some_and(|refused| **left > refused);
        let after = self.late.iter().rev().take_while(is_after).count();
        self.late.truncate(self.late.len() - after);
        self.let_through = self.let_through.saturating_sub(after as u32);
        self.forget_early(now);
        let active = std::mem::take(&mut self.active);
        let let_through = std::mem::take(&mut self.let_through);
        if let_through == 0 {
            return None;
        }
        let counted = self.within_a_span(now);
        let is_first = !std::mem::replace(&mut self.was_refused, true);
        // What is taken before the first refusal may have been saved up for long.
        let active = if is_first { active.max(SPAN) } else { active };
        let seconds = active.as_secs_f64().max(MOMENT);
        let elapsed = std::mem::take(&mut self.elapsed).as_secs_f64().max(seconds);
        self.bucket = match std::mem::take(&mut self.bucket) {
            Bucket::Full => Bucket::Emptied(self.late.iter().copied().chain(self.refused_at).collect()),
            Bucket::Emptied(by) => Bucket::Holds(held(&by, &self.late, f64::from(let_through) / seconds)),
            known => known,
        };
        let least = match &self.bucket {
            Bucket::Holds(most) => least(&self.late, *most),
            Bucket::Full | Bucket::Emptied(_) => 0.0,
        };
        // If so much flowed into it, it would have had one when it refused again: it is no bucket.
        let least = if least * self.empty.as_secs_f64() < 1.0 { least } else { 0.0 };
        let were_some = std::mem::replace(&mut self.were_some, let_through >= SOME);
        let is_slow = !were_some && let_through < SOME && elapsed < LONG && f64::from(let_through) < SLOW * elapsed;
        Some(Stretch {
            is_first,
            let_through,
            began_at: self.began_at.unwrap_or(now),
            seconds,
            elapsed,
            is_slow,
            counted,
            counted_before: std::mem::replace(&mut self.counted, counted),
            least,
        })
    }

    /// The next refusal is the first.
    pub(super) fn forget(&mut self) {
        self.was_refused = false;
        self.forget_bucket();
    }

    /// It was none.
    pub(super) fn forget_bucket(&mut self) {
        self.bucket = Bucket::Full;
        self.empty = Duration::ZERO;
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
        let at_least = if self.is_slow { f64::from(self.let_through) / self.elapsed } else { average };
        let least = at_least.max(self.least).min(rate);
        let (before, counted) = (self.counted_before as f64, self.counted as f64);
        let most = if agrees(before, counted) {
            counted.min(before) / SPAN.as_secs_f64()
        } else if began_at < average {
            // It may have lost as much as was not sent at first.
            self.pace()
        } else {
            // Of one more nobody knows whether half of it was there.
            average + 0.5 / self.seconds
        };
        let most = if self.is_slow { most.min(f64::from(self.let_through + 1) / self.elapsed) } else { most };
        Bounds { least, most: most.min(rate).max(least) }
    }
}

/// Whether two numbers let through may be of the same limit within a span.
pub(super) fn agrees(before: f64, now: f64) -> bool {
    (before * LESS..=(before * MORE).max(before + 1.0)).contains(&now)
}

/// So many a bucket holds at most that these `emptied`, the last of which was refused, and that let others through since, if at
/// least `rate` a second flow into it. The more flow into it, the less it held; and the less it held, the more flow into it.
fn held(emptied: &VecDeque<Instant>, let_through: &VecDeque<Instant>, mut rate: f64) -> f64 {
    let mut most = 0.0;
    for _ in 0..ROUNDS {
        // A bucket holds whole ones.
        most = latest(emptied).map(|(number, seconds)| (number - 1.0 - rate * seconds).ceil()).fold(1.0, f64::max);
        rate = rate.max(least(let_through, most));
    }
    most
}

/// A bucket that holds so many let these through one after the other: so many a second have to flow into it.
fn least(let_through: &VecDeque<Instant>, held: f64) -> f64 {
    latest(let_through).map(|(number, seconds)| (number - held) / seconds.max(MOMENT)).fold(0.0, f64::max)
}

/// The last one, the last two, and so on: how many they are, and within how many seconds they left.
fn latest(departures: &VecDeque<Instant>) -> impl Iterator<Item = (f64, f64)> {
    departures.iter().rev().zip(1..).map(|(left_at, number)| {
        let last = departures.back().unwrap_or(left_at);
        (f64::from(number), last.saturating_duration_since(*left_at).as_secs_f64())
    })
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
        for (millis, held, expected) in [
            (&[][..], 1.0, 0.0),
            (&[0], 1.0, 0.0),
            (&[0, 100], 1.0, 10.0),
            (&[0, 100], 2.0, 0.0),
            (&[0, 400, 500], 1.0, 10.0),
            (&[0, 100, 200, 300, 400], 3.0, 5.0),
            (&[0, 0], 1.0, 1_000.0),
        ] {
            assert_eq!(least(&at(start, millis), held), expected, "{millis:?} {held}");
        }
    }

    #[test]
    fn a_bucket_holds_the_less_the_more_flowed_into_it() {
        let start = Instant::now();
        for (emptied, let_through, rate, expected) in [
            (&[0][..], &[][..], 0.0, 1.0),
            (&[0, 0], &[0, 100], 0.0, 1.0),
            (&[0, 0, 0, 0], &[], 5.0, 3.0),
            (&[0, 100, 200, 300], &[], 5.0, 2.0),
            // It was full until they came more densely.
            (&[0, 500, 600, 600], &[], 5.0, 2.0),
            // As far as is known at first it held two; but then more flow into it, so that it held only one.
            (&[0, 100, 160], &[0, 100, 200, 300], 2.0, 1.0),
        ] {
            let (emptied, let_through) = (at(start, emptied), at(start, let_through));
            assert_eq!(held(&emptied, &let_through, rate), expected, "{emptied:?} {let_through:?} {rate}");
        }
    }

    #[test]
    fn counts_that_agree_are_a_span_and_others_a_bucket() {
        let stretch = |let_through, seconds, counted, counted_before| Stretch {
            is_first: false,
            let_through,
            began_at: Instant::now(),
            seconds,
            elapsed: seconds,
            is_slow: false,
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
    fn few_in_much_time_are_the_pace() {
        let start = Instant::now();
        // Seconds until a pause ends that all of the time before a refusal is spent in; how many are let through after it.
        let bounds = |pauses: [u64; 2], let_through: [u64; 2]| {
            let (mut taken, mut now) = (Taken::default(), start);
            let mut last = None;
            for (pause, requests) in pauses.into_iter().zip(let_through) {
                let until = now + Duration::from_secs(pause);
                now = until;
                (0..=requests).for_each(|_| taken.left(SPAN, Some(until), now));
                taken.refused(now);
                last = taken.end(now);
            }
            last.map(|stretch| stretch.bounds(9.0, 9.0)).map(|Bounds { least, most }| (least, most))
        };
        assert_eq!(bounds([1, 5], [1, 1]), Some((0.2, 0.4)));
        assert_eq!(bounds([1, 5], [2, 2]), Some((0.4, 0.6)));
        for (pauses, let_through) in
            [([1, 1], [1, 1]), ([1, 4], [2, 2]), ([1, 20], [1, 1]), ([1, 5], [3, 1]), ([1, 9], [1, 3])]
        {
            let (least, most) = bounds(pauses, let_through).expect("something was let through");
            assert!(least >= 1.0 && most >= 1.0, "{pauses:?} {let_through:?}: {least} {most}");
        }
    }

    #[test]
    fn what_refuses_for_longer_than_it_takes_to_fill_is_no_bucket() {
        for (seconds, expected) in [(0, 10.0), (1, 1.8)] {
            let start = Instant::now();
            let at = |millis: u64| start + Duration::from_millis(millis);
            let mut taken = Taken::default();
            let mut ended = |departures: &[u64], refused: u64| {
                departures.iter().for_each(|millis| taken.left(SPAN, None, at(*millis)));
                taken.refused(at(refused));
                taken.end(at(refused))
            };
            assert!(ended(&[0, 1], 1).is_some());
            if seconds > 0 {
                assert!(ended(&[1 + 1_000 * seconds], 1 + 1_000 * seconds).is_none());
            }
            // A bucket for one that let two through within 100 ms; or these two in all the time.
            let stretch = ended(&[3_000, 3_100, 3_101], 3_101).expect("two were let through");
            let Bounds { least, .. } = stretch.bounds(50.0, 50.0);
            assert_eq!((least * 10.0).round() / 10.0, expected, "{seconds}");
        }
    }

    #[test]
    fn a_stretch_is_what_was_let_through_since_the_last_refusal() {
        let start = Instant::now();
        let mut taken = Taken::default();
        let mut ended = |departures: &[u64], refused| {
            let departures = at(start, departures);
            departures.iter().for_each(|now| taken.left(SPAN, None, *now));
            taken.refused(start + Duration::from_millis(refused));
            let stretch = taken.end(start + Duration::from_millis(refused))?;
            Some((stretch.is_first, stretch.let_through, stretch.seconds, stretch.counted, stretch.counted_before))
        };
        assert_eq!(ended(&[0, 100, 200], 200), Some((true, 2, 1.0, 2, 0)));
        assert_eq!(ended(&[300], 300), None);
        assert_eq!(ended(&[1_300, 1_500, 1_700], 1_700), Some((false, 2, 1.4, 2, 2)));
        // Nothing left for a while.
        assert_eq!(ended(&[9_700, 9_800], 9_800), Some((false, 1, 1.1, 1, 2)));
        // What left after the one that was refused may be refused as well.
        assert_eq!(ended(&[10_800, 10_801], 10_800), None);
        assert_eq!(ended(&[11_800, 11_810, 11_811], 11_810), Some((false, 1, 1.01, 1, 1)));
    }
}
