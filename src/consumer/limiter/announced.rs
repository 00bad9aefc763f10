//! Whether refusals that say when to come again say anything of the pace. Pure.
//!
//! Answers after such a pause prove nothing: a limit has been left alone meanwhile. What tells is how many requests are let
//! through from one refusal to the next. A limit lets through more at a slower pace, so that one which refuses after far fewer,
//! at no higher pace, and does so again, refuses by chance. Chance makes numbers that differ as much as they are large. Where
//! they repeat while refusals are not heeded, there is a limit after all.

/// Far fewer: no more than so much of the most that was let through before.
const FAR_FEWER: f64 = 0.5;

/// Refusals after far fewer that are enough; more after each mistake. In the simulation, limits make one in some minutes.
const FALLS: u32 = 2;

/// Refusals in a row that did not come after far fewer; those before have no meaning any more.
const NO_FALLS: u32 = 6;

/// So many numbers are looked at together. A limit in which others overlap repeats them after no more than so many.
const NUMBERS: usize = 18;
const PERIODS: usize = 6;

/// Half the square by which numbers differ is by chance, on average, their mean times one less than that. Chance leaves less
/// than so much of it, after any of the periods, once in two thousand times.
const REPEATED: f64 = 0.1;

/// Refusals that are heeded, and after how few requests they come.
#[derive(Debug, Default)]
pub(super) struct Falls {
    /// The most that was let through, and the slowest pace since.
    most: Option<Stretch>,
    falls: u32,
    /// Refusals since the last fall.
    no_falls: u32,
    refusals: u32,
    let_through: u32,
}

/// What was let through until a refusal, since the last that was heeded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) let_through: u32,
    /// Requests a second, at most.
    pub(super) pace: f64,
}

#[derive(Debug, PartialEq)]
pub(super) enum Finding {
    Nothing,
    /// A limit is not like that.
    Doubt,
    /// Refusals come by chance, so many for each request that is let through.
    Chance {
        share: f64,
    },
}

impl Falls {
    /// A refusal after `stretch`. `None` if that does not compare with others: what a try lets through, or what had been saved up
    /// before the first refusal.
    pub(super) fn refused(&mut self, stretch: Option<Stretch>, mistakes: u32) -> Finding {
        // It came again too early.
        if stretch.is_some_and(|stretch| stretch.let_through == 0) {
            return Finding::Nothing;
        }
        let most = std::mem::take(&mut self.most);
        let Some(stretch) = stretch else { return Finding::Nothing };
        self.refusals += 1;
        self.let_through = self.let_through.saturating_add(stretch.let_through);
        let is_fall = most.is_some_and(|most| stretch.is_far_fewer_than(&most));
        self.most = Some(match most {
            Some(most) if most.let_through > stretch.let_through => {
                Stretch { pace: stretch.pace.min(most.pace), ..most }
            }
            _ => stretch,
        });
        if !is_fall {
            self.no_falls += 1;
            if self.no_falls >= NO_FALLS {
                *self = Falls { most: self.most, ..Falls::default() };
            }
            return Finding::Nothing;
        }
        self.no_falls = 0;
        self.falls += 1;
        if self.falls < FALLS.saturating_mul(1 + mistakes) {
            return Finding::Doubt;
        }
        Finding::Chance { share: f64::from(self.refusals) / f64::from(self.let_through) }
    }
}

impl Stretch {
    fn is_far_fewer_than(&self, most: &Stretch) -> bool {
        self.pace <= most.pace && f64::from(self.let_through) <= FAR_FEWER * f64::from(most.let_through)
    }
}

/// How many requests are let through from one refusal to the next while none is heeded.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The last that has left.
    last: u64,
    /// The last that had left when the last refusal was heard of: what is refused of those says nothing more.
    known: Option<u64>,
    numbers: Vec<f64>,
}

impl Numbers {
    pub(super) fn left(&mut self, number: u64) {
        self.last = number;
    }

    /// Of the request with this number. True if there is a limit.
    pub(super) fn refused(&mut self, number: u64) -> bool {
        if self.known.is_some_and(|known| number <= known) {
            return false;
        }
        let known = self.known.replace(self.last.max(number));
        let let_through = known.map_or(0, |known| number - known - 1);
        if let_through > 0 {
            self.numbers.push(let_through as f64);
        }
        self.numbers.len() >= NUMBERS && repeat(&std::mem::take(&mut self.numbers))
    }
}

fn repeat(numbers: &[f64]) -> bool {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    (1..=PERIODS).any(|period| {
        let pairs = numbers.iter().zip(&numbers[period..]);
        let squares: f64 = pairs.map(|(before, number)| (number - before).powi(2)).sum();
        let half = squares / (numbers.len() - period) as f64 / 2.0;
        half < REPEATED * mean * (mean - 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(falls: &mut Falls, let_through: u32, pace: f64) -> Finding {
        falls.refused(Some(Stretch { let_through, pace }), 0)
    }

    #[test]
    fn who_lets_through_far_fewer_twice_refuses_by_chance() {
        // Let through, and the pace; each but the last two says nothing.
        for (stretches, doubt, then) in [
            (&[(20, 9.0)][..], (10, 9.0), (10, 9.0)),
            (&[(4, 9.0), (20, 8.0), (15, 7.0)], (10, 6.0), (3, 5.0)),
            (&[(20, 9.0), (11, 8.0), (30, 7.0)], (15, 6.0), (1, 6.0)),
        ] {
            let mut falls = Falls::default();
            for (let_through, pace) in stretches {
                assert_eq!(found(&mut falls, *let_through, *pace), Finding::Nothing, "{stretches:?}");
            }
            assert_eq!(found(&mut falls, doubt.0, doubt.1), Finding::Doubt, "{stretches:?}");
            let let_through = stretches.iter().map(|(let_through, _)| let_through).sum::<u32>() + doubt.0 + then.0;
            let share = (stretches.len() + 2) as f64 / f64::from(let_through);
            assert_eq!(found(&mut falls, then.0, then.1), Finding::Chance { share }, "{stretches:?}");
        }
    }

    #[test]
    fn a_limit_is_not_taken_for_chance() {
        // More and more; always the same; at a higher pace; too early.
        for stretches in [
            &[(5, 9.0), (13, 8.0), (34, 7.0), (65, 6.0), (122, 5.0)][..],
            &[(60, 9.0), (60, 8.0), (60, 7.0), (106, 6.0), (60, 5.0)],
            &[(100, 9.0), (20, 20.0), (10, 10.0), (5, 9.5)],
            &[(20, 9.0), (0, 9.0), (0, 9.0), (20, 9.0), (0, 9.0)],
        ] {
            let mut falls = Falls::default();
            let found = stretches.iter().map(|(let_through, pace)| found(&mut falls, *let_through, *pace));
            assert!(found.into_iter().all(|found| found == Finding::Nothing), "{stretches:?}");
        }
    }

    #[test]
    fn what_a_try_lets_through_is_not_compared() {
        let mut falls = Falls::default();
        assert_eq!(found(&mut falls, 300, 9.0), Finding::Nothing);
        assert_eq!(falls.refused(None, 0), Finding::Nothing);
        assert_eq!(found(&mut falls, 50, 9.0), Finding::Nothing);
    }

    #[test]
    fn a_doubt_is_forgotten_and_a_mistake_is_not() {
        let mut falls = Falls::default();
        let fall = |falls: &mut Falls, mistakes| falls.refused(Some(Stretch { let_through: 1, pace: 9.0 }), mistakes);
        for _ in 0..3 {
            assert_eq!(found(&mut falls, 20, 9.0), Finding::Nothing);
            assert_eq!(fall(&mut falls, 0), Finding::Doubt);
            (0..NO_FALLS).for_each(|_| assert_eq!(found(&mut falls, 20, 9.0), Finding::Nothing));
        }
        for _ in 0..3 {
            assert_eq!(fall(&mut falls, 1), Finding::Doubt);
        }
        assert!(matches!(fall(&mut falls, 1), Finding::Chance { .. }));
    }

    /// So many are let through each time, and then two are refused. How many times until a limit is found.
    fn times_until_a_limit(let_through: impl Iterator<Item = u32>) -> Option<usize> {
        let (mut numbers, mut number) = (Numbers::default(), 0);
        let_through.take(2_000).position(|let_through| {
            number += u64::from(let_through) + 2;
            numbers.left(number);
            numbers.refused(number - 1) || numbers.refused(number)
        })
    }

    #[test]
    fn numbers_that_repeat_are_a_limit() {
        for numbers in [&[20][..], &[20, 19, 21, 18], &[92, 8], &[19, 35, 29, 7, 5], &[3]] {
            assert_eq!(times_until_a_limit(numbers.iter().copied().cycle()), Some(NUMBERS), "{numbers:?}");
        }
    }

    #[test]
    fn numbers_by_chance_are_none() {
        for share in [0.01, 0.05, 0.2, 0.5] {
            let mut seed = 1_u64;
            let by_chance = std::iter::repeat_with(|| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let chance = ((seed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
                (chance.ln() / (1.0_f64 - share).ln()) as u32
            });
            assert_eq!(times_until_a_limit(by_chance), None, "{share}");
        }
        // Too few to tell.
        assert_eq!(times_until_a_limit([1].into_iter().cycle()), None);
    }
}
