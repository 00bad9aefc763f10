//! The source's catalog -> draft feed files that run as they are: what `feedmill init` writes.
//!
//! The catalog becomes a [`schema`](schema::Schema): names in words, references declared and [guessed](guess). Each table gets
//! a [`role`]; those that look like things a consumer wants to hear of are [ranked](rank) and [chosen](choice), each becomes a
//! [`feed`] with the rows [related](relation) to it, and that a [text](toml). Pure: nothing is read, nothing written. It knows
//! columns by name and type only; what a trial on the rows found out comes in as [`Doubts`].

mod choice;
mod column;
mod feed;
mod guess;
mod key;
mod name;
mod rank;
mod relation;
mod role;
#[cfg(test)]
mod sample;
mod schema;
#[cfg(test)]
mod tests;
pub mod toml;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::source::catalog::Catalog;
use choice::{Choice, Why};
pub use choice::{ChoiceError, MOST_FEEDS};
use feed::{Feed, Workshop};
use key::NoKey;
use name::Names;
use relation::Relation;
use role::Role;
pub use schema::Sizes;
use schema::{Schema, TableId};

/// What is wanted of a drafting.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// These tables; the most important where none is named.
    pub tables: Vec<String>,
    /// The consumer that the feeds go to.
    pub consumer: String,
    pub doubts: Doubts,
}

/// Columns, by table and name, whose values are not what their types say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doubts {
    /// Drafted as text.
    pub as_text: BTreeSet<(String, String)>,
    /// Not drafted.
    pub unreadable: BTreeSet<(String, String)>,
}

/// Everything that a drafting gives.
#[derive(Debug, Clone, Default)]
pub struct Drafts {
    pub feeds: Vec<FeedDraft>,
    /// Why the other tables have no feed: a reason, and its tables.
    pub left_out: Vec<LeftOut>,
    /// References in the feeds that nobody declared, as `order.customer_id is customer.id`.
    pub guessed: Vec<String>,
    /// It is a Magento database.
    pub is_magento: bool,
    /// There are tables whose only key is of a type that no entity's key has.
    pub has_other_keys: bool,
}

#[derive(Debug, Clone)]
pub struct FeedDraft {
    pub name: String,
    pub table: String,
    /// Names of the fields that hold rows of other tables.
    pub relations: Vec<String>,
    /// Rows of the table, as far as they were counted.
    pub rows: Option<u64>,
    /// The text of its file.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// One word for the reason.
    pub kind: &'static str,
    pub reason: String,
    pub tables: Vec<LeftOutTable>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutTable {
    pub name: String,
    /// What the reason means for this table, where there is something to say.
    pub detail: Option<String>,
}

impl Drafts {
    /// Takes back the draft of a table.
    pub fn leave_out(&mut self, table: &str, why: String) {
        self.feeds.retain(|feed| feed.table != table);
        self.left_out.push(LeftOut {
            kind: "refused",
            reason: "the database refuses what a feed would ask".to_owned(),
            tables: vec![LeftOutTable { name: table.to_owned(), detail: Some(why) }],
        });
    }
}

/// Drafts feeds for the tables that were named, or for those that seem to matter most.
pub fn draft(catalog: &Catalog, sizes: &Sizes, wish: &Wish) -> Result<Drafts, ChoiceError> {
    let schema = Schema::new(catalog, sizes);
    let roles: Vec<Role> = (0..schema.tables.len()).map(|table| role::role(&schema, table)).collect();
    let Choice { chosen, left_out } =
        if wish.tables.is_empty() { choice::by_rank(&schema, &roles) } else { choice::by_name(&schema, &wish.tables)? };
    let workshop = Workshop { schema: &schema, roles: &roles, doubts: &wish.doubts };
    let mut taken = Names::default();
    let feeds: Vec<Feed> = chosen
        .iter()
        .map(|chosen| workshop.feed(name::feed_name(&schema, chosen.table, &mut taken), chosen.table, chosen.key))
        .collect();
    let is_of_other_type = |why: &Why| matches!(why, Why::NoKey(NoKey::Type { .. }));
    Ok(Drafts {
        has_other_keys: left_out.iter().any(|(_, why)| is_of_other_type(why)),
        left_out: reasons(&schema, &feeds, left_out),
        guessed: guessed(&schema, &feeds),
        is_magento: is_magento(&schema),
        feeds: feeds.iter().map(|feed| feed_draft(feed, &schema, &wish.consumer)).collect(),
    })
}

fn feed_draft(feed: &Feed, schema: &Schema<'_>, consumer: &str) -> FeedDraft {
    FeedDraft {
        name: feed.name.clone(),
        table: schema.name(feed.table).to_owned(),
        relations: feed.parents.iter().chain(&feed.children).map(|relation| relation.name.clone()).collect(),
        rows: schema.rows(feed.table),
        text: toml::render(feed, schema, consumer),
    }
}

fn guessed(schema: &Schema<'_>, feeds: &[Feed]) -> Vec<String> {
    let relations = feeds.iter().flat_map(|feed| feed.parents.iter().chain(&feed.children));
    let texts: BTreeSet<String> = relations
        .flat_map(|relation| &relation.guessed)
        .map(|reference| toml::reference_text(schema, reference))
        .collect();
    texts.into_iter().collect()
}

/// Products in tables of values by attribute; a prefix may stand before all names.
fn is_magento(schema: &Schema<'_>) -> bool {
    ["eav_attribute", "catalog_product_entity"]
        .iter()
        .all(|name| schema.tables.iter().any(|table| table.name.ends_with(name)))
}

/// The reasons, each with its tables.
fn reasons(schema: &Schema<'_>, feeds: &[Feed], left_out: Vec<(TableId, Why)>) -> Vec<LeftOut> {
    let is_shown = |table: TableId| {
        let relations = feeds.iter().flat_map(|feed| feed.parents.iter().chain(&feed.children));
        relations.flat_map(Relation::tables).any(|read| read == table)
    };
    // In this order.
    let mut reasons: BTreeMap<u8, LeftOut> = BTreeMap::new();
    for (table, why) in left_out {
        let detail = match &why {
            Why::NoKey(no_key) => Some(no_key.detail()),
            _ => None,
        };
        let (place, kind, reason) = match why {
            Why::NotNamed => continue,
            Why::Part(_) | Why::Link | Why::Lookup | Why::Detail if is_shown(table) => {
                (0, "within", "shown within the feeds of other tables")
            }
            Why::Minor => (1, "minor", "others seem to matter more (`--table NAME` drafts any of them)"),
            Why::NoKey(_) => (2, "key", "no single column that an entity could be known by, of integer, text or uuid"),
            Why::Part(_) => (3, "part", "parts of rows of other tables"),
            Why::Link => (4, "link", "only tie rows of other tables together"),
            Why::Lookup | Why::Detail => (5, "lookup", "lists that other tables refer to"),
            Why::Values => (6, "values", "values by attribute (EAV)"),
            Why::Log => (7, "log", "logs and statistics"),
            Why::Settings => (8, "settings", "settings"),
            Why::Technical => {
                (9, "technical", "look like the software's own (sessions, carts, queues, indexes, administrators)")
            }
            Why::View => {
                (10, "view", "views, of which no key is known (copy a draft, and name the view and its unique column)")
            }
        };
        let entry = reasons.entry(place);
        let left_out = entry.or_insert_with(|| LeftOut { kind, reason: reason.to_owned(), tables: Vec::new() });
        left_out.tables.push(LeftOutTable { name: schema.name(table).to_owned(), detail });
    }
    reasons.into_values().collect()
}
