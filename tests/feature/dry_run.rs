//! `--dry-run` builds and compares; it sends nothing, writes nothing and takes no lock.

use crate::harness::{Reply, Shop};

#[test]
fn what_would_be_sent_is_pending() {
    let shop = Shop::delivered(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    let before = std::fs::read(shop.path("feedmill.db")).expect("the feed store is there");
    let runs: i64 = shop.stored("SELECT count(*) FROM run");
    shop.put(&[(2, "B", "Bolt 2"), (4, "D", "Dowel")]);
    shop.remove(3);
    shop.run(&["reindex", "products", "--dry-run"])
        .exits(0)
        .counts("products", "items=4 unchanged=1 pending=3 requests=0");
    shop.run(&["reindex", "products", "--dry-run", "--ids", "2"]).exits(0).counts("products", "items=1 pending=1");
    assert_eq!(shop.receiver.request_count(), 0);
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM run"), runs);
    assert!(std::fs::read(shop.path("feedmill.db")).expect("the feed store is there") == before, "the store changed");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=2 deleted=1");
}

#[test]
fn a_first_dry_run_makes_no_feed_table() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products", "--dry-run"]).exits(0).counts("products", "items=1 pending=1");
    assert_eq!(shop.receiver.request_count(), 0);
    let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'feed_products'";
    assert!(!shop.path("feedmill.db").exists() || shop.stored::<i64>(tables) == 0);
}

#[test]
fn the_lock_of_another_run_does_not_matter() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products"]);
    let holder = command.start();
    shop.receiver.wait_for_requests(1);
    let dry = shop.command(&["reindex", "products", "--dry-run"]);
    let dry_run = dry.start();
    dry.finish(dry_run).exits(0).counts("products", "items=1 pending=1");
    gate.open();
    command.finish(holder).exits(0).counts("products", "exported=1");
}

#[test]
fn invalid_items_are_shown_and_the_exit_code_stays_zero() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.sql("INSERT INTO product VALUES (2, NULL, 'Bolt')");
    shop.run(&["reindex", "products", "--dry-run"]).counts("products", "items=2 pending=1 invalid=1").says("sku");
}
