//! Writes arrays of the same row: their parts one after the other.
//!
//! A relation's elements are taken over as they were written, without their brackets.

use super::InvalidItem;
use super::arena::{Arena, Fragment};
use super::datum::Datum;
use super::level::all_hold;
use super::member::{RowWriter, Written};
use super::relation::Attached;
use super::scalar::compute;
use super::scope::RowScope;
use crate::plan::level::{ArrayPlan, ElementsPlan, Member, PartPlan, SplitPlan};

const NULL: &[u8] = b"null";

impl RowWriter<'_> {
    pub(super) fn array(&self, array: &ArrayPlan, row: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        let before = out.filled();
        out.bytes.push(b'[');
        let first = out.bytes.len();
        for part in &array.parts {
            self.part(part, row, first, out)?;
        }
        if array.empty_null && out.bytes.len() == first {
            out.truncate(before);
            out.bytes.extend_from_slice(NULL);
            return Ok(Written::Null);
        }
        out.bytes.push(b']');
        Ok(Written::Value)
    }

    /// `first` is where the array's first element stands.
    fn part(&self, part: &PartPlan, row: usize, first: usize, out: &mut Arena) -> Result<(), InvalidItem> {
        if !all_hold(&part.whens, self.frame, row)? {
            return Ok(());
        }
        match &part.elements {
            ElementsPlan::Relation(child) => {
                let relation = &self.relations[*child];
                self.elements(*child, &relation.fragments, row, first, out)
            }
            ElementsPlan::Taken { child, taken } => {
                let relation = &self.relations[*child];
                self.elements(*child, &relation.taken[*taken], row, first, out)
            }
            ElementsPlan::Made { keep, members } => {
                if keep.as_ref().map_or(Ok(true), |keep| self.frame.holds(keep, row))? {
                    for member in members {
                        comma(first, out);
                        self.value(member, row, out)?;
                    }
                }
                Ok(())
            }
            ElementsPlan::Attributes(list) => self.attributes(list, row, first, out),
            ElementsPlan::Split(split) => self.pieces(split, row, |piece| {
                comma(first, out);
                let scope = RowScope::of_piece(self.frame, row, &split.piece.path, piece);
                let datum = compute(&split.piece, &scope)?;
                datum.write_json(&mut out.bytes);
                Ok(())
            }),
        }
    }

    /// The elements of a relation, of which `fragments` are arrays.
    fn elements(
        &self,
        child: usize,
        fragments: &[Fragment],
        row: usize,
        first: usize,
        out: &mut Arena,
    ) -> Result<(), InvalidItem> {
        let relation = &self.relations[child];
        let group = match relation.attached[row] {
            Attached::Nulled => return Ok(()),
            Attached::Failed(number) => return Err(self.failures.get(number).clone()),
            Attached::Group(group) => group,
        };
        match &fragments[group as usize] {
            // Holes and marks never lie on the brackets.
            Fragment::Json(bytes) if bytes.len() > b"[]".len() => {
                comma(first, out);
                out.copy(&relation.arena, &(bytes.start + 1..bytes.end - 1));
                Ok(())
            }
            Fragment::Json(_) | Fragment::Null => Ok(()),
            Fragment::Failed(number) => Err(self.failures.get(*number).clone()),
        }
    }

    fn pieces(
        &self,
        split: &SplitPlan,
        row: usize,
        each: impl FnMut(&str) -> Result<(), InvalidItem>,
    ) -> Result<(), InvalidItem> {
        let text = self.frame.datum(&split.text, row, &split.piece.path)?.into_canonical_text();
        if text.is_empty() {
            return Ok(());
        }
        text.split(split.by.as_str()).try_for_each(each)
    }

    /// Whether an array would be written with an element.
    pub(super) fn has_element(&self, array: &ArrayPlan, row: usize) -> Result<bool, InvalidItem> {
        for part in &array.parts {
            if self.gives_element(part, row)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn gives_element(&self, part: &PartPlan, row: usize) -> Result<bool, InvalidItem> {
        if !all_hold(&part.whens, self.frame, row)? {
            return Ok(false);
        }
        match &part.elements {
            ElementsPlan::Relation(child) | ElementsPlan::Taken { child, .. } => {
                self.relations[*child].has_row(row, self.failures)
            }
            ElementsPlan::Made { keep, members } => {
                Ok(!members.is_empty() && keep.as_ref().map_or(Ok(true), |keep| self.frame.holds(keep, row))?)
            }
            ElementsPlan::Attributes(list) => self.has_attribute(list, row),
            ElementsPlan::Split(split) => {
                let mut any = false;
                self.pieces(split, row, |_| {
                    any = true;
                    Ok(())
                })?;
                Ok(any)
            }
        }
    }

    /// The JSON of something as a text, written to `out`, which is empty.
    pub(super) fn text<'o>(&self, member: &Member, row: usize, out: &'o mut Arena) -> Result<Datum<'o>, InvalidItem> {
        if self.value(member, row, out)? == Written::Null {
            return Ok(Datum::Null);
        }
        // What is written is made of texts and ASCII.
        Ok(Datum::Text(String::from_utf8_lossy(&out.bytes)))
    }
}

/// Before every element but the array's first.
pub(super) fn comma(first: usize, out: &mut Arena) {
    if out.bytes.len() > first {
        out.bytes.push(b',');
    }
}
