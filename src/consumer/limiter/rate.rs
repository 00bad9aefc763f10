//! How many requests a second: what `rate_limit` says, and what a consumer with a limit of its own teaches. Pure.
//!
//! A rate is [`learned`](super::learned) from refusals, by what was [`taken`](super::taken) between two of them, and forgotten
//! when it holds nothing back. A consumer that lets through about the same number again, after it has refused everything for a
//! while, has a limit within a longer span: the rate is what it takes from the beginning of one to that of the next.

use std::time::{Duration, Instant};

use super::announced;
use super::in_vain::{InVain, PAUSE};
use super::learned::Learned;
use super::taken::{MOMENT, SOME, SPAN, Stretch, Taken, agrees};

/// In which a refusal is heard: twice as long as the last one took, between these.
const HEARD: Duration = Duration::from_millis(6);
const HEARD_AT_MOST: Duration = Duration::from_millis(100);

/// Where a span is known, a pause is no shorter than such a part of it: nothing is left until it ends, but of a sliding one
/// more is left all the time.
const PART_OF_A_SPAN: u32 = 8;

/// A guess is no less: from one request alone, one a second, a climb would take longer than 10 seconds.
const LEAST_GUESS: f64 = 1.3;

/// Requests a second that are few: a second refusal within ten seconds would be more than one in fifty.
const SLOW: f64 = 10.0;

/// What leaves at no more than so much of a pace that was let through is not refused for that.
const PROVEN: f64 = 0.96;

/// After so much was let through, one refusal more is a hundredth of it.
const MUCH: u32 = 100;
const FAR_LESS: u32 = 10;

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
    /// So long no other leaves after the first one after a pause, which may be refused as well.
    alone: Duration,
    in_vain: Option<InVain>,
    /// Since the last refusal that says: too often.
    is_answered: bool,
    used_up: Option<UsedUp>,
    taken: Taken,
    /// The most requests a second that were let through from one refusal to the next.
    proven: f64,
}

/// What was let through until the last refusal before those in vain.
#[derive(Debug)]
struct UsedUp {
    began_at: Instant,
    let_through: u32,
}

/// What a refusal says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// Too many a second, or perhaps too many at a time.
    TooOften { is_guess: bool },
    /// It left before an earlier refusal had its effect.
    Known,
    /// The consumer said that nothing is left for a while.
    UsedUp,
    /// Nothing of the pace.
    Unheeded,
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
            alone: Duration::ZERO,
            in_vain: None,
            is_answered: false,
            used_up: None,
            taken: Taken::default(),
            proven: 0.0,
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
        let paused_until = self.paused_until.take_if(|until| *until <= now);
        let alone = if paused_until.is_some() { self.alone } else { Duration::ZERO };
        self.next = now.checked_add(self.interval().max(alone));
        self.taken.left(SPAN.max(self.interval()), paused_until, now);
    }

    fn interval(&self) -> Duration {
        let learned = self.learned.as_ref().map(|learned| Duration::try_from_secs_f64(1.0 / learned.rate));
        self.configured.max(learned.and_then(Result::ok).unwrap_or_default())
    }

    pub(super) fn answered(&mut self, may_try: bool) {
        self.is_answered = true;
        let Some(learned) = &mut self.learned else { return };
        if !std::mem::take(&mut learned.waited) {
            learned.unused += 1;
            if learned.unused >= UNUSED {
                self.learned = None;
                self.taken.forget_bucket();
            }
            return;
        }
        learned.unused = 0;
        learned.grow(may_try);
    }

    /// What left at that moment was not let through after all.
    pub(super) fn refused(&mut self, left_at: Instant, now: Instant) {
        self.taken.refused(left_at);
        self.alone = (now.saturating_duration_since(left_at) * 2).clamp(HEARD, HEARD_AT_MOST);
    }

    /// Nothing leaves for as long as the consumer asks for after a refusal, or as long as the refusal is worth. To be called
    /// after [`refused`](Self::refused).
    pub(super) fn pause(&mut self, why: Why, retry_after: Option<Duration>, now: Instant) {
        let own = match why {
            Why::TooOften { is_guess } => Some(self.learn(is_guess, now)),
            Why::UsedUp => Some(PAUSE),
            Why::Known if self.learned.is_none() => return,
            Why::Known | Why::Unheeded => None,
        };
        if let Some(pause) = retry_after.or(own.map(|pause| pause.min(self.longest_pause))) {
            self.paused_until = self.paused_until.max(now.checked_add(pause.max(self.interval())));
        }
    }

    /// Gives what a refusal is worth that says: too often.
    fn learn(&mut self, is_guess: bool, now: Instant) -> Duration {
        if self.learned.as_ref().is_some_and(Learned::is_another) {
            self.taken.forget_bucket();
        }
        let was_taken_before = self.was_taken_before();
        // What has left meanwhile may be refused as well.
        let is_in_vain = !std::mem::take(&mut self.is_answered) && self.in_vain.is_some();
        let stretch = if is_in_vain { None } else { self.taken.end(now) };
        let Some(stretch) = stretch else {
            let least = self.least_pause();
            return self.in_vain.get_or_insert_with(|| InVain::new(now)).another(now).max(least);
        };
        self.prove(was_taken_before, &stretch);
        let in_vain = self.in_vain.take();
        let used_up = UsedUp { began_at: stretch.began_at, let_through: stretch.let_through };
        let before = self
            .used_up
            .replace(used_up)
            .filter(|before| agrees(before.let_through.into(), stretch.let_through.into()));
        let in_vain = in_vain.filter(|in_vain| in_vain.is_nothing_left() && stretch.let_through >= SOME);
        if let Some((before, in_vain)) = before.zip(in_vain) {
            let span = stretch.began_at.saturating_duration_since(before.began_at);
            let until = in_vain.last().saturating_duration_since(before.began_at);
            let rate = |span: Duration| f64::from(before.let_through) / span.as_secs_f64().max(MOMENT);
            self.learned = Some(Learned::within(span, rate(span), rate(until)));
            return (stretch.began_at + span).saturating_duration_since(now).max(PAUSE);
        }
        if (is_guess && self.span().is_none()) || stretch.is_first {
            self.learned = Some(Learned::guess(stretch.average().max(LEAST_GUESS), stretch.let_through > 1));
            // After the first that may mean a rate, a consumer is left alone for as long as a rate is measured over.
            return SPAN;
        }
        match &mut self.learned {
            Some(learned) => learned.refused(&stretch),
            None => self.learned = Some(Learned::near(stretch.pace())),
        }
        self.least_pause()
    }

    /// After a refusal.
    fn least_pause(&self) -> Duration {
        PAUSE.max(self.span().unwrap_or_default() / PART_OF_A_SPAN)
    }

    /// Where what had been let through before is refused, it proves nothing any more.
    fn prove(&mut self, was_taken_before: bool, stretch: &Stretch) {
        if was_taken_before {
            self.proven = 0.0;
        }
        if !stretch.is_first && stretch.let_through >= SOME {
            self.proven = self.proven.max(stretch.average());
        }
    }

    /// It is still a guess, and a low one.
    pub(super) fn climbs_slowly(&self) -> bool {
        self.learned.as_ref().is_some_and(|learned| learned.refused_at.is_none() && learned.rate < SLOW)
    }

    /// After as much as it takes in one, a consumer refuses everything for as long.
    pub(super) fn span(&self) -> Option<Duration> {
        self.learned.as_ref().and_then(|learned| learned.span)
    }

    /// What left then had waited its turn, a long one.
    pub(super) fn was_due(&self, left_at: Instant) -> bool {
        let is_long = self.interval() > SPAN;
        is_long && self.taken.last().is_some_and(|last| left_at.saturating_duration_since(last) >= self.interval())
    }

    /// More was let through from one refusal to the next, and several since the last one.
    pub(super) fn was_taken_before(&self) -> bool {
        let is_below = self.learned.as_ref().is_some_and(|learned| learned.rate <= self.proven * PROVEN);
        is_below && self.taken.let_through() >= SOME
    }

    /// After the first refusal far less was let through than before it. Of limits, only a bucket for more than ten seconds is
    /// like that.
    pub(super) fn is_far_less(&self) -> bool {
        let is_guess = self.learned.as_ref().is_some_and(|learned| learned.refused_at.is_none());
        let before = self.used_up.as_ref().map_or(0, |used_up| used_up.let_through);
        is_guess
            && self.taken.let_through() >= SOME
            && before >= MUCH.max(FAR_LESS.saturating_mul(self.taken.let_through()))
    }

    /// What was let through since the last refusal, at the pace that was learned from those before.
    pub(super) fn stretch(&self) -> Option<announced::Stretch> {
        let learned = self.learned.as_ref()?;
        Some(announced::Stretch { let_through: self.taken.let_through(), pace: learned.rate })
    }

    /// More than the consumer is known to take.
    pub(super) fn is_trying(&self) -> bool {
        self.learned.as_ref().is_some_and(|learned| learned.tried_from.is_some())
    }

    /// What was learned was wrong.
    pub(super) fn forget(&mut self) {
        self.learned = None;
        self.taken.forget();
        self.proven = 0.0;
        self.next = None;
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
            rate.refused(at(millis), at(millis));
            rate.pause(Why::TooOften { is_guess: false }, retry_after, at(millis));
            rate.slot(at(millis)).expect("a pause").duration_since(at(millis)).as_millis()
        };
        for (millis, retry_after, pause) in
            [(0, None, 250), (250, None, 500), (750, None, 1_000), (1_750, None, 1_500), (3_250, Some(2), 2_000)]
        {
            assert_eq!(refused(millis, retry_after.map(Duration::from_secs)), pause, "at {millis}");
        }
    }

    #[test]
    fn the_first_after_a_pause_is_heard_of_before_another_leaves() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (refusal_took, alone) in [(1, 6), (20, 40), (500, 100)] {
            let mut rate = Rate::new(None, LONGEST);
            rate.left(at(0));
            rate.refused(at(0), at(refusal_took));
            rate.pause(Why::Unheeded, Some(Duration::from_secs(1)), at(1_000));
            assert_eq!(rate.slot(at(1_000)), Some(at(2_000)));
            rate.left(at(2_000));
            assert_eq!(rate.slot(at(2_001)), Some(at(2_000 + alone)), "{refusal_took}");
            rate.left(at(2_000 + alone));
            assert_eq!(rate.slot(at(2_001 + alone)), None, "{refusal_took}");
        }
    }

    #[test]
    fn a_limit_within_a_long_span_is_what_is_taken_from_one_to_the_next() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (in_vain, second, learned) in [(3, 50, Some(4.75)), (3, 20, None), (2, 50, None)] {
            let mut rate = Rate::new(None, LONGEST);
            let refused = |rate: &mut Rate, millis| {
                rate.left(at(millis));
                rate.refused(at(millis), at(millis));
                rate.pause(Why::TooOften { is_guess: false }, None, at(millis));
            };
            let answered = |rate: &mut Rate, requests: u64, from: u64| {
                (0..requests).for_each(|i| rate.left(at(from + 10 * i)));
                rate.answered(false);
            };
            answered(&mut rate, 50, 0);
            (0..=in_vain).for_each(|i| refused(&mut rate, 1_000 + 1_000 * i));
            answered(&mut rate, second, 10_000);
            refused(&mut rate, 11_000);
            let waits = rate.slot(at(11_000)) == Some(at(20_000));
            let found = rate.learned.filter(|_| waits).map(|learned| learned.rate);
            assert_eq!(found, learned, "{in_vain} {second}");
        }
    }

    #[test]
    fn a_pause_is_no_shorter_than_a_part_of_a_span() {
        for (seconds, pause) in [(1, PAUSE), (2, PAUSE), (4, 2 * PAUSE), (16, 8 * PAUSE)] {
            let mut rate = Rate::new(None, LONGEST);
            assert_eq!(rate.least_pause(), PAUSE);
            rate.learned = Some(Learned::within(Duration::from_secs(seconds), 5.0, 5.0));
            assert_eq!(rate.least_pause(), pause, "{seconds}");
        }
    }

    #[test]
    fn a_pace_below_what_was_let_through_is_known_to_be_taken() {
        let start = Instant::now();
        let mut rate = Rate::new(None, LONGEST);
        // So many are let through within a second, and then one is refused.
        let mut second = 0;
        let mut is_taken = |requests: u64, is_heeded: bool| {
            second += 1;
            let at =
                |number| start + Duration::from_secs(second) + Duration::from_secs(1) * number as u32 / requests as u32;
            (0..=requests).for_each(|number| rate.left(at(number)));
            rate.answered(false);
            rate.refused(at(requests), at(requests));
            let is_taken = rate.was_taken_before();
            if is_heeded {
                rate.pause(Why::TooOften { is_guess: false }, None, at(requests));
            }
            is_taken
        };
        assert!(!is_taken(20, true), "the first");
        assert!(!is_taken(20, true), "what was taken before the first may have been saved up");
        assert!(!is_taken(2, false), "too few say nothing");
        assert!(is_taken(15, true), "less than 20 a second");
    }

    #[test]
    fn much_less_than_before_the_first_refusal_is_surprising() {
        let start = Instant::now();
        for (before, then, expected) in
            [(100, 10, true), (100, 11, false), (99, 9, false), (300, 30, true), (300, 2, false)]
        {
            let mut rate = Rate::new(None, LONGEST);
            let at = |millis| start + Duration::from_millis(millis);
            (0..=before).for_each(|millis| rate.left(at(millis)));
            rate.answered(false);
            rate.refused(at(before), at(before));
            assert!(!rate.is_far_less());
            rate.pause(Why::TooOften { is_guess: true }, None, at(before));
            (0..=then).for_each(|millis| rate.left(at(5_000 + millis)));
            rate.refused(at(5_000 + then), at(5_000 + then));
            assert_eq!(rate.is_far_less(), expected, "{before} {then}");
        }
    }

    #[test]
    fn what_is_under_way_was_not_let_through() {
        let start = Instant::now();
        let mut rate = Rate::new(None, LONGEST);
        let mut left_and_refused = |left: &[u64], refused: u64| {
            let at = |millis| start + Duration::from_millis(millis);
            left.iter().for_each(|left| rate.left(at(*left)));
            rate.refused(at(refused), at(refused));
            rate.pause(Why::TooOften { is_guess: false }, None, at(refused));
            rate.learned.as_ref().map(|learned| learned.rate)
        };
        assert_eq!(left_and_refused(&[0], 0), None);
        // Of two that left together, the first is refused, then the other.
        assert_eq!(left_and_refused(&[500, 501], 500), None);
        assert_eq!(left_and_refused(&[], 501), None);
    }
}
