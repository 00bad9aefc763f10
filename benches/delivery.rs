//! A consumer that takes its time, from one thread and from sixteen: `cargo bench --bench delivery`.
//!
//! Prints how many times as much sixteen threads deliver. Whole runs: building, intents, recording and all.

mod catalogue;

use std::time::{Duration, Instant};

use catalogue::Catalogue;
use feedmill::cli::RunFlags;
use feedmill::command::session::{Databases, RunChoice, Watch};
use feedmill::run::hold::{Hold, hold};
use feedmill::run::progress::Silent;
use feedmill::run::selection::Selection;
use feedmill::run::stop::Stop;
use feedmill::run::summary::Outcome;

const THREADS: usize = 16;

fn main() {
    let is_given = |flag: &str| std::env::args().any(|argument| argument == flag);
    // A smoke run takes a second.
    let (entities, takes) = if is_given("--bench") && !is_given("--test") {
        (3_200, Duration::from_millis(100))
    } else {
        (320, Duration::from_millis(2))
    };
    for batch_size in [10, 1] {
        let entities = entities / 10 * batch_size;
        let run = |thread_count| timed(&Catalogue::with_consumer(entities, takes), thread_count, batch_size as usize);
        let (one, requests) = run(1);
        let (many, _) = run(THREADS);
        println!(
            "{requests} requests of {batch_size}, {takes:?} each: 1 thread {:.2} s, {THREADS} threads {:.2} s, {:.1} times",
            one.as_secs_f64(),
            many.as_secs_f64(),
            one.as_secs_f64() / many.as_secs_f64()
        );
    }
}

/// A full run in which everything is new, the consumer's pace too.
fn timed(catalogue: &Catalogue, thread_count: usize, batch_size: usize) -> (Duration, u64) {
    let store = catalogue.store();
    let databases = Databases { source: catalogue.source.as_ref(), store: store.as_ref() };
    let stop = Stop::default();
    let flags = RunFlags { thread_count: Some(thread_count), batch_size: Some(batch_size), ..RunFlags::default() };
    let choice = RunChoice { command: "reindex", flags, force: false, parked_too: false, allow_deletes: None };
    let Ok(Hold::Held(mut held)) = hold(store.as_ref(), "products", "reindex", None, &stop) else {
        panic!("nobody else holds the feed");
    };
    let watch = Watch { progress: &Silent, stop: &stop };
    let started = Instant::now();
    let selection = Selection::All { after: None };
    let summary =
        catalogue.session.run(&catalogue.feed, &databases, &choice, selection, Some(&mut held), watch).expect("a run");
    assert_eq!(summary.outcome, Outcome::Complete, "{:?}", summary.reason);
    assert_eq!(summary.totals.exported, summary.totals.items);
    (started.elapsed(), summary.totals.requests)
}
