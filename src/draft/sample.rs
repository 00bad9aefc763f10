//! Catalogs for tests, as text: a line a table, `name: column type, column type -> other, ...`.
//!
//! Behind a column's name `*` is a part of the primary key, `^` unique alone; behind its type `!` is never null; `-> t` and
//! `-> t(c)` are foreign keys to the primary key of `t` and to its column `c`. Without a type it is text. `view name: ...`
//! is a view.

use std::collections::BTreeMap;

use crate::source::catalog::{Catalog, Column, ColumnKind, ForeignKey, Table};

pub fn catalog(lines: &str) -> Catalog {
    let tables: Vec<Table> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(table).collect();
    let primary = |name: &str| -> Vec<String> {
        let table = tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"));
        table.primary_key.iter().map(|column| table.columns[*column].name.clone()).collect()
    };
    let resolved = |mut table: Table| {
        for key in table.foreign_keys.iter_mut().filter(|key| key.referenced.is_empty()) {
            key.referenced = primary(&key.table);
        }
        table
    };
    let tables: BTreeMap<String, Table> =
        tables.clone().into_iter().map(|table| (table.name.clone(), resolved(table))).collect();
    Catalog { tables, own_schemas: Vec::new() }
}

pub fn table(line: &str) -> Table {
    let (name, columns) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
    let (is_view, name) = name.strip_prefix("view ").map_or((false, name), |name| (true, name));
    let mut table = Table {
        name: name.to_owned(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        is_view,
    };
    for (number, text) in columns.split(", ").enumerate() {
        let (column, target) = text.split_once(" -> ").map_or((text, None), |(column, to)| (column, Some(to)));
        let (name, declared) = column.rsplit_once(' ').unwrap_or((column, "text"));
        let (declared, nullable) = declared.strip_suffix('!').map_or((declared, true), |declared| (declared, false));
        let name = match (name.strip_suffix('*'), name.strip_suffix('^')) {
            (Some(name), _) => {
                table.primary_key.push(number);
                name
            }
            (_, Some(name)) => {
                table.unique.push(vec![number]);
                name
            }
            _ => name,
        };
        if let Some(target) = target {
            let (to, referenced) = match target.strip_suffix(')').and_then(|target| target.split_once('(')) {
                Some((to, column)) => (to, vec![column.to_owned()]),
                None => (target, Vec::new()),
            };
            table.foreign_keys.push(ForeignKey { columns: vec![number], table: to.to_owned(), referenced });
        }
        let kind = match declared {
            "int" => ColumnKind::Integer,
            "decimal" => ColumnKind::Decimal,
            "float" => ColumnKind::Float,
            "bool" => ColumnKind::Boolean,
            "text" => ColumnKind::Text,
            "time" => ColumnKind::DateTime,
            "binary" => ColumnKind::Binary,
            "json" => ColumnKind::Json,
            "uuid" => ColumnKind::Uuid,
            _ => ColumnKind::Dynamic,
        };
        let exact = matches!(kind, ColumnKind::Integer | ColumnKind::Text);
        table.columns.push(Column {
            name: name.to_owned(),
            declared: declared.to_owned(),
            kind,
            nullable,
            exact,
            orders_codes: exact,
            collation: None,
            scale: None,
        });
    }
    table
}
