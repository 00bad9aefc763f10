//! `--continue` takes up a full run where it stopped.
//!
//! The source is read in batches of 100 entities, then of twice as many each time: what a run has behind it when its
//! fifteenth request of a hundred items is answered is four of them, and the rest is what is left to a run that continues
//! it.

use crate::harness::{PRODUCTS, Reply, Rule, Shop};

const PRODUCTS_IN_ALL: usize = 2_000;
const REQUESTS_TAKEN: usize = 15;

fn shop() -> Shop {
    let shop = Shop::with("request_retries = 0", "batch_size = 100");
    shop.put_many(PRODUCTS_IN_ALL);
    shop
}

/// A full run whose consumer takes fifteen requests and then knows nobody any more; after it everything is accepted.
fn run_into_an_open_circuit(shop: &Shop) {
    let mut number = 0;
    shop.receiver.rule(Rule::new(move |_| {
        number += 1;
        (number > REQUESTS_TAKEN).then(|| Reply::status(401))
    }));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    shop.receiver.accepts_all();
    shop.receiver.forget();
}

fn complete(shop: &Shop) {
    assert_eq!(shop.receiver.documents("products").len(), PRODUCTS_IN_ALL);
    shop.receiver.forget();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2000 requests=0");
}

#[test]
fn after_an_open_circuit_the_rest_is_built_and_sent() {
    let shop = shop();
    run_into_an_open_circuit(&shop);
    let run = shop.run(&["reindex", "products", "--continue"]);
    // What was not tried, and the hundred items of the request that failed; nothing of what was behind them is read again.
    run.exits(0).outcome("products", "complete").counts("products", "entities=500 items=500 exported=500 requests=5");
    assert_eq!(shop.receiver.new_items().len(), 500);
    complete(&shop);
}

#[test]
fn what_the_interrupted_run_has_met_is_not_gone() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET name = 'Other'");
    run_into_an_open_circuit(&shop);
    shop.sql("DELETE FROM product WHERE id IN (5, 1990)");
    // With the default guard: were the 1,500 rows that are behind counted as gone, the delete would be withheld.
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).counts("products", "entities=499 items=500 exported=499 deleted=1");
    // What went behind the place where it goes on is found by the next full run.
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=1999 unchanged=1998 deleted=1");
    assert_eq!(shop.receiver.documents("products").len(), PRODUCTS_IN_ALL - 2);
}

#[test]
fn what_was_invalid_behind_it_stays_so() {
    let shop = shop();
    shop.sql("UPDATE product SET sku = NULL WHERE id = 7");
    run_into_an_open_circuit(&shop);
    shop.run(&["reindex", "products", "--continue"]).exits(0).outcome("products", "complete");
    assert_eq!(shop.run(&["status", "products"]).json()["invalid"], 1);
}

#[test]
fn a_continued_run_that_stops_is_continued() {
    let shop = shop();
    run_into_an_open_circuit(&shop);
    shop.receiver.always(Reply::status(401));
    shop.run(&["reindex", "products", "--continue"]).exits(1).outcome("products", "incomplete");
    shop.receiver.accepts_all();
    // The hundred items that the second one tried are behind it: they wait for a retry.
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).counts("products", "entities=400 items=400 exported=400");
    shop.run(&["retry", "products", "--now"]).exits(0).counts("products", "exported=100");
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
        (number == REQUESTS_TAKEN).then(|| Reply::lost().after(&held))
    }));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(REQUESTS_TAKEN);
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
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).counts("products", "items=2000 unchanged=1999 exported=1");
}

#[test]
fn without_any_run_it_is_a_full_one() {
    let shop = shop();
    shop.run(&["reindex", "products", "--continue"]).exits(0).counts("products", "exported=2000");
}

#[test]
fn another_definition_starts_again() {
    let shop = shop();
    run_into_an_open_circuit(&shop);
    shop.feed("products", &format!("{PRODUCTS}kind = {{ value = \"x\" }}\n"));
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).counts("products", "items=2000 exported=2000");
}

#[test]
fn a_partial_run_in_between_does_not_hide_what_is_to_be_continued() {
    let shop = shop();
    run_into_an_open_circuit(&shop);
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0);
    let run = shop.run(&["reindex", "products", "--continue"]);
    run.exits(0).outcome("products", "complete").counts("products", "entities=500 items=500 exported=500");
    complete(&shop);
}
