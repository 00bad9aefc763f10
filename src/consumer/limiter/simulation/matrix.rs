//! Each kind of consumer at each capacity: how near to it the limiter comes, and at what price. What is asked for is four
//! fifths of the capacity from the tenth second of a minute on, and no more than one refusal in a hundred requests, beside
//! the one without which no limit can be found.

use super::consumer::{Allowance, Beyond, Reset, Says, Shape, Varies};
use super::{NETWORK, World};

const SENDERS: [usize; 2] = [4, 64];
const SERVICES: [f64; 4] = [0.005, 0.02, 0.1, 0.5];

/// Requests a second that are worth a minute's simulation.
const MOST: f64 = 700.0;

fn services(at_a_time: usize) -> impl Iterator<Item = f64> {
    SERVICES.into_iter().filter(move |service| at_a_time as f64 / service < MOST)
}

/// What a run of a minute was like.
struct Minute {
    case: String,
    /// Of the capacity, from the tenth second on.
    used: f64,
    refused: usize,
    requests: usize,
    circuit_opened: bool,
}

fn minute(shape: Shape, senders: usize, late: f64) -> Minute {
    let mut world = World::new(shape, senders).late(late);
    let (first, later) = (world.until(10.0), world.until(60.0));
    let refused = first.refused + later.refused;
    let used = later.served as f64 / 50.0 / shape.capacity(senders, NETWORK);
    Minute {
        case: format!("{senders} senders, {shape:?}: {used:.2} used, {first:?}, {later:?}"),
        used,
        refused,
        requests: refused + first.served + later.served,
        circuit_opened: world.circuit_opened,
    }
}

fn assert_found(shape: Shape, least_used: f64, most_refused: impl Fn(&Minute) -> usize) {
    assert_found_late(shape, 0.0, least_used, most_refused);
}

/// By threads that are so many seconds late.
fn assert_found_late(shape: Shape, late: f64, least_used: f64, most_refused: impl Fn(&Minute) -> usize) {
    for senders in SENDERS {
        let minute = minute(shape, senders, late);
        assert!(minute.used >= least_used, "{}", minute.case);
        assert!(minute.refused <= most_refused(&minute), "{}", minute.case);
        assert!(!minute.circuit_opened, "{}", minute.case);
    }
}

/// One in a hundred, beside the first.
fn few(minute: &Minute) -> usize {
    1 + minute.requests / 100
}

#[test]
fn the_number_that_a_consumer_takes_at_a_time_is_found_and_held() {
    for at_a_time in [1, 2, 3, 4, 8, 16, 32, 40, 64] {
        for service in services(at_a_time) {
            let shape = |beyond| Shape::new(service).bears(at_a_time, beyond);
            assert_found(shape(Beyond::Refuses), 0.8, few);
            assert_found(shape(Beyond::Refuses).says(Says::When), 0.79, few);
            assert_found(shape(Beyond::Queues), 0.8, few);
            assert_found(shape(Beyond::Shares), 0.8, few);
            // What is lost with one too many is lost by trying, too.
            assert_found(shape(Beyond::Suffers), 0.75, few);
        }
    }
}

#[test]
fn a_queue_that_is_full_refuses() {
    for at_a_time in [1, 2, 3, 4, 8, 16, 32] {
        for service in services(at_a_time) {
            for waiting in [1, 2, at_a_time, 2 * at_a_time, 20] {
                let shape = Shape::new(service).bears(at_a_time, Beyond::QueuesUpTo(waiting));
                assert_found(shape, 0.8, few);
                assert_found(shape.varies(Varies::By(0.5)), 0.8, few);
            }
        }
    }
}

#[test]
fn answers_that_vary_do_not_hide_the_number() {
    for varies in [Varies::By(0.3), Varies::By(0.5), Varies::By(0.8), Varies::Exponentially] {
        for beyond in [Beyond::Refuses, Beyond::Queues, Beyond::Shares] {
            for at_a_time in [1, 2, 4, 8, 16, 32, 64] {
                for service in services(at_a_time) {
                    assert_found(Shape::new(service).bears(at_a_time, beyond).varies(varies), 0.8, few);
                }
            }
        }
    }
}

fn limits(a_second: usize) -> [Allowance; 4] {
    let rate = a_second as f64;
    [
        Allowance::Bucket { a_second: rate, burst: 10.0 },
        Allowance::Bucket { a_second: rate, burst: rate },
        Allowance::Window { most: a_second, seconds: 1.0 },
        Allowance::Sliding { most: a_second, seconds: 1.0 },
    ]
}

#[test]
fn what_a_consumer_takes_a_second_is_found_and_held() {
    for a_second in [20, 50, 100, 200] {
        for allowance in limits(a_second) {
            for service in [0.005, 0.02, 0.1] {
                assert_found(Shape::new(service).allows(allowance), 0.8, few);
                assert_found(Shape::new(service).allows(allowance).says(Says::When), 0.79, few);
            }
        }
    }
}

#[test]
fn few_a_second_are_found_with_few_refusals() {
    for a_second in [2, 3, 4, 5, 7, 10, 15] {
        for allowance in limits(a_second) {
            for service in [0.005, 0.1, 0.5] {
                // A bucket for several seconds looks like a higher rate, until it is empty; and as long as nothing is answered,
                // nobody knows whether it is a rate at all.
                let is_saved_up = matches!(allowance, Allowance::Bucket { a_second, burst } if burst > a_second);
                let more = if is_saved_up || service > 0.1 { 2 } else { 0 };
                assert_found(Shape::new(service).allows(allowance), 0.8, |minute| more + few(minute));
            }
        }
    }
}

#[test]
fn a_consumer_that_wants_a_gap_between_requests_gets_it() {
    for a_second in [5.0, 7.0, 10.0, 20.0, 50.0] {
        // Some answers take as long as one gap and a half, and do not look like one request at a time for that.
        for service in [0.005, 0.02, 0.03, 0.08, 0.1, 0.15, 0.3, 0.5] {
            assert_found(Shape::new(service).allows(Allowance::Gap(1.0 / a_second)), 0.8, few);
        }
    }
}

#[test]
fn a_number_at_a_time_and_one_a_second_are_found_together() {
    for (at_a_time, a_second) in [(4, 40.0), (8, 100.0), (8, 20.0)] {
        let allowance = Allowance::Bucket { a_second, burst: a_second };
        assert_found_late(Shape::new(0.05).bears(at_a_time, Beyond::Refuses).allows(allowance), 0.000_3, 0.8, few);
    }
}

#[test]
fn one_a_second_is_not_taken_for_chance_again_and_again() {
    for service in [0.005, 0.1, 0.5] {
        for senders in SENDERS {
            let allowance = Allowance::Window { most: 1, seconds: 1.0 };
            let mut world = World::new(Shape::new(service).allows(allowance), senders);
            let seen = world.until(180.0);
            assert!(seen.served >= 160 && seen.refused <= 45, "{senders} {service}: {seen:?}");
        }
    }
}

#[test]
fn less_than_one_a_second_is_refused_next_to_never_once_it_is_found() {
    for (most, seconds) in [(1, 1.0), (2, 3.0), (1, 2.0), (1, 5.0), (3, 10.0)] {
        let a_second = most as f64 / seconds;
        let allowances = [
            Allowance::Window { most, seconds },
            Allowance::Sliding { most, seconds },
            Allowance::Bucket { a_second, burst: 1.0 },
            Allowance::Bucket { a_second, burst: 5.0 },
        ];
        for shape in allowances.into_iter().flat_map(|allowance| {
            let shape = move |service| Shape::new(service).allows(allowance);
            [0.005, 0.1, 0.5].into_iter().flat_map(move |service| [shape(service), shape(service).says(Says::When)])
        }) {
            for senders in SENDERS {
                let mut world = World::new(shape, senders);
                let (first, then) = (world.until(60.0), world.until(360.0));
                let used = then.served as f64 / 300.0 / shape.capacity(senders, NETWORK);
                let are_few = then.refused <= 2 + then.served / 100 && first.refused <= 35;
                assert!(used >= 0.7 && are_few, "{senders} {shape:?}: {used}, {first:?}, {then:?}");
            }
        }
    }
}

#[test]
fn who_says_when_to_come_again_is_not_taken_for_one_that_refuses_by_chance() {
    for (most, seconds) in [(7, 2.0), (10, 3.0), (9, 5.0), (15, 10.0), (60, 3.0), (100, 5.0), (50, 10.0), (100, 10.0)] {
        for allowance in [Allowance::Window { most, seconds }, Allowance::Sliding { most, seconds }] {
            for service in [0.005, 0.05, 0.2] {
                for senders in SENDERS {
                    let shape = Shape::new(service).allows(allowance).says(Says::When);
                    let mut world = World::new(shape, senders);
                    let (first, then) = (world.until(30.0), world.until(330.0));
                    let used = then.served as f64 / 300.0 / shape.capacity(senders, NETWORK);
                    let are_few = then.refused * 50 <= then.served;
                    assert!(used >= 0.8 && are_few, "{senders} {shape:?}: {used}, {first:?}, {then:?}");
                }
            }
        }
    }
}

/// What is left of a long span cannot be known before one has ended: the first 30 seconds are another matter.
fn assert_held_after_30_seconds(most: usize, seconds: f64, least_used: f64, answers_a_refusal: usize) {
    for allowance in [Allowance::Window { most, seconds }, Allowance::Sliding { most, seconds }] {
        for service in [0.02, 0.05, 0.1, 0.2] {
            for senders in SENDERS {
                let mut world = World::new(Shape::new(service).allows(allowance), senders);
                let learning = world.until(30.0);
                let then = world.until(90.0);
                let used = then.served as f64 / 60.0 / world.consumer.shape.capacity(senders, NETWORK);
                let is_held = used >= least_used && then.refused * answers_a_refusal <= then.served;
                let first = learning.refused;
                assert!(
                    is_held && first <= 20,
                    "{senders} {service} {allowance:?}: {used} used, first {first}, {then:?}"
                );
            }
        }
    }
}

#[test]
fn limits_within_some_seconds_are_found_without_being_told() {
    for (most, seconds) in [(25, 5.0), (60, 5.0), (100, 10.0), (600, 10.0)] {
        assert_held_after_30_seconds(most, seconds, 0.8, 100);
    }
    // Of shorter ones less can be told from a second.
    for (most, seconds) in [(15, 1.5), (20, 2.0), (40, 2.0), (100, 2.0), (30, 3.0), (60, 3.0)] {
        assert_held_after_30_seconds(most, seconds, 0.75, 50);
    }
}

#[test]
fn limits_within_some_seconds_refuse_few_from_the_tenth_second_on() {
    for (most, seconds) in [(30, 3.0), (60, 3.0), (60, 5.0), (100, 5.0), (500, 10.0)] {
        for service in [0.02, 0.05, 0.1] {
            for senders in SENDERS {
                let shape = Shape::new(service).allows(Allowance::Window { most, seconds });
                let mut world = World::new(shape, senders);
                let (first, then) = (world.until(10.0), world.until(110.0));
                let used = then.served as f64 / 100.0 / shape.capacity(senders, NETWORK);
                let are_few = then.refused * 100 <= then.served && first.refused <= 15;
                assert!(used >= 0.8 && are_few, "{senders} {service} {most} in {seconds}: {used}, {first:?}, {then:?}");
            }
        }
    }
}

#[test]
fn threads_that_run_late_lose_little() {
    // As much as on a machine that has little else to do.
    const LATE: f64 = 0.000_3;
    for service in [0.005, 0.02, 0.03, 0.06, 0.1, 0.15] {
        for a_second in [10.0, 20.0, 50.0] {
            assert_found_late(Shape::new(service).allows(Allowance::Gap(1.0 / a_second)), LATE, 0.82, few);
        }
    }
    for at_a_time in [1, 2, 4, 8] {
        for beyond in [Beyond::Refuses, Beyond::Queues] {
            assert_found_late(Shape::new(0.02).bears(at_a_time, beyond), LATE, 0.82, few);
        }
    }
}

#[test]
fn threads_that_run_late_do_not_hide_a_limit() {
    // As on a busy machine: of those that left together, any may arrive first.
    const LATE: f64 = 0.001;
    for (most, seconds) in [(500, 5.0), (500, 10.0), (1_000, 10.0)] {
        for service in [0.005, 0.02, 0.1] {
            let shape = Shape::new(service).allows(Allowance::Window { most, seconds });
            // The first 10 seconds may have had two spans.
            assert_found_late(shape, LATE, 0.7, |minute| 30 + few(minute));
        }
    }
}

/// As one that says what is left: of so many in so many seconds.
fn outspoken(most: usize, seconds: f64, service: f64) -> impl Iterator<Item = Shape> {
    let allowances = [
        Allowance::Window { most, seconds },
        Allowance::Sliding { most, seconds },
        Allowance::Bucket { a_second: most as f64 / seconds, burst: most as f64 },
    ];
    let resets = [Reset::Exactly, Reset::InSecondsRoundedUp, Reset::InSecondsRoundedDown];
    allowances.into_iter().flat_map(move |allowance| {
        resets.into_iter().map(move |reset| Shape::new(service).allows(allowance).says(Says::Left(reset)))
    })
}

#[test]
fn who_says_what_is_left_refuses_nothing() {
    for (most, seconds) in [(2, 1.0), (5, 1.0), (20, 1.0), (200, 1.0), (20, 3.0), (20, 5.0), (100, 10.0)] {
        for service in [0.005, 0.1, 0.5] {
            // But for one of those that leave, each 40 ms after the other, before anything is said.
            let early = usize::from(service / 0.04 > (most - 1) as f64);
            for shape in outspoken(most, seconds, service) {
                assert_found(shape, 0.8, |_| early);
            }
        }
    }
}

#[test]
fn who_says_what_is_left_of_a_long_time_refuses_nothing() {
    for (most, seconds) in [(60, 60.0), (300, 60.0), (300, 15.0)] {
        for shape in [0.005, 0.1, 0.5].into_iter().flat_map(|service| outspoken(most, seconds, service)) {
            for senders in SENDERS {
                let seen = World::new(shape, senders).until(300.0);
                let used = seen.served as f64 / 300.0 / shape.capacity(senders, NETWORK);
                assert!(used >= 0.8 && seen.refused == 0, "{senders} senders, {shape:?}: {used:.2} used, {seen:?}");
            }
        }
    }
}
