//! What a name means: looked up from the innermost level outwards.
//!
//! At each level first its fields and lets (those of the object that the name stands in before those around it), then
//! the columns of its main table, then those of its joins. Where only a column can be meant, fields and lets are left
//! out.

use super::compile::Compiler;
use super::draft::{Entry, Place, Reference, TableDraft};
use crate::definition::feed::FieldValue;
use crate::definition::problem::{Span, listed, suggestion};

/// What may be meant by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// Fields, lets and columns.
    Anything,
    /// The same, and of what is no single value whether it is there.
    Presence,
    /// Columns alone.
    Column,
    /// The right side of an `on` pair: columns before the fields and lets of the same level.
    Key,
}

/// What a level knows under a name.
enum Found {
    Column {
        table: usize,
        column: usize,
    },
    Entry(usize),
    /// The joins that all have a column of this name.
    Ambiguous(Vec<String>),
}

impl<'d> Compiler<'d> {
    /// The value that a name stands for; nothing where there is a problem, which is then noted.
    pub fn resolve(&mut self, place: &Place<'d>, name: &[String], span: &Span, meant: Meant) -> Option<Reference> {
        for depth in (0..=place.depth).rev() {
            let objects = self.objects_at(place, depth);
            let Some(found) = self.find(depth, &objects, name, meant) else {
                if self.may_be_unknown(depth, name) {
                    return None;
                }
                continue;
            };
            let reference = match found {
                Found::Column { table, column } => {
                    let column = self.levels[depth].read(table, column);
                    Some(Reference::Column { depth, column })
                }
                Found::Entry(entry) => self.require(depth, entry, place, name, span, meant),
                Found::Ambiguous(tables) => {
                    let [column] = name else { return None };
                    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
                    let message = format!("`{column}` is ambiguous: {} have it", listed(&names));
                    self.problem(span, &place.key, message, Some(format!("write `{}.{column}`", tables[0])));
                    None
                }
            };
            if let Some(reference) = &reference {
                self.note_outer(place.depth, reference);
            }
            return reference;
        }
        self.unknown(place, name, span, meant);
        None
    }

    /// Whether a table that the source does not have could have had the name: what that means is said already.
    fn may_be_unknown(&self, depth: usize, name: &[String]) -> bool {
        let level = &self.levels[depth];
        match name {
            [alias, _] => level.table(alias).is_some_and(|table| !level.tables[table].known),
            _ => level.tables.iter().any(|table| !table.known),
        }
    }

    fn find(&self, depth: usize, objects: &[&str], name: &[String], meant: Meant) -> Option<Found> {
        let level = &self.levels[depth];
        let entry =
            || (0..=objects.len()).rev().find_map(|outer| level.named(&objects[..outer], name)).map(Found::Entry);
        let column = || match name {
            [column] => find_plain(&level.tables, column),
            [alias, column] => {
                let table = level.table(alias)?;
                Some(Found::Column { table, column: level.tables[table].find(column)? })
            }
            _ => None,
        };
        match meant {
            Meant::Anything | Meant::Presence => entry().or_else(column),
            Meant::Column => column(),
            Meant::Key => column().or_else(entry),
        }
    }

    /// Everything between a value's level and the one that reads it depends on that value.
    pub fn note_outer(&mut self, depth: usize, reference: &Reference) {
        let own = match reference {
            Reference::Column { depth, .. } | Reference::Slot { depth, .. } => *depth,
            Reference::Constant(_) => return,
        };
        for level in &mut self.levels[own + 1..=depth] {
            if !level.outer.contains(reference) {
                level.outer.push(reference.clone());
            }
        }
    }

    /// Notes that a name is unknown.
    fn unknown(&mut self, place: &Place<'d>, name: &[String], span: &Span, meant: Meant) {
        if let Some((message, help)) = self.unknown_part(place, name, meant) {
            self.problem(span, &place.key, message, help);
            return;
        }
        let visible = &self.levels[..=place.depth];
        let (message, help) = match name {
            [alias, column] => match visible.iter().rev().find_map(|level| Some(&level.tables[level.table(alias)?])) {
                Some(table) => {
                    let columns = table.columns.iter().map(|column| column.name.as_str());
                    (format!("`{}` has no column `{column}`", table.name), suggestion(column, columns))
                }
                None => {
                    let aliases = visible.iter().rev().flat_map(|level| &level.tables);
                    let aliases = aliases.map(|table| table.alias.as_str());
                    (format!("no table here is named `{alias}`"), suggestion(alias, aliases))
                }
            },
            _ => {
                let fields = visible.iter().rev().flat_map(|level| &level.entries);
                let fields = fields.filter(|entry| entry.path.len() == 1 && meant != Meant::Column);
                let columns = visible.iter().rev().flat_map(|level| &level.tables).flat_map(|table| &table.columns);
                let names: Vec<&str> =
                    fields.map(|entry| entry.path[0]).chain(columns.map(|column| column.name.as_str())).collect();
                let shown = name.join(".");
                let message = match (meant, visible.last().and_then(|level| level.tables.first())) {
                    (Meant::Column, Some(table)) => format!("`{}` has no column `{shown}`", table.name),
                    _ => format!("`{shown}` is neither a field nor a column here"),
                };
                // A field of the name, but for the one that is looked at: it cannot be made of itself.
                let is_around =
                    |entry: &Entry<'_>| format!("{}.", place.key).starts_with(&format!("{}.", entry.place.key));
                let is_value = |entry: &&Entry<'_>| {
                    entry.path == [shown.as_str()] && entry.field.composite().is_none() && !is_around(entry)
                };
                match visible.iter().rev().flat_map(|level| &level.entries).find(is_value) {
                    Some(_) => (message, Some(format!("write `{{ expr = \"{shown}\" }}` for the field `{shown}`"))),
                    None => (message, suggestion(&shown, names.iter().copied())),
                }
            }
        };
        self.problem(span, &place.key, message, help);
    }
}

impl<'d> Compiler<'d> {
    /// What is wrong with `object.field`, where a field but no table has the name before the dot.
    fn unknown_part(&self, place: &Place<'d>, name: &[String], meant: Meant) -> Option<(String, Option<String>)> {
        let [first, rest @ ..] = name else { return None };
        let is_table = self.levels[..=place.depth].iter().any(|level| level.table(first).is_some());
        if rest.is_empty() || is_table || meant == Meant::Column {
            return None;
        }
        let field = (0..=place.depth).rev().find_map(|depth| {
            let objects = self.objects_at(place, depth);
            let entry = (0..=objects.len())
                .rev()
                .find_map(|outer| self.levels[depth].named(&objects[..outer], std::slice::from_ref(first)))?;
            Some(self.levels[depth].entries[entry].field)
        })?;
        let inner = match &field.value {
            FieldValue::Object(object) => Some(object.fields.as_slice()),
            _ => field.fields_of_one(),
        };
        let rest = rest.join(".");
        Some(match inner {
            Some(inner) => {
                let help = suggestion(&rest, inner.iter().map(|field| field.name.value.as_str()));
                (format!("`{first}` has no field `{rest}`"), help)
            }
            None => {
                let what = field.composite().unwrap_or("a single value");
                (format!("`{first}` is {what}; no field of it can be named"), None)
            }
        })
    }

    /// The objects around a place at a level around it.
    pub fn objects_at(&self, place: &Place<'d>, depth: usize) -> Vec<&'d str> {
        match self.levels.get(depth + 1) {
            Some(inner) if depth < place.depth => inner.place.objects.clone(),
            _ => place.objects.clone(),
        }
    }
}

/// A plain name is a column of the main table, else of the only join that has it.
fn find_plain(tables: &[TableDraft], column: &str) -> Option<Found> {
    let (main, joins) = tables.split_first()?;
    if let Some(column) = main.find(column) {
        return Some(Found::Column { table: 0, column });
    }
    let having: Vec<(usize, usize)> =
        joins.iter().enumerate().filter_map(|(i, table)| Some((i + 1, table.find(column)?))).collect();
    match having.as_slice() {
        [] => None,
        [(table, column)] => Some(Found::Column { table: *table, column: *column }),
        several => Some(Found::Ambiguous(several.iter().map(|(table, _)| tables[*table].alias.clone()).collect())),
    }
}
