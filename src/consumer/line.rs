//! The line to a consumer: what all its feeds in a process share. Its connections are kept from feed to feed, its requests
//! leave at one pace, and a consumer that could not be reached is not waited for again by the next feed. What it answers to
//! one feed, a refusal of the credentials too, is that feed's alone.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::clock::Clock;
use super::limiter::{Admission, Limiter, Sign, Statement, Ticket};
use super::transport::{CertificateError, HttpTransport, Transport};
use crate::config::{ConsumerConfig, ConsumerTarget, HttpConfig};

/// For so long a consumer that is known to be out is not tried again: a run after the other would wait for its connection in
/// vain, and one that comes later should find out for itself.
const OUTAGE: Duration = Duration::from_secs(30);

pub struct Line {
    limiter: Mutex<Limiter>,
    /// Only the sender whose turn it is looks at the limiter; the others stand behind it.
    turn: Mutex<()>,
    /// Holds a token when a request is done that had left.
    done: (Sender<()>, Receiver<()>),
    outage: Mutex<Option<Outage>>,
    transport: OnceLock<Arc<dyn Transport>>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    reason: String,
}

impl Line {
    pub fn new(config: &ConsumerConfig) -> Self {
        let (rate_limit, longest_pause) = match &config.target {
            ConsumerTarget::Http(http) => (http.rate_limit, http.retry_max),
            ConsumerTarget::File { .. } => (None, Duration::ZERO),
        };
        Line {
            limiter: Mutex::new(Limiter::new(rate_limit, longest_pause)),
            turn: Mutex::new(()),
            done: bounded(1),
            outage: Mutex::default(),
            transport: OnceLock::new(),
        }
    }

    /// The same for every feed; made by the first.
    pub(super) fn transport(
        &self,
        config: &HttpConfig,
        user_agent: &str,
    ) -> Result<Arc<dyn Transport>, CertificateError> {
        if let Some(transport) = self.transport.get() {
            return Ok(transport.clone());
        }
        let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new(config, user_agent)?);
        Ok(self.transport.get_or_init(|| transport).clone())
    }

    /// Waits until a request may leave. `None` when `clock` says that there is nothing more to wait for.
    pub(super) fn enter(&self, clock: &dyn Clock) -> Option<Passage<'_>> {
        let _turn = lock(&self.turn);
        // Whoever stood in front may have stopped waiting.
        let mut goes_on = clock.wait(Duration::ZERO);
        while goes_on {
            let now = clock.instant();
            let admission = lock(&self.limiter).admit(now);
            goes_on = match admission {
                Admission::Go(ticket) => return Some(Passage { line: self, ticket: Some(ticket) }),
                Admission::At(moment) => clock.wait(moment.saturating_duration_since(now)),
                Admission::Full => clock.wait_for(&self.done.1),
            };
        }
        None
    }

    /// Why the consumer is known to be out, if it was found to be so a moment ago.
    pub fn outage(&self, now: Instant) -> Option<String> {
        let outage = lock(&self.outage);
        let recent = outage.as_ref().filter(|outage| now.saturating_duration_since(outage.since) < OUTAGE);
        recent.map(|outage| outage.reason.clone())
    }

    /// It cannot be reached. `reason` is clean already.
    pub(super) fn is_out(&self, reason: &str, now: Instant) {
        *lock(&self.outage) = Some(Outage { since: now, reason: reason.to_owned() });
    }
}

/// A request on its way; to be ended with what became of it.
pub(super) struct Passage<'a> {
    line: &'a Line,
    ticket: Option<Ticket>,
}

impl Passage<'_> {
    pub(super) fn end(mut self, sign: Sign, statement: Option<&Statement>, now: Instant) {
        self.give_back(sign, statement, now);
    }

    fn give_back(&mut self, sign: Sign, statement: Option<&Statement>, now: Instant) {
        if let Some(ticket) = self.ticket.take() {
            lock(&self.line.limiter).done(&ticket, sign, statement, now);
            // Full when nobody has looked since: one token is enough to look.
            let _ = self.line.done.0.try_send(());
        }
    }
}

impl Drop for Passage<'_> {
    /// A panic must not keep the place for ever.
    fn drop(&mut self) {
        self.give_back(Sign::Nothing, None, Instant::now());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change leaves the state whole, so a panic elsewhere spoils nothing here.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::consumer::delivery::tests::consumer_config;

    /// Waits take no time but that on the clock.
    struct Hands {
        now: Mutex<Instant>,
        goes_on: bool,
    }

    impl Clock for Hands {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn instant(&self) -> Instant {
            *lock(&self.now)
        }

        fn wait(&self, duration: Duration) -> bool {
            *lock(&self.now) += duration;
            self.goes_on
        }

        fn wait_for(&self, token: &Receiver<()>) -> bool {
            token.recv().is_ok()
        }

        fn chance(&self) -> f64 {
            0.5
        }
    }

    fn line(rate_limit: Option<f64>) -> Line {
        let mut config = consumer_config("http://h/p");
        if let ConsumerTarget::Http(http) = &mut config.target {
            http.rate_limit = rate_limit;
        }
        Line::new(&config)
    }

    #[test]
    fn requests_of_all_feeds_leave_at_one_pace() {
        let start = Instant::now();
        let (line, clock) = (line(Some(10.0)), Hands { now: Mutex::new(start), goes_on: true });
        for number in 0..5 {
            let passage = line.enter(&clock).expect("it may leave");
            assert_eq!(clock.instant() - start, Duration::from_millis(100 * number));
            passage.end(Sign::Nothing, None, clock.instant());
        }
    }

    #[test]
    fn who_waits_for_a_place_gets_the_next_one() {
        let start = Instant::now();
        let line = line(None);
        let clock = Hands { now: Mutex::new(start), goes_on: true };
        let mut passages: Vec<_> = (0..5).map(|_| line.enter(&clock).expect("a place is opened")).collect();
        let first = passages.pop().expect("eight of them");
        std::thread::scope(|scope| {
            let sixth = scope.spawn(|| line.enter(&clock).is_some());
            first.end(Sign::Nothing, None, clock.instant());
            assert!(sixth.join().expect("no panic"));
        });
    }

    #[test]
    fn nobody_enters_who_is_to_stop() {
        let clock = Hands { now: Mutex::new(Instant::now()), goes_on: false };
        assert!(line(None).enter(&clock).is_none());
    }

    #[test]
    fn an_outage_is_known_for_a_while() {
        let (line, now) = (line(None), Instant::now());
        assert_eq!(line.outage(now), None);
        line.is_out("refused", now);
        assert_eq!(line.outage(now + OUTAGE / 2).as_deref(), Some("refused"));
        assert_eq!(line.outage(now + OUTAGE), None);
    }
}
