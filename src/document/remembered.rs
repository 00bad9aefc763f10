//! Rows that were looked up before, of a small table whose keys the database compares in its own way, so that it cannot be
//! [held](super::held): which key equals which is the database's word, once for each key.
//!
//! As of a table that is held, a row changed during the run is seen by the next.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::distinct::Distinct;
use crate::source::KeyTuples;
use crate::source::rows::RowSet;

/// The rows of keys that were asked for. Shared by all workers.
#[derive(Debug)]
pub(crate) struct Remembered {
    known: Mutex<Known>,
    /// Bytes that all of a feed may yet take up.
    bytes_left: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Distinct,
    rows: RowSet,
    /// Of each key its rows, by the key's number.
    stretches: Vec<Range<u32>>,
    scratch: Vec<u8>,
}

/// What is remembered of a batch's tuples.
#[derive(Debug, Default)]
pub(crate) struct Recalled {
    /// Rows of tuples that were asked for before, and the stretch of each such tuple.
    pub rows: RowSet,
    pub stretches: Vec<(u32, Range<u32>)>,
    /// The other tuples, by number and by value.
    pub unknown: Vec<u32>,
    pub tuples: KeyTuples,
}

impl Remembered {
    pub fn new(bytes_left: Arc<AtomicUsize>) -> Self {
        Remembered { known: Mutex::default(), bytes_left }
    }

    /// Parts tuples by whether their rows are known, and takes those that are.
    pub fn recall(&self, tuples: &KeyTuples, into: &mut Recalled) {
        let known = &mut *self.lock();
        let Recalled { rows, stretches, unknown, tuples: others } = into;
        rows.reset(known.rows.width());
        stretches.clear();
        unknown.clear();
        others.reset(tuples.width());
        for tuple in 0..tuples.len() {
            known.encode(tuples, tuple);
            let Some(number) = known.keys.find(&known.scratch) else {
                unknown.push(tuple as u32);
                others.extend((0..tuples.width()).filter_map(|component| tuples.get(tuple, component)));
                continue;
            };
            let first = rows.len() as u32;
            for row in known.stretches[number as usize].clone() {
                known.rows.row(row as usize).iter().for_each(|cell| rows.push_of(&known.rows, *cell));
            }
            stretches.push((tuple as u32, first..rows.len() as u32));
        }
    }

    /// Keeps the rows that were read for tuples, as far as there is room.
    pub fn keep(&self, tuples: &KeyTuples, read: &RowSet, stretches: &[Range<u32>]) {
        let known = &mut *self.lock();
        let before = known.size();
        let left = self.bytes_left.load(Ordering::Relaxed);
        if known.rows.is_empty() {
            known.rows.reset(read.width());
        }
        for (tuple, stretch) in stretches.iter().enumerate() {
            if known.size() - before >= left {
                break;
            }
            known.encode(tuples, tuple);
            // Another worker may have asked for it at the same time.
            if !known.keys.number(&known.scratch).is_new {
                continue;
            }
            let first = known.rows.len() as u32;
            for row in stretch.clone() {
                read.row(row as usize).iter().for_each(|cell| known.rows.push_of(read, *cell));
            }
            known.stretches.push(first..known.rows.len() as u32);
        }
        known.keys.index();
        let taken = known.size() - before;
        let spend = |left: usize| Some(left.saturating_sub(taken));
        // Two levels at a time may take more than there is, by what one batch reads.
        let _ = self.bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing in it is ever half done but for memory that ran out, which ends the process.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The bytes of a tuple, into `scratch`.
    fn encode(&mut self, tuples: &KeyTuples, tuple: usize) {
        self.scratch.clear();
        for component in 0..tuples.width() {
            if let Some(value) = tuples.get(tuple, component) {
                value.encode(&mut self.scratch);
            }
        }
    }

    fn size(&self) -> usize {
        self.keys.size() + self.rows.size() + size_of_val(&self.stretches[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::KeyValue;

    fn tuples(keys: &[&'static str]) -> KeyTuples {
        let mut tuples = KeyTuples::of_width(1);
        tuples.extend(keys.iter().map(|key| KeyValue::Text((*key).into())));
        tuples
    }

    /// Rows as `number:text`.
    fn shown(rows: &RowSet, range: &Range<u32>) -> Vec<String> {
        let text = |row: u32| match rows.cell(row as usize, 0) {
            crate::source::rows::Cell::Text(text) => String::from_utf8_lossy(rows.bytes(text)).into_owned(),
            other => format!("{other:?}"),
        };
        range.clone().map(text).collect()
    }

    #[test]
    fn what_was_read_is_known_and_the_rest_is_asked_for() {
        let remembered = Remembered::new(Arc::new(AtomicUsize::new(1 << 20)));
        let mut recalled = Recalled::default();
        let asked = tuples(&["a", "b", "c"]);
        remembered.recall(&asked, &mut recalled);
        assert_eq!((&recalled.unknown[..], recalled.stretches.len()), (&[0, 1, 2][..], 0));
        let mut read = RowSet::default();
        read.reset(1);
        ["none's", "of a", "of c", "of c too"].iter().for_each(|text| read.push_text(text.as_bytes()));
        remembered.keep(&asked, &read, &[1..2, 0..0, 2..4]);
        // Nobody's second word counts.
        remembered.keep(&tuples(&["a", "b"]), &read, &[0..1, 0..1]);

        remembered.recall(&tuples(&["c", "A", "b", "a"]), &mut recalled);
        assert_eq!(recalled.unknown, [1]);
        assert_eq!(recalled.tuples.get(0, 0), Some(KeyValue::Text("A".into())));
        let found: Vec<(u32, Vec<String>)> =
            recalled.stretches.iter().map(|(tuple, rows)| (*tuple, shown(&recalled.rows, rows))).collect();
        let expected = [(0, vec!["of c", "of c too"]), (2, vec![]), (3, vec!["of a"])];
        assert_eq!(found, expected.map(|(tuple, rows)| (tuple, rows.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn what_has_no_room_is_asked_for_again() {
        let bytes_left = Arc::new(AtomicUsize::new(4096));
        let remembered = Remembered::new(Arc::clone(&bytes_left));
        let mut read = RowSet::default();
        read.reset(1);
        read.push_text(&[b'x'; 3000]);
        remembered.keep(&tuples(&["a", "b", "c", "d"]), &read, &[0..1, 0..1, 0..1, 0..1]);
        let mut recalled = Recalled::default();
        remembered.recall(&tuples(&["a", "b", "c", "d"]), &mut recalled);
        assert_eq!((recalled.unknown.as_slice(), bytes_left.load(Ordering::Relaxed)), (&[2, 3][..], 0));
    }
}
