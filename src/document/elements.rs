//! The plain values of the elements of a `many`: as a list, for keys of several values, or summed up.

use std::ops::Range;

use super::InvalidItem;
use super::arena::Failures;
use super::datum::Datum;
use super::lists::ListColumn;
use super::relation::{Attached, Relation};
use super::scalar::compute;
use super::scope::{Frame, RowScope};
use super::summary::Sum;
use crate::plan::level::{ElementPlan, Gather, Level, Member, MemberValue, ScalarPlan};

impl Relation {
    /// Makes one value of the rows of each group, where that is what the relation is for.
    pub fn summarise(&mut self, level: &Level, outer: &Frame<'_>, failures: &Failures) {
        let Gather::Summary(summing) = &level.cardinality else { return };
        let Some((member, scalar)) = plain(level) else { return };
        let mut summaries = std::mem::take(&mut self.summaries);
        summaries.reset(self.state.groups.len());
        let frame = self.state.frame(level, Some(outer), outer.environment);
        for (number, group) in self.state.groups.iter().enumerate() {
            if let Some(failed) = group.failed {
                summaries.set(number, Err(failures.get(failed).clone()));
                continue;
            }
            let mut summary = Sum::new(summing, scalar);
            for row in &self.state.kept[group.rows.clone()] {
                element(&frame, member, scalar, *row, &mut |value| summary.add(value));
            }
            summaries.set(number, summary.value());
        }
        self.summaries = summaries;
    }

    /// Computes the elements of all groups into a list.
    pub fn list(&mut self, level: &Level, outer: &Frame<'_>, failures: &mut Failures, list: &mut ListColumn) {
        let mut listed = std::mem::take(&mut self.listed);
        listed.clear();
        if let Some((member, scalar)) = plain(level) {
            let frame = self.state.frame(level, Some(outer), outer.environment);
            for group in &self.state.groups {
                let start = list.filled();
                let mut failed = group.failed;
                for row in &self.state.kept[group.rows.clone()] {
                    element(&frame, member, scalar, *row, &mut |value| match value {
                        Ok(value) => list.push(value),
                        Err(failure) if failed.is_none() => failed = Some(failures.add(failure)),
                        Err(_) => {}
                    });
                }
                listed.push(failed.map_or(Ok(start..list.filled()), Err));
            }
        }
        self.listed = listed;
    }

    /// What [`list`](Self::list) has computed for a row of the enclosing level.
    pub fn listed(&self, row: usize, failures: &Failures) -> Result<Range<usize>, InvalidItem> {
        let listed = match self.attached[row] {
            Attached::Nulled => return Ok(0..0),
            Attached::Failed(number) => Err(number),
            Attached::Group(group) => self.listed[group as usize].clone(),
        };
        listed.map_err(|number| failures.get(number).clone())
    }
}

/// How the elements of a level are made, where they are plain values.
fn plain(level: &Level) -> Option<(&Member, &ScalarPlan)> {
    match &level.element {
        ElementPlan::Value(member) => match &member.value {
            MemberValue::Scalar(scalar) => Some((member, scalar)),
            _ => None,
        },
        ElementPlan::Object(_) => None,
    }
}

/// Hands over the plain value that a row is as an element.
fn element(
    frame: &Frame<'_>,
    member: &Member,
    scalar: &ScalarPlan,
    row: u32,
    take: &mut dyn FnMut(Result<Datum<'_>, InvalidItem>),
) {
    let row = row as usize;
    match member.when.as_ref().map_or(Ok(true), |when| frame.holds(when, row)) {
        Ok(true) => take(compute(scalar, &RowScope::new(frame, row, &scalar.path))),
        Ok(false) => take(Ok(Datum::Null)),
        Err(failure) => take(Err(failure)),
    }
}
