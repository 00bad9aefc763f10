//! Large buffers that are used again: what a batch sends is copied into one, which comes back when the last of its items is
//! delivered. Memory that is given back to the system and asked for anew costs more than the copy.
//!
//! Invariant: a buffer is written by nobody as long as anything refers to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Kept for later; more than a builder has on their way would only take up memory.
const MOST_SPARE: usize = 2;

/// A builder's.
#[derive(Debug, Default)]
pub struct Buffers {
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Buffers {
    /// These stretches one behind the other.
    pub fn joined<'a>(&self, stretches: impl Iterator<Item = &'a [u8]> + Clone) -> Bytes {
        let mut bytes = lock(&self.spare).pop().unwrap_or_default();
        bytes.clear();
        bytes.reserve_exact(stretches.clone().map(<[u8]>::len).sum());
        stretches.for_each(|stretch| bytes.extend_from_slice(stretch));
        Bytes::from_owner(Lent { bytes, home: Arc::clone(&self.spare) })
    }
}

struct Lent {
    bytes: Vec<u8>,
    home: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut spare = lock(&self.home);
        if spare.len() < MOST_SPARE {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change leaves the list whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_when_nothing_refers_to_it() {
        let buffers = Buffers::default();
        let joined = |texts: &[&'static str]| buffers.joined(texts.iter().map(|text| text.as_bytes()));
        let mut first = joined(&["ab", "", "c"]);
        let place = first.as_ptr();
        let a = first.split_to(1);
        assert_eq!((&*a, &*first), (&b"a"[..], &b"bc"[..]));
        drop(first);
        let second = joined(&["d"]);
        assert_eq!((&*a, &*second), (&b"a"[..], &b"d"[..]), "it is still referred to");
        drop(a);
        let third = joined(&["ef"]);
        assert_eq!((&*third, third.as_ptr()), (&b"ef"[..], place));
        drop((second, third));
        assert_eq!(lock(&buffers.spare).len(), MOST_SPARE);
    }
}
