//! `explain`: one entity, its documents now, what the feed table has, what a run would do.

use crate::harness::{Reply, Shop};

#[test]
fn what_a_run_would_do_is_said_and_nothing_is_done() {
    let shop = Shop::delivered_with("", "persist_exported_feed = true", &[(1, "A", "Anvil"), (2, "B", "Bolt")]);
    let same = shop.run(&["explain", "products", "1"]);
    same.exits(0);
    assert!(same.stdout.contains("Anvil") && same.stdout.contains("200"), "{}", same.stdout);
    assert!(same.stdout.contains("skip it"), "{}", same.stdout);

    shop.put(&[(1, "A", "Anvil 2")]);
    let other = shop.run(&["explain", "products", "1"]);
    other.exits(0);
    assert!(other.stdout.contains("Anvil 2") && other.stdout.contains("name"), "{}", other.stdout);
    assert!(other.stdout.contains("send"), "{}", other.stdout);

    shop.remove(2);
    let gone = shop.run(&["explain", "products", "2"]);
    gone.exits(0);
    assert!(gone.stdout.contains("delete"), "{}", gone.stdout);
    assert_eq!(shop.receiver.request_count(), 0);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 deleted=1");
}

#[test]
fn a_failed_item_shows_why() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.next(Reply::item_errors(200, &[(0, Some(400), "names must be short")]));
    shop.run(&["reindex", "products"]).exits(1);
    let run = shop.run(&["explain", "products", "1"]);
    run.exits(0);
    assert!(run.stdout.contains("400") && run.stdout.contains("names must be short"), "{}", run.stdout);
}

#[test]
fn json_for_programs() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    let run = shop.run(&["explain", "products", "1", "--output", "json"]);
    assert!(run.exits(0).json().to_string().contains("Anvil"));
}

#[test]
fn what_does_not_exist() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.run(&["explain", "products", "one"]).exits(2);
    shop.run(&["explain", "unknown", "1"]).exits(2);
}
