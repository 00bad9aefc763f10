//! Arrays of the same row, part by part.

use super::{Condition, Member, Operand, ScalarPlan};
use crate::plan::eav::ListPlan;

/// An array of the same row: its parts one after the other.
#[derive(Debug)]
pub(crate) struct ArrayPlan {
    pub parts: Vec<PartPlan>,
    pub empty_null: bool,
}

/// Elements, none unless all conditions are true.
#[derive(Debug)]
pub(crate) struct PartPlan {
    pub whens: Vec<Condition>,
    pub elements: ElementsPlan,
}

#[derive(Debug)]
pub(crate) enum ElementsPlan {
    /// Those of a relation: an index into [`Level::children`](super::Level::children).
    Relation(usize),
    /// A field of each of a relation's elements: an index into [`Level::children`](super::Level::children), and one into its [`Level::taken`](super::Level::taken).
    Taken { child: usize, taken: usize },
    /// Made of the same row; none unless `keep` is true.
    Made { keep: Option<Condition>, members: Vec<Member> },
    /// The pieces of a text.
    Split(Box<SplitPlan>),
    /// Attributes of a set.
    Attributes(Box<ListPlan>),
}

#[derive(Debug)]
pub(crate) struct SplitPlan {
    pub text: Operand,
    pub by: String,
    /// What is done to each piece.
    pub piece: ScalarPlan,
}
