//! Whole runs from the source to a consumer on the loopback interface: `cargo bench --bench end_to_end`.
//!
//! `all_new` sends every item, `nothing_changed` none, `one_percent` those of one product in a hundred.

mod catalogue;

use std::cell::Cell;

use catalogue::{Catalogue, sizes};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feedmill::cli::RunFlags;
use feedmill::command::session::{Databases, RunChoice, Watch};
use feedmill::run::hold::{Hold, hold};
use feedmill::run::progress::Silent;
use feedmill::run::selection::Selection;
use feedmill::run::stop::Stop;
use feedmill::run::summary::Outcome;
use feedmill::run::totals::Totals;

fn end_to_end(criterion: &mut Criterion) {
    for &size in sizes() {
        let catalogue = Catalogue::new(size);
        let (items, bytes) = catalogue.volume();
        let mut group = criterion.benchmark_group("run");
        group.sample_size(10).throughput(Throughput::ElementsAndBytes { elements: items, bytes });

        group.bench_function(BenchmarkId::new("all_new", size), |bencher| {
            bencher.iter_batched(
                || catalogue.forget(),
                |()| assert_eq!(run(&catalogue).exported, items),
                BatchSize::PerIteration,
            );
        });

        catalogue.forget();
        run(&catalogue);
        group.bench_function(BenchmarkId::new("nothing_changed", size), |bencher| {
            bencher.iter(|| assert_eq!(run(&catalogue).unchanged, items));
        });

        let time = Cell::new(0);
        group.bench_function(BenchmarkId::new("one_percent", size), |bencher| {
            bencher.iter_batched(
                || {
                    catalogue.change_one_percent(time.get());
                    time.set(time.get() + 1);
                },
                |()| assert_eq!(run(&catalogue).exported, items / 100),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// A full run, as `feedmill reindex products` makes it.
fn run(catalogue: &Catalogue) -> Totals {
    let store = catalogue.store();
    let databases = Databases { source: catalogue.source.as_ref(), store: store.as_ref() };
    let stop = Stop::default();
    let choice = RunChoice {
        command: "reindex",
        flags: RunFlags::default(),
        force: false,
        parked_too: false,
        allow_deletes: None,
    };
    let mut held = match hold(store.as_ref(), "products", "reindex", None, &stop) {
        Ok(Hold::Held(held)) => held,
        _ => panic!("nobody else holds the feed"),
    };
    let watch = Watch { progress: &Silent, stop: &stop };
    let selection = Selection::All { after: None };
    let summary =
        catalogue.session.run(&catalogue.feed, &databases, &choice, selection, Some(&mut held), watch).expect("a run");
    assert_eq!(summary.outcome, Outcome::Complete, "{:?}", summary.reason);
    summary.totals
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
