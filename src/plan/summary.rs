//! Summaries: one value made of many rows. Planned once, as a level whose value a step puts into a slot of the level around
//! it; from there on it is a scalar like any other.

use super::compile::Compiler;
use super::draft::Place;
use super::level::{ElementPlan, Gather, Input, Lifted, MemberValue, Operand, Reading, Step, Summing};
use crate::definition::feed::{Summary, SummaryKind};
use crate::source::catalog::ColumnKind;

impl<'d> Compiler<'d> {
    /// The slot of the level at `place` that has the summary's value.
    pub fn summary(&mut self, summary: &'d Summary, place: &Place<'d>) -> Option<usize> {
        let known = std::ptr::from_ref(summary);
        if let Some(slot) = self.levels[place.depth].summaries.get(&known) {
            return Some(*slot);
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
        let level = self.or_fail(planned)??;
        let sources = level.plain_value().map(|value| value.sources.clone()).unwrap_or_default();
        let child = self.hang(None, level, place.depth);
        let slot = self.slot(place.depth, sources, &[]);
        let draft = &mut self.levels[place.depth];
        draft.steps.push(Step::Lift { slot, child, lifted: Lifted::Value, whens: Vec::new() });
        draft.summaries.insert(known, slot);
        Some(slot)
    }
}

impl ElementPlan {
    /// Whether its values are integers or decimals, by the kinds of the columns.
    pub fn is_exact_number(&self, kind_of: impl Fn(usize) -> ColumnKind) -> bool {
        let ElementPlan::Value(member) = self else { return false };
        let MemberValue::Scalar(value) = &member.value else { return false };
        let kind = match (value.reading, &value.input) {
            (Some(Reading::As(kind)), _) => kind,
            (None, Input::Operand(Operand::Column { up: 0, column })) => kind_of(*column),
            _ => return false,
        };
        matches!(kind, ColumnKind::Integer | ColumnKind::Decimal)
    }
}
