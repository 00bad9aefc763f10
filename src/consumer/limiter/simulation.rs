//! The limiter against consumers of known capacity, event by event: no clock, no thread, the same numbers every time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::{Admission, Limiter, Sign, Ticket};

/// One way.
const NETWORK: f64 = 0.000_5;

/// How a consumer bears what it is sent.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Refuses beyond so many at a time.
    Refuses(usize),
    /// Serves so many at a time; the others wait.
    Queues(usize),
    /// Refuses beyond so many in a second of the clock.
    PerSecond(usize),
    /// A bucket of so many tokens that as many flow into a second.
    Bucket(usize),
    /// As `Bucket`, and says when to come again.
    BucketSaysWhen(usize),
    /// Refuses what comes sooner than this part of a second after the one before.
    Spaced(usize),
    Bears,
    /// 503 to all.
    Down,
}

struct Consumer {
    kind: Kind,
    /// Seconds a request.
    service: f64,
    /// Of the service time, up and down.
    noise: f64,
    /// For half a second of every three, the service time grows by this part.
    hiccups: f64,
    serving: usize,
    waiting: VecDeque<usize>,
    tokens: f64,
    counted_at: f64,
    random: Random,
}

#[derive(Clone)]
struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Consumer {
    fn takes(&mut self, now: f64) -> Result<(), Option<Duration>> {
        let accepts = |yes: bool| if yes { Ok(()) } else { Err(None) };
        match self.kind {
            Kind::Refuses(most) => accepts(self.serving < most),
            Kind::Queues(_) | Kind::Bears => Ok(()),
            Kind::Down => Err(None),
            Kind::PerSecond(most) => {
                if now.floor() > self.counted_at {
                    (self.counted_at, self.tokens) = (now.floor(), 0.0);
                }
                self.tokens += 1.0;
                accepts(self.tokens <= most as f64)
            }
            Kind::Spaced(most) => {
                let yes = now - self.counted_at >= 1.0 / most as f64;
                if yes {
                    self.counted_at = now;
                }
                accepts(yes)
            }
            Kind::Bucket(size) | Kind::BucketSaysWhen(size) => {
                self.tokens = (self.tokens + (now - self.counted_at) * size as f64).min(size as f64);
                self.counted_at = now;
                let yes = self.tokens >= 1.0;
                if yes {
                    self.tokens -= 1.0;
                }
                match self.kind {
                    Kind::BucketSaysWhen(_) if !yes => Err(Some(Duration::from_secs(1))),
                    _ => accepts(yes),
                }
            }
        }
    }

    fn at_a_time(&self) -> usize {
        match self.kind {
            Kind::Queues(most) => most,
            _ => usize::MAX,
        }
    }

    fn takes_seconds(&mut self, now: f64) -> f64 {
        let hiccup = if now % 3.0 < 0.5 { self.hiccups } else { 0.0 };
        self.service * (1.0 + hiccup + self.noise * (2.0 * self.random.next() - 1.0))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives(usize),
    Served(usize),
    Answered(usize),
    Refused(usize, Option<Duration>),
    /// A sender comes back with a refused request.
    Again(usize),
    /// The first that waits may look again.
    Look,
    Changes(usize),
}

/// What was seen from some moment on.
#[derive(Debug, Default)]
struct Seen {
    served: usize,
    refused: usize,
    /// In flight, by seconds.
    in_flight_seconds: f64,
}

struct World {
    consumer: Consumer,
    limiter: Limiter,
    start: Instant,
    now: f64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    number: u64,
    queue: VecDeque<usize>,
    out: BTreeMap<usize, (Ticket, f64)>,
    refusals: Vec<u32>,
    changes: Vec<Kind>,
    random: Random,
    /// When the first that waits looks again, if it does.
    looks_at: Option<Instant>,
    seen: Seen,
}

impl World {
    fn new(kind: Kind, service: f64, senders: usize) -> World {
        let random = Random(7);
        let consumer = Consumer {
            kind,
            service,
            noise: 0.0,
            hiccups: 0.0,
            serving: 0,
            waiting: VecDeque::new(),
            tokens: match kind {
                Kind::Bucket(size) | Kind::BucketSaysWhen(size) => size as f64,
                _ => 0.0,
            },
            counted_at: -1.0,
            random: random.clone(),
        };
        World {
            consumer,
            limiter: Limiter::new(None),
            start: Instant::now(),
            now: 0.0,
            events: BinaryHeap::new(),
            number: 0,
            queue: (0..senders).collect(),
            out: BTreeMap::new(),
            refusals: vec![0; senders],
            changes: Vec::new(),
            random,
            looks_at: None,
            seen: Seen::default(),
        }
    }

    fn changes(mut self, at: f64, kind: Kind) -> World {
        self.changes.push(kind);
        self.after(at, Event::Changes(self.changes.len() - 1));
        self
    }

    fn noisy(mut self, noise: f64) -> World {
        self.consumer.noise = noise;
        self
    }

    fn after(&mut self, seconds: f64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((((self.now + seconds) * 1e9) as u64, self.number, event)));
    }

    fn instant(&self) -> Instant {
        self.start + Duration::from_secs_f64(self.now)
    }

    /// Goes on until this moment; gives what was seen on the way.
    fn until(&mut self, end: f64) -> Seen {
        self.seen = Seen::default();
        self.let_leave();
        while let Some(Reverse((nanos, _, _))) = self.events.peek() {
            let at = *nanos as f64 / 1e9;
            if at > end {
                break;
            }
            self.seen.in_flight_seconds += self.out.len() as f64 * (at - self.now).max(0.0);
            self.now = at.max(self.now);
            let Some(Reverse((_, _, event))) = self.events.pop() else { break };
            self.happens(event);
            self.let_leave();
        }
        std::mem::take(&mut self.seen)
    }

    fn let_leave(&mut self) {
        while let Some(&sender) = self.queue.front() {
            match self.limiter.admit(self.instant()) {
                Admission::Go(ticket) => {
                    self.queue.pop_front();
                    self.out.insert(sender, (ticket, self.now));
                    self.after(NETWORK, Event::Arrives(sender));
                }
                Admission::At(moment) => {
                    if self.looks_at.is_none_or(|looks| moment < looks) {
                        self.looks_at = Some(moment);
                        let wait = moment.duration_since(self.start).as_secs_f64() - self.now;
                        self.after(wait.max(0.0) + 1e-6, Event::Look);
                    }
                    break;
                }
                Admission::Full => break,
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives(sender) => match self.consumer.takes(self.now) {
                Ok(()) if self.consumer.serving < self.consumer.at_a_time() => self.serve(sender),
                Ok(()) => self.consumer.waiting.push_back(sender),
                Err(pause) => self.after(NETWORK, Event::Refused(sender, pause)),
            },
            Event::Served(sender) => {
                self.consumer.serving -= 1;
                self.after(NETWORK, Event::Answered(sender));
                while self.consumer.serving < self.consumer.at_a_time() {
                    let Some(next) = self.consumer.waiting.pop_front() else { break };
                    self.serve(next);
                }
            }
            Event::Answered(sender) => {
                self.seen.served += 1;
                self.refusals[sender] = 0;
                let latency = self.now - self.out[&sender].1;
                self.done(sender, Sign::Answered(Duration::from_secs_f64(latency)));
                self.queue.push_back(sender);
            }
            Event::Refused(sender, retry_after) => {
                self.seen.refused += 1;
                self.done(sender, Sign::Refused { retry_after });
                let ceiling = 0.5 * f64::from(1 << self.refusals[sender].min(6));
                self.refusals[sender] += 1;
                let wait = (ceiling * self.random.next()).max(retry_after.map_or(0.0, |pause| pause.as_secs_f64()));
                self.after(wait, Event::Again(sender));
            }
            Event::Again(sender) => self.queue.push_back(sender),
            Event::Look => self.looks_at = None,
            Event::Changes(number) => self.consumer.kind = self.changes[number],
        }
    }

    fn serve(&mut self, sender: usize) {
        self.consumer.serving += 1;
        let seconds = self.consumer.takes_seconds(self.now);
        self.after(seconds, Event::Served(sender));
    }

    fn done(&mut self, sender: usize, sign: Sign) {
        let (ticket, _) = self.out.remove(&sender).expect("it had left");
        let now = self.instant();
        self.limiter.done(&ticket, sign, now);
    }
}

/// Whether a figure is within a fifth of what it should be.
fn is_near(figure: f64, expected: f64) -> bool {
    (figure / expected - 1.0).abs() <= 0.2
}

#[test]
fn the_number_that_a_consumer_takes_at_a_time_is_found_and_held() {
    for at_a_time in [1, 2, 3, 5, 8, 16, 40] {
        for service in [0.005, 0.02, 0.1, 0.5] {
            for kind in [Kind::Refuses(at_a_time), Kind::Queues(at_a_time)] {
                let mut world = World::new(kind, service, 64);
                let found = world.until(10.0);
                let held = world.until(40.0);
                let case = format!("{kind:?} of {service} s: {found:?}, {held:?}");
                // As many as are on the way to the consumer and back keep it busy besides.
                let fitting = at_a_time as f64 * (service + 2.0 * NETWORK) / service;
                let in_flight = held.in_flight_seconds / 30.0;
                match kind {
                    Kind::Refuses(most) => assert!(is_near(in_flight, most as f64), "{case}"),
                    // Half a request cannot be in flight.
                    _ => assert!(is_near(in_flight, fitting) || is_near(in_flight, fitting.ceil()), "{case}"),
                }
                let most = at_a_time as f64 / service;
                assert!(held.served as f64 / 30.0 > 0.8 * most, "{case}");
                let (refused, served) = (found.refused + held.refused, found.served + held.served);
                // A consumer that refuses the second request cannot be known without one refusal.
                assert!(refused <= 1 + served / 100, "{case}");
            }
        }
    }
}

#[test]
fn answers_that_vary_lead_to_no_less_than_most_of_it() {
    for kind in [Kind::Refuses(8), Kind::Queues(8), Kind::Refuses(16), Kind::Queues(40), Kind::Bears] {
        for service in [0.005, 0.1, 0.5] {
            let mut world = World::new(kind, service, 64).noisy(0.3);
            world.until(10.0);
            let held = world.until(70.0);
            let at_a_time = match kind {
                Kind::Refuses(most) | Kind::Queues(most) => most as f64,
                _ => 64.0,
            };
            let served = held.served as f64 / 60.0 * service / at_a_time;
            assert!(served > 0.6, "{kind:?} of {service} s: {served:.2} of what it takes, {held:?}");
        }
    }
}

#[test]
fn what_a_consumer_takes_a_second_is_found_and_held() {
    for kind in [Kind::PerSecond, Kind::Bucket, Kind::BucketSaysWhen] {
        for (per_second, service) in [(50, 0.005), (50, 0.1), (50, 0.5), (20, 0.1), (500, 0.005), (500, 0.1)] {
            let mut world = World::new(kind(per_second), service, 64);
            let found = world.until(10.0);
            let held = world.until(70.0);
            let case = format!("{:?} of {service} s: {found:?}, {held:?}", world.consumer.kind);
            assert!(is_near(held.served as f64 / 60.0, per_second as f64), "{case}");
            assert!(held.refused * 100 <= held.served, "{case}");
            assert!((found.refused + held.refused) * 100 <= found.served + held.served, "{case}");
        }
    }
}

#[test]
fn a_consumer_that_wants_a_gap_between_requests_gets_it() {
    let mut world = World::new(Kind::Spaced(50), 0.005, 64);
    let found = world.until(10.0);
    let held = world.until(70.0);
    assert!(is_near(held.served as f64 / 60.0, 50.0), "{found:?}, {held:?}");
    assert!((found.refused + held.refused) * 100 <= found.served + held.served, "{found:?}, {held:?}");
}

#[test]
fn a_consumer_that_changes_is_followed() {
    for (before, after, at_a_time) in [
        (Kind::Refuses(8), Kind::Refuses(16), 16.0),
        (Kind::Refuses(16), Kind::Refuses(4), 4.0),
        (Kind::Bears, Kind::Refuses(5), 5.0),
        (Kind::Queues(8), Kind::Queues(24), 24.0),
        (Kind::Queues(16), Kind::Queues(4), 4.0),
        (Kind::Bucket(80), Kind::Bucket(20), 2.0),
        (Kind::Bucket(50), Kind::Refuses(3), 3.0),
    ] {
        let mut world = World::new(before, 0.1, 64).changes(20.0, after);
        world.until(30.0);
        let then = world.until(60.0);
        assert!(is_near(then.served as f64 / 300.0, at_a_time), "{before:?}, then {after:?}: {then:?}");
        assert!(then.refused * 100 <= then.served, "{before:?}, then {after:?}: {then:?}");
    }
}

#[test]
fn a_consumer_without_limits_is_used_to_the_full() {
    for (service, senders) in [(0.1, 16), (0.1, 4), (0.02, 16)] {
        let served = |senders| World::new(Kind::Bears, service, senders).until(10.0).served as f64;
        assert!(served(senders) / served(1) > senders as f64 * 0.95, "{service} {senders}");
    }
}

#[test]
fn hiccups_cost_little() {
    for hiccups in [0.1, 0.3, 1.0] {
        let mut world = World::new(Kind::Bears, 0.1, 16);
        world.consumer.hiccups = hiccups;
        let served = world.until(60.0).served as f64;
        let possible = 60.0 * 16.0 / 0.1 * (5.0 / 6.0 + 1.0 / 6.0 / (1.0 + hiccups));
        assert!(served > possible * 0.85, "{hiccups}: {served} of {possible}");
    }
}

#[test]
fn an_outage_is_survived() {
    let mut world = World::new(Kind::Bears, 0.1, 16).changes(5.0, Kind::Down).changes(15.0, Kind::Bears);
    let before = world.until(5.0);
    let out = world.until(15.0);
    let after = world.until(25.0);
    assert!(out.refused < 60, "{out:?}");
    assert!(after.served > before.served, "{before:?} {after:?}");
}
