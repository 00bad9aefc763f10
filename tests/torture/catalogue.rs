//! The shop of the torture test: nine tables, items per store view, three levels of nesting.

use super::random::Random;
use std::fmt::Write;

pub const SCHEMA: &str = "
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT);
CREATE TABLE store_view (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, active INTEGER NOT NULL);
CREATE TABLE category (id INTEGER PRIMARY KEY, path TEXT NOT NULL);
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT NOT NULL, price DECIMAL(10,2), brand_id INTEGER,
    state TEXT NOT NULL, modified_at INTEGER NOT NULL);
CREATE TABLE product_store (product_id INTEGER NOT NULL, store_id INTEGER NOT NULL, label TEXT,
    PRIMARY KEY (product_id, store_id));
CREATE TABLE category_product (category_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (category_id, product_id));
CREATE TABLE product_option (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, title TEXT, sort_order INTEGER);
CREATE TABLE product_option_value (id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, sku TEXT, price DECIMAL(10,2),
    sort_order INTEGER);
CREATE TABLE value_label (id INTEGER PRIMARY KEY, value_id INTEGER NOT NULL, text TEXT NOT NULL);
";

/// The feed; `settings` are lines at its head.
pub fn feed(settings: &str) -> String {
    format!(
        r#"name = "products"
consumer = "search"
identity = ["sku", "store"]
minimal_payload = ["sku", "store"]
{settings}

[entity]
table = "product"
key = "id"
where_sql = "product.state <> 'draft'"
join = [
  {{ table = "product_store", as = "listing", on = {{ product_id = "id" }} }},
  {{ table = "store_view", as = "store", on = {{ id = "listing.store_id" }}, where_sql = "store.active = 1" }},
]

[fields]
sku = "sku"
store = "store.code"
name = "name"
label = "listing.label"
title = {{ expr = "coalesce(label, name)" }}
price = {{ column = "price", type = "decimal" }}
state = {{ column = "state", map = {{ "on" = "enabled", "off" = "disabled" }} }}
brand = {{ one = "brand", on = {{ id = "brand_id" }}, fields = {{ name = "name", country = "country" }} }}

[fields.categories]
many = "category_product"
on = {{ product_id = "id" }}
join = [{{ table = "category", on = {{ id = "category_id" }} }}]
order_by = ["position", "category.path"]
value = "category.path"

[fields.options]
many = "product_option"
on = {{ product_id = "id" }}
order_by = ["sort_order"]
fields.title = "title"
fields.values.many = "product_option_value"
fields.values.on = {{ option_id = "id" }}
fields.values.order_by = ["-sort_order", "sku"]
fields.values.fields.sku = "sku"
fields.values.fields.price = {{ column = "price", type = "decimal" }}
fields.values.fields.labels = {{ many = "value_label", on = {{ value_id = "id" }}, order_by = ["text"], value = "text" }}

[fields.modifiedAt]
column = "modified_at"
"#
    )
}

/// Statements that fill the tables.
pub fn rows(random: &mut Random) -> String {
    let mut sql = String::from("BEGIN;\n");
    let mut say = |statement: String| writeln!(sql, "{statement};").expect("a String takes all");
    for id in 1..=4 {
        say(format!("INSERT INTO brand VALUES ({id}, 'Brand {id}', {})", country(random)));
        say(format!("INSERT INTO category VALUES ({id}, 'path/{id}')"));
    }
    for (id, code) in ["de", "fr", "it"].iter().enumerate() {
        say(format!("INSERT INTO store_view VALUES ({}, '{code}', 1)", id + 1));
    }
    let products = random.between(1, 40);
    for id in 1..=products {
        say(product(id, random));
        for store in 1..=3 {
            if random.chance(60) {
                say(format!("INSERT INTO product_store VALUES ({id}, {store}, {})", label(random)));
            }
        }
        for category in 1..=4 {
            if random.chance(30) {
                say(format!("INSERT INTO category_product VALUES ({category}, {id}, {})", random.below(3)));
            }
        }
        for _ in 0..random.below(3) {
            say(option(id, random));
        }
    }
    for _ in 0..products * 2 {
        say(option_value(random.between(1, products * 2), random));
        say(value_label(random.between(1, products * 2), random));
    }
    sql.push_str("COMMIT;");
    sql
}

/// A new product with a SKU of its own.
pub fn product(id: u64, random: &mut Random) -> String {
    let (name, price, brand) = (name(random), price(random), random.between(1, 5));
    let state = random.pick(&["on", "on", "on", "off", "draft"]);
    format!("INSERT INTO product VALUES ({id}, 'SKU-{id}', '{name}', {price}, {brand}, '{state}', 0)")
}

pub fn option(product: u64, random: &mut Random) -> String {
    let (title, order) = (name(random), order(random));
    format!("INSERT INTO product_option (product_id, title, sort_order) VALUES ({product}, '{title}', {order})")
}

pub fn option_value(option: u64, random: &mut Random) -> String {
    let (price, order) = (price(random), order(random));
    let sku = random.pick(&["'x'", "'y'", "'Z'", "'é'", "''", "NULL"]);
    format!(
        "INSERT INTO product_option_value (option_id, sku, price, sort_order) VALUES ({option}, {sku}, {price}, {order})"
    )
}

pub fn value_label(value: u64, random: &mut Random) -> String {
    let text = random.pick(&["a", "b", "B", "ä", "\u{1F600}"]);
    format!("INSERT INTO value_label (value_id, text) VALUES ({value}, '{text}')")
}

/// From a small pool, so that edits are taken back now and then.
pub fn name(random: &mut Random) -> String {
    format!("{} {}", random.pick(&["Anvil", "Bolt", "Cog \"X\"", "Größe", "back\\slash"]), random.below(3))
}

pub fn label(random: &mut Random) -> &'static str {
    random.pick(&["NULL", "'new'", "'used'", "''"])
}

pub fn price(random: &mut Random) -> String {
    if random.chance(10) { "NULL".to_owned() } else { format!("{}.{:02}", random.below(20), random.below(100)) }
}

pub fn order(random: &mut Random) -> &'static str {
    random.pick(&["NULL", "0", "1", "2"])
}

pub fn country(random: &mut Random) -> &'static str {
    random.pick(&["NULL", "'DE'", "'FR'"])
}
