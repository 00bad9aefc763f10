//! What answers take, and whether that says that requests queue. Pure.
//!
//! What a number in flight is served with is known by rounds: the answers to requests that left while it held, against the
//! base, the latency without a queue. Answers vary by themselves: a difference counts only if chance does not explain it, in
//! the round as in the base, and a round goes on until it can tell. They are looked at in the order in which their requests
//! left: those that come first are the quick ones.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Ticket;

/// Of a round at least, so that one of quick answers has many.
const ROUND: Duration = Duration::from_millis(50);
const ROUND_ANSWERS: usize = 4;

/// A round that cannot tell by then will not: what varies so much hides a queue.
const ROUND_ANSWERS_MOST: usize = 100;

/// Requests that may queue at the consumer: so many, or this share of those in flight if that is more.
const QUEUED: f64 = 0.7;
const QUEUED_SHARE: f64 = 0.1;

/// Seconds of latency that are noise.
const NOISE: f64 = 0.000_5;
/// Standard errors of a difference that are chance.
const CHANCE: f64 = 2.0;

/// An answer that took so many times the base is no sign that more are served: a round that says so is long in coming.
const FAR_TOO_SLOW: f64 = 1.8;

/// Answers that the base remembers: it follows a consumer that changes slowly.
const REMEMBERED: f64 = 200.0;

#[derive(Debug, Default)]
pub(super) struct Latency {
    base: Option<Sample>,
    round: Round,
    /// Requests from the first on that is not yet done, or not yet looked at, in the order in which they left.
    departed: VecDeque<Departed>,
    /// The number of the first of them.
    first: u64,
}

#[derive(Debug, Clone, Copy)]
enum Departed {
    InFlight,
    Answered(Answer),
    /// Nothing is known of how long it would have taken.
    Lost,
}

impl Departed {
    fn is_done(&self) -> bool {
        !matches!(self, Departed::InFlight)
    }
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    left_at: Instant,
    /// Seconds.
    latency: f64,
    in_flight: f64,
}

/// Answers to what left since the limit was changed, or the last round ended.
#[derive(Debug, Default)]
struct Round {
    since: Option<Instant>,
    answers: usize,
    /// Sums of them; seconds.
    latency: f64,
    latency_squared: f64,
    in_flight: f64,
    in_flight_squared: f64,
    product: f64,
}

/// Means of some answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    answers: f64,
    /// Seconds.
    pub(super) latency: f64,
    /// Of a single answer's latency, but for what follows from the number in flight.
    variance: f64,
    pub(super) in_flight: f64,
}

impl Latency {
    /// Without a queue; seconds.
    pub(super) fn base(&self) -> Option<f64> {
        self.base.map(|base| base.latency)
    }

    /// Whether an answer took far longer than without a queue.
    pub(super) fn is_far_too_slow(&self, seconds: f64) -> bool {
        self.base().is_some_and(|base| seconds > (base * FAR_TOO_SLOW).max(base + NOISE))
    }

    /// Nothing that left before this counts any more.
    pub(super) fn begin(&mut self, since: Instant) {
        self.round = Round { since: Some(since), ..Round::default() };
    }

    pub(super) fn left(&mut self, ticket: &Ticket) {
        if self.departed.is_empty() {
            self.first = ticket.number;
        }
        self.departed.push_back(Departed::InFlight);
    }

    /// It is done; `latency` is that of an answer. Gives the round that ends with it; one that is urgent ends as soon as it
    /// says anything.
    pub(super) fn done(
        &mut self,
        ticket: &Ticket,
        latency: Option<Duration>,
        is_urgent: bool,
        now: Instant,
    ) -> Option<Sample> {
        let departed = match latency.map(|latency| latency.as_secs_f64()) {
            Some(latency) => {
                let answer = Answer { left_at: ticket.left_at, latency, in_flight: ticket.in_flight as f64 };
                self.base.get_or_insert(Sample::of(&answer));
                Departed::Answered(answer)
            }
            None => Departed::Lost,
        };
        let place = ticket.number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(place) = place.and_then(|place| self.departed.get_mut(place)) {
            *place = departed;
        }
        self.look(ticket.in_flight + ROUND_ANSWERS_MOST);
        let since = self.round.since.filter(|_| self.round.answers > 0)?;
        let sample = self.round.sample();
        let is_long = self.round.answers >= ROUND_ANSWERS.max(sample.in_flight as usize)
            && now.saturating_duration_since(since) >= ROUND;
        if !is_long || !(is_urgent || self.round.answers >= ROUND_ANSWERS_MOST || sample.tells()) {
            return None;
        }
        self.round = Round { since: (!is_urgent).then_some(now), ..Round::default() };
        Some(sample)
    }

    /// At what is done, up to the first that is not; or beyond it, if more than `most` have left since.
    fn look(&mut self, most: usize) {
        while self.departed.len() > most || self.departed.front().is_some_and(Departed::is_done) {
            let departed = self.departed.pop_front();
            self.first += 1;
            if let Some(Departed::Answered(answer)) = departed
                && self.round.since.is_none_or(|since| answer.left_at >= since)
            {
                self.round.since.get_or_insert(answer.left_at);
                self.round.add(&answer);
            }
        }
    }

    /// It is known to be without a queue.
    pub(super) fn set_base(&mut self, sample: Sample) {
        self.base = Some(sample);
    }

    /// Whether requests queued in this round. The base learns from one in which they did not.
    pub(super) fn shows_queue(&mut self, sample: &Sample) -> bool {
        let Some(base) = &mut self.base else { return false };
        let difference = sample.latency - base.latency;
        let is_chance = difference.abs() <= sample.chance(base).max(NOISE);
        let is_much = sample.in_flight * (1.0 - base.latency / sample.latency) >= sample.queue();
        if !is_chance && difference < 0.0 {
            *base = *sample;
        } else if is_chance
            && (sample.in_flight < base.in_flight + QUEUED || !is_much && base.answers < ROUND_ANSWERS as f64)
        {
            base.join(sample);
        }
        is_much && !is_chance
    }
}

impl Round {
    fn add(&mut self, answer: &Answer) {
        self.answers += 1;
        self.latency += answer.latency;
        self.latency_squared += answer.latency * answer.latency;
        self.in_flight += answer.in_flight;
        self.in_flight_squared += answer.in_flight * answer.in_flight;
        self.product += answer.latency * answer.in_flight;
    }

    fn sample(&self) -> Sample {
        let answers = self.answers as f64;
        let (latency, in_flight) = (self.latency / answers, self.in_flight / answers);
        let spread = self.in_flight_squared - self.in_flight * in_flight;
        let slope = if spread > 0.0 { (self.product - self.latency * in_flight) / spread } else { 0.0 };
        let unexplained = self.latency_squared - self.latency * latency - slope * slope * spread;
        let variance = unexplained.max(0.0) / (answers - 2.0).max(1.0);
        Sample { answers, latency, variance, in_flight }
    }
}

impl Sample {
    fn of(answer: &Answer) -> Self {
        Sample { answers: 1.0, latency: answer.latency, variance: 0.0, in_flight: answer.in_flight }
    }

    /// Requests that make a queue.
    fn queue(&self) -> f64 {
        QUEUED.max(QUEUED_SHARE * self.in_flight)
    }

    /// By which the difference of two mean latencies may be off by chance; seconds. One answer does not know how much
    /// answers vary.
    fn chance(&self, other: &Sample) -> f64 {
        let variance = self.variance.max(other.variance);
        // What is known of few answers' variance is little.
        let few = 1.0 + 1.0 / (self.answers - 2.0).max(1.0);
        few * CHANCE * (variance / self.answers + variance / other.answers).sqrt()
    }

    /// A queue would be seen.
    fn tells(&self) -> bool {
        let queue = self.latency * self.queue() / self.in_flight;
        CHANCE * (self.variance / self.answers).sqrt() <= queue / 2.0
    }

    fn join(&mut self, other: &Sample) {
        let answers = self.answers + other.answers;
        let share = other.answers / answers;
        self.latency += (other.latency - self.latency) * share;
        self.variance += (other.variance - self.variance) * share;
        self.in_flight += (other.in_flight - self.in_flight) * share;
        self.answers = answers.min(REMEMBERED);
    }
}
