//! `[rows]` and `use`: relations that several fields share. A field's own keys go before those of the row set; their
//! conditions hold together. Both are looked at where they are used, as names mean something only there.

use super::fields::{OF_ROWS, ROWS};
use super::{Checker, Top};
use crate::definition::problem::{SourceFile, suggestion};
use crate::definition::raw::field::{RawField, RawFields};
use crate::definition::raw::row_sets::RawRowSets;
use crate::definition::reader::{Given, Reader, located};

/// What may stand in a row set beside the table and what speaks of its rows.
const OF_VALUES: [&str; 3] = ["fields", "value", "default"];

/// An entry of `[rows]`.
pub struct RowSet {
    name: String,
    /// None where it makes no sense by itself, which is said already.
    raw: Option<RawField>,
}

/// The entries of `[rows]`, each with a table and nothing but rows.
pub fn row_sets(raw: Option<RawRowSets>, file: &SourceFile, reader: &mut Reader) -> Vec<RowSet> {
    let top = Top { omit_null: false, empty_null: false, scopes: &[], row_sets: &[], eav: &[] };
    let mut checker = Checker { file, reader, top };
    checker.under("rows", |checker| {
        let named = raw.map(|raw| raw.0).unwrap_or_default().into_iter();
        named
            .map(|(name, given)| {
                let sound = checker.under(&name.value, |checker| checker.is_row_set(&given));
                RowSet { name: name.value, raw: given.value.filter(|_| sound) }
            })
            .collect()
    })
}

impl Checker<'_> {
    fn is_row_set(&mut self, given: &Given<RawField>) -> bool {
        let Some(raw) = &given.value else { return false };
        let keys = raw.given();
        let is_taken = |key: &&str| ROWS.contains(key) || OF_ROWS.contains(key) || OF_VALUES.contains(key);
        let other: Vec<&str> = keys.iter().map(|(key, _)| *key).filter(|key| !is_taken(key)).collect();
        self.refuse(raw, &other, "these are rows of other tables; it belongs to the field that uses them");
        let has_table = keys.iter().any(|(key, _)| ROWS.contains(key));
        if !has_table && !raw.has_unknown {
            let help = "give it `one`, `many`, `sum`, `count`, `min` or `max` with a table";
            self.reader.problem_with_help(&given.key, "does not say which rows", help);
        }
        has_table && other.is_empty()
    }

    /// The field with what it uses. None where there is no such row set.
    pub fn with_row_set(&mut self, mut raw: RawField) -> Option<RawField> {
        let Some(given) = &raw.rows else { return Some(raw) };
        let name = given.located()?;
        let Some(set) = self.top.row_sets.iter().find(|set| set.name == name.value) else {
            let names = self.top.row_sets.iter().map(|set| set.name.as_str());
            let help = suggestion(&name.value, names).unwrap_or_else(|| format!("add `[rows.{}]`", name.value));
            self.under("use", |checker| {
                let message = format!("no rows are named `{}`", name.value);
                checker.reader.problem_with_help(&name.span, message, help);
            });
            return None;
        };
        let mut set = set.raw.clone()?;
        let keys = raw.given();
        let gives = |of: &[&str]| keys.iter().any(|(key, _)| of.contains(key));
        // Of what can be there once, the field's own is meant.
        if gives(&ROWS) {
            (set.one, set.many, set.sum, set.count, set.min, set.max) = (None, None, None, None, None, None);
        }
        if gives(&["fields", "value"]) {
            (set.fields, set.value, set.default) = (None, None, None);
        }
        set.lets = both(&raw.lets, set.lets);
        raw.lets = None;
        Some(raw.or(set))
    }

    /// The conditions of a field and of the rows that it uses.
    pub fn conditions(&self, raw: &RawField) -> Vec<Given<String>> {
        let name = located(&raw.rows).map(|name| name.value);
        let set = self.top.row_sets.iter().find(|set| Some(&set.name) == name.as_ref());
        let of_set = set.and_then(|set| set.raw.as_ref()?.where_sql.clone());
        let own = raw.where_sql.clone();
        let same = |one: &Given<String>| of_set.as_ref().is_some_and(|other| other.span == one.span);
        own.filter(|own| !same(own)).into_iter().chain(of_set.clone()).collect()
    }
}

/// The lets of a row set and a field's own; of one name, the field's is meant.
fn both(own: &Option<Given<RawFields>>, of_set: Option<Given<RawFields>>) -> Option<Given<RawFields>> {
    let Some(own) = own else { return of_set };
    let mut lets = own.clone();
    if let Some(lets) = &mut lets.value {
        let usual = of_set.and_then(|set| set.value).map(|set| set.0).unwrap_or_default();
        let usual = usual.into_iter().filter(|one| lets.0.iter().all(|own| own.name.value != one.name.value));
        let usual: Vec<_> = usual.collect();
        lets.0.extend(usual);
    }
    Some(lets)
}
