//! How fast a consumer is sent to: how many requests at a time, how many a second. Pure: the time and what became of
//! each request come in; whether the next one may leave goes out.
//!
//! One stands between all the senders of a consumer and the consumer. [`window`] finds how many requests it serves at a
//! time: more slots are opened as long as answers come as fast as before, and the newest is closed when a request is refused
//! (429, 503) or when [`latency`] says that requests queue. [`rate`] finds how many it takes a second, from what was [`taken`]
//! between two refusals, and how long those [`in_vain`] are waited out: the first refusal of all may mean either, and a rate
//! that holds nothing back is forgotten; later ones mean a rate where no more are in flight than were served before, unless two
//! in a row come at one number, the first before anything that left since was answered. What may be refused is tried as often as
//! [`budget`] allows. Where a consumer says itself what it takes, [`quota`] keeps to that. [`heed`] finds out refusals that have
//! nothing to do with the pace, from which nothing is learned.
//! Invariant: whatever the answers, a request may leave at last.

mod announced;
mod budget;
mod heed;
mod in_vain;
mod latency;
mod learned;
mod quota;
mod rate;
#[cfg(test)]
mod simulation;
mod taken;
mod window;

use std::time::{Duration, Instant};

use budget::Budget;
use heed::{Heed, Verdict};
use quota::Quota;
pub use quota::Statement;
use rate::{Rate, Why};
use window::{Reading, Room, Window};

#[derive(Debug)]
pub struct Limiter {
    window: Window,
    rate: Rate,
    quota: Quota,
    budget: Budget,
    heed: Heed,
    in_flight: usize,
}

/// A request that has left. Goes back with [`Limiter::done`].
#[derive(Debug)]
pub struct Ticket {
    left_at: Instant,
    /// Of all that have left, from 1.
    number: u64,
    /// Requests in flight as it left, with it.
    in_flight: usize,
}

#[derive(Debug)]
pub enum Admission {
    Go(Ticket),
    /// Not before this moment.
    At(Instant),
    /// Not before one in flight is done.
    Full,
}

/// What became of a request, as far as its consumer's pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Answered, whatever the answer says of its items, after this much time on a connection.
    Answered(Duration),
    /// 429 or 503: too much for the consumer. It may have asked for a pause.
    Refused { retry_after: Option<Duration> },
    /// No answer within the request's time.
    TimedOut,
    /// No connection, no whole answer: says nothing of the pace.
    Nothing,
}

impl Limiter {
    /// `rate_limit` in requests a second; anything that is no positive number means no limit.
    /// Where a consumer does not say how long to wait, it is waited for no longer than `longest_pause`.
    pub fn new(rate_limit: Option<f64>, longest_pause: Duration) -> Self {
        Limiter {
            window: Window::default(),
            rate: Rate::new(rate_limit, longest_pause),
            quota: Quota::new(longest_pause),
            budget: Budget::default(),
            heed: Heed::default(),
            in_flight: 0,
        }
    }

    /// Whether a request may leave now.
    pub fn admit(&mut self, now: Instant) -> Admission {
        let room = match self.quota.room(self.in_flight, now) {
            Room::Here => self.window.room(self.in_flight, now),
            none => none,
        };
        match room {
            Room::Full => return Admission::Full,
            Room::At(moment) => return Admission::At(moment),
            Room::Here => {}
        }
        if let Some(slot) = self.rate.slot(now) {
            return Admission::At(slot);
        }
        self.in_flight += 1;
        let ticket = Ticket { left_at: now, number: self.quota.left(now), in_flight: self.in_flight };
        self.window.left(&ticket);
        self.rate.left(now);
        self.heed.left(ticket.number);
        Admission::Go(ticket)
    }

    /// A request that left is done. `statement` is what its answer says of others.
    pub fn done(&mut self, ticket: &Ticket, sign: Sign, statement: Option<&Statement>, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if statement.is_none() {
            self.quota.said_nothing(ticket);
        }
        let was_taken = matches!(sign, Sign::Answered(_));
        let is_used_up = statement.is_some_and(|statement| self.quota.said(statement, ticket, was_taken, now));
        if !was_taken {
            self.window.unanswered(ticket, now);
        }
        match sign {
            Sign::Answered(latency) => {
                self.budget.answered();
                if self.heed.answered(ticket.left_at) {
                    self.rate.forget();
                    self.window.reopen();
                }
                let may_try = self.budget.allows_a_try(now) || self.heed.is_deaf();
                self.rate.answered(may_try);
                self.window.answered(ticket, latency, may_try, now);
            }
            Sign::Refused { retry_after } => {
                self.rate.refused(ticket.left_at, now);
                let says_when = retry_after.is_some();
                if !is_used_up && !self.heed.heeds(ticket.number, says_when) {
                    self.rate.pause(Why::Unheeded, retry_after, now);
                    return;
                }
                self.budget.refused(retry_after, now);
                if is_used_up {
                    self.rate.pause(Why::UsedUp, retry_after, now);
                    return;
                }
                // That a try may be refused was to be expected.
                let is_try = self.rate.is_trying() || self.window.is_try(ticket);
                let reading = self.window.refused(ticket, now);
                let verdict = match reading {
                    Reading::Known => Verdict::Heeded,
                    _ if says_when => {
                        let says_much = reading == Reading::TooOften && !is_try;
                        self.heed.refused_for_a_while(self.rate.stretch().filter(|_| says_much))
                    }
                    _ if is_try => Verdict::Heeded,
                    _ => {
                        let is_surprising = reading != Reading::TooManyAtATime
                            && (self.rate.was_taken_before() || self.rate.is_far_less());
                        self.heed.refused(is_surprising, self.rate.was_due(ticket.left_at), now)
                    }
                };
                if verdict == Verdict::Chance {
                    self.rate.forget();
                    self.window.reopen();
                }
                if verdict != Verdict::Heeded {
                    self.rate.pause(Why::Unheeded, retry_after, now);
                    return;
                }
                let why = match reading {
                    Reading::Known => Why::Known,
                    // Or too many a second, where so little is sent that a refusal more would cost too much.
                    Reading::TooManyAtATime if ticket.in_flight > 2 && self.rate.climbs_slowly() => {
                        Why::TooOften { is_guess: false }
                    }
                    Reading::TooManyAtATime => return,
                    Reading::Either => Why::TooOften { is_guess: true },
                    Reading::TooOften => Why::TooOften { is_guess: false },
                };
                self.rate.pause(why, retry_after, now);
                self.budget.rest(self.rate.span(), now);
            }
            Sign::TimedOut => self.window.timed_out(ticket, now),
            Sign::Nothing => {}
        }
    }
}
