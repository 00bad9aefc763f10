//! Where to cut requests: by count and by bytes. Pure; whatever rides along with an item is the caller's.

use super::Framing;

/// Fills one request at a time.
#[derive(Debug)]
pub struct Batcher<T> {
    batch_size: usize,
    max_bytes: usize,
    framing: Framing,
    items: Vec<T>,
    /// Of the body that `items` would make.
    bytes: usize,
}

/// What goes into one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// In the order they came; never empty.
    pub items: Vec<T>,
    /// One item that alone makes a larger body than allowed.
    pub oversized: bool,
}

impl<T> Batcher<T> {
    /// `max_bytes` is of an encoded body before compression. A `batch_size` of 0 counts as 1.
    pub fn new(batch_size: usize, max_bytes: usize, framing: Framing) -> Self {
        Batcher {
            batch_size: if framing.alone { 1 } else { batch_size.max(1) },
            max_bytes,
            framing,
            items: Vec::new(),
            bytes: framing.body,
        }
    }

    /// Takes an item of `bytes` bytes. Gives what is to be sent now: at most one batch, as an item that does not fit
    /// starts the next one, and one that is too large for any goes out alone while the others go on filling theirs.
    pub fn push(&mut self, item: T, bytes: usize) -> Option<Batch<T>> {
        let bytes = bytes.saturating_add(self.framing.item);
        if bytes.saturating_add(self.framing.body) > self.max_bytes {
            return Some(Batch { items: vec![item], oversized: true });
        }
        let full = if self.bytes.saturating_add(bytes) > self.max_bytes { self.finish() } else { None };
        self.items.push(item);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.items.len() >= self.batch_size { self.finish() } else { full }
    }

    /// What is left.
    pub fn finish(&mut self) -> Option<Batch<T>> {
        self.bytes = self.framing.body;
        // The next batch will probably have as many.
        let next = Vec::with_capacity(self.items.len());
        let items = std::mem::replace(&mut self.items, next);
        (!items.is_empty()).then_some(Batch { items, oversized: false })
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMING: Framing = Framing { body: 1, item: 1, alone: false };

    /// Sizes in, batches of sizes out; a `!` marks an oversized one.
    fn cut(batch_size: usize, max_bytes: usize, sizes: &[usize]) -> Vec<String> {
        let mut batcher = Batcher::new(batch_size, max_bytes, FRAMING);
        let mut batches: Vec<Batch<usize>> = sizes.iter().filter_map(|size| batcher.push(*size, *size)).collect();
        batches.extend(batcher.finish());
        assert!(batcher.is_empty());
        assert_eq!(batcher.finish(), None);
        let mark = |batch: &Batch<usize>| if batch.oversized { "!" } else { "" };
        batches.iter().map(|batch| format!("{:?}{}", batch.items, mark(batch))).collect()
    }

    #[test]
    fn items_may_go_alone() {
        let mut batcher = Batcher::new(9, 100, Framing { alone: true, ..FRAMING });
        assert_eq!(batcher.push('a', 1), Some(Batch { items: vec!['a'], oversized: false }));
        assert_eq!(batcher.finish(), None);
    }

    #[test]
    fn requests_are_cut() {
        let table: &[(usize, usize, &[usize], &[&str])] = &[
            (3, 100, &[], &[]),
            (3, 100, &[1, 2], &["[1, 2]"]),
            (3, 100, &[1, 2, 3], &["[1, 2, 3]"]),
            (3, 100, &[1, 2, 3, 4], &["[1, 2, 3]", "[4]"]),
            (1, 100, &[1, 2], &["[1]", "[2]"]),
            (0, 100, &[1, 2], &["[1]", "[2]"]),
            // [xxx,xxx] is 9 bytes.
            (9, 9, &[3, 3, 3], &["[3, 3]", "[3]"]),
            (9, 8, &[3, 3, 3], &["[3]", "[3]", "[3]"]),
            (2, 9, &[3, 3, 3], &["[3, 3]", "[3]"]),
            // One item may fill a body to the last byte.
            (9, 9, &[7, 1, 7], &["[7]", "[1]", "[7]"]),
            // Too large alone: goes out by itself, the others go on filling theirs.
            (3, 9, &[1, 8, 1, 1], &["[8]!", "[1, 1, 1]"]),
            (1, 9, &[8, 1], &["[8]!", "[1]"]),
            (3, 0, &[0], &["[0]!"]),
        ];
        for (batch_size, max_bytes, sizes, expected) in table {
            assert_eq!(cut(*batch_size, *max_bytes, sizes), *expected, "{batch_size} {max_bytes} {sizes:?}");
        }
    }
}
