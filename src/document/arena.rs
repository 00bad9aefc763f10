//! Finished JSON and what is remembered about it: stretches outside the hash, and places of members.
//!
//! A fragment is written once into its level's arena and copied into the parent's. Invariant: holes are ascending, do
//! not overlap, and cover the commas too, so that the hashed bytes do not tell whether an excluded member was there. Holes
//! and marks stand in the order of their ends, and none lies across an end of a fragment: its bytes tell which are its own.

use std::ops::Range;

use super::InvalidItem;

#[derive(Debug, Default)]
pub(crate) struct Arena {
    pub bytes: Vec<u8>,
    pub holes: Vec<Range<usize>>,
    pub marks: Vec<Mark>,
}

/// Where the value of a member stands that the identity or the minimal payload takes up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub number: u16,
    pub bytes: Range<usize>,
}

/// How far an arena is filled, to go back to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Filled {
    bytes: usize,
    holes: usize,
    marks: usize,
    /// A hole that is there may still grow; this is how far it went.
    last_hole_end: usize,
}

/// What one row of the enclosing level gets from a relation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fragment {
    /// A range of the arena's bytes.
    Json(Range<usize>),
    Null,
    /// Spoils every item that takes it up: the number of a failure of the batch.
    Failed(u32),
}

impl Arena {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.holes.clear();
        self.marks.clear();
    }

    pub fn filled(&self) -> Filled {
        Filled {
            bytes: self.bytes.len(),
            holes: self.holes.len(),
            marks: self.marks.len(),
            last_hole_end: self.holes.last().map_or(0, |hole| hole.end),
        }
    }

    pub fn truncate(&mut self, filled: Filled) {
        self.bytes.truncate(filled.bytes);
        self.forget_holes(filled);
        self.marks.truncate(filled.marks);
    }

    /// What was written since `filled`.
    pub fn since(&self, filled: Filled) -> Fragment {
        Fragment::Json(filled.bytes..self.bytes.len())
    }

    pub fn holes_since(&self, filled: Filled) -> Range<usize> {
        filled.holes..self.holes.len()
    }

    /// Copies a fragment of another arena to the end, with its holes and marks.
    pub fn copy(&mut self, from: &Arena, fragment: &Range<usize>) {
        let to = self.bytes.len();
        let moved = |range: &Range<usize>| range.start - fragment.start + to..range.end - fragment.start + to;
        self.bytes.extend_from_slice(&from.bytes[fragment.clone()]);
        for hole in within(&from.holes, fragment, |hole| hole) {
            self.add_hole(moved(hole));
        }
        let marks = within(&from.marks, fragment, |mark| &mark.bytes);
        self.marks.extend(marks.map(|mark| Mark { number: mark.number, bytes: moved(&mark.bytes) }));
    }

    /// Adds a hole behind the others, joining it with the last where they touch.
    pub fn add_hole(&mut self, hole: Range<usize>) {
        match self.holes.last_mut() {
            Some(last) if last.end == hole.start => last.end = hole.end,
            _ => self.holes.push(hole),
        }
    }

    /// Drops the holes since `filled`: something larger is to be left out.
    pub fn forget_holes(&mut self, filled: Filled) {
        self.holes.truncate(filled.holes);
        if let Some(last) = self.holes.last_mut() {
            last.end = filled.last_hole_end;
        }
    }
}

/// Those of a fragment, among what stands in the order of its ends.
fn within<'a, T>(
    all: &'a [T],
    fragment: &'a Range<usize>,
    bytes: impl Fn(&T) -> &Range<usize> + 'a,
) -> impl Iterator<Item = &'a T> {
    let first = all.partition_point(|one| bytes(one).end <= fragment.start);
    all[first..].iter().take_while(move |one| bytes(one).end <= fragment.end)
}

/// Why items of a batch are invalid; fragments refer to them by number.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<InvalidItem>);

impl Failures {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn add(&mut self, failure: InvalidItem) -> u32 {
        self.0.push(failure);
        self.0.len() as u32 - 1
    }

    pub fn get(&self, number: u32) -> &InvalidItem {
        &self.0[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_takes_its_holes_and_marks_along() {
        let mut from = Arena::default();
        let mut fragments = Vec::new();
        for number in 0..3 {
            let filled = from.filled();
            let start = from.bytes.len();
            from.bytes.extend_from_slice(b"{\"a\":1,\"b\":2}");
            // A mark within another, which ends where it does.
            from.marks.push(Mark { number, bytes: start + 11..start + 12 });
            from.marks.push(Mark { number: number + 10, bytes: start + 7..start + 12 });
            from.add_hole(start + 6..start + 12);
            let Fragment::Json(bytes) = from.since(filled) else { unreachable!("it is JSON") };
            fragments.push(bytes);
        }
        for (number, fragment) in (0..).zip(&fragments) {
            let mut out = Arena { bytes: b"[".to_vec(), ..Arena::default() };
            out.copy(&from, fragment);
            assert_eq!(out.bytes, b"[{\"a\":1,\"b\":2}");
            assert_eq!(out.holes, std::slice::from_ref(&(7..13)));
            let expected = [(number, 12..13), (number + 10, 8..13)];
            assert_eq!(out.marks, expected.map(|(number, bytes)| Mark { number, bytes }));
        }
    }
}
