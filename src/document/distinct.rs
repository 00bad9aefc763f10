//! Numbers the different byte strings of a batch: which rows ask for the same key tuple, or share one fragment.
//!
//! An open table of numbers over one buffer of bytes, reused from batch to batch. Strings that come in their order, as those of
//! rows that were read by an index do, need no table: one that is greater than the last is new. Byte equality only: whether
//! two different keys are equal is for the database to say.

use std::cmp::Ordering;

#[derive(Debug, Default)]
pub(crate) struct Distinct {
    bytes: Vec<u8>,
    /// Where the bytes of each end, and those of the next begin, by number.
    ends: Vec<usize>,
    /// By hash; a power of two long.
    table: Vec<Place>,
    /// The table has all strings; else they are ascending, and it has none.
    is_indexed: bool,
}

/// A place of the table. The hash stands here, so that what lies elsewhere is looked at only for strings that are alike.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// `EMPTY` where none is.
    number: u32,
    hash: u32,
}

const EMPTY: u32 = u32::MAX;

const FREE: Place = Place { number: EMPTY, hash: 0 };

/// Places of the smallest table.
const SMALLEST: usize = 64;

/// The number of a byte string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub number: u32,
    /// True when it was not there before.
    pub is_new: bool,
}

impl Distinct {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        if self.is_indexed {
            self.table.fill(FREE);
            self.is_indexed = false;
        }
    }

    pub fn number(&mut self, bytes: &[u8]) -> Numbered {
        let compared = self.ends.len().checked_sub(1).map(|last| (last, bytes.cmp(self.bytes_of(last))));
        match compared {
            // Rows come ordered more often than not: the last string is the likeliest to come again.
            Some((last, Ordering::Equal)) => return Numbered { number: last as u32, is_new: false },
            Some((_, Ordering::Less)) => self.index(),
            Some((_, Ordering::Greater)) | None => {}
        }
        let number = self.ends.len() as u32;
        if self.is_indexed {
            if self.ends.len() * 2 >= self.table.len() {
                self.grow();
            }
            let hash = hash(bytes);
            match self.probe(bytes, hash) {
                Ok(number) => return Numbered { number, is_new: false },
                Err(free) => self.table[free] = Place { number, hash },
            }
        }
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
        Numbered { number, is_new: true }
    }

    /// The number of a byte string that was given one. To be asked after [`index`](Self::index) alone.
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        if self.is_indexed { self.probe(bytes, hash(bytes)).ok() } else { None }
    }

    /// Puts all strings into the table.
    pub fn index(&mut self) {
        if self.is_indexed {
            return;
        }
        self.is_indexed = true;
        while self.table.len() < (self.ends.len() * 2).max(SMALLEST) {
            self.grow();
        }
        for number in 0..self.ends.len() {
            let hash = hash(self.bytes_of(number));
            let free = self.free(hash);
            self.table[free] = Place { number: number as u32, hash };
        }
    }

    /// The number of a byte string; where it has none, its place in the table.
    #[inline]
    fn probe(&self, bytes: &[u8], hash: u32) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.table[at];
            if place.number == EMPTY {
                return Err(at);
            }
            if place.hash == hash && self.bytes_of(place.number as usize) == bytes {
                return Ok(place.number);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn bytes_of(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// What it takes up, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&self.ends[..]) + size_of_val(&self.table[..])
    }

    /// Gives back the memory that no string needs.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(SMALLEST);
        let before = std::mem::replace(&mut self.table, vec![FREE; size]);
        for place in before.into_iter().filter(|place| place.number != EMPTY) {
            let free = self.free(place.hash);
            self.table[free] = place;
        }
    }

    /// The place for a string of this hash that has none.
    fn free(&self, hash: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while self.table[at].number != EMPTY {
            at = (at + 1) & mask;
        }
        at
    }
}

/// Multiplies and folds eight bytes at a time; good enough for keys, and short keys are the rule.
fn hash(bytes: &[u8]) -> u32 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(ODD);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = words.iter().fold(bytes.len() as u64 ^ ODD, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    fold(hash, u64::from_le_bytes(last)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_once() {
        let mut distinct = Distinct::default();
        for round in 0..2 {
            for i in 0..1000u32 {
                let text = format!("key number {i}");
                assert_eq!(distinct.number(text.as_bytes()), Numbered { number: i, is_new: true }, "round {round}");
                assert!(!distinct.number(text.as_bytes()).is_new);
            }
            assert_eq!(distinct.number(b"key number 17"), Numbered { number: 17, is_new: false });
            assert_eq!(distinct.number(b""), Numbered { number: 1000, is_new: true });
            assert_eq!(distinct.number(b""), Numbered { number: 1000, is_new: false });
            distinct.clear();
        }
    }

    #[test]
    fn in_order_or_not_the_numbers_are_the_same() {
        let mut distinct = Distinct::default();
        for order in [["a", "b", "b", "c"], ["b", "a", "b", "c"], ["a", "c", "b", "c"], ["a", "b", "c", "a"]] {
            distinct.clear();
            let mut seen: Vec<&str> = Vec::new();
            for text in order {
                let known = seen.iter().position(|known| *known == text);
                let expected = Numbered { number: known.unwrap_or(seen.len()) as u32, is_new: known.is_none() };
                assert_eq!(distinct.number(text.as_bytes()), expected, "{text} of {order:?}");
                seen.extend(known.is_none().then_some(text));
            }
            distinct.index();
            let found = seen.iter().map(|text| distinct.find(text.as_bytes()));
            assert!(found.eq((0..seen.len() as u32).map(Some)), "{order:?}");
            assert_eq!(distinct.find(b"d"), None);
        }
    }

    #[test]
    fn zeros_at_the_end_count() {
        let mut distinct = Distinct::default();
        assert!(distinct.number(&[1]).is_new);
        assert!(distinct.number(&[1, 0]).is_new);
        assert!(distinct.number(&[1, 0, 0, 0, 0, 0, 0, 0]).is_new);
        assert!(distinct.number(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).is_new);
    }
}
