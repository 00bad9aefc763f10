//! Whether refusals say anything of the pace. Pure.
//!
//! A consumer with a limit refuses less, the less it is sent: with each refusal its limit is known better, and more is let
//! through until the next; but right after one it refuses again. One that refuses now and then whatever it is sent, as with a
//! broken machine among several, would be sent to less and less, and refuse as large a part of it. So refusals that come too
//! soon after each other are not heeded any more, as long as they are about as large a part of what is sent; that is looked at
//! again and again.

use std::time::Instant;


/// Requests let through from one refusal to the next that are few, and that are enough to begin anew.
const FEW: u32 = 300;
const MANY: u32 = 600;

/// So many refusals are more than it takes to find a limit, or to find it again when it has changed.
const ROW: u32 = 7;

/// Answers that come without regard to refusals until these are looked at; twice as many each time, at most so many.
const UNHEEDED: u32 = 250;
const MOST_UNHEEDED: u32 = 2_000;

/// Of the refusals that are to be expected: more mean that the pace matters, and so many times fewer that there is no reason
/// any more not to heed them.
const UNEXPECTED: f64 = 3.0;

/// Answers right after a refusal at a pace that had been let through before: it was not refused for that.
const CONFIRMED: u32 = 10;

/// Refusals in a row that are heeded even so: the consumer takes nothing at all.
const NOTHING_TAKEN: u32 = 10;

#[derive(Debug, Default)]
pub(super) struct Heed {
    /// Requests that have left since the last refusal.
    left: u32,
    doubt: Option<Doubt>,
    row: Row,
    /// Refusals with no answer between them.
    in_vain: u32,
    deaf: Option<Deaf>,
}

/// A refusal of what had been let through before: by chance, or the consumer takes less now.
#[derive(Debug)]
struct Doubt {
    since: Instant,
    /// Of what has left since.
    answers: u32,
}

/// What a refusal is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Heeded,
    /// What comes next tells.
    Doubted,
    /// The last of too many.
    Chance,
}

/// Refusals, each after few were let through.
#[derive(Debug, Default)]
struct Row {
    refusals: u32,
    /// After few.
    soon: u32,
    /// Requests, in all.
    let_through: u32,
    /// Other refusals, right after one, as of a limit that nothing is left of.
    in_vain: u32,
}

#[derive(Debug)]
struct Deaf {
    /// Refusals an answer, until now.
    share: f64,
    /// Answers until that is looked at.
    span: u32,
    answers: u32,
    refusals: u32,
}

impl Deaf {
    fn new(share: f64, span: u32) -> Self {
        Deaf { share, span, answers: 0, refusals: 0 }
    }

    /// Chance makes some spans better than others, so what was known before counts as much.
    fn next(&self) -> Self {
        let share = f64::from(self.refusals) / f64::from(self.answers);
        Deaf::new((self.share + share) / 2.0, (self.span * 2).min(MOST_UNHEEDED))
    }

    fn expected(&self) -> f64 {
        self.share * f64::from(self.answers)
    }
}

impl Heed {
    pub(super) fn left(&mut self) {
        self.left = self.left.saturating_add(1);
    }

    /// What left then. True if that shows that the last refusal was one by chance.
    pub(super) fn answered(&mut self, left_at: Instant) -> bool {
        self.in_vain = 0;
        if let Some(doubt) = self.doubt.as_mut().filter(|doubt| left_at > doubt.since) {
            doubt.answers += 1;
            if doubt.answers == CONFIRMED {
                self.ignore();
                return true;
            }
        }
        if let Some(deaf) = &mut self.deaf {
            deaf.answers += 1;
            if deaf.answers == deaf.span {
                let goes_on = f64::from(deaf.refusals) * UNEXPECTED >= deaf.expected();
                self.deaf = goes_on.then(|| deaf.next());
            }
        }
        false
    }

    fn ignore(&mut self) {
        let share = f64::from(self.row.refusals) / f64::from(self.row.let_through.max(1));
        *self = Heed { deaf: Some(Deaf::new(share, UNHEEDED)), ..Heed::default() };
    }

    /// Whether a refusal is heeded, before it is known what it says.
    pub(super) fn heeds(&mut self) -> bool {
        self.in_vain += 1;
        let Some(deaf) = &mut self.deaf else { return true };
        deaf.refusals += 1;
        if f64::from(deaf.refusals) > f64::from(NOTHING_TAKEN) + UNEXPECTED * deaf.expected() {
            *self = Heed::default();
            return true;
        }
        self.in_vain >= NOTHING_TAKEN
    }

    /// A refusal that is heeded, of what left at the present pace, which may be one that had been let through before. One that
    /// `was_due`, after a long wait for its turn, counts even right after another.
    pub(super) fn refused(&mut self, is_proven: bool, was_due: bool, now: Instant) -> Verdict {
        let let_through = std::mem::take(&mut self.left).saturating_sub(1);
        if let_through == 0 && !was_due {
            self.row.in_vain += 1;
        } else {
            self.row.refusals += 1;
            self.row.soon += u32::from(let_through < FEW);
            self.row.let_through += let_through;
        }
        if self.doubt.take().is_none() && is_proven && self.row.in_vain == 0 {
            self.doubt = Some(Doubt { since: now, answers: 0 });
            return Verdict::Doubted;
        }
        if let_through >= MANY {
            self.row = Row { in_vain: self.row.in_vain, ..Row::default() };
        } else if let_through < FEW && self.row.came_too_soon() {
            self.ignore();
            return Verdict::Chance;
        }
        Verdict::Heeded
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.is_some()
    }
}

impl Row {
    /// Too soon for refusals of a limit: in the simulation, those of two a second and more let through at least 35 requests until
    /// the fourth, 60 until the fifth and 124 until the sixth, and slower ones refuse in vain as often.
    fn came_too_soon(&self) -> bool {
        let Row { soon: refusals, let_through, in_vain, .. } = *self;
        match refusals {
            0..4 => false,
            4 => let_through <= 16 && in_vain <= 1,
            _ if 2 * let_through <= 7 * refusals => true,
            5 => let_through <= 40 && in_vain <= 1,
            6 => let_through <= 90 && in_vain <= 1,
            ROW.. => 2 * in_vain < refusals,
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
            heed.left();
            heed.answered(now);
        }
        heed.left();
        heed.heeds() && heed.refused(false, false, now) == Verdict::Heeded
    }

    #[test]
    fn refusals_soon_after_each_other_are_heeded_until_there_are_too_many() {
        for (answers, expected) in
            [(1, 3), (4, 3), (5, 4), (8, 4), (9, 5), (15, 5), (16, ROW - 1), (FEW - 1, ROW - 1), (FEW, 20), (MANY, 20)]
        {
            let mut heed = Heed::default();
            assert_eq!((0..20).take_while(|_| is_heeded(&mut heed, answers)).count(), expected as usize, "{answers}");
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
            heed.left();
            heed.refused(false, true, Instant::now()) == Verdict::Heeded
        };
        assert_eq!(heeded(&mut heed, 2, 1), 2);
        assert_eq!((0..20).take_while(|_| waited(&mut heed)).count(), 1);
    }

    #[test]
    fn they_are_heeded_again_when_they_have_become_few() {
        let mut heed = Heed::default();
        assert_eq!(heeded(&mut heed, 6, 10), 5);
        assert_eq!(heeded(&mut heed, MOST_UNHEEDED, 12), 0);
        assert!(heed.is_deaf());
        heeded(&mut heed, 2 * MOST_UNHEEDED / MANY + 1, MANY);
        assert!(!heed.is_deaf());
        assert_eq!(heeded(&mut heed, 6, 10), 5);
    }

    #[test]
    fn a_consumer_that_refuses_more_is_heeded_at_once() {
        let mut heed = Heed::default();
        heeded(&mut heed, ROW, 100);
        assert!(heed.is_deaf());
        (0..).find(|_| heeded(&mut heed, 1, 1) == 1);
        assert!(!heed.is_deaf());
    }

    #[test]
    fn nothing_but_refusals_is_heeded() {
        let mut heed = Heed::default();
        heeded(&mut heed, 4, 1);
        assert!(heed.is_deaf());
        assert_eq!((0..NOTHING_TAKEN).filter(|_| heed.heeds()).count(), 1);
    }
}
