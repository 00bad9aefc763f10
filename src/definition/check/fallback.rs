//! Fallbacks: lists of scopes, written where they are used or named in `[scopes]`.
//!
//! The columns are checked where the list stands; what the right sides name, where it is used.

use super::rows::Scope;
use super::{Checker, Top};
use crate::definition::feed::{Fallback, OnPair};
use crate::definition::problem::{Located, SourceFile, suggestion};
use crate::definition::raw::fallback::{RawFallback, RawScopeList, RawScopes};
use crate::definition::raw::rows::{RawOn, RawOnValue};
use crate::definition::reader::{Given, Reader};

/// An entry of `[scopes]`.
pub struct NamedScopes {
    name: String,
    /// None where it could not be read.
    list: Option<Located<RawScopeList>>,
}

/// The entries of `[scopes]`, each with at least one scope.
pub fn scopes(raw: Option<RawScopes>, file: &SourceFile, reader: &mut Reader) -> Vec<NamedScopes> {
    let top = Top { omit_null: false, empty_null: false, scopes: &[], row_sets: &[], eav: &[] };
    let mut checker = Checker { file, reader, top };
    checker.under("scopes", |checker| {
        let named = raw.map(|raw| raw.0).unwrap_or_default().into_iter();
        named
            .map(|(name, list)| {
                let list = list.located();
                let list = checker.under(&name.value, |checker| list.filter(|list| checker.is_scope_list(list)));
                NamedScopes { name: name.value, list }
            })
            .collect()
    })
}

impl Checker<'_> {
    /// A field's `fallback`, its names seen from `scope`.
    pub fn fallback(&mut self, given: &Option<Given<RawFallback>>, scope: &Scope<'_>) -> Option<Fallback> {
        let Located { value, span } = given.as_ref()?.located()?;
        let mut sound = true;
        let list = match value {
            RawFallback::Name(name) => {
                let Some(named) = self.top.scopes.iter().find(|scopes| scopes.name == name) else {
                    let names = self.top.scopes.iter().map(|scopes| scopes.name.as_str());
                    let help = suggestion(&name, names)
                        .unwrap_or_else(|| format!("add `{name} = [{{ COLUMN = \"NAME\" }}, ...]` to `[scopes]`"));
                    self.under("fallback", |checker| {
                        checker.reader.problem_with_help(&span, format!("no scope is named `{name}`"), help);
                    });
                    return None;
                };
                named.list.as_ref()?.value.clone()
            }
            RawFallback::List(list) => {
                let list = Located::new(list, span.clone());
                sound = self.under("fallback", |checker| checker.is_scope_list(&list));
                list.value
            }
        };
        let scopes: Vec<Vec<OnPair>> = self.under("fallback", |checker| {
            let scopes = list.into_iter().enumerate();
            scopes.map(|(i, raw)| checker.under_element(i, |checker| checker.scope(raw.value, scope))).collect()
        });
        sound.then_some(Fallback { scopes, span })
    }

    fn scope(&mut self, mut raw: RawOn, scope: &Scope<'_>) -> Vec<OnPair> {
        raw.0.retain(|pair| {
            let Some(Located { value: RawOnValue::Key(key), span }) = &pair.equals else { return true };
            let given = key.given();
            let Some((what, _)) = given.iter().find(|(key, _)| ["split", "list", "eav"].contains(key)) else {
                return true;
            };
            self.under(&pair.column.value, |checker| {
                let help = "a scope is a literal, or one value of a column, field or let";
                checker.reader.problem_with_help(span, format!("`{what}` cannot stand here"), help);
            });
            false
        });
        self.pairs(raw, scope, &[])
    }

    fn is_scope_list(&mut self, list: &Located<RawScopeList>) -> bool {
        const HELP: &str = "a scope is a table of columns and what they equal: `{ store_id = 0 }`";
        if list.value.is_empty() {
            self.reader.problem_with_help(&list.span, "has no scope", HELP);
        }
        let mut sound = !list.value.is_empty();
        for (number, scope) in list.value.iter().enumerate() {
            if scope.value.0.is_empty() {
                self.under_element(number, |checker| {
                    checker.reader.problem_with_help(&scope.span, "has no column", HELP);
                });
                sound = false;
            }
        }
        sound
    }
}
