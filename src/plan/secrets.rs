//! Masked columns are quoted nowhere: marks every read and every computation of theirs in a finished plan.

use super::level::{
    ArrayPlan, Condition, DefaultPlan, ElementPlan, ElementsPlan, Level, LiftValue, Member, MemberValue, ScalarPlan,
    SourceColumn, Step,
};

/// Marks what touches one of the `masked` columns, whichever field masks it.
pub(super) fn mark(level: &mut Level, masked: &[SourceColumn]) {
    if masked.is_empty() {
        return;
    }
    for column in &mut level.columns {
        column.secret = masked.contains(&column.source);
    }
    for read in &mut level.reads {
        let labels = read.labels.iter_mut().map(|labels| &mut labels.label);
        for column in read.tables.iter_mut().map(|table| &mut table.value).chain(labels) {
            column.secret = masked.contains(&column.source);
        }
    }
    for step in &mut level.steps {
        match step {
            Step::Compute { scalar: plan, whens, .. } => {
                scalar(plan, masked);
                whens.iter_mut().for_each(|when| condition(when, masked));
            }
            Step::Lift { whens, .. } | Step::List { whens, .. } => {
                whens.iter_mut().for_each(|when| condition(when, masked))
            }
            Step::Presence { array, whens, .. } => {
                array.iter_mut().for_each(|plan| parts(plan, masked));
                whens.iter_mut().for_each(|when| condition(when, masked));
            }
            Step::Json { member, whens, .. } => {
                members(std::slice::from_mut(member), masked);
                whens.iter_mut().for_each(|when| condition(when, masked));
            }
            Step::Attach(_) | Step::Values(_) => {}
        }
    }
    level.keep.iter_mut().for_each(|keep| condition(keep, masked));
    match &mut level.element {
        ElementPlan::Object(inner) => members(inner, masked),
        ElementPlan::Value(value) => members(std::slice::from_mut(value), masked),
    }
    for lift in &mut level.lifts {
        lift.whens.iter_mut().for_each(|when| condition(when, masked));
        if let LiftValue::Scalar(plan) = &mut lift.value {
            scalar(plan, masked);
        }
    }
    for taken in &mut level.taken {
        members(std::slice::from_mut(&mut taken.member), masked);
    }
    for child in &mut level.children {
        child.when.iter_mut().for_each(|when| condition(when, masked));
        mark(&mut child.level, masked);
    }
}

fn members(list: &mut [Member], masked: &[SourceColumn]) {
    for member in list {
        member.when.iter_mut().for_each(|when| condition(when, masked));
        match &mut member.value {
            MemberValue::Scalar(plan) => scalar(plan, masked),
            MemberValue::Object(inner) => members(inner, masked),
            MemberValue::Array(array) => parts(array, masked),
            // What is read carries the mark.
            MemberValue::Column { .. } | MemberValue::Value(_) => {}
            MemberValue::Slot(_) | MemberValue::Literal(_) | MemberValue::Relation(_) => {}
        }
    }
}

fn parts(array: &mut ArrayPlan, masked: &[SourceColumn]) {
    for part in &mut array.parts {
        part.whens.iter_mut().for_each(|when| condition(when, masked));
        match &mut part.elements {
            ElementsPlan::Made { keep, members: inner } => {
                keep.iter_mut().for_each(|keep| condition(keep, masked));
                members(inner, masked);
            }
            ElementsPlan::Split(split) => scalar(&mut split.piece, masked),
            ElementsPlan::Relation(_) | ElementsPlan::Taken { .. } | ElementsPlan::Attributes(_) => {}
        }
    }
}

fn scalar(plan: &mut ScalarPlan, masked: &[SourceColumn]) {
    plan.secret |= plan.sources.iter().any(|source| masked.contains(source));
    if let Some(DefaultPlan::Scalar(default)) = &mut plan.default {
        scalar(default, masked);
    }
}

fn condition(when: &mut Condition, masked: &[SourceColumn]) {
    when.secret |= when.sources.iter().any(|source| masked.contains(source));
}
