//! Consumers that are not what they were, and those without a limit.

use super::consumer::{Allowance, Beyond, Says, Shape};
use super::{NETWORK, World};

const SEEDS: u64 = 15;

/// Runs of chance.
fn seeds() -> impl Iterator<Item = u64> {
    (1..=SEEDS).map(|seed| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn rate(a_second: f64) -> Shape {
    Shape::new(0.1).allows(Allowance::Bucket { a_second, burst: a_second })
}

#[test]
fn a_consumer_that_changes_is_followed() {
    let serves = |service: f64| Shape::new(service).bears(8, Beyond::Refuses);
    let refuses = |at_a_time| Shape::new(0.1).bears(at_a_time, Beyond::Refuses);
    let queues = |at_a_time| Shape::new(0.1).bears(at_a_time, Beyond::Queues);
    let whims = |moods| Shape { moods, ..Shape::new(0.1) };
    // Requests a second.
    for (before, after, a_second) in [
        (refuses(8), refuses(16), 160.0),
        (refuses(2), refuses(8), 80.0),
        (refuses(16), refuses(4), 40.0),
        (Shape::new(0.1), refuses(5), 50.0),
        (queues(8), queues(24), 240.0),
        (queues(16), queues(4), 40.0),
        (rate(80.0), rate(20.0), 20.0),
        (rate(20.0), rate(80.0), 80.0),
        (rate(50.0), refuses(3), 30.0),
        (refuses(16), refuses(1), 10.0),
        (refuses(16), refuses(2), 20.0),
        (refuses(3), refuses(12), 120.0),
        (refuses(4), rate(20.0), 20.0),
        (refuses(16), rate(20.0), 20.0),
        (refuses(16), rate(50.0), 50.0),
        (rate(30.0), refuses(8), 80.0),
        (rate(100.0), rate(10.0), 10.0),
        (rate(100.0), rate(5.0), 5.0),
        (rate(40.0), rate(200.0), 200.0),
        (queues(4), refuses(8), 80.0),
        (refuses(8), queues(4), 40.0),
        (whims(0.01), rate(20.0), 20.0),
        (whims(0.03), refuses(8), 80.0),
        (serves(0.1), serves(0.3), 26.7),
        (serves(0.1), serves(0.03), 258.0),
    ] {
        // The limiter may have tried something a moment before, or be about to.
        for change in [56.0, 58.0, 60.0, 62.0, 64.0] {
            let mut world = World::new(before, 64).changes(change, after);
            world.until(change + 10.0);
            let then = world.until(change + 40.0);
            let case = format!("{before:?}, then at {change} s {after:?}: {then:?}");
            assert!((then.served as f64 / 30.0 / a_second - 1.0).abs() <= 0.2, "{case}");
            assert!(then.refused <= 1 + then.served / 100, "{case}");
        }
    }
}

#[test]
fn a_consumer_without_limits_is_used_to_the_full() {
    for (service, senders) in [(0.1, 16), (0.1, 4), (0.02, 16)] {
        let served = |senders| World::new(Shape::new(service), senders).until(10.0).served as f64;
        assert!(served(senders) / served(1) > senders as f64 * 0.95, "{service} {senders}");
    }
}

#[test]
fn sixteen_senders_are_soon_there() {
    let mut world = World::new(Shape::new(0.1), 16);
    let served = world.until(2.3).served;
    // One alone would have needed 14 times as long.
    assert!(served >= 320, "{served}");
}

#[test]
fn hiccups_cost_little() {
    for hiccups in [0.1, 0.3, 1.0] {
        let mut world = World::new(Shape { hiccups, ..Shape::new(0.1) }, 16);
        let served = world.until(60.0).served as f64;
        let possible = 60.0 * 16.0 / 0.1 * (5.0 / 6.0 + 1.0 / 6.0 / (1.0 + hiccups));
        assert!(served > possible * 0.85, "{hiccups}: {served} of {possible}");
    }
}

#[test]
fn an_outage_is_survived() {
    let bears = Shape::new(0.1);
    let mut world = World::new(bears, 16).changes(5.0, bears.allows(Allowance::Nothing)).changes(15.0, bears);
    let before = world.until(5.0);
    let out = world.until(15.0);
    let after = world.until(25.0);
    assert!(out.refused < 60, "{out:?}");
    assert!(after.served > before.served, "{before:?} {after:?}");
}

/// A refused request is tried again after a pause of its own, whatever the limiter thinks of it.
#[test]
fn refusals_for_no_reason_do_not_end_it() {
    for (moods, pauses) in [(0.01, 0.0025), (0.05, 0.014), (0.17, 0.062)] {
        for service in [0.02, 0.1] {
            for senders in [4, 16] {
                let mut world = World::new(Shape { moods, ..Shape::new(service) }, senders);
                let _learning = world.until(60.0);
                let served = world.until(180.0).served as f64;
                let possible = 120.0 * senders as f64 / (service + NETWORK + pauses);
                assert!(served > possible * 0.35, "{moods} {service} {senders}: {served} of {possible}");
            }
        }
    }
}

/// As of a load balancer with a broken machine behind it: of what is possible, in the first 40 s on average.
#[test]
fn a_few_refusals_for_no_reason_cost_little() {
    for (moods, pauses, least) in
        [(0.003, 0.000_8, 0.75), (0.01, 0.002_5, 0.65), (0.02, 0.005_2, 0.57), (0.05, 0.014, 0.43)]
    {
        for (service, senders) in [(0.02, 4), (0.05, 16), (0.1, 32)] {
            let shape = Shape { moods, ..Shape::new(service) };
            let served: usize = seeds().map(|seed| World::new(shape, senders).seeded(seed).until(40.0).served).sum();
            let possible = SEEDS as f64 * 40.0 * senders as f64 / (service + NETWORK + pauses);
            let used = served as f64 / possible;
            assert!(used > least, "{moods} {service} {senders}: {used}");
        }
    }
}

/// Everybody waits for a second each time. Of what is possible then, on average; some begin with few let through, and are sent
/// to slowly until chance shows.
#[test]
fn refusals_for_no_reason_that_say_when_to_come_again_cost_little_more_than_that() {
    for (moods, first_least, least) in
        [(0.003, 0.5, 0.7), (0.01, 0.45, 0.75), (0.03, 0.3, 0.75), (0.1, 0.35, 0.75), (0.3, 0.4, 0.75)]
    {
        for (service, senders) in [(0.005, 8), (0.02, 4), (0.1, 32)] {
            let shape = Shape { moods, ..Shape::new(service) }.says(Says::When);
            let let_through = 1.0 / moods - 1.0;
            let a_second = let_through / (1.0 + let_through * (service + NETWORK) / f64::from(senders));
            let (mut first, mut then) = (0.0, 0.0);
            for seed in seeds() {
                let mut world = World::new(shape, senders as usize).seeded(seed);
                first += world.until(40.0).served as f64 / 40.0 / a_second / SEEDS as f64;
                then += world.until(160.0).served as f64 / 120.0 / a_second / SEEDS as f64;
            }
            assert!(first > first_least && then > least, "{moods} {service} {senders}: {first} {then}");
        }
    }
}

/// However much is refused: a run of few requests is over soon as well.
#[test]
fn refusals_for_no_reason_are_found_out_soon() {
    for (moods, most_seconds) in [(0.1, 45.0), (0.2, 45.0), (0.3, 30.0), (0.5, 90.0)] {
        for service in [0.02, 0.1] {
            let mut seconds: Vec<f64> = seeds()
                .map(|seed| {
                    let shape = Shape { moods, ..Shape::new(service) };
                    let mut world = World::new(shape, 16).seeded(seed);
                    let mut served = 0;
                    let halves = (1..2_000).find(|half| {
                        served += world.until(f64::from(*half) / 2.0).served;
                        served >= 50
                    });
                    f64::from(halves.unwrap_or(2_000)) / 2.0
                })
                .collect();
            seconds.sort_by(f64::total_cmp);
            let (half, all) = (seconds[7], seconds[14]);
            assert!(half < 15.0 && all < most_seconds, "{moods} {service}: {seconds:?}");
        }
    }
}

/// Who refused by chance, and says as before when to come again. Of a limit by three seconds it takes one of them to hear of one
/// number, and eighteen numbers to know.
#[test]
fn a_limit_is_found_after_refusals_for_no_reason() {
    let serves = Shape::new(0.1).says(Says::When);
    for moods in [0.01, 0.03, 0.1] {
        for (after, a_second) in [
            (rate(20.0), 20.0),
            (rate(100.0), 100.0),
            (serves.allows(Allowance::Window { most: 30, seconds: 3.0 }), 10.0),
            (serves.bears(8, Beyond::Refuses), 80.0),
        ] {
            for change in [56.0, 60.0, 64.0] {
                let after = after.says(Says::When);
                let mut world = World::new(Shape { moods, ..serves }, 64).changes(change, after);
                world.until(change + 90.0);
                let then = world.until(change + 190.0);
                let used = then.served as f64 / 100.0 / a_second;
                let are_few = then.refused * 50 <= then.served;
                assert!(used >= 0.8 && are_few, "{moods}, then at {change} s {after:?}: {used}, {then:?}");
            }
        }
    }
}
