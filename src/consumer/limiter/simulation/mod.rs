//! The limiter against consumers of known capacity, event by event: no clock, no thread, the same numbers every time.

mod changes;
mod consumer;
mod matrix;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::{Admission, Limiter, Sign, Statement, Ticket};
use consumer::{Arrival, Consumer, Random, Shape};

/// There and back, seconds.
const NETWORK: f64 = 0.001;

/// As a run's own defaults: tries of a request, and requests in a row that fail whole until the circuit opens.
const TRIES: u32 = 4;
const FAILURES_IN_A_ROW: u32 = 5;

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
}

/// A request on its way.
struct Out {
    ticket: Ticket,
    left_at: f64,
    /// Comes with the answer.
    statement: Option<Statement>,
}

struct World {
    consumer: Consumer,
    limiter: Limiter,
    start: Instant,
    now: f64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    number: u64,
    queue: VecDeque<usize>,
    out: BTreeMap<usize, Out>,
    /// Of each sender's request.
    refusals: Vec<u32>,
    failures_in_a_row: u32,
    circuit_opened: bool,
    changes: Vec<Shape>,
    random: Random,
    /// Seconds by which a thread wakes up late, on average: a busy machine's.
    late: f64,
    /// When the first that waits looks again, if it does.
    looks_at: Option<Instant>,
    seen: Seen,
}

impl World {
    fn new(shape: Shape, senders: usize) -> World {
        let random = Random(7);
        World {
            consumer: Consumer::new(shape, random.clone()),
            limiter: Limiter::new(None, Duration::from_secs(30)),
            start: Instant::now(),
            now: 0.0,
            events: BinaryHeap::new(),
            number: 0,
            queue: (0..senders).collect(),
            out: BTreeMap::new(),
            refusals: vec![0; senders],
            failures_in_a_row: 0,
            circuit_opened: false,
            changes: Vec::new(),
            random,
            late: 0.0,
            looks_at: None,
            seen: Seen::default(),
        }
    }

    /// Another run of chance.
    fn seeded(self, seed: u64) -> World {
        let random = Random(seed);
        World { consumer: Consumer::new(self.consumer.shape, random.clone()), random, ..self }
    }

    fn late(self, late: f64) -> World {
        World { late, ..self }
    }

    fn changes(mut self, at: f64, shape: Shape) -> World {
        self.changes.push(shape);
        self.after(at, Event::Changes(self.changes.len() - 1));
        self
    }

    fn after(&mut self, seconds: f64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((((self.now + seconds) * 1e9) as u64, self.number, event)));
    }

    /// Until a thread that should run does.
    fn lateness(&mut self) -> f64 {
        if self.late > 0.0 { -self.late * (1.0 - self.random.next()).ln() } else { 0.0 }
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
                    self.out.insert(sender, Out { ticket, left_at: self.now, statement: None });
                    let late = self.lateness();
                    self.after(NETWORK / 2.0 + late, Event::Arrives(sender));
                }
                Admission::At(moment) => {
                    if self.looks_at.is_none_or(|looks| moment < looks) {
                        self.looks_at = Some(moment);
                        let wait = moment.duration_since(self.start).as_secs_f64() - self.now;
                        let late = self.lateness();
                        self.after(wait.max(0.0) + 1e-6 + late, Event::Look);
                    }
                    break;
                }
                Admission::Full => break,
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives(sender) => {
                match self.consumer.arrives(sender, self.now) {
                    Arrival::Served(seconds) => self.after(seconds, Event::Served(sender)),
                    Arrival::Waits => {}
                    Arrival::Refused(pause) => {
                        let late = self.lateness();
                        self.after(NETWORK / 2.0 + late, Event::Refused(sender, pause));
                    }
                }
                let statement = self.consumer.says(self.now);
                self.out.entry(sender).and_modify(|out| out.statement = statement);
            }
            Event::Served(sender) => {
                let late = self.lateness();
                self.after(NETWORK / 2.0 + late, Event::Answered(sender));
                if let Some((next, seconds)) = self.consumer.served(self.now) {
                    self.after(seconds, Event::Served(next));
                }
            }
            Event::Answered(sender) => {
                self.seen.served += 1;
                self.refusals[sender] = 0;
                self.failures_in_a_row = 0;
                let latency = self.now - self.out[&sender].left_at;
                self.done(sender, Sign::Answered(Duration::from_secs_f64(latency)));
                self.queue.push_back(sender);
            }
            Event::Refused(sender, retry_after) => {
                self.seen.refused += 1;
                self.done(sender, Sign::Refused { retry_after });
                self.refusals[sender] += 1;
                if self.refusals[sender] == TRIES {
                    self.refusals[sender] = 0;
                    self.failures_in_a_row += 1;
                    self.circuit_opened |= self.failures_in_a_row == FAILURES_IN_A_ROW;
                    self.queue.push_back(sender);
                    return;
                }
                let ceiling = 0.5 * f64::from(1 << (self.refusals[sender] - 1));
                let wait = (ceiling * self.random.next()).max(retry_after.map_or(0.0, |pause| pause.as_secs_f64()));
                self.after(wait, Event::Again(sender));
            }
            Event::Again(sender) => self.queue.push_back(sender),
            Event::Look => self.looks_at = None,
            Event::Changes(number) => self.consumer.shape = self.changes[number],
        }
    }

    fn done(&mut self, sender: usize, sign: Sign) {
        let out = self.out.remove(&sender).expect("it had left");
        let now = self.instant();
        self.limiter.done(&out.ticket, sign, out.statement.as_ref(), now);
    }
}
