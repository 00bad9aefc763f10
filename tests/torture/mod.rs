//! Random shops, random edits, a consumer that does everything wrong, kills, signals and full disks: in the end the
//! consumer has exactly what an independent oracle computes from the source, and a further run sends nothing.
//!
//! Half of the consumers take JSON arrays, and every answer of theirs is scripted down to single items; the others are
//! stand-ins of the products that feedmill has formats for, whose requests and answers fare as badly.
//!
//! A schedule is a number. A failure prints it with its story and the command that plays it again.
//! `FEEDMILL_TORTURE_SCHEDULES=N` plays so many of them, `FEEDMILL_TORTURE_SEED=N` those from this number on (one, if it
//! is not said how many). What happens at a moment of time and not at a request is the machine's, so a schedule may
//! need a few plays to fail again. The schedules are shared out among tests, so that they are played side by side.

mod calm;
mod catalogue;
mod commands;
mod dialect;
mod edit;
mod fault;
mod mishap;
mod oracle;
mod random;
mod schedule;

use schedule::Schedule;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;

/// When nothing is said: a good two minutes on two cores.
const SCHEDULES: u64 = 1024;

/// Tests that share them.
const SHARES: u64 = 8;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Plays every eighth schedule.
fn share(share: u64) {
    let given = number("FEEDMILL_TORTURE_SEED");
    let schedules = number("FEEDMILL_TORTURE_SCHEDULES").unwrap_or(if given.is_some() { 1 } else { SCHEDULES });
    // Shares are processes of their own where the tests are run so, and agree on no number.
    let first = given.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    for seed in (share..schedules).step_by(SHARES as usize).map(|place| first + place) {
        play(seed);
    }
}

fn play(seed: u64) {
    let mut schedule = Schedule::new(seed);
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| schedule.play()));
    if let Err(problem) = ended {
        eprintln!("The story of schedule {seed}:\n{}", schedule.story());
        eprintln!("Again with: FEEDMILL_TORTURE_SEED={seed} cargo test --locked --test main torture::share_0");
        std::panic::resume_unwind(problem);
    }
}

macro_rules! shares {
    ($($name:ident = $share:expr),*) => {
        $(#[test]
        fn $name() {
            share($share);
        })*
    };
}

shares!(share_0 = 0, share_1 = 1, share_2 = 2, share_3 = 3, share_4 = 4, share_5 = 5, share_6 = 6, share_7 = 7);
