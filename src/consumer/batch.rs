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

    /// Takes an item of `bytes` bytes. Gives the items of the request that is to be sent now, in their order, if there is one:
    /// an item that does not fit starts the next one, and one that is too large for any goes out alone while the others go on
    /// filling theirs.
    pub fn push(&mut self, item: T, bytes: usize) -> Option<Vec<T>> {
        let bytes = bytes.saturating_add(self.framing.item);
        if bytes.saturating_add(self.framing.body) > self.max_bytes {
            return Some(vec![item]);
        }
        let full = if self.bytes.saturating_add(bytes) > self.max_bytes { self.finish() } else { None };
        self.items.push(item);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.items.len() >= self.batch_size { self.finish() } else { full }
    }

    /// What is left, if anything is.
    pub fn finish(&mut self) -> Option<Vec<T>> {
        self.bytes = self.framing.body;
        // The next batch will probably have as many.
        let next = Vec::with_capacity(self.items.len());
        let items = std::mem::replace(&mut self.items, next);
        (!items.is_empty()).then_some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMING: Framing = Framing { body: 1, item: 1, alone: false };

    /// Sizes in, requests of sizes out.
    fn cut(batch_size: usize, max_bytes: usize, sizes: &[usize]) -> Vec<String> {
        let mut batcher = Batcher::new(batch_size, max_bytes, FRAMING);
        let mut requests: Vec<Vec<usize>> = sizes.iter().filter_map(|size| batcher.push(*size, *size)).collect();
        requests.extend(batcher.finish());
        assert_eq!(batcher.finish(), None);
        requests.iter().map(|sizes| format!("{sizes:?}")).collect()
    }

    #[test]
    fn items_may_go_alone() {
        let mut batcher = Batcher::new(9, 100, Framing { alone: true, ..FRAMING });
        assert_eq!(batcher.push('a', 1), Some(vec!['a']));
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
            (3, 9, &[1, 8, 1, 1], &["[8]", "[1, 1, 1]"]),
            (1, 9, &[8, 1], &["[8]", "[1]"]),
            (3, 0, &[0], &["[0]"]),
        ];
        for (batch_size, max_bytes, sizes, expected) in table {
            assert_eq!(cut(*batch_size, *max_bytes, sizes), *expected, "{batch_size} {max_bytes} {sizes:?}");
        }
    }
}
