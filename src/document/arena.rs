//! Finished JSON and what is remembered about it: stretches outside the hash, and places of members.
//!
//! A fragment is written once into its level's arena and copied into the parent's. Invariant: holes are ascending, do
//! not overlap, and cover the commas too, so that the hashed bytes do not tell whether an excluded member was there.

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
    /// Ranges of the arena's bytes, holes and marks.
    Json {
        bytes: Range<usize>,
        holes: Range<usize>,
        marks: Range<usize>,
    },
    Null,
    /// Spoils every item that takes it up: an index into the batch's failures.
    Failed(usize),
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
        Fragment::Json {
            bytes: filled.bytes..self.bytes.len(),
            holes: filled.holes..self.holes.len(),
            marks: filled.marks..self.marks.len(),
        }
    }

    pub fn holes_since(&self, filled: Filled) -> Range<usize> {
        filled.holes..self.holes.len()
    }

    /// Copies a fragment of another arena to the end.
    pub fn copy(&mut self, from: &Arena, bytes: &Range<usize>, holes: &Range<usize>, marks: &Range<usize>) {
        let moved = |range: &Range<usize>, to: usize| range.start - bytes.start + to..range.end - bytes.start + to;
        let to = self.bytes.len();
        self.bytes.extend_from_slice(&from.bytes[bytes.clone()]);
        for hole in &from.holes[holes.clone()] {
            self.add_hole(moved(hole, to));
        }
        self.marks.extend(
            from.marks[marks.clone()].iter().map(|mark| Mark { number: mark.number, bytes: moved(&mark.bytes, to) }),
        );
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

/// Why items of a batch are invalid; fragments refer to them by number.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<InvalidItem>);

impl Failures {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn add(&mut self, failure: InvalidItem) -> usize {
        self.0.push(failure);
        self.0.len() - 1
    }

    pub fn get(&self, number: usize) -> &InvalidItem {
        &self.0[number]
    }
}
