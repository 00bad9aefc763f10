//! What a consumer says about single items, and how the bad ones are found when it says nothing.

use crate::harness::{Reply, Rule, Shop};
use insta::assert_snapshot;

fn three() -> Shop {
    let shop = Shop::with("request_retries = 0", "");
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop
}

fn statuses(shop: &Shop) -> Vec<i64> {
    shop.rows("products").iter().map(|row| row.status).collect()
}

#[test]
fn items_listed_in_a_400_are_final_and_the_rest_is_sent_at_once() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(400, None, |item| item.sku() == "B"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 rejected=1");
    let requests = shop.receiver.new_requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[1].has("B"));
    assert_eq!(statuses(&shop), [200, 400, 200]);
    assert!(shop.rows("products")[1].errors.as_deref().unwrap_or_default().contains("refused by the consumer"));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=3 requests=0");

    shop.put(&[(2, "B", "Bolt 2")]);
    shop.receiver.accepts_all();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 exported=1");
    assert_eq!((statuses(&shop), shop.rows("products")[1].errors.clone()), (vec![200; 3], None));
}

#[test]
fn a_listed_item_takes_its_own_status() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(400, Some(422), |item| item.sku() == "B"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 retryable=1");
    assert_eq!(statuses(&shop), [200, 422, 200]);
    shop.receiver.accepts_all();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
}

#[test]
fn items_listed_in_a_422_are_taken_out_too() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(422, Some(400), |item| item.sku() == "B"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 rejected=1");
    assert_eq!(statuses(&shop), [200, 400, 200]);
}

#[test]
fn all_items_listed_leaves_nothing_to_send() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(400, None, |_| true));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "rejected=3");
    assert_eq!(shop.receiver.request_count(), 1);
}

#[test]
fn bad_items_that_are_not_listed_are_found_by_halves() {
    for (code, counter) in [(400_u16, "rejected"), (422, "retryable")] {
        for bad in [&["S00005"][..], &["S00001", "S00016"], &["S00007", "S00008", "S00009"]] {
            let shop = Shop::new();
            shop.put_many(16);
            let wanted: Vec<String> = bad.iter().map(ToString::to_string).collect();
            shop.receiver.rule(Rule::refuse_unlisted(code, move |item| wanted.contains(&item.sku().to_owned())));
            let expected = format!("exported={} {counter}={}", 16 - bad.len(), bad.len());
            shop.run(&["reindex", "products"]).exits(1).counts("products", &expected);
            assert_eq!(shop.receiver.documents("products").len(), 16 - bad.len());
            let failed: Vec<String> = shop
                .rows("products")
                .into_iter()
                .filter(|row| row.status == i64::from(code))
                .map(|row| row.data)
                .collect();
            let named: Vec<String> = bad.iter().map(|sku| format!("{{\"sku\":\"{sku}\"}}")).collect();
            assert_eq!(failed, named);
            let most = 1 + bad.len() * 8;
            assert!(shop.receiver.request_count() <= most, "{} requests", shop.receiver.request_count());
        }
    }
}

#[test]
fn a_consumer_that_refuses_everything_is_no_endless_loop() {
    let shop = Shop::new();
    shop.put_many(20);
    shop.receiver.always(Reply::status(400));
    shop.run(&["reindex", "products"]).exits(1).outcome("products", "complete").counts("products", "rejected=20");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=20 requests=0");
}

#[test]
fn listed_items_fail_in_a_success_and_the_others_do_not() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(200, None, |item| item.sku() == "B"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 retryable=1 requests=1");
    assert_snapshot!(shop.feed_table("products"), @r#"
    1 {"sku":"A"} h1 200
    2 {"sku":"B"} h2 1 attempts=1
    3 {"sku":"C"} h3 200
    "#);
    shop.receiver.accepts_all();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
}

#[test]
fn a_listed_item_of_a_success_may_be_refused_for_good() {
    let shop = three();
    shop.receiver.rule(Rule::refuse_listed(207, Some(400), |item| item.sku() == "C"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 rejected=1 requests=1");
    assert_eq!(statuses(&shop), [207, 207, 400]);
}

#[test]
fn a_listed_item_has_failed_even_if_its_own_status_is_a_success() {
    let shop = three();
    let listed = r#"{"errors":[{"itemIndex":0,"status":200},{"itemIndex":2,"status":201}]}"#;
    shop.receiver.next(Reply::item_errors(200, &[(0, None, ""), (2, None, "")]).body(listed));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=1 retryable=2");
    assert_eq!(statuses(&shop), [1, 200, 1]);
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=2");
}

#[test]
fn a_list_that_makes_no_sense_fails_the_whole_request() {
    for list in [
        r#"{"errors":"all of them"}"#,
        r#"{"errors":{"itemIndex":0}}"#,
        r#"{"errors":[{"itemIndex":3}]}"#,
        r#"{"errors":[{"itemIndex":-1}]}"#,
        r#"{"errors":[{"itemIndex":0},{"itemIndex":99}]}"#,
        r#"{"errors":[{"itemIndex":"first"}]}"#,
        r#"{"errors":[{"itemIndex":0.5}]}"#,
        r#"{"errors":[{"message":"which?"}]}"#,
        r#"{"errors":[7]}"#,
        r#"{"errors":17}"#,
    ] {
        let shop = three();
        shop.receiver.next(Reply::accept().body(list));
        shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=3");
        assert_eq!(statuses(&shop), [1, 1, 1], "{list}");
    }
}

#[test]
fn a_list_that_makes_no_sense_in_a_400_finds_the_bad_items_by_halves() {
    let shop = three();
    shop.receiver.rule(Rule::new(|request| {
        request.has("B").then(|| Reply::status(400).body(r#"{"errors":[{"itemIndex":77}]}"#))
    }));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=2 rejected=1");
    assert_eq!(statuses(&shop), [200, 400, 200]);
}

#[test]
fn where_the_list_stands_is_configured() {
    let pointers = r#"item_errors = { list = "/result/failed", index = "/at/n", status = "/code", message = "/why" }"#;
    let shop = Shop::with(pointers, "");
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt")]);
    shop.receiver.rule(Rule::new(|request| {
        let place = request.items.iter().position(|item| item.sku() == "A")?;
        let body = format!(r#"{{"result":{{"failed":[{{"at":{{"n":{place}}},"code":400,"why":"too heavy"}}]}}}}"#);
        Some(Reply::item_errors(200, &[(place, None, "")]).body(&body))
    }));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=1 rejected=1");
    assert!(shop.rows("products")[0].errors.as_deref().unwrap_or_default().contains("too heavy"));
}

#[test]
fn what_the_consumer_says_is_kept_without_control_characters() {
    let shop = three();
    shop.receiver.rule(Rule::new(|request| {
        let place = request.items.iter().position(|item| item.sku() == "A")?;
        Some(Reply::item_errors(200, &[(place, Some(400), "red \u{1b}[31malert\u{7}\r\nnext")]))
    }));
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "exported=2 rejected=1");
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{7}'), "{:?}", run.stderr);
    let errors = shop.rows("products")[0].errors.clone().unwrap_or_default();
    assert!(errors.contains("alert") && !errors.contains('\u{1b}') && !errors.contains("\\u001b"), "{errors:?}");
}
