//! A source or a feed store that cannot be used: exit code 3, nothing is deleted, nothing is made up.

use crate::harness::{Project, Receiver, Shop};
use std::os::unix::fs::FileExt;

#[test]
fn a_missing_source_is_not_created() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    std::fs::remove_file(shop.path("shop.db")).expect("the source is there");
    for arguments in [&["reindex", "products"][..], &["retry", "--now"], &["reindex", "products", "--ids", "1"]] {
        let run = shop.run(arguments);
        if arguments[0] == "reindex" {
            run.exits(3).says("shop.db");
        }
        assert!(!shop.path("shop.db").exists(), "the source was created");
    }
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_source_that_is_no_database() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.write("shop.db", &"this is not a database. ".repeat(500));
    shop.run(&["reindex", "products"]).exits(3).says("shop.db");
    assert_eq!(shop.rows("products").len(), 1);
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_feed_store_that_is_no_database() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.write("feedmill.db", &"this is not a database. ".repeat(500));
    let run = shop.run(&["reindex", "products"]);
    run.exits(3).says("feedmill.db").says("move it away, and the next `feedmill reindex` sends everything again");
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_damaged_feed_store() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    let file = std::fs::File::options().write(true).open(shop.path("feedmill.db")).expect("the feed store is there");
    file.set_len(file.metadata().expect("it is a file").len() / 2).expect("it can be cut");
    for command in [&["reindex", "products"][..], &["status"]] {
        shop.run(command).exits(3).says("feedmill.db").says("put back a copy of it");
    }
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_feed_store_of_a_newer_version() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.store().execute_batch("PRAGMA user_version = 99").expect("valid SQL");
    for command in [&["reindex", "products"][..], &["status"]] {
        shop.run(command).exits(3).says("made by a newer feedmill").says("use that one");
    }
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_feed_store_where_none_can_be() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    let config = shop.read("feedmill.toml").replace("sqlite:feedmill.db", "sqlite:missing/folder/feedmill.db");
    shop.write("feedmill.toml", &config);
    shop.run(&["reindex", "products"]).exits(3).says("missing/folder");
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn a_source_that_breaks_off_midway_deletes_nothing() {
    let shop = Shop::with("", "batch_size = 1000\nmax_deletes = 1000000");
    shop.put_many(20_000);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=20000");
    shop.receiver.forget();
    shop.sql(
        "DELETE FROM product WHERE id <= 10; UPDATE product SET name = 'Other' WHERE id BETWEEN 20 AND 30; VACUUM",
    );
    spoil_a_page(&shop);
    let run = shop.run(&["reindex", "products"]);
    run.exits(3).outcome("products", "incomplete");
    assert!(shop.receiver.new_requests().iter().all(|request| !request.has_deletes()));
    assert_eq!(shop.receiver.documents("products").len(), 20_000);
}

/// Overwrites a page in the last third of the source with bytes that are no page.
fn spoil_a_page(shop: &Shop) {
    let page: i64 = shop.source().query_row("PRAGMA page_size", [], |row| row.get(0)).expect("a pragma");
    let pages: i64 = shop.source().query_row("PRAGMA page_count", [], |row| row.get(0)).expect("a pragma");
    let file = std::fs::File::options().write(true).open(shop.path("shop.db")).expect("the source is there");
    let place = u64::try_from(pages * 2 / 3 * page).expect("a size is not negative");
    let bytes = vec![0xff; usize::try_from(page).expect("a size is not negative")];
    file.write_all_at(&bytes, place).expect("the source can be written");
}

#[test]
fn a_source_that_is_written_to_meanwhile_is_read_all_the_same() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    let writer = shop.source();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; UPDATE product SET name = 'Anvil 2'")
        .expect("valid SQL");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1");
    writer.execute_batch("COMMIT").expect("a transaction is open");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
}

#[test]
fn the_source_is_only_read() {
    let receiver = Receiver::start();
    let mut project = Project::new();
    project.consumer(&receiver, "");
    project.sql(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT); INSERT INTO product VALUES (1, 'A', 'x')",
    );
    project.feed("products", crate::harness::PRODUCTS);
    let before = std::fs::read(project.path("shop.db")).expect("the source is there");
    project.run(&["reindex", "products"]).exits(0);
    project.run(&["check"]).exits(0);
    project.run(&["explain", "products", "1"]).exits(0);
    assert!(
        std::fs::read(project.path("shop.db")).expect("the source is there") == before,
        "the source was written to"
    );
}

#[cfg(unix)]
#[test]
fn the_feed_store_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    let mode = std::fs::metadata(shop.path("feedmill.db")).expect("the feed store is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
