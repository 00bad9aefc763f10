//! The wish to stop, given by a signal and looked at between steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

/// Cloned freely; all clones see the same wish.
#[derive(Debug, Clone)]
pub struct Stop {
    signal: Arc<AtomicI32>,
    /// Never sent on: closed when the wish is given, so that waits end at once.
    closed: Receiver<()>,
    holder: Arc<std::sync::Mutex<Option<Sender<()>>>>,
}

impl Default for Stop {
    fn default() -> Self {
        let (sender, closed) = crossbeam_channel::bounded(0);
        Stop { signal: Arc::new(AtomicI32::new(0)), closed, holder: Arc::new(std::sync::Mutex::new(Some(sender))) }
    }
}

impl Stop {
    /// Asks everything to finish what is in flight and end. `signal` is the number of the signal that asked.
    pub fn request(&self, signal: i32) {
        self.signal.store(signal, Ordering::SeqCst);
        if let Ok(mut sender) = self.holder.lock() {
            sender.take();
        }
    }

    pub fn is_requested(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// The signal that asked, as in [`request`](Self::request).
    pub fn signal(&self) -> Option<i32> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Waits for `duration`; false when the wish to stop came first.
    pub fn sleep(&self, duration: Duration) -> bool {
        matches!(self.closed.recv_timeout(duration), Err(crossbeam_channel::RecvTimeoutError::Timeout))
    }

    /// Becomes ready when the wish is given.
    pub fn channel(&self) -> &Receiver<()> {
        &self.closed
    }
}
