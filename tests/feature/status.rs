//! `status --output json`: a line a feed, every key there.

use crate::harness::{PRODUCTS, Reply, Rule, Shop};
use serde_json::{Value, json};

fn status(shop: &Shop) -> Value {
    shop.run(&["status", "products"]).exits(0).json()
}

#[test]
fn every_state_is_counted() {
    let shop = Shop::with("request_retries = 0\nmax_attempts = 1", "");
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog"), (4, "D", "Dowel"), (5, "E", "Eye")]);
    shop.run(&["reindex", "products"]).exits(0);
    shop.remove(5);
    shop.put(&[(2, "B", "Bolt 2"), (3, "C", "Cog 2")]);
    shop.sql("INSERT INTO product VALUES (6, NULL, 'Flange')");
    shop.receiver.rule(Rule::new(|request| {
        let place = |sku| request.items.iter().position(|item| item.sku() == sku);
        let failed: Vec<_> = [("B", 400), ("C", 422)]
            .into_iter()
            .filter_map(|(sku, status)| Some((place(sku)?, Some(status), "no")))
            .collect();
        (!failed.is_empty()).then(|| Reply::item_errors(200, &failed))
    }));
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "items=6 unchanged=2 rejected=1 retryable=1 deleted=1 invalid=1");

    let now = status(&shop);
    let expected = json!({
        "feed": "products", "items": 4, "deleted": 1, "by_status": {"200": 3, "400": 1, "422": 1},
        "rejected": 1, "parked": 1, "invalid": 1, "withheld": 0, "definition_drift": false, "locked_by": null,
    });
    for (key, value) in expected.as_object().expect("an object") {
        if key != "by_status" {
            assert_eq!(now[key], *value, "{key} in {now}");
        }
    }
    let by_status = now["by_status"].as_object().expect("an object");
    assert_eq!((&by_status["400"], &by_status["422"]), (&json!(1), &json!(1)));
    assert!(now.get("retryable").is_some_and(Value::is_u64), "{now}");
    assert!(!now["last_run"].is_null(), "{now}");

    // The counts are those of the rows, also after they were moved about.
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products", "--force"]).exits(1);
    let now = status(&shop);
    assert_eq!(now["by_status"].get("400"), None, "{now}");
    assert_eq!((&now["rejected"], &now["retryable"], &now["parked"]), (&json!(0), &json!(0), &json!(0)));
}

#[test]
fn a_feed_that_never_ran() {
    let shop = Shop::new();
    let now = status(&shop);
    assert_eq!((&now["items"], &now["last_run"], &now["locked_by"]), (&json!(0), &Value::Null, &Value::Null));
    assert!(shop.run_text(&["status"]).exits(0).stdout.contains("products"));
}

#[test]
fn a_line_a_feed() {
    let shop = Shop::new();
    shop.feed("names", &PRODUCTS.replace("\"products\"", "\"names\""));
    let run = shop.run(&["status"]);
    let feeds: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let mut names: Vec<&str> = feeds.iter().filter_map(|feed| feed["feed"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["names", "products"]);
    shop.run(&["status", "unknown"]).exits(2);
}

#[test]
fn the_run_table_tells_the_history() {
    let shop = Shop::delivered(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0);
    let rows: i64 = shop
        .stored("SELECT count(*) FROM run WHERE feed = 'products' AND command = 'reindex' AND outcome = 'complete'");
    assert_eq!(rows, 2);
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM run WHERE selection = 'ids'"), 1);
}
