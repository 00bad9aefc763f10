//! What is gone from the source is deleted at the consumer, once, and only if it stays gone.

use crate::harness::{PRODUCTS, Reply, Rule, Shop};

const TWO: &[(i64, &str, &str)] = &[(1, "A", "Anvil"), (2, "B", "Bolt")];

#[test]
fn a_gone_entity_is_deleted_once() {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.run(&["reindex", "products"])
        .exits(0)
        .counts("products", "entities=1 items=2 unchanged=1 deleted=1 requests=1");
    assert_eq!(shop.receiver.new_bodies(), [r#"[{"sku":"A","deleted":true}]"#]);
    insta::assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A"} - 200 deleted
    2 {"sku":"B"} h1 200
    "#);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=1 unchanged=1 requests=0");
}

#[test]
fn what_the_filter_leaves_out_is_gone() {
    let shop = Shop::delivered(TWO);
    shop.feed("products", &PRODUCTS.replace("key = \"id\"", "key = \"id\"\nwhere_sql = \"product.name <> 'Bolt'\""));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
    assert_eq!(shop.delivered_names(), ["A Anvil"]);
}

#[test]
fn a_delete_carries_the_minimal_payload_that_was_sent_last() {
    let shop = Shop::delivered_with("", "minimal_payload = [\"sku\", \"name\"]", TWO);
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
    shop.receiver.forget();
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil 2","deleted":true}"#]);
}

#[test]
fn a_delete_carries_what_the_edited_definition_wants() {
    let shop = Shop::delivered_with("", "minimal_payload = [\"sku\"]", TWO);
    shop.feed("products", &PRODUCTS.replace("minimal_payload = [\"sku\"]", "minimal_payload = [\"name\", \"sku\"]"));
    shop.receiver.forget();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
    assert_eq!(shop.rows("products")[0].data, r#"{"name":"Anvil","sku":"A"}"#);
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"name":"Anvil","sku":"A","deleted":true}"#]);
}

#[test]
fn a_delete_stays_minimal_when_the_whole_document_is_kept() {
    let shop = Shop::delivered_with("", "persist_exported_feed = true", TWO);
    assert_eq!(shop.rows("products")[0].data, r#"{"sku":"A","name":"Anvil"}"#);
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","deleted":true}"#]);
}

#[test]
fn deletes_go_after_the_upserts_in_requests_of_their_own() {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.put(&[(2, "B", "Bolt 2"), (3, "C", "Cog")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=2 deleted=1 requests=2");
    let requests = shop.receiver.new_requests();
    let deletes: Vec<bool> = requests.iter().map(|request| request.has_deletes()).collect();
    assert_eq!(deletes, [false, true]);
    assert_eq!(requests[0].items.len(), 2);
}

#[test]
fn a_feed_whose_entities_are_not_removable_deletes_nothing() {
    let shop = Shop::delivered_with("", "entities_removable = false", TWO);
    let before = shop.feed_table("products");
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=1 unchanged=1 requests=0");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "items=0 requests=0");
    assert_eq!(shop.feed_table("products"), before);
    shop.feed("products", PRODUCTS);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
}

#[test]
fn a_refused_delete_is_not_sent_again() {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.receiver.next(Reply::status(400));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 rejected=1");
    insta::assert_snapshot!(shop.feed_table("products").lines().next().unwrap_or_default().replace(" attempts=1", ""), @r#"1 {"sku":"A"} - 400 deleted"#);
    shop.receiver.forget();
    shop.run(&["reindex", "products"]);
    assert_eq!(shop.receiver.request_count(), 0);
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
}

#[test]
fn what_the_consumer_does_not_know_is_deleted() {
    for status in [404, 410] {
        let shop = Shop::delivered(TWO);
        shop.remove(1);
        shop.receiver.next(Reply::status(status));
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
        shop.receiver.forget();
        shop.run(&["reindex", "products"]).exits(0).counts("products", "items=1 unchanged=1");
        shop.run_text(&["retry", "--now"]).exits(0);
        assert_eq!(shop.receiver.request_count(), 0, "{status}");
    }
}

#[test]
fn a_listed_delete_that_the_consumer_does_not_know_is_deleted() {
    let shop = Shop::delivered(TWO);
    shop.sql("DELETE FROM product");
    shop.receiver.rule(Rule::refuse_listed(200, Some(404), |item| item.sku() == "A"));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "deleted=2");
}

#[test]
fn a_deleted_item_that_comes_back_is_sent_even_unchanged() {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");
    shop.put(TWO);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
    assert_eq!(shop.delivered_names(), ["A Anvil", "B Bolt"]);
}

#[test]
fn what_comes_back_while_the_upserts_go_out_is_not_deleted() {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.put(&[(2, "B", "Bolt 2")]);
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    shop.put(&[(1, "A", "Anvil")]);
    gate.open();
    command.finish(running).exits(0).outcome("products", "complete");
    assert!(shop.receiver.requests().iter().all(|request| !request.has_deletes()));
    assert_eq!(shop.delivered_names(), ["A Anvil", "B Bolt 2"]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2");
}

#[test]
fn a_failed_upsert_does_not_keep_a_delete_back() {
    let shop = Shop::delivered_with("request_retries = 0", "", TWO);
    shop.remove(1);
    shop.put(&[(2, "B", "Bolt 2")]);
    shop.receiver.next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1 deleted=1");
    assert_eq!(shop.delivered_names(), ["B Bolt"]);
}
