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
use name::Names;
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
    pub tables: Vec<String>,
}

impl Drafts {
    /// Takes back the draft of a table.
    pub fn leave_out(&mut self, table: &str, why: String) {
        self.feeds.retain(|feed| feed.table != table);
        self.left_out.push(LeftOut { kind: "refused", reason: why, tables: vec![table.to_owned()] });
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
    Ok(Drafts {
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
    let shown_in = |table: TableId| -> Vec<&str> {
        let shows = |feed: &&Feed| {
            feed.parents.iter().chain(&feed.children).any(|relation| relation.tables().any(|read| read == table))
        };
        feeds.iter().filter(shows).map(|feed| feed.name.as_str()).collect()
    };
    // In this order; those of one kind together.
    let mut reasons: BTreeMap<(u8, String), LeftOut> = BTreeMap::new();
    for (table, why) in left_out {
        let is_shown = !shown_in(table).is_empty();
        let (place, kind, reason) = match why {
            Why::NotNamed => continue,
            Why::Part(_) | Why::Link | Why::Lookup | Why::Detail if is_shown => {
                (0, "within", "shown within the feeds of other tables".to_owned())
            }
            Why::Minor => (
                1,
                "minor",
                format!(
                    "others seem to matter more; `--table NAME` drafts any of them, and {MOST_FEEDS} are drafted unasked"
                ),
            ),
            Why::NoKey(no_key) => (2, "key", no_key.reason()),
            Why::Part(_) => (3, "part", "parts of rows of other tables".to_owned()),
            Why::Link => (4, "link", "only tie rows of other tables together".to_owned()),
            Why::Lookup | Why::Detail => (5, "lookup", "lists that other tables refer to".to_owned()),
            Why::Values => (6, "values", "values by attribute (EAV)".to_owned()),
            Why::Log => (7, "log", "logs and statistics".to_owned()),
            Why::Settings => (8, "settings", "settings".to_owned()),
            Why::Technical => {
                (9, "technical", "look like the software's own: sessions, queues, indexes, administrators".to_owned())
            }
            Why::View => (
                10,
                "view",
                "views: no key is known of them; copy a draft and name the view and a column that is unique".to_owned(),
            ),
        };
        let entry = reasons.entry((place, reason.clone()));
        let left_out = entry.or_insert_with(|| LeftOut { kind, reason, tables: Vec::new() });
        left_out.tables.push(schema.name(table).to_owned());
    }
    reasons.into_values().collect()
}
