//! `[eav.NAME]`: sets of values that stand in rows of their own; and which set, whose value and which scope a field means.

use super::rows::Scope;
use super::sql::SqlRole;
use super::{Checker, Top};
use crate::definition::feed::eav::{EavAttributes, EavColumns, EavSet, EavSource, EavValue};
use crate::definition::problem::{Located, SourceFile, suggestion};
use crate::definition::raw::eav::{RawEav, RawEavAttributes, RawEavColumns, RawEavSets};
use crate::definition::raw::fallback::RawFallback;
use crate::definition::raw::field::RawField;
use crate::definition::reader::{Given, Reader, located, value};

/// An entry of `[eav]`, as fields need to know it.
pub struct NamedSet {
    pub name: String,
    /// Its index among those that could be understood.
    pub number: Option<usize>,
    /// Its values belong to nobody.
    pub is_settings: bool,
    pub has_attributes: bool,
    pub has_types: bool,
    fallback: Option<Given<RawFallback>>,
}

/// The entries of `[eav]`, and those that could be understood as the definition has them.
pub fn sets(
    raw: Option<RawEavSets>,
    file: &SourceFile,
    reader: &mut Reader,
    top: Top<'_>,
) -> (Vec<NamedSet>, Vec<EavSet>) {
    let mut checker = Checker { file, reader, top };
    let (mut named, mut sets) = (Vec::new(), Vec::new());
    checker.under("eav", |checker| {
        for (name, given) in raw.map(|raw| raw.0).unwrap_or_default() {
            let raw = given.value.unwrap_or_default();
            let attribute = raw.attribute.as_ref();
            let mut entry = NamedSet {
                name: name.value.clone(),
                number: None,
                is_settings: raw.entity.is_none(),
                has_attributes: attribute.is_some(),
                has_types: attribute.is_some_and(|given| given.value.as_ref().is_none_or(|of| of.value_type.is_some())),
                fallback: raw.fallback.clone(),
            };
            if let Some(set) = checker.under(&name.value.clone(), |checker| checker.set(raw, name)) {
                entry.number = Some(sets.len());
                sets.push(set);
            }
            named.push(entry);
        }
    });
    (named, sets)
}

impl Checker<'_> {
    fn set(&mut self, raw: RawEav, name: Located<String>) -> Option<EavSet> {
        // Names are seen from where a value is asked for: here any table may be meant.
        let mut anywhere = Scope::outermost();
        anywhere.has_nameless = true;
        self.fallback(&raw.fallback, &anywhere);
        let entity = located(&raw.entity);
        let entity = match entity {
            None => None,
            Some(text) => {
                let name = self.under("entity", |checker| checker.column_reference(&text, &anywhere))?;
                Some(Located::new(name, text.span))
            }
        };
        let tables = self.tables_of_set(&raw);
        let columns = value(&raw.columns);
        let of_columns = columns.as_ref().and_then(|columns| columns.entity.as_ref());
        match (&raw.entity, of_columns) {
            (Some(entity), None) if columns.as_ref().is_some_and(|columns| !columns.has_unknown) => {
                let help = "name the value rows' column that points at it: `columns = { entity = \"...\", ... }`";
                self.reader.problem_with_help(&entity.key, "`entity` without `columns.entity`", help);
            }
            (None, Some(column)) if !raw.has_unknown => {
                let help = "name the column that it points at: `entity = \"...\"`";
                self.under("columns", |checker| {
                    checker.reader.problem_with_help(&column.key, "`columns.entity` without `entity`", help);
                });
            }
            _ => {}
        }
        let columns = columns.and_then(|columns| self.under("columns", |checker| checker.columns_of_set(columns)));
        let attributes = match &raw.attribute {
            None => None,
            Some(given) => {
                let of = given.value.clone();
                Some(self.under("attribute", |checker| checker.attributes_of_set(of?))?)
            }
        };
        Some(EavSet { name, entity, tables: tables?, columns: columns?, attributes })
    }

    fn tables_of_set(&mut self, raw: &RawEav) -> Option<Vec<Located<String>>> {
        let given = located(&raw.tables)?;
        self.under("tables", |checker| {
            let mut tables: Vec<Located<String>> = Vec::new();
            if given.value.is_empty() {
                checker.reader.problem_with_help(&given.span, "has no table", "name the tables with the value rows");
            }
            for (number, table) in given.value.into_iter().enumerate() {
                checker.under_element(number, |checker| {
                    if tables.iter().any(|known| known.value == table.value) {
                        checker.reader.problem(&table.span, format!("`{}` is given twice", table.value));
                    } else if table.value.trim().is_empty() {
                        checker.reader.problem(&table.span, "is empty");
                    } else {
                        tables.push(table);
                    }
                });
            }
            (!tables.is_empty()).then_some(tables)
        })
    }

    fn columns_of_set(&mut self, raw: RawEavColumns) -> Option<EavColumns> {
        let entity = match raw.entity.is_some() {
            true => Some(self.column_name("entity", located(&raw.entity))?),
            false => None,
        };
        let attribute = self.column_name("attribute", located(&raw.attribute));
        let value = self.column_name("value", located(&raw.value));
        Some(EavColumns { entity, attribute: attribute?, value: value? })
    }

    fn attributes_of_set(&mut self, raw: RawEavAttributes) -> Option<EavAttributes> {
        let table = self.not_blank("table", located(&raw.table));
        let key = self.column_name("key", located(&raw.key));
        let code = self.column_name("code", located(&raw.code));
        let value_type = match raw.value_type.is_some() {
            true => Some(self.column_name("type", located(&raw.value_type))?),
            false => None,
        };
        let where_sql = self.sql("where_sql", located(&raw.where_sql), SqlRole::Attributes);
        Some(EavAttributes { table: table?, key: key?, code: code?, value_type, where_sql })
    }

    /// The value of one attribute.
    pub fn eav_value(&mut self, raw: &RawField, scope: &Scope<'_>) -> Option<EavValue> {
        let (source, _) = self.eav_source(raw, scope)?;
        let attribute = self.not_blank("attribute", located(&raw.attribute))?;
        Some(EavValue { source, attribute })
    }

    /// Which set a field means, and of it whose values in which scopes.
    pub fn eav_source(&mut self, raw: &RawField, scope: &Scope<'_>) -> Option<(EavSource, &NamedSet)> {
        let Located { value: name, span } = located(&raw.eav)?;
        let sets = self.top.eav;
        let of = located(&raw.of).and_then(|text| {
            let name = self.under("of", |checker| checker.column_reference(&text, scope))?;
            Some(Located::new(name, text.span))
        });
        let own = self.fallback(&raw.fallback, scope);
        let Some(set) = sets.iter().find(|set| set.name == name) else {
            let help = suggestion(&name, sets.iter().map(|set| set.name.as_str()))
                .unwrap_or_else(|| format!("add a table `[eav.{name}]`"));
            self.under("eav", |checker| {
                checker.reader.problem_with_help(&span, format!("no set of `[eav]` is named `{name}`"), help);
            });
            return None;
        };
        if let (Some(of), true) = (&raw.of, set.is_settings) {
            self.under("of", |checker| {
                let message = format!("the values of `{name}` belong to nobody");
                let help = format!("leave `of` out, or say in `[eav.{name}]` what they belong to: `entity`");
                checker.reader.problem_with_help(&of.key, message, help);
            });
        }
        let fallback = match raw.fallback {
            Some(_) => own,
            None => self.fallback(&set.fallback, scope),
        };
        Some((EavSource { set: set.number?, span, of, fallback }, set))
    }
}
