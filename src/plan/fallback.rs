//! Fallbacks: the columns that scopes compare, and the values of the levels around that they are compared with.

use super::compile::Compiler;
use super::draft::{Place, Reference};
use super::level::{Scope, ScopePair};
use super::names::Meant;
use crate::definition::feed::{Fallback, OnPair, OnValue};

impl<'d> Compiler<'d> {
    /// The scopes of the level under way. `outer` is where the fallback stands, from where its names are seen.
    pub fn scopes(&mut self, fallback: &'d Fallback, outer: &Place<'d>, place: &Place<'d>) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for (number, pairs) in fallback.scopes.iter().enumerate() {
            let place = place.key(&format!("fallback[{number}]"));
            let pairs = pairs.iter().filter_map(|pair| self.scope_pair(pair, outer, &place)).collect();
            scopes.push(Scope { pairs });
        }
        scopes
    }

    fn scope_pair(&mut self, pair: &'d OnPair, outer: &Place<'d>, place: &Place<'d>) -> Option<ScopePair> {
        let column = self.left_column(0, pair, place);
        let equals = self.scope_value(pair, &Place { key: place.key.clone(), ..outer.clone() });
        let (column, equals) = column.zip(equals)?;
        // Rows in different scopes do not share what they get.
        self.note_outer(place.depth, &equals);
        let level = self.level();
        let column = level.tables[0].find(&column.name)?;
        let column = level.read(0, column);
        Some(ScopePair {
            column: Reference::Column { depth: place.depth, column }.seen_from(place.depth),
            equals: equals.seen_from(outer.depth),
        })
    }

    /// The right side of a scope's pair, seen from `outer`.
    pub fn scope_value(&mut self, pair: &'d OnPair, outer: &Place<'d>) -> Option<Reference> {
        match &pair.equals.value {
            OnValue::Literal(scalar) => Some(Reference::Constant(super::scalar::literal(scalar))),
            OnValue::Name(name) => {
                let place = outer.key(&pair.column.value);
                self.resolve(&place, &name.0, &pair.equals.span, Meant::Key)
            }
            // The file's check has refused them.
            OnValue::Split { .. } | OnValue::List(_) | OnValue::Eav(_) => None,
        }
    }
}
