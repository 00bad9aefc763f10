//! A full run sends what is new or other, and nothing else.

use crate::harness::{PRODUCTS, Shop};
use insta::assert_snapshot;

#[test]
fn everything_is_sent_once() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt")]);

    let first = shop.run(&["reindex", "products"]);
    first.exits(0).outcome("products", "complete").counts("products", "entities=2 items=2 exported=2 requests=1");
    assert_eq!(first.summary("products")["command"], "reindex");
    assert_eq!(first.summary("products")["selection"], "all");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil"}"#, r#"{"sku":"B","name":"Bolt"}"#]);
    assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A"} h1 200
    2 {"sku":"B"} h2 200
    "#);

    let second = shop.run(&["reindex", "products"]);
    second.exits(0).counts("products", "entities=2 items=2 unchanged=2 requests=0 bytes_sent=0");
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn only_what_changed_is_sent() {
    let shop = Shop::delivered(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.sql("UPDATE product SET name = 'Bolt M8' WHERE id = 2");
    shop.put(&[(4, "D", "Dowel")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=4 unchanged=2 exported=2 requests=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"B","name":"Bolt M8"}"#, r#"{"sku":"D","name":"Dowel"}"#]);
    assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A"} h1 200
    2 {"sku":"B"} h2 200
    3 {"sku":"C"} h3 200
    4 {"sku":"D"} h4 200
    "#);
}

#[test]
fn what_is_left_out_of_the_hash_is_no_change() {
    let shop = Shop::new();
    shop.sql("ALTER TABLE product ADD COLUMN modified_at TEXT DEFAULT 'monday'");
    shop.feed("products", &format!("{PRODUCTS}modifiedAt = \"modified_at\"\n"));
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
    shop.sql("UPDATE product SET modified_at = 'tuesday'");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 requests=0");
    shop.sql("UPDATE product SET name = 'Anvil 2', modified_at = 'friday'");
    shop.receiver.forget();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil 2","modifiedAt":"friday"}"#]);
}

#[test]
fn dotted_paths_are_left_out_of_the_hash_in_every_element() {
    let shop = Shop::with("", "exclude_from_hash = [\"name\", \"images.seen\"]");
    shop.sql(
        "CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, url TEXT, seen TEXT);
         INSERT INTO image VALUES (1, 1, 'a.jpg', 'mo'), (2, 1, 'b.jpg', 'mo');",
    );
    let feed = shop.read("feeds/products.toml");
    let images = "\n[fields.images]\nmany = \"image\"\non = { product_id = \"id\" }\nfields = { url = \"url\", seen = \"seen\" }\n";
    shop.feed("products", &format!("{feed}{images}"));
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
    shop.sql("UPDATE image SET seen = 'tu'; UPDATE product SET name = 'Other'");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1");
    shop.sql("UPDATE image SET url = 'c.jpg' WHERE id = 2");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
}

#[test]
fn an_empty_source_is_a_complete_run() {
    let shop = Shop::new();
    shop.run(&["reindex", "products"])
        .exits(0)
        .outcome("products", "complete")
        .counts("products", "entities=0 items=0");
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn an_entity_gives_an_item_per_joined_row_and_loses_them_alone() {
    let shop = Shop::known_by(&["sku", "store"]);
    shop.sql(
        "CREATE TABLE listing (product_id INTEGER, store TEXT, PRIMARY KEY (product_id, store));
         INSERT INTO listing VALUES (1, 'de'), (1, 'fr'), (2, 'de');",
    );
    let feed = PRODUCTS
        .replace("[\"sku\"]", "[\"sku\", \"store\"]")
        .replace("key = \"id\"", "key = \"id\"\njoin = [{ table = \"listing\", on = { product_id = \"id\" } }]");
    shop.feed("products", &format!("{feed}store = \"listing.store\"\n"));
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "entities=3 items=3 exported=3");
    assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A","store":"de"} h1 200
    1 {"sku":"A","store":"fr"} h2 200
    2 {"sku":"B","store":"de"} h3 200
    "#);
    shop.receiver.forget();
    shop.sql("DELETE FROM listing WHERE store = 'fr'");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=3 unchanged=2 deleted=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","store":"fr","deleted":true}"#]);
}

#[test]
fn several_feeds_give_a_summary_each() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.feed("names", &PRODUCTS.replace("\"products\"", "\"names\""));
    let run = shop.run(&["reindex", "--all"]);
    run.exits(0).counts("products", "exported=1").counts("names", "exported=1");
    assert_eq!(shop.receiver.documents("names"), shop.receiver.documents("products"));
    let run = shop.run(&["reindex", "names", "products"]);
    run.exits(0).counts("products", "unchanged=1").counts("names", "unchanged=1");
}
