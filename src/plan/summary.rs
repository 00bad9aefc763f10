//! Summaries: one value made of many rows. Planned once, as a level whose value a step puts into a slot of the level around
//! it; from there on it is a scalar like any other.

use super::compile::Compiler;
use super::draft::Place;
use super::level::{ElementPlan, Gather, Input, Lifted, MemberValue, Operand, Reading, ScalarPlan, Step, Summing};
use crate::definition::feed::{Summary, SummaryKind};
use crate::source::catalog::ColumnKind;

/// A planned summary.
pub(super) struct Summarised {
    pub slot: usize,
    /// Its value is a date-time.
    pub moment: bool,
}

impl<'d> Compiler<'d> {
    /// The slot of the level at `place` that has the summary's value.
    pub fn summary(&mut self, summary: &'d Summary, place: &Place<'d>) -> Option<Summarised> {
        let known = std::ptr::from_ref(summary);
        if let Some(slot) = self.levels[place.depth].summaries.get(&known) {
            return Some(Summarised { slot: *slot, moment: self.summarises_moments(place.depth, *slot) });
        }
        let summing = match &summary.kind {
            SummaryKind::Sum => Summing::Sum,
            SummaryKind::Count => Summing::Count,
            SummaryKind::Min => Summing::Min,
            SummaryKind::Max => Summing::Max,
            SummaryKind::Text { separator, empty_null } => {
                Summing::Text { separator: separator.as_str().into(), empty_null: *empty_null }
            }
        };
        // It is planned in its own level, whichever deeper one is under way.
        let deeper = self.levels.split_off(place.depth + 1);
        let planned = self.rows_below(None, &summary.relation, Gather::Summary(summing), place, &[]);
        self.levels.extend(deeper);
        let level = match planned {
            Ok(level) => level?,
            Err(error) => {
                self.failed.get_or_insert(error);
                return None;
            }
        };
        let sources = value_of(&level.element).map(|value| value.sources.clone()).unwrap_or_default();
        let child = self.hang(None, level, place.depth);
        let draft = &mut self.levels[place.depth];
        draft.slots.push(sources);
        let slot = draft.slots.len() - 1;
        draft.steps.push(Step::Lift { slot, child, lifted: Lifted::Value, whens: Vec::new() });
        draft.summaries.insert(known, slot);
        Some(Summarised { slot, moment: self.summarises_moments(place.depth, slot) })
    }

    fn summarises_moments(&self, depth: usize, slot: usize) -> bool {
        let level = &self.levels[depth];
        level.steps.iter().any(|step| match step {
            Step::Lift { slot: own, child, .. } if *own == slot => {
                let below = &level.children[*child].level;
                matches!(below.cardinality, Gather::Summary(Summing::Min | Summing::Max))
                    && value_of(&below.element).is_some_and(|value| value.is_moment)
            }
            _ => false,
        })
    }
}

fn value_of(element: &ElementPlan) -> Option<&ScalarPlan> {
    match element {
        ElementPlan::Value(member) => match &member.value {
            MemberValue::Scalar(scalar) => Some(scalar),
            _ => None,
        },
        ElementPlan::Object(_) => None,
    }
}

impl ElementPlan {
    /// Whether its values are integers or decimals, by the kinds of the columns.
    pub fn is_exact_number(&self, kind_of: impl Fn(usize) -> ColumnKind) -> bool {
        let Some(value) = value_of(self) else { return false };
        let kind = match (value.reading, &value.input) {
            (Some(Reading::As(kind)), _) => kind,
            (None, Input::Operand(Operand::Column { up: 0, column })) => kind_of(*column),
            _ => return false,
        };
        matches!(kind, ColumnKind::Integer | ColumnKind::Decimal)
    }
}
