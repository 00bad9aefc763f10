//! Whether refusals say anything of the pace. Pure.
//!
//! A consumer with a limit refuses less, the less it is sent: once its limit is found, refusals are rare. One that refuses
//! now and then whatever it is sent, as with a broken machine among several, would be sent to less and less, and refuse as
//! large a part of it. So after some refusals, each soon after the last although the pace was lowered, they are not heeded
//! for a while; unless they then become a larger part of what is sent.

/// Answers from one refusal to the next that are few, and that are enough to begin anew.
const FEW: u32 = 300;
const MANY: u32 = 600;

/// Refusals in a row after few answers: more than it takes to find a limit, or to find it again when it has changed. Fewer
/// will do once it was right not to heed them.
const ROW: u32 = 7;
const ROW_AGAIN: u32 = 3;

/// Answers that come without regard to refusals; twice as many each time, at most so many.
const UNHEEDED: u32 = 250;
const MOST_UNHEEDED: u32 = 2_000;

/// Of the refusals that are to be expected: more mean that the pace matters.
const UNEXPECTED: f64 = 3.0;

/// Refusals in a row that are heeded even so: the consumer takes nothing at all.
const NOTHING_TAKEN: u32 = 10;

#[derive(Debug)]
pub(super) struct Heed {
    /// Since the last refusal.
    answers: u32,
    /// In the row under way.
    row_refusals: u32,
    row_answers: u32,
    /// Refusals with no answer between them.
    in_vain: u32,
    deaf: Option<Deaf>,
    /// Refusals an answer, when they went unheeded the last time.
    share: f64,
    /// After how many in a row refusals go unheeded the next time, and for how many answers.
    row: u32,
    unheeded: u32,
}

#[derive(Debug)]
struct Deaf {
    /// Refusals an answer, when they were heeded.
    share: f64,
    answers: u32,
    refusals: u32,
}

impl Default for Heed {
    fn default() -> Self {
        Heed {
            answers: 0,
            row_refusals: 0,
            row_answers: 0,
            in_vain: 0,
            deaf: None,
            share: 0.0,
            row: ROW,
            unheeded: UNHEEDED,
        }
    }
}

impl Heed {
    pub(super) fn answered(&mut self) {
        self.in_vain = 0;
        match &mut self.deaf {
            Some(deaf) => {
                deaf.answers += 1;
                if deaf.answers == self.unheeded {
                    let share = f64::from(deaf.refusals) / f64::from(deaf.answers);
                    let unheeded = (self.unheeded * 2).min(MOST_UNHEEDED);
                    *self = Heed { share, row: ROW_AGAIN, unheeded, ..Heed::default() };
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
        let expected = deaf.share * f64::from(deaf.answers);
        if f64::from(deaf.refusals) > f64::from(NOTHING_TAKEN) + UNEXPECTED * expected {
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
        if self.row_refusals < self.row {
            return true;
        }
        let share = self.share.max(f64::from(self.row_refusals) / f64::from(self.row_answers));
        let deaf = Some(Deaf { share, answers: 0, refusals: 0 });
        *self = Heed { deaf, row: self.row, unheeded: self.unheeded, ..Heed::default() };
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
    fn they_are_heeded_again_after_a_while() {
        let mut heed = Heed::default();
        heeded(&mut heed, ROW, 10);
        assert!(heed.is_deaf());
        assert_eq!(heeded(&mut heed, UNHEEDED / 10, 10), 1);
        assert!(!heed.is_deaf());
        assert_eq!(heeded(&mut heed, ROW, 10), ROW_AGAIN - 1);
        assert!(heed.is_deaf());
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
