//! The columns by which rows are told apart that `order_by` leaves side by side.

use super::compile::Compiler;
use super::draft::Reference;
use super::rows::{KeySource, RowsPlan};
use crate::source::catalog::{Column, ColumnKind};
use crate::source::sql::OnTarget;

impl<'d> Compiler<'d> {
    /// The columns that break ties: the primary keys of the level's tables; where one has none, all that is read. What
    /// follows from the others is left out, and need not be read.
    pub fn ties(&mut self, rows: Option<&RowsPlan<'d>>) -> Vec<usize> {
        let level = self.level();
        let all_have_keys = level.tables.iter().all(|table| !table.primary_key.is_empty());
        let mut keys: Vec<(usize, usize)> = Vec::new();
        for table in 0..self.level().tables.len() {
            let mut key = self.level().tables[table].primary_key.clone();
            if let (Some(rows), true) = (rows, all_have_keys) {
                let is_settled = |column: &usize| self.is_settled(rows, table, *column);
                match table {
                    // What the rows of one group have in common tells none of them apart.
                    0 => key.retain(|column| !is_settled(column)),
                    // A row of the tables before it leads to one row at most.
                    _ if key.iter().all(is_settled) => key.clear(),
                    _ => {}
                }
            }
            keys.extend(key.into_iter().map(|column| (table, column)));
        }
        let level = self.level();
        let mut ties: Vec<usize> = keys.into_iter().map(|(table, column)| level.read(table, column)).collect();
        if !all_have_keys {
            let rest: Vec<usize> = (0..level.columns.len()).filter(|column| !ties.contains(column)).collect();
            ties.extend(rest);
        }
        ties
    }

    /// Whether a pair says exactly which value the column of a level's table has, given the tables before it and the
    /// levels around.
    fn is_settled(&self, rows: &RowsPlan<'_>, table: usize, column: usize) -> bool {
        let Some(level) = self.levels.last() else { return false };
        let own = &level.tables[table].columns[column];
        let on = match table {
            0 => &rows.main.on,
            _ => &rows.joins[table - 1].table.on,
        };
        let same = |other: &Column| own.exact && other.exact && own.kind == other.kind;
        on.iter().filter(|pair| pair.column == own.name).any(|pair| match &pair.equals {
            OnTarget::Column(other) | OnTarget::Unlike { column: other, .. } => level.tables[..table]
                .iter()
                .find(|table| table.alias == other.alias)
                .and_then(|table| Some(&table.columns[table.find(&other.column)?]))
                .is_some_and(same),
            OnTarget::Key(number) => match rows.components.get(*number).map(|key| &key.source) {
                Some(KeySource::One(Reference::Column { depth, column })) => same(self.levels[*depth].column(*column)),
                _ => false,
            },
            OnTarget::Piece { .. } => false,
            OnTarget::Int(_) => own.exact && own.kind == ColumnKind::Integer,
            OnTarget::Text(_) => own.exact && own.kind == ColumnKind::Text,
        })
    }
}
