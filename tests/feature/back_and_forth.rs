//! An edit that goes back and forth at a consumer that swallows requests whose key it has seen.

use crate::harness::{Reply, Shop};

#[test]
fn every_version_arrives() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.receiver.deduplicates();
    for name in ["Anvil 2", "Anvil", "Anvil 2", "Anvil"] {
        shop.put(&[(1, "A", name)]);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
        assert_eq!(shop.delivered_names(), [format!("A {name}")]);
    }
}

#[test]
fn deletes_and_upserts_in_turn() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.receiver.deduplicates();
    for _ in 0..2 {
        shop.remove(1);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "deleted=1");
        assert_eq!(shop.delivered_names(), [""; 0]);
        shop.put(&[(1, "A", "Anvil")]);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
        assert_eq!(shop.delivered_names(), ["A Anvil"]);
    }
}

#[test]
fn lost_answers_on_the_way() {
    let shop = Shop::with("request_retries = 1", "");
    shop.receiver.deduplicates();
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.next(Reply::lost());
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 request_retries=1");
    for name in ["Anvil 2", "Anvil"] {
        shop.put(&[(1, "A", name)]);
        shop.receiver.next(Reply::hangs_up()).next(Reply::lost());
        shop.run(&["reindex", "products", "--ids", "1"]).exits(1).counts("products", "retryable=1");
        shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 requests=0");
        assert_eq!(shop.delivered_names(), [format!("A {name}")]);
    }
}

#[test]
fn a_version_whose_answer_was_lost_and_is_taken_back() {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(1, "A", "Anvil")]);
    shop.receiver.deduplicates();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.receiver.next(Reply::lost());
    shop.run(&["reindex", "products"]).exits(1);
    assert_eq!(shop.delivered_names(), ["A Anvil 2"]);
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
    assert_eq!(shop.delivered_names(), ["A Anvil"]);
}
