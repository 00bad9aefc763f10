//! Whether refusals say anything of the pace. Pure.
//!
//! A consumer with a limit refuses less, the less it is sent: with each refusal its limit is known better, and more is let
//! through until the next; but right after one it refuses again. One that refuses now and then whatever it is sent, as with a
//! broken machine among several, would be sent to less and less, and refuse as large a part of it. So what is refused at a pace
//! that was let through before, and followed by answers at that same pace, was refused by chance; and so were refusals that come
//! too soon after each other for any limit. Those that say when to come again are told by what is let through between them, as
//! [`announced`](super::announced) has it. None is heeded then, as long as they are about as large a part of what is sent; that is
//! looked at again and again.

use std::time::{Duration, Instant};

use super::announced::{Falls, Finding, Numbers, Stretch};

/// Requests let through from one refusal to the next that are enough to begin anew.
const MANY: u32 = 600;

/// Answers right after a refusal that is doubted, at the same pace: it was not refused for that.
const CONFIRMED: u32 = 10;

/// Refusals for each one in vain, at least, of a consumer that has no limit within a long span: nothing is left of such a one
/// for a while, and a pace that was let through before is refused for that.
const SELDOM_IN_VAIN: u32 = 4;

/// So many times fewer have to be let through after each mistake until refusals are taken for such of chance again.
const HARDER: u32 = 4;

/// Answers that come without regard to refusals until these are looked at, at least; twice as many each time, at most so many.
const UNHEEDED: u32 = 250;
const MOST_UNHEEDED: u32 = 2_000;

/// Refusals that are to be expected until then: of fewer, chance may leave none.
const TELLING: f64 = 15.0;

/// So many times fewer than are to be expected: there is no reason any more not to heed them.
const FEWER: f64 = 3.0;

/// Each answer makes up for so many times the refusals that are to be expected with it. What is left of them beyond that, if it
/// is more than this or than a row that chance makes as rarely as that, means that the pace matters after all.
const MADE_UP: f64 = 4.0;
const BEYOND: f64 = 6.0;
const RARELY: f64 = 0.000_001;

/// So long after a refusal the next one begins anew as well: those of a slow limit come once in a while, after few requests.
const LONG: Duration = Duration::from_secs(40);

#[derive(Debug, Default)]
pub(super) struct Heed {
    /// Requests that have left since the last refusal.
    left: u32,
    row: Row,
    falls: Falls,
    doubt: Option<Doubt>,
    deaf: Option<Deaf>,
    /// Times that refusals were taken for such of chance, and were not.
    mistakes: u32,
}

/// What a refusal is taken for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Heeded,
    /// What comes next tells whether it is one by chance.
    Doubted,
    /// As those before.
    Chance,
}

/// Refusals since the consumer was last known to take many.
#[derive(Debug, Default)]
struct Row {
    refusals: u32,
    /// Requests, in all.
    let_through: u32,
    /// Other refusals, right after one, as of a limit that nothing is left of.
    in_vain: u32,
    /// When the last one was heard of.
    last: Option<Instant>,
}

/// Of a refusal at a pace that had been let through before: it came by chance, or the consumer takes less now.
#[derive(Debug)]
struct Doubt {
    since: Instant,
    /// To what has left since.
    answers: u32,
}

/// Refusals come by chance.
#[derive(Debug)]
struct Deaf {
    /// Refusals an answer, until now.
    share: f64,
    /// Answers until that is looked at.
    span: u32,
    answers: u32,
    refusals: u32,
    /// As many answers came as show that it is so.
    is_confirmed: bool,
    /// Refusals that no answer has made up for yet.
    excess: f64,
    numbers: Numbers,
}

impl Deaf {
    fn new(share: f64, least_span: u32) -> Self {
        let span = (TELLING / share) as u32;
        Deaf {
            share,
            span: span.clamp(least_span, MOST_UNHEEDED),
            answers: 0,
            refusals: 0,
            is_confirmed: false,
            excess: 0.0,
            numbers: Numbers::default(),
        }
    }

    /// After an answer. `None` when refusals have become few.
    fn answered(mut self) -> Option<Self> {
        self.answers += 1;
        self.is_confirmed |= self.answers >= CONFIRMED;
        self.excess = (self.excess - MADE_UP * self.share).max(0.0);
        if self.answers < self.span {
            return Some(self);
        }
        let expected = self.share * f64::from(self.answers);
        (f64::from(self.refusals) * FEWER >= expected).then(|| self.next())
    }

    /// Chance makes some spans better than others, so what was known before counts as much.
    fn next(self) -> Self {
        let share = f64::from(self.refusals) / f64::from(self.answers);
        let next = Deaf::new((self.share + share) / 2.0, (self.span * 2).min(MOST_UNHEEDED));
        Deaf { is_confirmed: true, numbers: self.numbers, ..next }
    }

    /// Whether it is one too many.
    fn refused(&mut self) -> bool {
        self.refusals += 1;
        self.excess += 1.0;
        let of_requests = self.share / (1.0 + self.share);
        let row = RARELY.ln() / of_requests.ln();
        // A limit that was mistaken for chance answers next to none of those that follow.
        let most = if self.is_confirmed { f64::INFINITY } else { BEYOND + f64::from(self.answers) };
        self.excess > row.max(BEYOND).min(most)
    }
}

impl Heed {
    /// A request with this number.
    pub(super) fn left(&mut self, number: u64) {
        self.left = self.left.saturating_add(1);
        if let Some(deaf) = &mut self.deaf {
            deaf.numbers.left(number);
        }
    }

    /// What left then. True if that shows that the last refusal came by chance.
    pub(super) fn answered(&mut self, left_at: Instant) -> bool {
        self.deaf = self.deaf.take().and_then(Deaf::answered);
        let Some(doubt) = self.doubt.as_mut().filter(|doubt| left_at > doubt.since) else { return false };
        doubt.answers += 1;
        let is_chance = doubt.answers == CONFIRMED;
        if is_chance {
            self.ignore(self.row.share());
        }
        is_chance
    }

    /// Whether a refusal of the request with this number is heeded, before it is known what it says. It may say when to come again.
    pub(super) fn heeds(&mut self, number: u64, says_when: bool) -> bool {
        let Some(deaf) = &mut self.deaf else { return true };
        let is_limit = says_when && deaf.numbers.refused(number);
        let is_mistake = is_limit || !deaf.is_confirmed;
        if deaf.refused() || is_limit {
            *self = Heed { mistakes: self.mistakes + u32::from(is_mistake), ..Heed::default() };
        }
        self.deaf.is_none()
    }

    /// A refusal that is heeded and says when to come again, after `stretch`, if that says anything.
    pub(super) fn refused_for_a_while(&mut self, stretch: Option<Stretch>) -> Verdict {
        match self.falls.refused(stretch, self.mistakes) {
            Finding::Nothing => Verdict::Heeded,
            Finding::Doubt => Verdict::Doubted,
            Finding::Chance { share } => {
                self.ignore(share);
                Verdict::Chance
            }
        }
    }

    /// A refusal that is heeded. It may be surprising, after what was let through before; one that `was_due`,
    /// after a long wait for its turn, counts even right after another.
    pub(super) fn refused(&mut self, is_surprising: bool, was_due: bool, now: Instant) -> Verdict {
        let let_through = std::mem::take(&mut self.left).saturating_sub(1);
        if self.row.last.replace(now).is_some_and(|last| now.saturating_duration_since(last) > LONG) {
            self.row.begin_anew();
        }
        if let_through == 0 && !was_due {
            self.row.in_vain += 1;
        } else {
            self.row.refusals += 1;
            self.row.let_through += let_through;
        }
        if self.row.came_too_soon(self.mistakes) {
            self.ignore(self.row.share());
            return Verdict::Chance;
        }
        let may_be_chance = is_surprising && SELDOM_IN_VAIN * self.row.in_vain < self.row.refusals;
        if self.doubt.take().is_none() && may_be_chance {
            self.doubt = Some(Doubt { since: now, answers: 0 });
            return Verdict::Doubted;
        }
        if let_through >= MANY {
            self.row.begin_anew();
        }
        Verdict::Heeded
    }

    fn ignore(&mut self, share: f64) {
        *self = Heed { deaf: Some(Deaf::new(share, UNHEEDED)), mistakes: self.mistakes, ..Heed::default() };
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.is_some()
    }
}

impl Row {
    fn begin_anew(&mut self) {
        (self.refusals, self.let_through) = (0, 0);
    }

    /// Refusals for each request let through.
    fn share(&self) -> f64 {
        f64::from(self.refusals) / f64::from(self.let_through.max(1))
    }

    /// Too soon for refusals of a limit: in the simulation, those of two a second and more let through at least 35 requests until
    /// the fourth, 60 until the fifth and 124 until the sixth. Slower ones refuse in vain as often, or it is a mistake, which is not
    /// soon made again.
    fn came_too_soon(&self, mistakes: u32) -> bool {
        let Row { refusals, let_through, in_vain, .. } = *self;
        let let_through = let_through.saturating_mul(HARDER.saturating_pow(mistakes));
        match refusals {
            0..4 => false,
            4 => let_through <= 16 && in_vain <= 1,
            _ if 2 * let_through <= 7 * refusals => true,
            5 => let_through <= 58 && in_vain <= 1,
            6 => let_through <= 120 && in_vain <= 1,
            7.. => let_through <= 30 * refusals && 2 * in_vain < refusals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refusals, each after so many answers. How many of them were heeded.
    fn heeded(heed: &mut Heed, refusals: u32, answers: u32) -> u32 {
        (0..refusals).map(|_| u32::from(is_heeded(heed, answers))).sum()
    }

    fn is_heeded(heed: &mut Heed, answers: u32) -> bool {
        let now = Instant::now();
        for _ in 0..answers {
            heed.left(0);
            heed.answered(now);
        }
        heed.left(0);
        heed.heeds(0, false) && heed.refused(false, false, now) == Verdict::Heeded
    }

    #[test]
    fn refusals_soon_after_each_other_are_heeded_until_there_are_too_many() {
        for (answers, expected) in
            [(1, 3), (4, 3), (5, 4), (11, 4), (12, 5), (20, 5), (21, 6), (30, 6), (31, 20), (MANY, 20)]
        {
            let mut heed = Heed::default();
            assert_eq!((0..20).take_while(|_| is_heeded(&mut heed, answers)).count(), expected, "{answers}");
        }
    }

    #[test]
    fn a_limit_is_heeded_however_often_it_refuses() {
        // More and more is let through; nothing is right after a refusal; nothing at all.
        for answers in [&[5, 13, 34, 65, 122, 240, 300][..], &[20, 0, 10, 0, 12, 0, 18, 0, 20, 0], &[0; 20]] {
            let mut heed = Heed::default();
            assert!(answers.iter().all(|answers| is_heeded(&mut heed, *answers)), "{answers:?}");
        }
    }

    #[test]
    fn refusals_of_what_had_waited_its_turn_count_even_one_after_the_other() {
        let mut heed = Heed::default();
        let waited = |heed: &mut Heed| {
            heed.left(0);
            heed.refused(false, true, Instant::now()) == Verdict::Heeded
        };
        assert_eq!(heeded(&mut heed, 2, 1), 2);
        assert_eq!((0..20).take_while(|_| waited(&mut heed)).count(), 1);
    }

    #[test]
    fn what_is_refused_at_a_pace_that_was_let_through_is_chance_if_answers_follow() {
        let start = Instant::now();
        // Refusals in vain that came before; answers until the next refusal; what that is taken for.
        for (in_vain, answers, first, next) in [
            (0, CONFIRMED, Verdict::Doubted, None),
            (0, CONFIRMED - 1, Verdict::Doubted, Some(Verdict::Heeded)),
            (0, 0, Verdict::Doubted, Some(Verdict::Heeded)),
            (1, 50, Verdict::Heeded, Some(Verdict::Doubted)),
        ] {
            let mut heed = Heed::default();
            assert_eq!(heeded(&mut heed, 3, 100), 3);
            assert_eq!(heeded(&mut heed, in_vain, 0), in_vain);
            let refused = |heed: &mut Heed| {
                (0..50).for_each(|_| heed.left(0));
                heed.heeds(0, false).then(|| heed.refused(true, false, start))
            };
            assert_eq!(refused(&mut heed), Some(first), "{in_vain} {answers}");
            // Those to what had left before say nothing.
            assert!((0..50).all(|_| !heed.answered(start)));
            let later = start + std::time::Duration::from_millis(1);
            let found = (1..=answers).find(|_| heed.answered(later));
            assert_eq!(found.is_some(), heed.is_deaf());
            assert_eq!(refused(&mut heed), next, "{in_vain} {answers}");
        }
    }

    #[test]
    fn refusals_long_after_each_other_are_heeded() {
        for (seconds, expected) in [(LONG.as_secs(), 4), (LONG.as_secs() + 1, 20)] {
            let (mut heed, mut now) = (Heed::default(), Instant::now());
            let mut is_heeded = |heed: &mut Heed| {
                (0..6).for_each(|_| heed.left(0));
                now += Duration::from_secs(seconds);
                heed.heeds(0, false) && heed.refused(false, false, now) == Verdict::Heeded
            };
            assert_eq!(
                (0..20).map(|_| is_heeded(&mut heed)).take_while(|heeded| *heeded).count(),
                expected,
                "{seconds}"
            );
        }
    }

    #[test]
    fn what_was_a_mistake_is_not_soon_made_again() {
        let mut heed = Heed::default();
        assert_eq!(heeded(&mut heed, 4, 2), 3);
        // It refuses everything.
        assert!((0..30).any(|_| is_heeded(&mut heed, 0)));
        assert_eq!(heeded(&mut heed, 4, 2), 4);
    }

    #[test]
    fn they_are_heeded_again_when_they_have_become_few() {
        let mut heed = Heed::default();
        assert_eq!(heeded(&mut heed, 6, 12), 5);
        assert_eq!(heeded(&mut heed, MOST_UNHEEDED, 12), 0);
        assert!(heed.is_deaf());
        heeded(&mut heed, 2 * MOST_UNHEEDED / MANY + 1, MANY);
        assert!(!heed.is_deaf());
        assert_eq!(heeded(&mut heed, 6, 12), 5);
    }

    #[test]
    fn a_consumer_that_refuses_more_is_heeded_soon() {
        // After every so many one was refused; then one in two, or all, until so many of those were not heeded.
        for (before, answers, expected) in [(5, 1, 33), (5, 0, 6), (25, 1, 6), (25, 0, 6), (1, 0, 7)] {
            let mut heed = Heed::default();
            heeded(&mut heed, 6 + u32::from(before > 15), before);
            assert!(heed.is_deaf(), "{before}");
            let unheeded = (0..).take_while(|_| !is_heeded(&mut heed, answers)).count();
            assert_eq!(unheeded, expected, "{before} {answers}");
            assert!(!heed.is_deaf());
        }
    }

    #[test]
    fn chance_is_not_heeded_for_a_few_refusals_in_a_row() {
        // Every so many; so many more right after one.
        for (answers, row) in [(25, 5), (5, 5), (1, 10)] {
            let mut heed = Heed::default();
            heeded(&mut heed, 7, answers);
            for _ in 0..20 {
                assert_eq!(heeded(&mut heed, 10, answers) + heeded(&mut heed, row, 0), 0, "{answers} {row}");
            }
            assert!(heed.is_deaf());
        }
    }
}
