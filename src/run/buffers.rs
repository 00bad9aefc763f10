//! Large buffers that are used again: what a batch sends is in one, which comes back when the last of its items is
//! delivered. Memory that is given back to the system and asked for anew would cost more than a copy.
//!
//! Invariant: a buffer is written by nobody as long as anything refers to it.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Kept for later; more than a builder has on their way would only take up memory.
const MOST_SPARE: usize = 2;

/// An arena goes as it is when less than this part of it is not wanted: that takes up memory that nobody counts.
const UNWANTED_PART: usize = 4;

/// A builder's.
#[derive(Debug, Default)]
pub struct Buffers {
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Buffers {
    /// Stretches of an arena that is to be written anew; gives what they are in, and makes them places in that. An arena most of
    /// which is wanted goes as it is, and leaves an empty one.
    pub fn take_out(&self, arena: &mut Vec<u8>, stretches: &mut [Range<usize>]) -> Bytes {
        let wanted: usize = stretches.iter().map(Range::len).sum();
        let mut bytes = lock(&self.spare).pop().unwrap_or_default();
        bytes.clear();
        if arena.len() - wanted < arena.len() / UNWANTED_PART {
            std::mem::swap(arena, &mut bytes);
        } else {
            bytes.reserve_exact(wanted);
            for stretch in stretches {
                let start = bytes.len();
                bytes.extend_from_slice(&arena[stretch.clone()]);
                *stretch = start..bytes.len();
            }
        }
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
        let copied = |length| buffers.take_out(&mut b"abcdefghijkl".to_vec(), std::slice::from_mut(&mut (0..length)));
        let first = copied(3);
        let place = first.as_ptr();
        let a = first.slice(..1);
        drop(first);
        let second = copied(4);
        assert_eq!((&*a, &*second), (&b"a"[..], &b"abcd"[..]), "it is still referred to");
        drop(a);
        let third = copied(2);
        assert_eq!((&*third, third.as_ptr()), (&b"ab"[..], place));
        drop((second, third));
        assert_eq!(lock(&buffers.spare).len(), MOST_SPARE);
    }

    #[test]
    fn stretches_are_found_in_what_they_are_in() {
        for (stretches, goes_whole) in
            [(vec![0..4, 4..8], true), (vec![0..1, 2..8], true), (vec![0..3, 5..8], false), (vec![1..2, 7..8], false)]
        {
            let (mut arena, mut places) = (b"abcdefgh".to_vec(), stretches.clone());
            let (before, place) = (arena.clone(), arena.as_ptr());
            let bytes = Buffers::default().take_out(&mut arena, &mut places);
            assert_eq!(bytes.as_ptr() == place, goes_whole, "{stretches:?}");
            assert_eq!(arena, if goes_whole { Vec::new() } else { before.clone() });
            for (stretch, place) in stretches.into_iter().zip(places) {
                assert_eq!(bytes[place], before[stretch]);
            }
        }
    }
}
