//! `definition_drift` is true from an edit of a definition until a full run completes under it; a feed table without
//! a definition is left alone and shown.

use crate::harness::{PRODUCTS, Reply, Shop};

fn drift(shop: &Shop) -> serde_json::Value {
    shop.run(&["status", "products"]).exits(0).json()["definition_drift"].clone()
}

#[test]
fn drift_lasts_until_a_full_run_completes() {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(1, "A", "Anvil"), (2, "B", "Bolt")]);
    assert_eq!(drift(&shop), false);
    shop.feed("products", &format!("{PRODUCTS}kind = {{ value = \"tool\" }}\n"));
    assert_eq!(drift(&shop), true);
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "exported=1");
    assert_eq!(drift(&shop), true);
    shop.receiver.next(Reply::status(401));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    assert_eq!(drift(&shop), true);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
    assert_eq!(drift(&shop), false);
}

#[test]
fn a_table_without_a_definition_is_orphaned_and_left_alone() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.feed("others", &PRODUCTS.replace("\"products\"", "\"others\""));
    std::fs::remove_file(shop.path("feeds/products.toml")).expect("a file that is there");
    shop.run(&["reindex", "--all"]).exits(0).counts("others", "exported=1");
    assert_eq!(shop.rows("products").len(), 1);
    let status = shop.run(&["status"]).exits(0).stdout.clone();
    let feeds: Vec<serde_json::Value> =
        status.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let orphaned = |feed: &str| &feeds.iter().find(|status| status["feed"] == feed).expect("a line a feed")["orphaned"];
    assert_eq!((orphaned("products"), orphaned("others")), (&true.into(), &false.into()), "{status}");
    let text = shop.run_text(&["status"]).exits(0).stdout.clone();
    assert!(text.contains("orphaned"), "{text}");
}
