//! `--continue` takes up a full run where it stopped.

use crate::harness::{PRODUCTS, Reply, Rule, Shop};

fn shop() -> Shop {
    let shop = Shop::with("request_retries = 0", "batch_size = 10");
    shop.put_many(400);
    shop
}

fn complete(shop: &Shop) {
    assert_eq!(shop.receiver.documents("products").len(), 400);
    shop.receiver.forget();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=400 requests=0");
}

#[test]
fn after_an_open_circuit_the_rest_is_sent() {
    let shop = shop();
    let mut number = 0;
    shop.receiver.rule(Rule::new(move |_| {
        number += 1;
        (number > 15).then(|| Reply::status(401))
    }));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    shop.receiver.accepts_all();
    shop.receiver.forget();
    shop.run(&["reindex", "products", "--continue"]).exits(0).outcome("products", "complete");
    // What was not tried, and the ten items of the request that failed.
    assert_eq!(shop.receiver.new_items().len(), 250);
    complete(&shop);
}

#[test]
fn after_a_kill_nothing_is_missing() {
    let shop = shop();
    let gate = shop.receiver.gate();
    let mut number = 0;
    let held = gate.clone();
    shop.receiver.rule(Rule::new(move |_| {
        number += 1;
        (number == 20).then(|| Reply::lost().after(&held))
    }));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(20);
    running.killer().kill();
    gate.open();
    command.finish(running);
    shop.receiver.settle();
    shop.run(&["reindex", "products", "--continue"]).exits(0).outcome("products", "complete");
    complete(&shop);
}

#[test]
fn a_complete_run_is_not_continued() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET name = 'Other' WHERE id = 7");
    shop.run(&["reindex", "products", "--continue"]).exits(0).counts("products", "items=400 unchanged=399 exported=1");
}

#[test]
fn without_any_run_it_is_a_full_one() {
    let shop = shop();
    shop.run(&["reindex", "products", "--continue"]).exits(0).counts("products", "exported=400");
}

#[test]
fn another_definition_starts_again() {
    let shop = shop();
    shop.receiver.next(Reply::status(200)).next(Reply::status(403));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    shop.feed("products", &format!("{PRODUCTS}kind = {{ value = \"x\" }}\n"));
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).counts("products", "items=400 exported=400");
}

#[test]
fn a_partial_run_in_between_does_not_hide_what_is_to_be_continued() {
    let shop = shop();
    shop.receiver.next(Reply::accept()).next(Reply::status(403));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0);
    shop.run(&["reindex", "products", "--continue"]).exits(0).outcome("products", "complete");
    complete(&shop);
}

#[test]
fn what_was_removed_since_is_deleted() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET name = 'Other'");
    let mut number = 0;
    shop.receiver.rule(Rule::new(move |_| {
        number += 1;
        (number > 20).then(|| Reply::status(401))
    }));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    shop.sql("DELETE FROM product WHERE id IN (390, 5)");
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products", "--continue"]).exits(0);
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 398);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=398 requests=0");
}
