//! How many requests at a time. Pure.
//!
//! At first slots are opened one after the other, so that a refusal is heard before many more have left. A cut that latency
//! asked for has to bring latency down, or the base was wrong and the cut is taken back: a consumer that is slow by itself is
//! not sent to any slower. Once the number is found it is held, and one slot more is tried now and then. While slots are
//! opened or tried, requests leave evenly: a consumer that wants a gap between two of them must not look like one that serves
//! few at a time. For the same reason the first slot that is refused is tried twice.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::Ticket;
use super::latency::{Latency, Sample};

/// Slots that are opened before the first answer: few enough that a consumer which serves one at a time catches up soon.
const BLIND: usize = 5;

/// Between two new slots: longer than a refusal takes on a near network.
const GAP: Duration = Duration::from_millis(6);

/// Between departures before the first answer; then they are so many times as dense as those in flight would be by
/// themselves, until the number is found.
const BLIND_GAP: Duration = Duration::from_millis(40);
const AHEAD: f64 = 1.5;

/// Answers at the limit before one more slot is tried; twice as many after each try that latency ended. Where a try may be
/// refused, the budget has a word as well.
const TRY_AFTER: u32 = 10;
const TRY_AFTER_MOST: u32 = 50;

/// Answers before the first slot that was refused is tried again, which counts when so much of it was in use on average.
const DOUBT: u32 = 3;
const IN_USE: f64 = 0.5;

/// Departures are as dense, then, as if so much of it was in use all the time: it is filled for a moment. Where it is the
/// second one, a gap that is longer is used to four fifths by one at a time.
const BARELY: f64 = 0.25;

/// Requests a second, beyond one at a time, that leave such a doubt. Fewer would not pay for two refusals within ten seconds;
/// the gap between more is so short that threads which run late would break it.
const DOUBTFUL: Range<f64> = 25.0..70.0;

/// Of the number that seems to be served at a time.
const FITTING: f64 = 0.95;

/// After so many tries that latency ended in a row, the base is doubted.
const SLOW_TRIES: u32 = 4;

#[derive(Debug)]
pub(super) struct Window {
    limit: usize,
    /// Slots that may be opened, one every [`GAP`].
    credit: usize,
    /// The last departure, and the last new slot.
    left_at: Option<Instant>,
    opened_at: Option<Instant>,
    /// No limit was found yet: each answer opens another slot.
    opening: bool,
    /// The greatest number in flight that was found to be served.
    served: usize,
    attempt: Option<Attempt>,
    cut: Option<Cut>,
    /// Answers while the limit held something back.
    answers: u32,
    try_after: u32,
    /// Slots that the next try opens: doubles while tries succeed.
    step: usize,
    /// Something was held back since the last answer.
    is_tight: bool,
    /// What left before this has nothing to say of the present limit.
    changed_at: Option<Instant>,
    latency: Latency,
    /// The last round said that requests queue. Nothing is opened until the next has said so too, or not.
    is_suspicious: bool,
    /// Tries in a row that latency ended.
    slow_tries: u32,
    /// It refuses what is too much.
    may_refuse: bool,
    /// Requests that have left since the last refusal.
    left_since: usize,
    /// The first refusal: the consumer serves no more at a time, or it wants a gap between them. To be tried once more, evenly.
    is_doubtful: bool,
    /// So many were in flight at the last refusal, which came before any of them was answered.
    refused_with: Option<usize>,
}

/// More slots than are known to be served.
#[derive(Debug)]
struct Attempt {
    /// To go back to.
    from: usize,
}

/// Fewer slots than before, until a round shows whether that brought latency down.
#[derive(Debug)]
struct Cut {
    /// To go back to, if it did not.
    from: usize,
    was_opening: bool,
    before: Sample,
    /// Cuts in a row that did not help.
    in_vain: u32,
}

pub(super) enum Room {
    Here,
    At(Instant),
    Full,
}

/// What a refusal says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More in flight than are served.
    TooManyAtATime,
    /// More in flight than are served, or too many a second: the first of all, and one before which nothing was answered since
    /// the last.
    Either,
    /// No more in flight than were served before.
    TooOften,
    /// It left before an earlier refusal had its effect.
    Known,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            limit: 1,
            credit: BLIND - 1,
            left_at: None,
            opened_at: None,
            opening: true,
            served: 0,
            attempt: None,
            cut: None,
            answers: 0,
            try_after: TRY_AFTER,
            step: 1,
            is_tight: false,
            changed_at: None,
            latency: Latency::default(),
            is_suspicious: false,
            slow_tries: 0,
            may_refuse: false,
            left_since: 0,
            is_doubtful: false,
            refused_with: None,
        }
    }
}

impl Window {
    /// Whether one more may join those in flight.
    pub(super) fn room(&mut self, in_flight: usize, now: Instant) -> Room {
        let has_room = in_flight < self.limit;
        let is_moving = self.opening || self.attempt.is_some();
        // Whoever is alone follows an answer, and keeps its distance by that.
        if has_room && (!is_moving || in_flight == 0 || self.latency.base().is_none()) {
            return Room::Here;
        }
        self.is_tight |= !has_room;
        if !has_room && self.credit == 0 {
            return Room::Full;
        }
        let evenly = self.left_at.map(|left| left + self.spacing(self.limit.max(in_flight + 1)));
        let heard = self.opened_at.map(|opened| opened + GAP).filter(|_| !has_room);
        match evenly.max(heard).filter(|next| *next > now) {
            Some(next) => Room::At(next),
            None => {
                if !has_room {
                    self.credit -= 1;
                    self.limit += 1;
                    self.opened_at = Some(now);
                }
                Room::Here
            }
        }
    }

    /// Between two departures, while slots are opened or tried, if so many are in flight.
    fn spacing(&self, limit: usize) -> Duration {
        let abreast = match (self.opening, self.is_doubtful) {
            (true, _) => AHEAD * limit as f64,
            (false, true) => self.attempt.as_ref().map_or(limit, |attempt| attempt.from) as f64 + BARELY,
            (false, false) => limit as f64,
        };
        self.latency.base().map_or(BLIND_GAP, |base| Duration::from_secs_f64(base / abreast))
    }

    pub(super) fn left(&mut self, ticket: &Ticket) {
        self.left_at = Some(ticket.left_at);
        self.left_since += 1;
        self.latency.left(ticket);
    }

    pub(super) fn answered(&mut self, ticket: &Ticket, latency: Duration, may_try: bool, now: Instant) {
        let seconds = latency.as_secs_f64();
        if self.opening && !self.is_suspicious && !self.latency.is_far_too_slow(seconds) {
            self.credit = (self.credit + 1).min(self.limit);
        }
        if std::mem::take(&mut self.is_tight) {
            self.answers += 1;
        }
        self.look(ticket, Some(latency), now);
        // What was served before, even if some of it queued, is not refused.
        let was_served = self.limit + self.step <= self.served;
        let may_try = may_try || was_served || !self.may_refuse || self.is_doubtful;
        if may_try && self.answers >= self.try_after && !self.opening && self.attempt.is_none() && self.cut.is_none() {
            self.try_more(now);
        }
    }

    /// Nothing that says how long it takes.
    pub(super) fn unanswered(&mut self, ticket: &Ticket, now: Instant) {
        self.look(ticket, None, now);
    }

    fn look(&mut self, ticket: &Ticket, latency: Option<Duration>, now: Instant) {
        if let Some(round) = self.latency.done(ticket, latency, self.opening, now) {
            self.judge_round(&round, now);
        }
    }

    fn judge_round(&mut self, round: &Sample, now: Instant) {
        if let Some(cut) = self.cut.take() {
            // This is how long the consumer takes.
            self.latency.set_base(*round);
            self.judge_cut(cut, round, now);
            return;
        }
        if self.latency.shows_queue(round) && self.limit > 1 {
            match self.attempt.take() {
                Some(Attempt { from }) => self.end_slow_try(from, round, now),
                // Once may be the consumer's own hiccup.
                None if !self.is_suspicious => {
                    self.is_suspicious = true;
                    self.credit = 0;
                }
                None => self.cut_down(round, now),
            }
            return;
        }
        let in_flight = round.in_flight;
        self.is_suspicious = false;
        self.served = self.served.max(in_flight as usize);
        // Nobody knows as long as a rate keeps the slot unused.
        let is_in_use = |attempt: &mut Attempt| in_flight >= attempt.from as f64 + IN_USE;
        if self.attempt.take_if(|attempt| !self.is_doubtful || is_in_use(attempt)).is_some() {
            self.served = self.limit;
            self.slow_tries = 0;
            if std::mem::take(&mut self.is_doubtful) {
                self.may_refuse = false;
                self.refused_with = None;
            }
            self.step = (self.step * 2).min(self.limit);
            self.try_after = TRY_AFTER;
            // The next try need not wait.
            self.answers = self.try_after;
        }
    }

    /// Where requests queued, latency falls as their number does.
    fn judge_cut(&mut self, cut: Cut, round: &Sample, now: Instant) {
        let if_queued = cut.before.latency * round.in_flight / cut.before.in_flight;
        let helped = round.latency <= (cut.before.latency + if_queued) / 2.0;
        match (helped, cut.in_vain) {
            (true, 0) => {}
            // What was found in vain before has changed meanwhile: there may be more of it.
            (true, _) => {
                self.check_base(Cut { from: self.limit, was_opening: false, before: *round, in_vain: 0 }, now);
            }
            // The consumer may have become slower as it was measured.
            (false, 0) => self.check_base(Cut { before: *round, in_vain: 1, ..cut }, now),
            (false, _) => self.take_back(&cut, now),
        }
    }

    /// Measures the base with fewer in flight, if there can be fewer.
    fn check_base(&mut self, cut: Cut, now: Instant) {
        let fewer = self.limit - self.limit / 4;
        if fewer < self.limit {
            self.cut = Some(cut);
            self.change(fewer, now);
        } else {
            self.take_back(&cut, now);
        }
    }

    fn take_back(&mut self, cut: &Cut, now: Instant) {
        self.change(cut.from, now);
        self.opening = cut.was_opening;
    }

    /// Back to what it was before. A base that is too low would end every try: now and then it is measured anew.
    fn end_slow_try(&mut self, from: usize, round: &Sample, now: Instant) {
        self.slow_tries += 1;
        self.change(from, now);
        if self.slow_tries.is_multiple_of(SLOW_TRIES) {
            self.check_base(Cut { from, was_opening: false, before: *round, in_vain: 1 }, now);
        }
        self.settle((self.try_after * 2).min(TRY_AFTER_MOST));
    }

    /// To as many as are served at a time, by Little's law, or a little fewer: the base is measured there.
    fn cut_down(&mut self, round: &Sample, now: Instant) {
        let base = self.latency.base().unwrap_or(round.latency);
        let fitting = (round.in_flight * base / round.latency * FITTING) as usize;
        let target = fitting.clamp(1, (self.limit - 1).max(1));
        self.cut = Some(Cut { from: self.limit, was_opening: self.opening, before: *round, in_vain: 0 });
        self.change(target, now);
        self.settle(TRY_AFTER);
    }

    fn try_more(&mut self, now: Instant) {
        self.attempt = Some(Attempt { from: self.limit });
        self.credit = self.step;
        self.answers = 0;
        // The round of the try begins when its slots are open.
        self.latency.begin(now + GAP * self.step as u32);
    }

    /// Whether it left with more than are known to be served.
    pub(super) fn is_try(&self, ticket: &Ticket) -> bool {
        self.attempt.is_some() && ticket.in_flight > self.served
    }

    pub(super) fn refused(&mut self, ticket: &Ticket, now: Instant) -> Reading {
        let others = ticket.in_flight - 1;
        if self.changed_at.is_some_and(|changed| ticket.left_at < changed) {
            // Of those that were refused together, the one with the fewest in flight says the most.
            if others > 0 && others < self.limit && others >= self.served {
                self.change(others, now);
            }
            return Reading::Known;
        }
        let is_unheard = ticket.in_flight == std::mem::take(&mut self.left_since);
        let refused_with = std::mem::replace(&mut self.refused_with, is_unheard.then_some(ticket.in_flight));
        let was_served = ticket.in_flight <= self.served && refused_with != Some(ticket.in_flight);
        if others == 0 || was_served {
            self.changed_at = Some(now);
            return if is_unheard && others > 0 { Reading::Either } else { Reading::TooOften };
        }
        let reading = if self.opening { Reading::Either } else { Reading::TooManyAtATime };
        self.attempt = None;
        self.change(others, now);
        self.served = others;
        self.may_refuse = true;
        self.settle(TRY_AFTER);
        self.is_doubtful = reading == Reading::Either && self.may_be_a_gap(others);
        if self.is_doubtful {
            self.try_after = DOUBT;
        }
        reading
    }

    /// Whether a consumer that seems to serve so many at a time may want a gap between them instead.
    fn may_be_a_gap(&self, served: usize) -> bool {
        let pace = self.latency.base().map(|base| served as f64 / base);
        served == 1 || pace.is_some_and(|pace| DOUBTFUL.contains(&pace))
    }

    /// The consumer is far behind.
    pub(super) fn timed_out(&mut self, ticket: &Ticket, now: Instant) {
        if self.changed_at.is_none_or(|changed| ticket.left_at >= changed) {
            self.attempt = None;
            self.change((self.limit / 2).max(1), now);
            self.settle(TRY_AFTER);
        }
    }

    fn change(&mut self, limit: usize, now: Instant) {
        self.limit = limit;
        self.credit = 0;
        self.changed_at = Some(now);
        self.latency.begin(now);
        self.is_suspicious = false;
    }

    /// No refusal said anything of the limit.
    pub(super) fn reopen(&mut self) {
        self.opening = true;
        self.attempt = None;
        self.may_refuse = false;
        self.is_doubtful = false;
        self.refused_with = None;
    }

    /// The limit is found, until the consumer changes.
    fn settle(&mut self, try_after: u32) {
        self.opening = false;
        self.answers = 0;
        self.try_after = try_after;
        self.step = 1;
    }
}
