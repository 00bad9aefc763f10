//! The entity's key: what it may be, and how it is read.

use super::compile::Compiler;
use super::level::{CellPlace, Level};
use crate::definition::feed::TableSource;
use crate::definition::problem::suggestion;
use crate::entity::EntityKey;
use crate::source::catalog::ColumnKind;
use crate::source::rows::{Cell, RowSet};
use crate::source::uuid;

/// What the keys of a feed's entities are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Int,
    Text,
    /// Written by the database in their canonical form.
    Uuid,
    /// The source does not say: each key is an integer or a text.
    Any,
}

impl KeyKind {
    /// A key as somebody wrote it; none where it cannot be one.
    pub fn parse(self, text: &str) -> Option<EntityKey> {
        let int = || text.parse::<i64>().ok().map(EntityKey::Int);
        match self {
            // MySQL's unsigned integers go further than ours: their digits.
            KeyKind::Int => int().or_else(|| Some(EntityKey::from(text.parse::<u64>().ok()?.to_string().as_str()))),
            KeyKind::Text => (!text.is_empty()).then(|| EntityKey::from(text)),
            KeyKind::Uuid => uuid::parse(text).map(|uuid| EntityKey::from(uuid::text(&uuid).as_str())),
            // Only what is written as integers are written: `007` is a text.
            KeyKind::Any => int().filter(|key| key.to_string() == text).or_else(|| KeyKind::Text.parse(text)),
        }
    }
}

/// The column that entities are known by.
#[derive(Debug)]
pub(crate) struct RootKey {
    pub table: String,
    pub column: String,
    /// Its cell in the rows that the entity's level reads.
    pub cell: usize,
    pub kind: KeyKind,
    pub exact: bool,
    pub nullable: bool,
}

impl RootKey {
    /// A cell of the key column as a key; none of what is neither an integer nor text in UTF-8. In SQLite a row may hold
    /// that whatever its column is declared as: without a key it is no entity, as with a NULL.
    pub fn read(&self, rows: &RowSet, cell: Cell) -> Option<EntityKey> {
        match cell {
            Cell::Int(int) => Some(EntityKey::Int(int)),
            Cell::Text(text) => std::str::from_utf8(rows.bytes(text)).ok().map(EntityKey::from),
            Cell::Null | Cell::Bool(_) | Cell::Float(_) | Cell::Blob(_) => None,
        }
    }
}

impl Compiler<'_> {
    /// Finds and checks the key's column.
    pub fn entity_key(&mut self) -> Option<usize> {
        let entity = &self.definition.entity;
        if let TableSource::Query(sql) = &entity.rows.table.source {
            let help = "create a view in the source, or name the table and use `where_sql`".to_owned();
            self.problem(&sql.span, "entity.table", "the entity's table cannot be a query", Some(help));
            return None;
        }
        let table = &self.levels[0].tables[0];
        let name = &entity.key;
        let Some(column) = table.find(&name.value) else {
            if table.known {
                let help = suggestion(&name.value, table.columns.iter().map(|column| column.name.as_str()));
                let message = format!("`{}` has no column `{}`", table.name, name.value);
                self.problem(&name.span, "entity.key", message, help);
            }
            return None;
        };
        let found = &table.columns[column];
        let fit = matches!(found.kind, ColumnKind::Integer | ColumnKind::Text | ColumnKind::Uuid | ColumnKind::Dynamic);
        if !fit {
            let message = format!("a key is integer, text or uuid; `{}` is {}", found.name, found.declared);
            self.problem(&name.span, "entity.key", message, None);
            return None;
        }
        // A part of a primary key repeats by design. A column that nothing is declared of may well be unique.
        let part_of_key = table.primary_key.len() > 1 && table.primary_key.contains(&column);
        if part_of_key && !table.keeps_unique(&[column]) {
            let key: Vec<&str> = table.primary_key.iter().map(|part| table.columns[*part].name.as_str()).collect();
            let message = format!("`{}` alone is not unique in `{}`", found.name, table.name);
            let help = format!("the primary key is ({}); name a column that is unique", key.join(", "));
            self.problem(&name.span, "entity.key", message, Some(help));
            return None;
        }
        let read = self.levels[0].read(0, column);
        self.key_column = Some(read);
        Some(column)
    }

    /// The key as the finished plan needs it.
    pub fn root_key(&self, level: &Level) -> Option<RootKey> {
        let read = self.key_column?;
        let table = self.catalog.table(match &self.definition.entity.rows.table.source {
            TableSource::Table(name) => &name.value,
            TableSource::Named(_) | TableSource::Query(_) => return None,
        })?;
        let column = &table.columns[table.column(&self.definition.entity.key.value)?];
        let kind = match level.columns[read].kind {
            ColumnKind::Integer => KeyKind::Int,
            ColumnKind::Text => KeyKind::Text,
            // Where the database only calls them so, they are texts in whatever form they were stored.
            ColumnKind::Uuid if column.exact => KeyKind::Uuid,
            ColumnKind::Uuid => KeyKind::Text,
            _ => KeyKind::Any,
        };
        // The entity's own table is read, never held.
        let CellPlace::Read(cell) = level.places[read].cell else { return None };
        Some(RootKey {
            table: table.name.clone(),
            column: column.name.clone(),
            cell,
            kind,
            exact: column.exact,
            nullable: column.nullable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_people_write_them() {
        let parsed = |kind: KeyKind, text: &str| kind.parse(text).map(|key| format!("{key:?}"));
        let canonical = Some("Text(\"0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42\")".to_owned());
        for (kind, text, expected) in [
            (KeyKind::Int, "007", Some("Int(7)".to_owned())),
            (KeyKind::Int, "x", None),
            (KeyKind::Any, "007", Some("Text(\"007\")".to_owned())),
            (KeyKind::Uuid, "0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42", canonical),
            (KeyKind::Uuid, "0B0E3D6A", None),
            (KeyKind::Text, "", None),
        ] {
            assert_eq!(parsed(kind, text), expected, "{kind:?} {text}");
        }
    }
}
