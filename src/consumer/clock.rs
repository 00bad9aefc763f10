//! Time, waiting and chance as delivery sees them, so that its tests need none of the real ones.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, select};

use super::circuit::Circuit;
use crate::run::stop::Stop;

pub(super) trait Clock: Send + Sync {
    fn now(&self) -> SystemTime;

    fn instant(&self) -> Instant;

    /// Waits; false when there is nothing more to wait for: the run is to stop, or the circuit is open.
    fn wait(&self, duration: Duration) -> bool;

    /// Waits until there is a token, and takes it; false as for [`wait`](Self::wait).
    fn wait_for(&self, token: &Receiver<()>) -> bool;

    /// In 0..1.
    fn chance(&self) -> f64;
}

pub(super) struct RunClock {
    pub(super) stop: Stop,
    pub(super) circuit: Arc<Circuit>,
}

impl Clock for RunClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, duration: Duration) -> bool {
        select! {
            recv(self.stop.channel()) -> _ => false,
            recv(self.circuit.channel()) -> _ => false,
            default(duration) => true,
        }
    }

    fn wait_for(&self, token: &Receiver<()>) -> bool {
        select! {
            recv(self.stop.channel()) -> _ => false,
            recv(self.circuit.channel()) -> _ => false,
            recv(token) -> _ => true,
        }
    }

    fn chance(&self) -> f64 {
        // Only spreads senders: without randomness they wait half of what they might.
        getrandom::u64().map_or(0.5, |random| (random >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_and_an_open_circuit_end_a_wait() {
        let long = Duration::from_secs(3600);
        let stop = Stop::default();
        let circuit = Arc::new(Circuit::new());
        let clock = RunClock { stop: stop.clone(), circuit: circuit.clone() };
        assert!(clock.wait(Duration::ZERO));
        circuit.open(|| "401".into());
        assert!(!clock.wait(long));
        stop.request(15);
        assert!(!RunClock { stop, circuit: Arc::default() }.wait(long));
        assert!((0.0..1.0).contains(&clock.chance()));
    }
}
