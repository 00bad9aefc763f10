//! The rows of a held table by the values of their keys.

use crate::document::distinct::Distinct;
use crate::source::KeyValue;
use crate::source::rows::{Cell, RowSet};

/// Numbers of rows by key.
#[derive(Debug)]
pub(super) enum KeyIndex {
    /// By one integer each, where they lie close together.
    Dense(DenseIndex),
    /// By all others. The number of a key is that of its row.
    Spread(Distinct),
}

/// The row of each integer from `first` on, or [`NONE`].
#[derive(Debug)]
pub(super) struct DenseIndex {
    first: i64,
    rows: Vec<u32>,
}

impl DenseIndex {
    #[inline]
    pub fn find(&self, int: i64) -> u32 {
        let place = int.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.rows.get(place)).copied().unwrap_or(NONE)
    }
}

pub(super) const NONE: u32 = u32::MAX;

/// A value of a key. Others than these are equal to none: whether they are is for the database to say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Component<'a> {
    Int(i64),
    Text(&'a [u8]),
}

impl<'a> Component<'a> {
    pub fn of_cell(rows: &'a RowSet, cell: Cell) -> Option<Self> {
        match cell {
            Cell::Int(int) => Some(Component::Int(int)),
            Cell::Text(text) => Some(Component::Text(rows.bytes(text))),
            Cell::Null | Cell::Bool(_) | Cell::Float(_) | Cell::Blob(_) => None,
        }
    }

    pub fn of_value(value: &'a KeyValue<'a>) -> Option<Self> {
        match value {
            KeyValue::Int(int) => Some(Component::Int(*int)),
            KeyValue::Text(text) => Some(Component::Text(text.as_bytes())),
            _ => None,
        }
    }

    /// Appends bytes that differ where keys do.
    fn encode(self, out: &mut Vec<u8>) {
        match self {
            Component::Int(int) => {
                out.push(0);
                out.extend_from_slice(&int.to_le_bytes());
            }
            Component::Text(text) => {
                out.push(1);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(text);
            }
        }
    }
}

/// Integers that a dense index may have a place for, for each that there is.
const PLACES_A_KEY: i64 = 8;

/// The keys of rows that are read one after the other.
#[derive(Debug)]
pub(super) enum Keys {
    /// Nothing else so far.
    Ints(Vec<i64>),
    Spread(Distinct),
}

impl Keys {
    pub fn new() -> Self {
        Keys::Ints(Vec::new())
    }

    /// Adds those of rows whose first `width` cells are their key. None where two rows have one key, or a key is neither
    /// an integer nor a text: whether it equals another one is for the database to say.
    pub fn add(&mut self, rows: &RowSet, width: usize) -> Option<()> {
        let mut bytes = Vec::new();
        for row in 0..rows.len() {
            match (&mut *self, rows.cell(row, 0)) {
                (Keys::Ints(ints), Cell::Int(int)) if width == 1 => ints.push(int),
                (keys, _) => {
                    bytes.clear();
                    for cell in 0..width {
                        Component::of_cell(rows, rows.cell(row, cell))?.encode(&mut bytes);
                    }
                    keys.spread()?.number(&bytes).is_new.then_some(())?;
                }
            }
        }
        Some(())
    }

    /// From now on not integers alone. None where two are the same.
    fn spread(&mut self) -> Option<&mut Distinct> {
        if let Keys::Ints(ints) = self {
            *self = Keys::Spread(spread(ints)?);
        }
        match self {
            Keys::Spread(keys) => Some(keys),
            Keys::Ints(_) => None,
        }
    }

    /// What they take up, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Keys::Ints(ints) => size_of_val(&ints[..]),
            Keys::Spread(keys) => keys.size(),
        }
    }

    /// None where two rows have one key.
    pub fn index(self) -> Option<KeyIndex> {
        let mut keys = match self {
            Keys::Ints(ints) => match dense(&ints) {
                Some(index) => return Some(index),
                None => spread(&ints)?,
            },
            Keys::Spread(keys) => keys,
        };
        keys.index();
        keys.shrink_to_fit();
        Some(KeyIndex::Spread(keys))
    }
}

/// None where there are none, two are the same, or they lie too far apart.
fn dense(keys: &[i64]) -> Option<KeyIndex> {
    let (first, last) = (*keys.iter().min()?, *keys.iter().max()?);
    let places = last.checked_sub(first)?.checked_add(1)?;
    if places > keys.len() as i64 * PLACES_A_KEY {
        return None;
    }
    let mut rows = vec![NONE; usize::try_from(places).ok()?];
    for (row, key) in keys.iter().enumerate() {
        let place = &mut rows[(key - first) as usize];
        if *place != NONE {
            return None;
        }
        *place = row as u32;
    }
    Some(KeyIndex::Dense(DenseIndex { first, rows }))
}

/// None where two are the same.
fn spread(ints: &[i64]) -> Option<Distinct> {
    let mut keys = Distinct::default();
    let mut bytes = Vec::new();
    for int in ints {
        bytes.clear();
        Component::Int(*int).encode(&mut bytes);
        keys.number(&bytes).is_new.then_some(())?;
    }
    Some(keys)
}

impl KeyIndex {
    /// What it takes up, in bytes.
    pub fn size(&self) -> usize {
        match self {
            KeyIndex::Dense(index) => size_of_val(&index.rows[..]),
            KeyIndex::Spread(keys) => keys.size(),
        }
    }

    /// The row that has this key; [`NONE`] where there is none.
    pub fn find<'k>(&self, mut key: impl Iterator<Item = Option<Component<'k>>>, scratch: &mut Vec<u8>) -> u32 {
        match self {
            KeyIndex::Dense(index) => match key.next() {
                Some(Some(Component::Int(int))) => index.find(int),
                _ => NONE,
            },
            KeyIndex::Spread(keys) => {
                scratch.clear();
                match key.try_for_each(|component| component.map(|component| component.encode(scratch))) {
                    Some(()) => keys.find(scratch).unwrap_or(NONE),
                    None => NONE,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(keys: &[&[&str]]) -> RowSet {
        let mut rows = RowSet::default();
        rows.reset(keys.first().map_or(1, |key| key.len()));
        for value in keys.iter().copied().flatten() {
            match value.parse() {
                Ok(int) => rows.push(Cell::Int(int)),
                Err(_) => rows.push_text(value.as_bytes()),
            }
        }
        rows
    }

    fn index(rows: &RowSet, width: usize) -> Option<KeyIndex> {
        let mut keys = Keys::new();
        keys.add(rows, width)?;
        keys.index()
    }

    fn find(index: &KeyIndex, key: &[&str]) -> Option<u32> {
        let sought = rows(&[key]);
        let cells = (0..key.len()).map(|cell| Component::of_cell(&sought, sought.cell(0, cell)));
        Some(index.find(cells, &mut Vec::new())).filter(|row| *row != NONE)
    }

    #[test]
    fn rows_are_found_by_their_keys() {
        let dense = index(&rows(&[&["7"], &["-2"], &["0"]]), 1).unwrap();
        assert!(matches!(&dense, KeyIndex::Dense { .. }));
        let far = index(&rows(&[&["7"], &["9000000"]]), 1).unwrap();
        let texts = index(&rows(&[&["en"], &["EN"]]), 1).unwrap();
        let pairs = index(&rows(&[&["1", "en"], &["2", "en"]]), 2).unwrap();
        let cases: [(&KeyIndex, &[&str], Option<u32>); 11] = [
            (&dense, &["-2"], Some(1)),
            (&dense, &["0"], Some(2)),
            (&dense, &["1"], None),
            (&dense, &["9223372036854775807"], None),
            (&dense, &["x"], None),
            (&far, &["9000000"], Some(1)),
            (&far, &["8"], None),
            (&texts, &["EN"], Some(1)),
            (&texts, &["En"], None),
            (&pairs, &["2", "en"], Some(1)),
            (&pairs, &["2", "de"], None),
        ];
        for (index, key, expected) in cases {
            assert_eq!(find(index, key), expected, "{key:?} in {index:?}");
        }
    }

    #[test]
    fn keys_come_page_by_page() {
        let mut keys = Keys::new();
        for page in [rows(&[&["7"], &["9"]]), rows(&[&["en"], &["8"]])] {
            keys.add(&page, 1).unwrap();
        }
        let index = keys.index().unwrap();
        for (key, expected) in [("7", Some(0)), ("9", Some(1)), ("en", Some(2)), ("8", Some(3)), ("10", None)] {
            assert_eq!(find(&index, &[key]), expected, "{key}");
        }
        let mut keys = Keys::new();
        keys.add(&rows(&[&["7"], &["9"]]), 1).unwrap();
        keys.add(&rows(&[&["7"]]), 1).unwrap();
        assert!(keys.index().is_none());
        let mut keys = Keys::new();
        keys.add(&rows(&[&["en"]]), 1).unwrap();
        assert!(keys.add(&rows(&[&["de"], &["en"]]), 1).is_none());
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_indexed() {
        assert!(index(&rows(&[&["1"], &["1"]]), 1).is_none());
        assert!(index(&rows(&[&["en"], &["en"]]), 1).is_none());
        let mut odd = RowSet::default();
        odd.reset(1);
        odd.push(Cell::Float(0.5));
        assert!(index(&odd, 1).is_none());
        assert!(index(&rows(&[]), 1).is_some());
    }
}
