//! A door that an answer waits at until the test opens it.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
pub struct Gate {
    door: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    pub fn open(&self) {
        *self.door.0.lock().expect("no thread panics at a gate") = true;
        self.door.1.notify_all();
    }

    /// Waits for the gate, or for so long.
    pub fn pass(&self, longest: Duration) {
        let closed = self.door.0.lock().expect("no thread panics at a gate");
        drop(self.door.1.wait_timeout_while(closed, longest, |open| !*open).expect("no thread panics at a gate"));
    }
}
