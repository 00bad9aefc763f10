//! Declared foreign keys. SQLite keeps them as they were written: the table that is meant may be spelled otherwise, or
//! not be there at all, and columns that are not named are the other table's primary key.

use std::collections::BTreeMap;

use rusqlite::{Connection, Result};

use super::super::catalog::{Catalog, ForeignKey, Table};

/// Fills in the foreign keys of a catalog's tables; those that lead nowhere are left out.
pub(super) fn read(connection: &Connection, catalog: &mut Catalog) -> Result<()> {
    let mut found = Vec::new();
    for table in catalog.tables.values().filter(|table| !table.is_view) {
        let keys: Vec<ForeignKey> =
            declared(connection, &table.name)?.iter().filter_map(|key| resolved(key, table, catalog)).collect();
        found.push((table.name.clone(), keys));
    }
    for (name, keys) in found {
        if let Some(table) = catalog.tables.get_mut(&name) {
            table.foreign_keys = keys;
        }
    }
    Ok(())
}

/// A foreign key as it was written.
#[derive(Default)]
struct Declared {
    table: String,
    columns: Vec<String>,
    /// None: the columns of the primary key.
    referenced: Option<Vec<String>>,
}

/// In the order in which they stand in the statement that made the table.
fn declared(connection: &Connection, table: &str) -> Result<Vec<Declared>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
    )?;
    let mut rows = statement.query([table])?;
    let mut keys: BTreeMap<i64, Declared> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // The last one written has the number 0.
        let key = keys.entry(-row.get::<_, i64>(0)?).or_default();
        key.table = String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).into_owned();
        key.columns.push(String::from_utf8_lossy(row.get_ref(2)?.as_bytes()?).into_owned());
        if let Some(to) = row.get_ref(3)?.as_bytes_or_null()? {
            key.referenced.get_or_insert_default().push(String::from_utf8_lossy(to).into_owned());
        }
    }
    Ok(keys.into_values().collect())
}

fn resolved(key: &Declared, owner: &Table, catalog: &Catalog) -> Option<ForeignKey> {
    let table = catalog.table(&key.table)?;
    let columns: Vec<usize> = key.columns.iter().map(|name| owner.column(name)).collect::<Option<_>>()?;
    let referenced: Vec<usize> = match &key.referenced {
        Some(names) => names.iter().map(|name| table.column(name)).collect::<Option<_>>()?,
        None => table.primary_key.clone(),
    };
    let referenced: Vec<String> = referenced.into_iter().map(|column| table.columns[column].name.clone()).collect();
    (columns.len() == referenced.len()).then(|| ForeignKey { columns, table: table.name.clone(), referenced })
}
