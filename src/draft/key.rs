//! The column that a table's rows can be entities by.

use super::column;
use super::words::Phrase;
use crate::source::catalog::{Column, ColumnKind, Table};

/// Why no row of a table can be an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoKey {
    View,
    /// Nothing is declared to be unique.
    Nothing,
    /// Only several columns together are unique.
    Composite(Vec<String>),
    /// The only unique column is of a type that no key has.
    Type {
        column: String,
        declared: String,
    },
    /// The only unique column may be null.
    Nullable(String),
    /// The only unique column looks like a password or the like: every document and the feed store would hold it.
    Secret(String),
    /// The only unique column has a name that a feed file cannot say.
    Name(String),
}

impl NoKey {
    /// What stands against it, of a table: "its key is ...".
    pub fn reason(&self) -> String {
        match self {
            NoKey::View => "it is a view, of which no key is known".to_owned(),
            NoKey::Nothing => "it has no primary key and no unique column".to_owned(),
            NoKey::Composite(_) => {
                format!("its key is of several columns {}, and an entity's key is one", self.detail())
            }
            NoKey::Type { .. } => {
                format!("its key {}, and an entity's key is an integer, a text or a uuid", self.detail())
            }
            _ => format!("its key {}", self.detail()),
        }
    }

    /// The same, short.
    pub fn detail(&self) -> String {
        match self {
            NoKey::View => "a view".to_owned(),
            NoKey::Nothing => "nothing unique".to_owned(),
            NoKey::Composite(columns) => format!("({})", columns.join(", ")),
            NoKey::Type { column, declared } => format!("{column} is {declared}"),
            NoKey::Nullable(column) => format!("{column} may be null"),
            NoKey::Secret(column) => format!("{column} looks secret"),
            NoKey::Name(column) => format!("{column} is a name that a feed file cannot say"),
        }
    }
}

/// The primary key where it is one column, else the first column that is unique and never null.
pub fn entity_key(table: &Table) -> Result<usize, NoKey> {
    if table.is_view {
        return Err(NoKey::View);
    }
    let mut first_fault = None;
    let unique = table.unique.iter().filter_map(|set| <[usize; 1]>::try_from(set.as_slice()).ok());
    let primary = <[usize; 1]>::try_from(table.primary_key.as_slice()).ok();
    // SQLite's primary keys may be null where they are not integers; nobody makes use of it.
    let candidates = primary.into_iter().map(|key| (key, true)).chain(unique.map(|key| (key, false)));
    for ([candidate], is_primary) in candidates {
        match fault(&table.columns[candidate], is_primary) {
            None => return Ok(candidate),
            Some(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
    }
    let composite = [&table.primary_key].into_iter().chain(&table.unique).find(|columns| columns.len() > 1);
    Err(match (first_fault, composite) {
        (Some(fault), _) => fault,
        (None, Some(columns)) => {
            NoKey::Composite(columns.iter().map(|column| table.columns[*column].name.clone()).collect())
        }
        (None, None) => NoKey::Nothing,
    })
}

fn fault(column: &Column, is_primary: bool) -> Option<NoKey> {
    let name = column.name.clone();
    let fits = matches!(column.kind, ColumnKind::Integer | ColumnKind::Text | ColumnKind::Uuid | ColumnKind::Dynamic);
    if !fits {
        return Some(NoKey::Type { column: name, declared: column.declared.clone() });
    }
    if !is_sayable(&name) {
        return Some(NoKey::Name(name));
    }
    if column.kind != ColumnKind::Integer && column::is_secret(&Phrase::of(&name)) {
        return Some(NoKey::Secret(name));
    }
    (column.nullable && !is_primary).then_some(NoKey::Nullable(name))
}

/// Whether a feed file can name a column: a dot would end the name of a table.
pub fn is_sayable(column: &str) -> bool {
    !column.contains('.') && !column.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::sample::table;
    use super::*;

    #[test]
    fn one_unique_column() {
        for (columns, key) in [
            ("id* int, name", Ok("id")),
            ("code* text", Ok("code")),
            ("id* uuid", Ok("id")),
            ("a* int, b* int", Err("several columns (a, b)")),
            ("a* int, b* int, sku^ text!", Ok("sku")),
            ("a* int, b* int, sku^ text", Err("sku may be null")),
            ("id* binary", Err("id is binary")),
            ("id* binary, sku^ text!", Ok("sku")),
            ("id* decimal", Err("id is decimal")),
            ("session_token* text", Err("looks secret")),
            ("a.b* int", Err("cannot say")),
            ("a int", Err("no primary key")),
        ] {
            let table = table(&format!("t: {columns}"));
            let found = entity_key(&table).map(|key| table.columns[key].name.clone());
            match (found, key) {
                (Ok(found), Ok(key)) => assert_eq!(found, key, "{columns}"),
                (Err(why), Err(words)) => assert!(why.reason().contains(words), "{columns}: {}", why.reason()),
                (found, _) => panic!("{columns}: {found:?}"),
            }
        }
    }
}
