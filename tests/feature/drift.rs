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
    let run = shop.run_text(&["status"]);
    run.exits(0);
    let line =
        run.stdout.lines().find(|line| line.contains("products")).unwrap_or_else(|| run.fail("no line of products"));
    assert!(line.contains("orphan"), "{}", run.stdout);
}
