//! Which tables get a feed, and why the others do not.

use super::key::NoKey;
use super::rank;
use super::role::Role;
use super::schema::{Schema, TableId, bare_name};
use crate::definition::problem::suggestion;

/// Feeds that one person reads through, one after the other.
pub const MOST_FEEDS: usize = 12;

/// A table that gets a feed.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    pub table: TableId,
    pub key: usize,
}

/// Why a table gets none.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    Part(TableId),
    Link,
    Lookup,
    Detail,
    Values,
    Settings,
    Log,
    Technical,
    View,
    NoKey(NoKey),
    /// Others seem to matter more.
    Minor,
    /// Others were named.
    NotNamed,
}

/// A table that was named and cannot get a feed.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ChoiceError {
    #[error("the source has no table {name}{help}")]
    Unknown { name: String, help: String },
    #[error("{name} is the name of more tables than one; write one of {}", tables.join(", "))]
    Ambiguous { name: String, tables: Vec<String> },
    #[error("the table {name} cannot have a feed: {why}")]
    NoKey { name: String, why: String },
}

pub struct Choice {
    /// The most important first; in the order of their names where they were named.
    pub chosen: Vec<Chosen>,
    /// All others.
    pub left_out: Vec<(TableId, Why)>,
}

/// What seems to matter most.
pub fn by_rank(schema: &Schema<'_>, roles: &[Role]) -> Choice {
    let mut entities: Vec<(i64, Chosen)> = Vec::new();
    let mut left_out = Vec::new();
    for (table, role) in roles.iter().enumerate() {
        match (why(*role), schema.key(table)) {
            (Some(why), _) => left_out.push((table, why)),
            (None, Err(no_key)) => left_out.push((table, Why::NoKey(no_key))),
            (None, Ok(key)) => entities.push((rank::score(schema, roles, table), Chosen { table, key })),
        }
    }
    entities.sort_by_key(|(score, chosen)| (-score, chosen.table));
    let rest = entities.split_off(entities.len().min(MOST_FEEDS));
    left_out.extend(rest.into_iter().map(|(_, chosen)| (chosen.table, Why::Minor)));
    left_out.sort_by_key(|(table, _)| *table);
    Choice { chosen: entities.into_iter().map(|(_, chosen)| chosen).collect(), left_out }
}

/// What somebody asked for, whatever it looks like.
pub fn by_name(schema: &Schema<'_>, names: &[String]) -> Result<Choice, ChoiceError> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for name in names {
        let table = named(schema, name)?;
        let key = schema
            .key(table)
            .map_err(|why| ChoiceError::NoKey { name: schema.name(table).to_owned(), why: why.reason() })?;
        if chosen.iter().all(|known| known.table != table) {
            chosen.push(Chosen { table, key });
        }
    }
    let others = (0..schema.tables.len()).filter(|table| chosen.iter().all(|known| known.table != *table));
    Ok(Choice { left_out: others.map(|table| (table, Why::NotNamed)).collect(), chosen })
}

/// By its whole name, else by its name without the schema, in any case.
fn named(schema: &Schema<'_>, name: &str) -> Result<TableId, ChoiceError> {
    let all = || 0..schema.tables.len();
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|table| table == name, &|table| table.eq_ignore_ascii_case(name), &|table| {
            bare_name(table).eq_ignore_ascii_case(name)
        }];
    for is_meant in ways {
        let found: Vec<TableId> = all().filter(|table| is_meant(schema.name(*table))).collect();
        match found.as_slice() {
            [] => {}
            [only] => return Ok(*only),
            several => {
                let tables = several.iter().map(|table| schema.name(*table).to_owned()).collect();
                return Err(ChoiceError::Ambiguous { name: name.to_owned(), tables });
            }
        }
    }
    let help =
        suggestion(name, all().map(|table| schema.name(table))).map(|help| format!("; {help}")).unwrap_or_default();
    Err(ChoiceError::Unknown { name: name.to_owned(), help })
}

fn why(role: Role) -> Option<Why> {
    Some(match role {
        Role::Entity => return None,
        Role::Part(owner) => Why::Part(owner),
        Role::Link => Why::Link,
        Role::Lookup => Why::Lookup,
        Role::Detail => Why::Detail,
        Role::Values => Why::Values,
        Role::Settings => Why::Settings,
        Role::Log => Why::Log,
        Role::Technical => Why::Technical,
        Role::View => Why::View,
    })
}

#[cfg(test)]
mod tests {
    use super::super::role::role;
    use super::super::sample::catalog;
    use super::super::schema::Sizes;
    use super::*;

    fn chosen(lines: &str, names: &[&str]) -> Result<Vec<String>, String> {
        let (catalog, sizes) = (catalog(lines), Sizes::default());
        let schema = Schema::new(&catalog, &sizes);
        let roles: Vec<Role> = (0..schema.tables.len()).map(|table| role(&schema, table)).collect();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let choice = match names.as_slice() {
            [] => Ok(by_rank(&schema, &roles)),
            names => by_name(&schema, names),
        };
        let choice = choice.map_err(|error| error.to_string())?;
        assert_eq!(choice.chosen.len() + choice.left_out.len(), schema.tables.len());
        Ok(choice.chosen.iter().map(|chosen| schema.name(chosen.table).to_owned()).collect())
    }

    #[test]
    fn what_is_sold_comes_first() {
        let lines = "banner: id* int, url\ncategory: id* int, name\ncustomer: id* int, name\nfoo: id* int, a, b
            product: id* int, name, category_id int\npair: a* int, b* int, name";
        assert_eq!(chosen(lines, &[]).unwrap(), ["product", "category", "customer", "banner", "foo"]);
    }

    #[test]
    fn a_large_database_gives_the_most_important() {
        let mut lines: Vec<String> = (0..300).map(|i| format!("module_{i}: id* int, a, b, c, d, e")).collect();
        lines.push("order: id* int, total decimal".into());
        let chosen = chosen(&lines.join("\n"), &[]).unwrap();
        assert_eq!((chosen.len(), chosen[0].as_str()), (MOST_FEEDS, "order"));
    }

    #[test]
    fn tables_that_were_named() {
        let lines = "sales.order: id* int, a\nshop.order: id* int, a\nshop.Item: id* int, a\nlog: id* int, a\npair: a* int, b* int";
        assert_eq!(chosen(lines, &["log", "ITEM", "sales.ORDER", "log"]).unwrap(), ["log", "shop.Item", "sales.order"]);
        for (name, words) in [
            ("order", "more tables than one; write one of sales.order, shop.order"),
            ("pair", "cannot have a feed: its key is of several columns (a, b)"),
            ("logs", "no table logs; did you mean `log`?"),
        ] {
            let error = chosen(lines, &[name]).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
