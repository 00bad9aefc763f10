//! `retry` takes what failed and runs its entities again from the source: today's data, not a stale copy.

use crate::harness::{Reply, Shop};

/// Products A and B, of which A failed.
fn with_a_failed() -> Shop {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(2, "B", "Bolt")]);
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 retryable=1");
    shop.receiver.forget();
    shop
}

#[test]
fn todays_data_is_sent() {
    let shop = with_a_failed();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.run(&["retry", "products", "--now"]).exits(0).counts("products", "exported=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil 2"}"#]);
}

#[test]
fn what_is_gone_is_deleted() {
    let shop = with_a_failed();
    shop.remove(1);
    shop.run(&["retry", "products", "--now"]).exits(0).counts("products", "deleted=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","deleted":true}"#]);
}

#[test]
fn a_delete_whose_entity_is_back_becomes_an_upsert() {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(1, "A", "Anvil")]);
    shop.remove(1);
    shop.receiver.next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.forget();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil"}"#]);
}

#[test]
fn what_did_not_fail_is_left_alone() {
    let shop = with_a_failed();
    shop.put(&[(2, "B", "Bolt 2"), (3, "C", "Cog")]);
    shop.run(&["retry", "--now"]).exits(0).counts("products", "entities=1 items=1 exported=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil"}"#]);
}

#[test]
fn a_refused_item_is_not_retried() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.next(Reply::status(400));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "rejected=1");
    shop.receiver.forget();
    let run = shop.run_text(&["retry", "--now", "--parked"]);
    run.exits(0);
    assert_eq!((run.stdout.as_str(), shop.receiver.request_count()), ("", 0));
}

#[test]
fn what_was_in_flight_at_a_crash_is_due_at_once() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.receiver.forget();
    shop.run(&["retry"]).exits(0).counts("products", "exported=1");
}

#[test]
fn all_of_many_failed_items_are_taken() {
    let shop = Shop::with("request_retries = 0", "batch_size = 1000");
    shop.put_many(5000);
    // Fewer in a row than open the circuit.
    shop.receiver.next(Reply::status(500)).next(Reply::status(500)).next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2000 retryable=3000");
    shop.run(&["retry", "--now"]).exits(0).counts("products", "entities=3000 exported=3000 requests=3");
    assert_eq!(shop.receiver.documents("products").len(), 5000);
}

#[test]
fn what_moved_to_another_entity_is_sent_from_there() {
    let shop = with_a_failed();
    shop.remove(1);
    shop.put(&[(9, "A", "Anvil 9")]);
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1 deleted=0 retryable=0");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil 9"}"#]);
    shop.receiver.forget();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "items=0");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
}
