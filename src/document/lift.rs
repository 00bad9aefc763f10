//! What is named of a relation: its plain value, a value of the row of a `one`, or whether it is there.
//!
//! Values are computed from the relation's rows, not from its JSON, and given to whoever fills a slot.

use super::InvalidItem;
use super::arena::Failures;
use super::datum::Datum;
use super::level::all_hold;
use super::member::RowWriter;
use super::relation::{Attached, Relation};
use super::scalar::{compute, compute_default};
use super::scope::{Frame, RowScope};
use crate::plan::level::{ElementPlan, Gather, Level, Lift, LiftValue, Lifted};

/// Takes up the value of one row. It is called once, or not at all where the value is null.
pub(crate) type Setter<'a> = &'a mut dyn FnMut(Result<Datum<'_>, InvalidItem>);

impl Relation {
    /// Whether a row of the enclosing level gets a row.
    pub fn has_row(&self, row: usize, failures: &Failures) -> Result<bool, InvalidItem> {
        match self.attached[row] {
            Attached::Nulled => Ok(false),
            Attached::Failed(number) => Err(failures.get(number).clone()),
            Attached::Group(group) => {
                let kept = &self.state.groups[group as usize];
                match kept.failed {
                    Some(failed) => Err(failures.get(failed).clone()),
                    None => Ok(!kept.rows.is_empty()),
                }
            }
        }
    }

    /// What a row of the enclosing level, `outer`'s, gets.
    pub fn lift(&self, level: &Level, lifted: Lifted, outer: &RowWriter<'_>, row: usize, set: Setter<'_>) {
        let failures = outer.failures;
        let group = match self.attached[row] {
            Attached::Nulled => return,
            Attached::Failed(number) => return set(Err(failures.get(number).clone())),
            Attached::Group(group) => group as usize,
        };
        if let Gather::Summary(_) = level.cardinality {
            return set(self.summaries.get(group).map_err(InvalidItem::clone));
        }
        let kept = &self.state.groups[group];
        if let Some(failed) = kept.failed {
            return set(Err(failures.get(failed).clone()));
        }
        let frame = self.state.frame(level, Some(outer.frame), outer.frame.environment);
        let writer = RowWriter { frame: &frame, relations: &self.state.relations, failures };
        let first = self.state.kept[kept.rows.clone()].first().map(|own| *own as usize);
        match lifted {
            Lifted::Value => plain_value(level, &frame, self.state.data.ghost(group), first, set),
            Lifted::Of(lift) => {
                if let Some(own) = first {
                    value(&level.lifts[lift], &writer, own, set);
                }
            }
            Lifted::Presence => {
                if first.is_some() || level.cardinality == (Gather::Many { empty_null: false }) {
                    set(Ok(Datum::Bool(true)));
                }
            }
        }
    }
}

/// `ghost` stands for the row where there is none.
fn plain_value(level: &Level, frame: &Frame<'_>, ghost: usize, first: Option<usize>, set: Setter<'_>) {
    let (Some(scalar), ElementPlan::Value(member)) = (level.plain_value(), &level.element) else { return };
    let Some(own) = first else {
        return set(compute_default(scalar, &RowScope::new(frame, ghost, &scalar.path)));
    };
    match member.when.as_ref().map_or(Ok(true), |when| frame.holds(when, own)) {
        Ok(true) => set(compute(scalar, &RowScope::new(frame, own, &scalar.path))),
        Ok(false) => {}
        Err(failure) => set(Err(failure)),
    }
}

fn value(lift: &Lift, writer: &RowWriter<'_>, row: usize, set: Setter<'_>) {
    let frame = writer.frame;
    match all_hold(&lift.whens, frame, row) {
        Ok(true) => {}
        Ok(false) => return,
        Err(failure) => return set(Err(failure)),
    }
    let below = |child: usize| (&writer.relations[child], &frame.level.children[child].level);
    match &lift.value {
        LiftValue::Operand(operand) => set(frame.datum(operand, row, &lift.path.join("."))),
        LiftValue::Scalar(scalar) => set(compute(scalar, &RowScope::new(frame, row, &scalar.path))),
        LiftValue::Child(child) => {
            let (relation, level) = below(*child);
            relation.lift(level, Lifted::Value, writer, row, set);
        }
        LiftValue::Through { child, lift } => {
            let (relation, level) = below(*child);
            relation.lift(level, Lifted::Of(*lift), writer, row, set);
        }
    }
}
