//! What each table is in its database: whether its rows are things that a consumer would want to hear of, or belong to some.
//!
//! A name is evidence, and so is what refers to what. Nobody's database is like another: a table that is taken for
//! something else here can still be drafted by name.

use super::column::{is_change_time, is_creation_time, is_position, is_time};
use super::rank;
use super::schema::{Reference, Schema, TableId};
use super::words::{Phrase, is_like, listed};
use crate::source::catalog::{Column, ColumnKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its rows may be entities.
    Entity,
    /// Its rows belong to rows of this table, which show them.
    Part(TableId),
    /// Ties rows of other tables together, and says little else.
    Link,
    /// A short list of names that other tables refer to.
    Lookup,
    /// Addresses and the like: they are shown by what refers to them.
    Detail,
    /// Entity, attribute and value.
    Values,
    Settings,
    /// What happened, in whatever detail.
    Log,
    /// What the shop's software keeps for itself: sessions, queues, indexes, its own users.
    Technical,
    View,
}

/// Anywhere in a name.
const TECHNICAL: &str = "session cache migration queue cron lock token nonce tmp temp bak backup old index idx indexer flat \
    grid replica sequence changelog captcha oauth acl permission whitelist blacklist cart basket compare";
/// At a name's beginning.
const TECHNICAL_FIRST: &str = "admin administrator auth authorization django flyway alembic ar sqlite pg mview schema setup flag failed spatial eav";
const LOG: &str = "log audit visitor visit click pageview statistic stat report recorder online aggregated archive archived \
    trace viewed";
/// Logs as well, where they are not parts of what they speak of.
const HISTORY: &str = "history tracking notification revision activity";
const SETTINGS: &str = "config configuration setting preference parameter registry variables";
/// Names whose last word is one of these are lists of names.
const LOOKUP: &str = "status type class kind unit language lang currency country region zone state province city role timezone \
    locale gender salutation title continent county";
const LINK: &str = "xref map mapping rel relation assoc association";
/// Rows that are things in themselves, whatever they belong to.
const STANDALONE: &str = "order invoice variant sku subscription review booking";

/// Columns that say something of the row beside what it is known by and tied to.
const LOOKUP_COLUMNS: usize = 2;
const LINK_COLUMNS: usize = 1;
/// Rows of a list of names.
const LOOKUP_ROWS: u64 = 100;
/// Columns of a table whose name says that it is a lookup.
const NAMED_LOOKUP_COLUMNS: usize = 8;

pub fn role(schema: &Schema<'_>, table: TableId) -> Role {
    let found = schema.tables[table];
    let phrase = &schema.phrases[table];
    if found.is_view {
        return Role::View;
    }
    let first = phrase.words().first().map(String::as_str).unwrap_or_default();
    let is_backend = listed(first, TECHNICAL_FIRST) || phrase.has(TECHNICAL) || is_job(&found.columns, phrase);
    if is_backend {
        return Role::Technical;
    }
    if is_values(schema, table) {
        return Role::Values;
    }
    let owner = owner_by_name(schema, table);
    if phrase.has(LOG) || owner.is_none() && phrase.has(HISTORY) {
        return Role::Log;
    }
    if phrase.has(SETTINGS) || is_settings(&found.columns, phrase) {
        return Role::Settings;
    }
    if is_link(schema, table) {
        return Role::Link;
    }
    if let Some(owner) = owner
        && !phrase.words().last().is_some_and(|last| listed(last, STANDALONE))
    {
        return Role::Part(owner);
    }
    if phrase.has("address addresses") {
        return Role::Detail;
    }
    if is_lookup(schema, table) { Role::Lookup } else { Role::Entity }
}

/// The table that a part's rows belong to: the one that its name begins with, else the first of its primary key.
pub fn owner<'s>(schema: &'s Schema<'_>, table: TableId) -> Option<&'s Reference> {
    let by_name = owner_by_name(schema, table);
    let to = |owner| schema.references_of(table).find(move |reference| reference.to == owner);
    let first = schema.tables[table].primary_key.first().copied();
    by_name.and_then(to).or_else(|| {
        let is_composite = schema.tables[table].primary_key.len() > 1;
        schema.references_of(table).find(|reference| is_composite && reference.columns.first().copied() == first)
    })
}

/// `product_image` refers to `product`, and is named after it; of several the longest name.
fn owner_by_name(schema: &Schema<'_>, table: TableId) -> Option<TableId> {
    let own = &schema.phrases[table];
    let named_after = |to: TableId| {
        let heads = [schema.phrases[to].words(), rank::subject(schema.phrases[to].words())];
        let longest = heads.into_iter().filter(|head| {
            own.after(&Phrase(head.to_vec())).is_some_and(|rest| !rest.is_empty()) && !is_like(own.words(), head)
        });
        longest.map(<[String]>::len).max()
    };
    let owners = schema.references_of(table).filter(|reference| reference.to != table);
    let owners = owners.filter_map(|reference| Some((named_after(reference.to)?, reference.to)));
    // Of equals the first that is referred to.
    owners
        .fold(None, |best: Option<(usize, TableId)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, owner)| owner)
}

/// Columns that say something: neither keys nor references, neither the order of rows nor when they were changed.
pub fn payload(schema: &Schema<'_>, table: TableId) -> Vec<usize> {
    let found = schema.tables[table];
    let key = schema.key(table).ok();
    (0..found.columns.len())
        .filter(|&number| {
            let column = &found.columns[number];
            let names_rows = Some(number) == key || schema.is_reference(table, number);
            let is_key = found.primary_key == [number];
            let keeps_books = is_change_time(column) || is_creation_time(column) || is_position(column);
            !names_rows && !is_key && !keeps_books
        })
        .collect()
}

/// A job of a framework's queue; a shop may well sell jobs.
fn is_job(columns: &[Column], phrase: &Phrase) -> bool {
    phrase.has("job jobs") && columns.iter().any(|column| column.name.eq_ignore_ascii_case("payload"))
}

fn is_values(schema: &Schema<'_>, table: TableId) -> bool {
    let columns = &schema.tables[table].columns;
    let phrases: Vec<Phrase> = columns.iter().map(|column| Phrase::of(&column.name)).collect();
    let has = |runs: &[&str]| phrases.iter().any(|phrase| runs.iter().any(|run| phrase.ends_with(run)));
    let has_value = phrases.iter().any(|phrase| phrase.words() == ["value"]) || has(&["meta value"]);
    let has_attribute = has(&["attribute id", "attribute", "meta key", "attr id", "attribute code"]);
    // Beside attribute and value, something that has them.
    let primary = &schema.tables[table].primary_key;
    let entity = phrases.iter().enumerate().any(|(number, phrase)| {
        let is_attribute = ["attribute id", "attribute", "attr id"].iter().any(|run| phrase.ends_with(run));
        !is_attribute && *primary != [number] && (schema.is_reference(table, number) || phrase.ends_with("id"))
    });
    has_value && has_attribute && entity
}

/// Keys and values of no one in particular, such as `name` and `value`.
fn is_settings(columns: &[Column], phrase: &Phrase) -> bool {
    let has = |words: &[&str]| {
        columns
            .iter()
            .any(|column| Phrase::of(&column.name).words().last().is_some_and(|last| words.contains(&last.as_str())))
    };
    columns.len() <= 5
        && has(&["value"])
        && has(&["name", "key"])
        && phrase.has("option options system variable property properties")
}

/// Ties two or more tables, is tied to by none, and says at most one more thing.
fn is_link(schema: &Schema<'_>, table: TableId) -> bool {
    let phrase = &schema.phrases[table];
    let words = phrase.words();
    let named_so = words.len() > 2 && words[1..words.len() - 1].iter().any(|word| word == "to")
        || words.last().is_some_and(|last| listed(last, LINK));
    let columns = &schema.tables[table].columns;
    let says_nothing = columns.iter().all(|column| column.kind != ColumnKind::Text);
    let sides = schema.references_of(table).count();
    let is_referred_to = schema.references_to(table).next().is_some();
    let payload = payload(schema, table);
    // A text per language, a price per shop: what is said is the point, not the tie.
    let says_something = payload.iter().any(|column| {
        let kind = columns[*column].kind;
        !is_time(kind) && !matches!(kind, ColumnKind::Integer | ColumnKind::Boolean)
    });
    // Rows that are numbered say more than that two others are tied.
    let is_numbered = schema.tables[table].primary_key.len() == 1;
    let most = if is_numbered { 0 } else { LINK_COLUMNS };
    sides >= 2 && !is_referred_to && payload.len() <= most && !says_something
        || named_so && says_nothing && !is_referred_to
}

fn is_lookup(schema: &Schema<'_>, table: TableId) -> bool {
    let phrase = &schema.phrases[table];
    let columns = &schema.tables[table].columns;
    let payload = payload(schema, table);
    let is_named_so = phrase.words().last().is_some_and(|last| listed(last, LOOKUP));
    if is_named_so && payload.len() <= NAMED_LOOKUP_COLUMNS {
        return true;
    }
    let is_known_thing = rank::vocabulary(phrase) > 0;
    let is_short = schema.rows(table).is_none_or(|rows| rows <= LOOKUP_ROWS);
    let has_text = payload.iter().any(|column| columns[*column].kind == ColumnKind::Text);
    // What only links lead to is more than a name.
    let is_referred_to = schema.references_to(table).any(|reference| !is_link(schema, reference.from));
    let refers = schema.references_of(table).count();
    !is_known_thing && is_short && has_text && is_referred_to && refers <= 1 && payload.len() <= LOOKUP_COLUMNS
}

#[cfg(test)]
mod tests {
    use super::super::sample::catalog;
    use super::super::schema::Sizes;
    use super::*;

    fn roles(lines: &str) -> Vec<String> {
        let (catalog, sizes) = (catalog(lines), Sizes::default());
        let schema = Schema::new(&catalog, &sizes);
        (0..schema.tables.len())
            .map(|table| {
                let role = match role(&schema, table) {
                    Role::Part(owner) => format!("part of {}", schema.name(owner)),
                    role => format!("{role:?}").to_lowercase(),
                };
                format!("{}: {role}", schema.name(table))
            })
            .collect()
    }

    #[test]
    fn a_shop() {
        let lines = "
            product: id* int, sku, name, brand_id int, tax_class_id int, updated_at time
            brand: id* int, name
            tax_class: id* int, name
            category: id* int, parent_id int, name
            category_product: category_id* int, product_id* int, position int
            product_image: id* int, product_id int, path, label, position int
            product_option: id* int, product_id int, title
            product_option_value: id* int, product_option_id int, title, price decimal
            customer: id* int, name, email
            address: id* int, customer_id int, street, city
            customer_group: id* int, label
            orders: id* int, customer_id int, total decimal, order_status_id int
            order_status: id* int, name
            order_item: id* int, order_id int, product_id int, quantity int, price decimal
            order_history: id* int, order_id int, comment
            price_history: id* int, sku, price decimal
            product_view_log: id* int, product_id int, seen_at time
            sessions: id* text, data
            settings: id* int, name, value
            admin_user: id* int, name
            view best: id int";
        assert_eq!(
            roles(lines),
            [
                "address: detail",
                "admin_user: technical",
                "best: view",
                "brand: entity",
                "category: entity",
                "category_product: link",
                "customer: entity",
                "customer_group: entity",
                "order_history: part of orders",
                "order_item: part of orders",
                "order_status: lookup",
                "orders: entity",
                "price_history: log",
                "product: entity",
                "product_image: part of product",
                "product_option: part of product",
                "product_option_value: part of product_option",
                "product_view_log: log",
                "sessions: technical",
                "settings: settings",
                "tax_class: lookup",
            ]
        );
    }

    #[test]
    fn values_by_attribute() {
        let lines = "
            catalog_product_entity: entity_id* int, sku
            catalog_product_entity_varchar: value_id* int, attribute_id int, entity_id int -> catalog_product_entity, value
            wp_posts: ID* int, post_title
            wp_postmeta: meta_id* int, post_id int, meta_key, meta_value
            eav_attribute: attribute_id* int, code, label, kind, note
            eav_attribute_option_value: value_id* int, option_id int, value";
        assert_eq!(
            roles(lines),
            [
                "catalog_product_entity: entity",
                "catalog_product_entity_varchar: values",
                "eav_attribute: technical",
                "eav_attribute_option_value: technical",
                "wp_postmeta: values",
                "wp_posts: entity",
            ]
        );
    }

    #[test]
    fn what_is_tied_to_is_no_link() {
        let lines = "
            film: film_id* int, title
            store: store_id* int, manager
            inventory: inventory_id* int, film_id int -> film, store_id int -> store, last_update time
            rental: rental_id* int, inventory_id int -> inventory, rented time, returned time
            film_actor: actor_id* int -> actor, film_id* int -> film, last_update time
            actor: actor_id* int, first_name, last_name
            line: id* int, film_id int -> film, store_id int -> store, price decimal, quantity int";
        assert_eq!(
            roles(lines),
            [
                "actor: entity",
                "film: entity",
                "film_actor: link",
                "inventory: entity",
                "line: entity",
                "rental: entity",
                "store: entity"
            ]
        );
    }

    #[test]
    fn short_lists_of_names() {
        let lines = "track: id* int, name, genre_id int -> genre, artist_id int -> artist, seconds int
            genre: id* int, name
            artist: id* int, name
            mood: id* int, name
            track_mood: track_id* int -> track, mood_id* int -> mood";
        assert_eq!(
            roles(lines),
            ["artist: entity", "genre: lookup", "mood: entity", "track: entity", "track_mood: link"]
        );
    }
}
