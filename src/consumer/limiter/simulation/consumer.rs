//! Consumers of known capacity: how many requests they bear at a time, how many a second, and what they say of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::consumer::limiter::Statement;

/// What a consumer does beyond the number it serves at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    Refuses,
    /// The others wait.
    Queues,
    /// So many wait, and no more.
    QueuesUpTo(usize),
    /// All share what it can do.
    Shares,
    /// As `Shares`, and does less the more there are.
    Suffers,
}

/// How many it takes in a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Allowance {
    Any,
    /// A bucket of so many tokens, so many of which flow into a second.
    Bucket {
        a_second: f64,
        burst: f64,
    },
    /// So many in each span of the clock.
    Window {
        most: usize,
        seconds: f64,
    },
    /// So many in any span.
    Sliding {
        most: usize,
        seconds: f64,
    },
    /// One, and no other so many seconds after it.
    Gap(f64),
    /// 503 to all.
    Nothing,
}

/// How the service time of a request differs from the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Varies {
    /// Evenly, by up to this part, up and down.
    By(f64),
    /// Most take less, some take several times as long.
    Exponentially,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    Nothing,
    /// When to come again, in whole seconds, with a refusal.
    When,
    /// With each answer, how many more it takes, and until when.
    Left(Reset),
}

/// How the time to a reset is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reset {
    Exactly,
    InSecondsRoundedUp,
    InSecondsRoundedDown,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) at_a_time: usize,
    pub(super) beyond: Beyond,
    pub(super) allowance: Allowance,
    pub(super) says: Says,
    /// Seconds a request.
    pub(super) service: f64,
    pub(super) varies: Varies,
    /// For half a second of every three, the service time grows by this part.
    pub(super) hiccups: f64,
    /// The part of the requests that it refuses for no reason.
    pub(super) moods: f64,
}

impl Shape {
    pub(super) fn new(service: f64) -> Shape {
        Shape {
            at_a_time: usize::MAX,
            beyond: Beyond::Refuses,
            allowance: Allowance::Any,
            says: Says::Nothing,
            service,
            varies: Varies::By(0.0),
            hiccups: 0.0,
            moods: 0.0,
        }
    }

    pub(super) fn bears(self, at_a_time: usize, beyond: Beyond) -> Shape {
        Shape { at_a_time, beyond, ..self }
    }

    pub(super) fn allows(self, allowance: Allowance) -> Shape {
        Shape { allowance, ..self }
    }

    pub(super) fn says(self, says: Says) -> Shape {
        Shape { says, ..self }
    }

    pub(super) fn varies(self, varies: Varies) -> Shape {
        Shape { varies, ..self }
    }

    /// Requests a second that it can be made to serve by so many senders, each of which also waits for the network.
    pub(super) fn capacity(&self, senders: usize, network: f64) -> f64 {
        let round_trip = self.service + network;
        let senders = senders as f64 / round_trip;
        let at_a_time = self.at_a_time as f64 / round_trip;
        let allowed = match self.allowance {
            Allowance::Any => f64::INFINITY,
            Allowance::Bucket { a_second, .. } => a_second,
            Allowance::Window { most, seconds } | Allowance::Sliding { most, seconds } => most as f64 / seconds,
            Allowance::Gap(seconds) => 1.0 / seconds,
            Allowance::Nothing => 0.0,
        };
        senders.min(at_a_time).min(allowed)
    }
}

#[derive(Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    /// From 0 to 1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Seconds since a span of the consumer's clock began. They do not begin with the run.
fn place(now: f64, span: f64) -> f64 {
    (now / span + 0.37).fract() * span
}

pub(super) struct Consumer {
    pub(super) shape: Shape,
    serving: usize,
    waiting: VecDeque<usize>,
    /// When it took what it took of late; for a bucket, when it was looked at last.
    taken: VecDeque<f64>,
    tokens: f64,
    random: Random,
}

/// What becomes of a request that arrives.
pub(super) enum Arrival {
    /// Answered after so many seconds.
    Served(f64),
    Waits,
    Refused(Option<Duration>),
}

impl Consumer {
    pub(super) fn new(shape: Shape, random: Random) -> Consumer {
        Consumer { shape, serving: 0, waiting: VecDeque::new(), taken: VecDeque::new(), tokens: f64::INFINITY, random }
    }

    pub(super) fn arrives(&mut self, sender: usize, now: f64) -> Arrival {
        if self.shape.moods > 0.0 && self.random.next() < self.shape.moods {
            return Arrival::Refused((self.shape.says == Says::When).then_some(Duration::from_secs(1)));
        }
        let is_full = self.serving >= self.shape.at_a_time;
        let may_wait = match self.shape.beyond {
            Beyond::Refuses => false,
            Beyond::QueuesUpTo(most) => self.waiting.len() < most,
            Beyond::Queues | Beyond::Shares | Beyond::Suffers => true,
        };
        if is_full && !may_wait {
            return Arrival::Refused((self.shape.says == Says::When).then_some(Duration::from_secs(1)));
        }
        if let Err(seconds) = self.allows(now) {
            let says = self.shape.says == Says::When;
            return Arrival::Refused(says.then(|| Duration::from_secs_f64(seconds.ceil())));
        }
        if is_full && matches!(self.shape.beyond, Beyond::Queues | Beyond::QueuesUpTo(_)) {
            self.waiting.push_back(sender);
            return Arrival::Waits;
        }
        Arrival::Served(self.serve(now))
    }

    /// One is served; the next that waited is, and takes so many seconds.
    pub(super) fn served(&mut self, now: f64) -> Option<(usize, f64)> {
        self.serving -= 1;
        let next = self.waiting.pop_front()?;
        Some((next, self.serve(now)))
    }

    fn serve(&mut self, now: f64) -> f64 {
        self.serving += 1;
        let load = (self.serving as f64 / self.shape.at_a_time as f64).max(1.0);
        let slower = match self.shape.beyond {
            Beyond::Refuses | Beyond::Queues | Beyond::QueuesUpTo(_) => 1.0,
            Beyond::Shares => load,
            Beyond::Suffers => load * load.sqrt(),
        };
        let hiccup = if now % 3.0 < 0.5 { self.shape.hiccups } else { 0.0 };
        let chance = self.random.next();
        let varied = match self.shape.varies {
            Varies::By(part) => 1.0 + part * (2.0 * chance - 1.0),
            Varies::Exponentially => -(1.0 - chance).ln(),
        };
        self.shape.service * slower * (varied + hiccup)
    }

    /// Otherwise, in how many seconds it will.
    fn allows(&mut self, now: f64) -> Result<(), f64> {
        let (most, wait) = match self.shape.allowance {
            Allowance::Any => return Ok(()),
            Allowance::Nothing => return Err(1.0),
            Allowance::Bucket { a_second, burst } => {
                let since = now - self.taken.pop_front().unwrap_or(now);
                self.taken.push_back(now);
                self.tokens = (self.tokens + since * a_second).min(burst);
                if self.tokens < 1.0 {
                    return Err((1.0 - self.tokens) / a_second);
                }
                self.tokens -= 1.0;
                return Ok(());
            }
            Allowance::Window { most, seconds } => {
                let at = place(now, seconds);
                self.forget(now - at);
                (most, seconds - at)
            }
            Allowance::Sliding { most, seconds } => {
                self.forget(now - seconds);
                (most, self.taken.front().map_or(0.0, |first| first + seconds - now))
            }
            Allowance::Gap(seconds) => {
                self.forget(now - seconds);
                (1, self.taken.front().map_or(0.0, |first| first + seconds - now))
            }
        };
        if self.taken.len() >= most {
            return Err(wait);
        }
        self.taken.push_back(now);
        Ok(())
    }

    /// What it says of its allowance, right after it took or refused a request.
    pub(super) fn says(&self, now: f64) -> Option<Statement> {
        let Says::Left(reset) = self.shape.says else { return None };
        let taken = self.taken.len() as u64;
        let (remaining, limit, resets_in) = match self.shape.allowance {
            Allowance::Bucket { a_second, burst } => {
                (self.tokens as u64, burst as u64, (burst - self.tokens) / a_second)
            }
            Allowance::Window { most, seconds } => (most as u64 - taken, most as u64, seconds - place(now, seconds)),
            Allowance::Sliding { most, seconds } => {
                let first = self.taken.front().map_or(0.0, |first| first + seconds - now);
                (most as u64 - taken, most as u64, first)
            }
            Allowance::Any | Allowance::Gap(_) | Allowance::Nothing => return None,
        };
        // It takes a moment to say so.
        let later = (resets_in - 1e-6).max(0.0);
        let seconds = match reset {
            Reset::Exactly => later,
            Reset::InSecondsRoundedUp => later.ceil(),
            Reset::InSecondsRoundedDown => later.floor(),
        };
        let is_exact = reset == Reset::Exactly;
        let resets_in = Duration::from_secs_f64(seconds);
        Some(Statement { remaining, limit: Some(limit), resets_in, is_exact, window: None })
    }

    fn forget(&mut self, until: f64) {
        while self.taken.pop_front_if(|taken| *taken <= until).is_some() {}
    }
}
