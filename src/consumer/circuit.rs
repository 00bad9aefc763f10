//! Whether the consumer can be sent to at all in this run.
//!
//! One is shared by all senders of a run. Once open it stays open for the run: the reason is kept, and everything that
//! waits to try again wakes up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender};

/// Requests in a row that failed whole after their tries: the consumer is down, not one of its items bad.
const FAILURES_IN_A_ROW: u32 = 5;

#[derive(Debug)]
pub struct Circuit {
    open: AtomicBool,
    state: Mutex<State>,
    opened: Receiver<()>,
}

#[derive(Debug)]
struct State {
    reason: Option<String>,
    failures: u32,
    /// Never sent on: dropped when the circuit opens.
    closed: Option<Sender<()>>,
}

impl Default for Circuit {
    fn default() -> Self {
        let (closed, opened) = crossbeam_channel::bounded(0);
        let state = State { reason: None, failures: 0, closed: Some(closed) };
        Circuit { open: AtomicBool::new(false), state: Mutex::new(state), opened }
    }
}

impl Circuit {
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing more should be sent in this run.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Why it opened: the status and the first 200 characters of the answer, or what went wrong, without secrets and
    /// control characters. Of several reasons the first.
    pub fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    /// Becomes ready when the circuit opens.
    pub fn channel(&self) -> &Receiver<()> {
        &self.opened
    }

    /// Opens it. `reason` is clean already.
    pub(super) fn open(&self, reason: impl FnOnce() -> String) {
        self.open_in(&mut self.state(), reason);
    }

    /// A request failed whole after its tries.
    pub(super) fn failed(&self, reason: impl FnOnce() -> String) {
        let mut state = self.state();
        state.failures += 1;
        if state.failures >= FAILURES_IN_A_ROW {
            self.open_in(&mut state, || {
                format!("{FAILURES_IN_A_ROW} requests in a row failed, the last with {}", reason())
            });
        }
    }

    /// A request was answered as one: accepted, or judged item by item.
    pub(super) fn answered(&self) {
        self.state().failures = 0;
    }

    fn open_in(&self, state: &mut State, reason: impl FnOnce() -> String) {
        if state.reason.is_none() {
            state.reason = Some(reason());
            self.open.store(true, Ordering::SeqCst);
            state.closed = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change leaves the state whole, so a panic elsewhere spoils nothing here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_open_it() {
        let circuit = Circuit::new();
        for round in 0..3 {
            for _ in 0..4 {
                circuit.failed(|| "503".into());
            }
            assert!(!circuit.is_open(), "round {round}");
            circuit.answered();
        }
        for _ in 0..5 {
            circuit.failed(|| "503 Service Unavailable".into());
        }
        assert!(circuit.is_open());
        assert_eq!(
            circuit.reason().as_deref(),
            Some("5 requests in a row failed, the last with 503 Service Unavailable")
        );
    }

    #[test]
    fn it_stays_open_for_its_first_reason() {
        let circuit = Circuit::new();
        assert_eq!((circuit.is_open(), circuit.reason()), (false, None));
        assert!(circuit.channel().try_recv().is_err_and(|error| error.is_empty()));
        circuit.open(|| "401".into());
        circuit.open(|| "404".into());
        circuit.answered();
        assert_eq!((circuit.is_open(), circuit.reason().as_deref()), (true, Some("401")));
        assert!(circuit.channel().try_recv().is_err_and(|error| error.is_disconnected()));
    }
}
