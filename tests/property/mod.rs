//! Random shops, random edits, random faults of the consumer, kills at random moments: in the end the consumer has
//! exactly what an independent oracle computes from the source, and a further run sends nothing.
//!
//! Each case is a number. A failure prints it with the story; `FEEDMILL_TEST_SEED=N` runs that case (and those after
//! it, with `FEEDMILL_TEST_CASES=M`). Moments of kills by time are the machine's, so a story may need a few runs.

mod catalogue;
mod edit;
mod episode;
mod fault;
mod oracle;
mod random;

use episode::{Episode, Profile};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;

/// Cases of each profile when nothing is said: together about half a minute on two cores.
const CASES: u64 = 12;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn cases_of(profile: Profile, test: &str) {
    let given = number("FEEDMILL_TEST_SEED");
    let cases = number("FEEDMILL_TEST_CASES").unwrap_or(if given.is_some() { 1 } else { CASES });
    let first = given.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    for seed in first..first + cases {
        let mut episode = Episode::new(seed, profile);
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| episode.play()));
        if let Err(problem) = ended {
            eprintln!("The story of FEEDMILL_TEST_SEED={seed} ({test}):\n{}", episode.story());
            eprintln!("Again with: FEEDMILL_TEST_SEED={seed} cargo test --test main property::{test}");
            std::panic::resume_unwind(problem);
        }
    }
}

#[test]
fn calm() {
    cases_of(Profile { faults: false, kills: false }, "calm");
}

#[test]
fn faults() {
    cases_of(Profile { faults: true, kills: false }, "faults");
}

#[test]
fn kills() {
    cases_of(Profile { faults: false, kills: true }, "kills");
}

#[test]
fn everything() {
    cases_of(Profile { faults: true, kills: true }, "everything");
}
