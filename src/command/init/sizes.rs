//! How many rows tables have, as far as it matters: counted along their keys and not to the end of a large one.

use super::super::Failure;
use crate::draft::Sizes;
use crate::source::catalog::Catalog;
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::Dialect;
use crate::source::{SourceError, SourceReader};

/// Rows that are enough to tell a lookup table from a large one, and few enough to be counted in every table of hundreds.
pub const LIMIT: u64 = 20_000;

pub fn count(reader: &mut dyn SourceReader, dialect: &dyn Dialect, catalog: &Catalog) -> Result<Sizes, Failure> {
    let mut sizes = Sizes { limit: LIMIT, ..Sizes::default() };
    for table in catalog.tables.values().filter(|table| !table.is_view) {
        let unique = table.unique.iter().find(|set| set.len() == 1);
        let Some(key) = table.primary_key.first().or_else(|| unique.and_then(|set| set.first())) else { continue };
        let statement = dialect.next_range(&table.name, &table.columns[*key].name, LIMIT as usize, false);
        match rows(reader, &statement.sql) {
            Ok(count) => {
                sizes.rows.insert(table.name.clone(), count);
            }
            // A table that this user may not read, for one: whether it matters shows where a draft needs it.
            Err(SourceError::Query { message, .. } | SourceError::Database { message }) => {
                tracing::info!(table = table.name, message, "its rows were not counted");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sizes)
}

fn rows(reader: &mut dyn SourceReader, sql: &str) -> Result<u64, SourceError> {
    let mut rows = RowSet::default();
    reader.begin()?;
    reader.read(sql, &[], &mut rows)?;
    let count = match rows.is_empty() {
        true => 0,
        false => match rows.cell(0, 2) {
            Cell::Int(count) => u64::try_from(count).unwrap_or_default(),
            _ => 0,
        },
    };
    reader.end()?;
    Ok(count)
}
