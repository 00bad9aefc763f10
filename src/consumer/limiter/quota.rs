//! What a consumer says that it takes: how many more requests, until when, of how many in all. Pure.
//!
//! A limit of a short span means a pace: once that was kept to for a whole span, it is enough, and what is said of the
//! present span, late as it comes, is not looked at. Of a long span what is left may leave at once, but for the last ones:
//! these are kept for the rest of the span, so that no pause is longer than the longest. When nothing is left and the span
//! is over, one request asks how many there are now. Invariant: a request may leave at last, whatever was said.

use std::time::{Duration, Instant};

use super::{Room, Ticket};

/// The longest span of which a pace is made.
const SHORT: Duration = Duration::from_secs(10);

/// The shortest: what is said to be over sooner is a bucket that fills all the time.
const SHORTEST: Duration = Duration::from_secs(1);

/// Of what is said: so even a span that begins between two requests sees no more than it may.
const BELOW: f64 = 0.95;

/// By which a time in whole seconds may be off.
const ROUNDING: Duration = Duration::from_secs(1);

/// Requests that were taken where nothing was said to be left, and nothing is said to be left now: then it means nothing.
const CONTRADICTIONS: u32 = 3;

/// What an answer says is left after the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub remaining: u64,
    pub limit: Option<u64>,
    pub resets_in: Duration,
    /// `resets_in` was not said in whole seconds.
    pub is_exact: bool,
    /// What the limit is counted in.
    pub window: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Quota {
    longest_pause: Duration,
    /// Requests that have left, ever.
    left: u64,
    left_at: Option<Instant>,
    /// The number of the last of them that a statement came for.
    heard: u64,
    limit: u64,
    /// The longest time to a reset.
    longest: Duration,
    /// There were no whole seconds left.
    rounds_down: bool,
    /// Between two requests, and when the next one may leave.
    interval: Duration,
    next: Option<Instant>,
    /// From when on the pace is enough: nothing that left before counts any more.
    paced_from: Option<Instant>,
    bound: Option<Bound>,
    contradictions: u32,
}

/// No more than so many requests, ever, before this moment.
#[derive(Debug)]
struct Bound {
    number: u64,
    until: Instant,
}

impl Quota {
    /// `longest_pause` is one that nobody asked for.
    pub(super) fn new(longest_pause: Duration) -> Self {
        Quota {
            longest_pause,
            left: 0,
            left_at: None,
            heard: 0,
            limit: 0,
            longest: SHORTEST,
            rounds_down: false,
            interval: Duration::ZERO,
            next: None,
            paced_from: None,
            bound: None,
            contradictions: 0,
        }
    }

    /// Whether one more may join those in flight.
    pub(super) fn room(&self, in_flight: usize, now: Instant) -> Room {
        let paced = self.next.filter(|next| *next > now).map_or(Room::Here, Room::At);
        let Some(bound) = &self.bound else { return paced };
        let remaining = bound.number.saturating_sub(self.left);
        if now < bound.until {
            let wait = self.wait(bound.until - now, remaining, now);
            return if wait.is_zero() { paced } else { Room::At(now + wait) };
        }
        // One asks what there is now.
        if remaining == 0 && in_flight > 0 { Room::Full } else { paced }
    }

    /// Each of the remaining ends a pause of the longest length, so that the last one ends with the span.
    fn wait(&self, rest: Duration, remaining: u64, now: Instant) -> Duration {
        let kept = self.longest_pause.saturating_mul(u32::try_from(remaining).unwrap_or(u32::MAX));
        let paused = self.left_at.map_or(Duration::MAX, |left| now.saturating_duration_since(left));
        rest.saturating_sub(kept).min(self.longest_pause.saturating_sub(paused))
    }

    /// Gives its number.
    pub(super) fn left(&mut self, now: Instant) -> u64 {
        self.next = now.checked_add(self.interval);
        self.left_at = Some(now);
        self.left += 1;
        self.left
    }

    /// An answer says this. Whether that explains a refusal: nothing is left for a while.
    pub(super) fn said(&mut self, statement: &Statement, ticket: &Ticket, was_taken: bool, now: Instant) -> bool {
        let is_used_up = statement.remaining == 0;
        if ticket.number >= self.heard {
            self.heard = ticket.number;
            self.compare(is_used_up, ticket, was_taken);
            let span = self.span(statement);
            self.pace(span, ticket, now);
            let rounding = if statement.is_exact { Duration::ZERO } else { ROUNDING };
            let until = now.checked_add(statement.resets_in.saturating_add(rounding));
            let bound = until.map(|until| Bound { number: ticket.number.saturating_add(statement.remaining), until });
            let is_believed = self.contradictions < CONTRADICTIONS;
            self.bound = bound.filter(|_| is_believed && self.paced_from.is_none_or(|from| now < from));
        }
        is_used_up && self.bound.is_some()
    }

    fn compare(&mut self, is_used_up: bool, ticket: &Ticket, was_taken: bool) {
        let bound = self.bound.as_ref();
        let was_used_up = bound.is_some_and(|bound| ticket.number > bound.number && ticket.left_at < bound.until);
        if !is_used_up || !was_taken {
            self.contradictions = 0;
        } else if was_used_up {
            self.contradictions += 1;
        }
    }

    /// What the limit is counted in, as far as that is known.
    fn span(&mut self, statement: &Statement) -> Duration {
        let limit = statement.limit.unwrap_or(statement.remaining.saturating_add(1).max(self.limit)).max(1);
        if limit != self.limit {
            (self.limit, self.longest) = (limit, SHORTEST);
        }
        self.longest = self.longest.max(statement.resets_in);
        self.rounds_down |= statement.resets_in.is_zero() && !statement.is_exact;
        let is_longer = self.rounds_down && self.longest >= 2 * ROUNDING;
        let longest = if is_longer { self.longest.saturating_add(ROUNDING) } else { self.longest };
        statement.window.unwrap_or(longest)
    }

    fn pace(&mut self, span: Duration, ticket: &Ticket, now: Instant) {
        let is_short = span <= SHORT;
        let interval = if is_short { span.div_f64(self.limit as f64 * BELOW) } else { Duration::ZERO };
        if interval != self.interval {
            self.interval = interval;
            // As if all that have left since had left at this pace.
            let since = u32::try_from(self.left - ticket.number + 1).unwrap_or(u32::MAX);
            self.next = ticket.left_at.checked_add(interval.saturating_mul(since).min(self.longest_pause));
            self.paced_from = is_short.then(|| now + span + ROUNDING);
        }
    }

    /// An answer says nothing, or there was none: if it is one that asked, nothing is known any more.
    pub(super) fn said_nothing(&mut self, ticket: &Ticket) {
        if self.heard < ticket.number {
            self.bound.take_if(|bound| bound.number < ticket.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);

    /// Requests leave as soon as they may, each is answered after 100 ms with what is said of it. Gives when each left, in
    /// milliseconds.
    fn departures(number: usize, says: impl Fn(u64, Duration) -> Option<Statement>) -> Vec<u128> {
        let start = Instant::now();
        let (mut quota, mut now) = (Quota::new(LONGEST), start);
        let mut departures = Vec::new();
        while departures.len() < number {
            match quota.room(0, now) {
                Room::Here => {}
                Room::At(moment) => {
                    now = moment;
                    continue;
                }
                Room::Full => unreachable!("nothing is in flight"),
            }
            let ticket = Ticket { left_at: now, number: quota.left(now), in_flight: 1 };
            departures.push((now - start).as_millis());
            now += Duration::from_millis(100);
            match says(ticket.number, now - start) {
                Some(statement) => _ = quota.said(&statement, &ticket, true, now),
                None => quota.said_nothing(&ticket),
            }
        }
        departures
    }

    fn left(remaining: u64, limit: u64, resets_in: Duration) -> Option<Statement> {
        Some(Statement { remaining, limit: Some(limit), resets_in, is_exact: true, window: None })
    }

    #[test]
    fn a_limit_of_a_short_span_is_a_pace() {
        assert_eq!(departures(4, |_, _| left(1, 2, Duration::from_secs(1))), [0, 526, 1_052, 1_578]);
    }

    #[test]
    fn the_last_ones_of_a_long_span_leave_one_a_pause() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let says = |number: u64, now| left(5_u64.saturating_sub(number), 5, minutes(2).saturating_sub(now));
        assert_eq!(departures(7, says), [0, 100, 30_000, 60_000, 90_000, 120_000, 120_100]);
        // Another took the rest.
        assert_eq!(departures(3, |number, _| left(2 * u64::from(number > 2), 5, minutes(60))), [0, 30_000, 60_000]);
    }

    #[test]
    fn who_takes_what_it_said_it_would_not_is_not_believed() {
        let says = |_, _| left(0, 5, Duration::from_secs(3600));
        assert_eq!(departures(6, says), [0, 30_000, 60_000, 90_000, 90_100, 90_200]);
    }

    #[test]
    fn who_says_nothing_any_more_is_as_one_that_never_did() {
        let says = |number, _| (number < 2).then(|| left(0, 5, Duration::from_secs(20))).flatten();
        assert_eq!(departures(4, says), [0, 20_100, 20_200, 20_300]);
    }

    #[test]
    fn nonsense_is_survived() {
        for remaining in [0, 1, u64::MAX] {
            for limit in [None, Some(0), Some(1), Some(u64::MAX)] {
                for resets_in in [Duration::ZERO, Duration::MAX] {
                    for window in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
                        let statement = Statement { remaining, limit, resets_in, is_exact: false, window };
                        let departures = departures(9, |_, _| Some(statement.clone()));
                        assert!(departures.windows(2).all(|two| two[1] - two[0] <= 30_000), "{statement:?}");
                    }
                }
            }
        }
    }
}
