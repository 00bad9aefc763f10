//! Failed runs of one content are counted; the count spaces them out and in the end parks the item.

use crate::harness::{Reply, Rule, Run, Shop};

/// A shop whose one product the consumer cannot take at the moment.
fn failing(options: &str) -> Shop {
    let shop = Shop::with(&format!("request_retries = 0\n{options}"), "");
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.always(Reply::status(503));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    shop
}

fn attempts(shop: &Shop) -> i64 {
    shop.rows("products")[0].attempts
}

fn nothing_to_do(run: &Run) {
    run.exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "retry is quiet when there is nothing to do");
}

fn parked(shop: &Shop) -> serde_json::Value {
    shop.run(&["status", "products"]).json()["parked"].clone()
}

#[test]
fn failed_runs_are_counted_and_success_ends_the_count() {
    let shop = failing("");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} h1 503 attempts=1"#);
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    shop.run(&["retry", "products", "--now"]).exits(1).counts("products", "retryable=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} h1 503 attempts=3"#);
    shop.receiver.accepts_all();
    shop.run(&["retry", "products", "--now"]).exits(0).counts("products", "exported=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} h1 200"#);
}

#[test]
fn retry_waits_for_the_items_time() {
    let shop = failing("");
    shop.receiver.forget();
    nothing_to_do(&shop.run_text(&["retry", "products"]));
    nothing_to_do(&shop.run_text(&["retry"]));
    assert_eq!(shop.receiver.request_count(), 0);

    shop.time_passes("products");
    shop.run(&["retry", "products"]).exits(1).counts("products", "retryable=1");
    assert_eq!(attempts(&shop), 2);
    nothing_to_do(&shop.run_text(&["retry", "products"]));

    shop.time_passes("products");
    shop.receiver.accepts_all();
    let run = shop.run(&["retry"]);
    run.exits(0).counts("products", "exported=1");
    assert_eq!(run.summary("products")["selection"], "failed");
    assert_eq!(run.summary("products")["command"], "retry");
}

#[test]
fn the_wait_grows() {
    let shop = failing("");
    let waits: Vec<f64> = (0..6)
        .map(|_| {
            let query = "SELECT julianday(next_attempt_at) - julianday(modified_at) FROM feed_products";
            let wait: f64 = shop.stored(query);
            shop.run(&["retry", "products", "--now"]).exits(1);
            wait * 86400.0
        })
        .collect();
    assert!(waits.iter().all(|seconds| *seconds > 0.0), "{waits:?}");
    assert!(waits[5] > waits[0] * 2.0, "{waits:?}");
}

#[test]
fn full_and_ids_runs_do_not_wait() {
    let shop = failing("");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(1).counts("products", "retryable=1");
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
}

#[test]
fn new_content_starts_a_new_count() {
    let shop = failing("");
    shop.run(&["reindex", "products"]).exits(1);
    assert_eq!(attempts(&shop), 2);
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.run(&["reindex", "products"]).exits(1);
    assert_eq!(attempts(&shop), 1);
}

#[test]
fn a_failed_delete_is_counted_too() {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(1, "A", "Anvil")]);
    shop.remove(1);
    shop.receiver.always(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} - 500 attempts=1 deleted"#);
    shop.time_passes("products");
    shop.run(&["retry"]).exits(1).counts("products", "retryable=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} - 500 attempts=2 deleted"#);
    shop.receiver.accepts_all();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "deleted=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"1 {"sku":"A"} - 200 deleted"#);
}

/// A shop whose one product is parked after two failed runs.
fn parked_shop() -> Shop {
    let shop = failing("max_attempts = 2");
    assert_eq!(parked(&shop), 0);
    shop.run(&["retry", "--now"]).exits(1).counts("products", "retryable=1");
    assert_eq!(parked(&shop), 1);
    shop.receiver.forget();
    shop
}

#[test]
fn a_parked_item_is_skipped_while_unchanged() {
    let shop = parked_shop();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 requests=0");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "unchanged=1 requests=0");
    nothing_to_do(&shop.run_text(&["retry", "--now"]));
    shop.time_passes("products");
    nothing_to_do(&shop.run_text(&["retry"]));
    assert_eq!(shop.receiver.request_count(), 0);
    assert_eq!(shop.run(&["status"]).json()["parked"], 1);
}

#[test]
fn retry_parked_sends_a_parked_item() {
    let shop = parked_shop();
    shop.receiver.accepts_all();
    shop.run(&["retry", "--parked"]).exits(0).counts("products", "exported=1");
    assert_eq!(parked(&shop), 0);
}

#[test]
fn force_sends_a_parked_item() {
    let shop = parked_shop();
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products", "--force"]).exits(0).counts("products", "exported=1");
    assert_eq!(parked(&shop), 0);
}

#[test]
fn a_change_sends_a_parked_item() {
    let shop = parked_shop();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    assert_eq!((attempts(&shop), parked(&shop)), (1, 0.into()));
}

#[test]
fn a_parked_item_that_is_gone_is_deleted() {
    let shop = parked_shop();
    shop.receiver.accepts_all();
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "deleted=1");
}

#[test]
fn one_failing_item_does_not_hold_up_the_others() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.receiver.rule(Rule::refuse_listed(200, Some(503), |item| item.sku() == "B"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 retryable=1");
    shop.receiver.forget();
    shop.run(&["retry", "--now"]).exits(1).counts("products", "entities=1 items=1 retryable=1");
    insta::assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A"} h1 200
    2 {"sku":"B"} h2 503 attempts=2
    3 {"sku":"C"} h3 200
    "#);
}
