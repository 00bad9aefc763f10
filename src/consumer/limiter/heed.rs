//! Whether refusals say anything of the pace. Pure.
//!
//! A consumer with a limit refuses less, the less it is sent: once its limit is found, refusals are rare. One that refuses
//! now and then whatever it is sent, as with a broken machine among several, would be sent to less and less, and refuse as
//! large a part of it. So after some refusals, each soon after the last although the pace was lowered, they are not heeded
//! any more, as long as they are about as large a part of what is sent; that is looked at again and again.

/// Answers from one refusal to the next that are few, and that are enough to begin anew.
const FEW: u32 = 300;
const MANY: u32 = 600;

/// Refusals in a row after few answers: more than it takes to find a limit, or to find it again when it has changed.
const ROW: u32 = 7;

/// Answers that come without regard to refusals until these are looked at; twice as many each time, at most so many.
const UNHEEDED: u32 = 250;
const MOST_UNHEEDED: u32 = 2_000;

/// Of the refusals that are to be expected: more mean that the pace matters, and so many times fewer that there is no reason
/// any more not to heed them.
const UNEXPECTED: f64 = 3.0;

/// Refusals in a row that are heeded even so: the consumer takes nothing at all.
const NOTHING_TAKEN: u32 = 10;

#[derive(Debug, Default)]
pub(super) struct Heed {
    /// Since the last refusal.
    answers: u32,
    /// In the row under way.
    row_refusals: u32,
    row_answers: u32,
    /// Refusals with no answer between them.
    in_vain: u32,
    deaf: Option<Deaf>,
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
    pub(super) fn answered(&mut self) {
        self.in_vain = 0;
        match &mut self.deaf {
            Some(deaf) => {
                deaf.answers += 1;
                if deaf.answers == deaf.span {
                    let goes_on = f64::from(deaf.refusals) * UNEXPECTED >= deaf.expected();
                    self.deaf = goes_on.then(|| deaf.next());
                }
            }
            None => self.answers = self.answers.saturating_add(1),
        }
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

    /// A refusal that is heeded, of what left at the present pace. False when it is the last of too many.
    pub(super) fn refused(&mut self) -> bool {
        let answers = std::mem::take(&mut self.answers);
        match answers {
            0 => return true,
            MANY.. => *self = Heed::default(),
            FEW.. => {}
            _ => {
                self.row_refusals += 1;
                self.row_answers += answers;
            }
        }
        if self.row_refusals < ROW {
            return true;
        }
        let share = f64::from(self.row_refusals) / f64::from(self.row_answers);
        *self = Heed { deaf: Some(Deaf::new(share, UNHEEDED)), ..Heed::default() };
        false
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refusals, each after so many answers. How many of them were heeded.
    fn heeded(heed: &mut Heed, refusals: u32, answers: u32) -> u32 {
        let one = |heed: &mut Heed| {
            (0..answers).for_each(|_| heed.answered());
            heed.heeds() && heed.refused()
        };
        (0..refusals).map(|_| u32::from(one(heed))).sum()
    }

    #[test]
    fn refusals_soon_after_each_other_are_heeded_until_there_are_too_many() {
        for (answers, expected) in [(1, ROW - 1), (FEW - 1, ROW - 1), (FEW, ROW), (MANY, ROW), (0, ROW)] {
            assert_eq!(heeded(&mut Heed::default(), ROW, answers), expected, "{answers}");
        }
    }

    #[test]
    fn they_are_heeded_again_when_they_have_become_few() {
        let mut heed = Heed::default();
        heeded(&mut heed, ROW, 10);
        assert_eq!(heeded(&mut heed, MOST_UNHEEDED, 12), 0);
        assert!(heed.is_deaf());
        heeded(&mut heed, 2 * MOST_UNHEEDED / MANY + 1, MANY);
        assert!(!heed.is_deaf());
        assert_eq!(heeded(&mut heed, ROW, 10), ROW - 1);
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
        heeded(&mut heed, ROW, 1);
        assert_eq!((0..NOTHING_TAKEN).filter(|_| heed.heeds()).count(), 1);
    }
}
