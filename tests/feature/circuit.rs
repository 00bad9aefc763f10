//! The circuit opens where going on makes no sense: the tried is recorded, the rest of a full run is left untouched,
//! a partial run writes down what it could not send.

use crate::harness::{Reply, Rule, Shop};

/// Ten products, one a request.
fn shop() -> Shop {
    let shop = Shop::with("request_retries = 0", "batch_size = 1");
    shop.put_many(10);
    shop
}

#[test]
fn answers_that_nothing_can_cure_stop_a_full_run() {
    for code in [401, 403, 404, 405, 301, 302, 307, 308] {
        let shop = shop();
        shop.receiver.always(Reply::status(code).header("Location", "/elsewhere").body("go away, whoever you are"));
        let run = shop.run(&["reindex", "products"]);
        run.exits(1).outcome("products", "incomplete").says(&code.to_string()).says("go away, whoever you are");
        let sum = run.summary("products");
        assert_eq!(sum["retryable"], 1, "{code}");
        assert_eq!(sum["items"].as_u64(), sum["pending"].as_u64().map(|pending| pending + 1), "{code}");
        assert_eq!(shop.receiver.request_count(), 1, "{code}");
        let statuses: Vec<i64> = shop.rows("products").iter().map(|row| row.status).collect();
        assert_eq!(statuses, [i64::from(code)]);

        shop.receiver.accepts_all();
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=10");
        assert_eq!(shop.receiver.documents("products").len(), 10);
    }
}

#[test]
fn a_partial_run_builds_on_and_leaves_its_items_to_retry() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET name = 'Other' WHERE id <= 4; DELETE FROM product WHERE id = 5");
    shop.receiver.always(Reply::status(401));
    let run = shop.run(&["reindex", "products", "--ids", "1,2,3,6"]);
    run.exits(1).outcome("products", "incomplete").counts("products", "items=4 unchanged=1 retryable=3");
    let statuses: Vec<i64> = shop.rows("products").iter().map(|row| row.status).collect();
    let mut failed = statuses[..3].to_vec();
    failed.sort_unstable();
    assert_eq!((failed, statuses[3]), (vec![0, 0, 401], 200));

    shop.receiver.accepts_all();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "items=3 exported=3");
}

#[test]
fn an_unreachable_consumer_stops_the_run() {
    let mut shop = shop();
    shop.receiver.down();
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).outcome("products", "incomplete");
    assert!(shop.rows("products").iter().all(|row| row.status == 0), "{}", shop.feed_table("products"));
    assert!(shop.rows("products").len() < 10, "the rest is left untouched");
    let run = shop.run(&["reindex", "products", "--ids", "9,10"]);
    run.exits(1).outcome("products", "incomplete").counts("products", "items=2 retryable=2");

    shop.receiver.up();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=10");
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named() {
    let mut shop = shop();
    shop.config("[consumers.search]\nurl = \"http://shop.example/items\"\nrequest_retries = 0\n");
    shop.receiver.down();
    let proxy = format!("127.0.0.1:{}", shop.receiver.port());
    let run = shop.command(&["reindex", "products"]).env("ALL_PROXY", &format!("http://user:hush-hush@{proxy}")).run();
    run.exits(1).outcome("products", "incomplete").keeps_secret("hush-hush");
    run.says(&format!("through the proxy {proxy}, which the environment names: Connection refused"));
}

#[test]
fn the_proxy_for_https_is_not_that_for_http() {
    let shop = shop();
    shop.config("[consumers.search]\nurl = \"http://shop.invalid/items\"\nrequest_retries = 0\n");
    let run = shop.command(&["reindex", "products"]).env("HTTPS_PROXY", "http://127.0.0.1:9").run();
    run.exits(1).outcome("products", "incomplete");
    assert!(!run.stderr.contains("through the proxy"), "{}", run.stderr);
}

#[test]
fn five_whole_failures_in_a_row_stop_the_run() {
    let shop = shop();
    shop.receiver.always(Reply::status(500).body("out of order"));
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).outcome("products", "incomplete").says("500").says("out of order");
    assert_eq!(run.summary("products")["retryable"], 5);
    assert_eq!((shop.receiver.request_count(), shop.rows("products").len()), (5, 5));
}

#[test]
fn tries_within_a_request_count_as_one_failure() {
    let shop = Shop::with("request_retries = 2", "batch_size = 1");
    shop.put_many(10);
    shop.receiver.always(Reply::status(503));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    assert_eq!(shop.receiver.request_count(), 15);
}

#[test]
fn a_success_in_between_starts_the_row_again() {
    let shop = shop();
    let mut number = 0;
    shop.receiver.rule(Rule::new(move |_| {
        number += 1;
        (number % 5 != 0).then(|| Reply::status(500))
    }));
    shop.run(&["reindex", "products"])
        .exits(1)
        .outcome("products", "complete")
        .counts("products", "exported=2 retryable=8");
}

#[test]
fn refusals_do_not_open_the_circuit() {
    let shop = shop();
    shop.receiver.always(Reply::status(400));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "complete").counts("products", "rejected=10");
}

#[test]
fn nothing_is_deleted_behind_an_open_circuit() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.receiver.forget();
    shop.sql("DELETE FROM product WHERE id = 1; UPDATE product SET name = 'Other' WHERE id = 9");
    shop.receiver.always(Reply::status(403));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    assert!(shop.receiver.new_requests().iter().all(|request| !request.has_deletes()));
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=8 exported=1 deleted=1");
}

#[test]
fn eight_senders_stop_together() {
    let shop = Shop::with("request_retries = 0", "batch_size = 1\nthread_count = 8");
    shop.put_many(200);
    shop.receiver.always(Reply::status(401));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete");
    assert!(shop.receiver.request_count() <= 8, "{} requests", shop.receiver.request_count());
    assert_eq!(shop.rows("products").len(), shop.receiver.request_count());
}

#[test]
fn a_redirect_is_not_followed() {
    let shop = shop();
    shop.receiver.next(Reply::status(307).header("Location", &shop.receiver.url_of("/other")));
    shop.run(&["reindex", "products"]).exits(1);
    assert!(shop.receiver.requests().iter().all(|request| request.path == "/v1/items"));
}

#[test]
fn an_open_circuit_of_one_feed_does_not_stop_the_others() {
    let shop = shop();
    shop.feed("names", &crate::harness::PRODUCTS.replace("\"products\"", "\"names\""));
    shop.receiver.rule(Rule::new(|request| (request.feed() == "names").then(|| Reply::status(401))));
    let run = shop.run(&["reindex", "names", "products"]);
    run.exits(1).outcome("names", "incomplete").outcome("products", "complete").counts("products", "exported=10");
}
