//! From the names in an expression to the operands of its level, and the columns behind them.

use std::ops::Range;

use super::compile::Compiler;
use super::draft::{Place, Reference, Within, joined};
use super::level::{Condition, SourceColumn, Step};
use super::names::Meant;
use crate::definition::problem::{Located, Span};
use crate::expression::{Expression, NameParts};
use crate::source::catalog::ColumnKind;

/// The names of a program, looked up.
pub(super) struct Named {
    pub operands: Vec<(NameParts, usize)>,
    /// The columns behind them.
    pub sources: Vec<SourceColumn>,
}

pub(super) fn number_of(operands: &[(NameParts, usize)], name: &[String]) -> usize {
    operands.iter().find(|(known, _)| known == name).map_or(usize::MAX, |(_, number)| *number)
}

impl<'d> Compiler<'d> {
    pub fn condition(&mut self, text: &'d Located<Expression>, place: &Place<'d>) -> Option<Condition> {
        let Named { operands, sources } = self.names_of(text, place)?;
        let program = text.value.compile(&mut |name| number_of(&operands, name));
        Some(Condition { program, path: place.path_or_key(), sources, secret: false })
    }

    /// The names of an expression. Whether it is there can be asked of anything.
    pub fn names_of(&mut self, text: &'d Located<Expression>, place: &Place<'d>) -> Option<Named> {
        self.names(text.value.names(), &text.span, place, |name| match text.value.asks_only_for_null(name) {
            true => Meant::Presence,
            false => Meant::Anything,
        })
    }

    /// The operand numbers of a program's names, and the columns behind them.
    pub fn names(
        &mut self,
        names: Vec<(NameParts, Range<usize>)>,
        string: &Span,
        place: &Place<'d>,
        meant: impl Fn(&[String]) -> Meant,
    ) -> Option<Named> {
        let mut operands = Vec::new();
        let mut sources = Vec::new();
        let mut whole = true;
        for (name, inner) in names {
            let span = self.span_within(Within { string, inner });
            let Some(reference) = self.resolve(place, &name, &span, meant(&name)) else {
                whole = false;
                continue;
            };
            self.add_sources(&reference, &mut sources);
            let number = self.levels[place.depth].operand(reference.seen_from(place.depth));
            operands.push((name, number));
        }
        whole.then_some(Named { operands, sources })
    }

    pub fn span_within(&self, within: Within<'_>) -> Span {
        self.file().within_string(within.string, within.inner)
    }

    /// Adds the columns that a value is made of.
    pub fn add_sources(&self, reference: &Reference, sources: &mut Vec<SourceColumn>) {
        let added = match reference {
            Reference::Column { depth, column } => vec![self.levels[*depth].source_column(*column)],
            Reference::Slot { depth, slot } => self.levels[*depth].slots[*slot].clone(),
            Reference::Constant(_) => Vec::new(),
        };
        for source in added {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }

    /// Whether a value is a date-time, whose text does not order by its bytes.
    pub fn is_moment(&self, reference: &Reference) -> bool {
        let is_date_time = |kind| matches!(kind, ColumnKind::DateTime | ColumnKind::DateTimeZoned);
        match reference {
            Reference::Column { depth, column } => is_date_time(self.levels[*depth].column(*column).kind),
            Reference::Slot { depth, slot } => self.levels[*depth].steps.iter().any(|step| match step {
                Step::Compute { slot: own, scalar, .. } => own == slot && scalar.is_moment,
                Step::Lift { slot: own, child, lifted, .. } => {
                    own == slot && self.levels[*depth].children[*child].level.gives_moment(*lifted)
                }
                Step::Attach(_) | Step::Values(_) | Step::List { .. } => false,
                Step::Presence { .. } | Step::Json { .. } => false,
            }),
            Reference::Constant(_) => false,
        }
    }
}

impl Place<'_> {
    /// For messages about data: the document's path where there is one.
    fn path_or_key(&self) -> String {
        match self.key.rsplit('.').next() {
            Some(last) if !self.path.is_empty() => joined(&self.path, last),
            _ => self.key.clone(),
        }
    }
}
