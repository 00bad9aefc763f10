//! `status`: failures by whose fault they are, what differs only in ids and numbers together.

use crate::harness::{Reply, Rule, Shop};
use serde_json::json;

#[test]
fn messages_that_differ_in_what_names_an_item_are_one_group() {
    let shop = Shop::with("request_retries = 0", "");
    shop.put_many(30);
    shop.receiver.rule(Rule::new(|request| {
        let place = |sku: &str| request.items.iter().position(|item| item.sku() == sku);
        let listed: Vec<(usize, String)> = (1..=30)
            .filter(|number| number % 3 == 0)
            .filter_map(|number| {
                let sku = format!("S{number:05}");
                Some((place(&sku)?, format!("{sku}: price {number}.50 is out of range")))
            })
            .collect();
        let listed: Vec<_> = listed.iter().map(|(place, message)| (*place, Some(422), message.as_str())).collect();
        (!listed.is_empty()).then(|| Reply::item_errors(200, &listed))
    }));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=20 retryable=10");
    let status = shop.run(&["status"]).exits(0).json();
    let groups = status["failures"].as_array().expect("a list");
    assert_eq!(groups.len(), 1, "{status}");
    assert_eq!((&groups[0]["items"], &groups[0]["fault"]), (&json!(10), &json!("items")));
    assert_eq!(groups[0]["message"], "S00003: price 3.50 is out of range");
    assert_eq!(groups[0]["examples"].as_array().map(Vec::len), Some(5));
    let text = shop.run_text(&["status"]).exits(0).stdout.clone();
    assert!(text.contains("the consumer refuses these items (10 items)"), "{text}");
}

#[test]
fn a_person_is_told_whose_fault_it_is() {
    for (reply, fault, headline) in [
        (Reply::status(401), "credentials", "the consumer does not accept the credentials"),
        (Reply::status(404), "settings", "the consumer's section in feedmill.toml does not fit the consumer"),
        (Reply::status(503), "consumer", "the consumer is down or has an error of its own"),
        (Reply::status(429), "pace", "the consumer gets more requests than it takes"),
        (Reply::status(400), "items", "the consumer refuses these items"),
        (Reply::status(413), "size", "these items are larger than a request may be"),
        (Reply::hangs_up(), "network", "the consumer cannot be reached, or its answers get lost"),
    ] {
        let shop = Shop::with("request_retries = 0", "batch_size = 1");
        shop.put_many(2);
        shop.receiver.always(reply);
        shop.run(&["reindex", "products", "--ids", "1,2"]).exits(1);
        let status = shop.run(&["status"]).exits(0).json();
        let groups = status["failures"].as_array().expect("a list");
        assert!(!groups.is_empty() && groups.iter().all(|group| group["fault"] == fault), "{fault}: {status}");
        let text = shop.run_text(&["status"]).exits(0).stdout.clone();
        assert!(text.contains(&format!("{headline} (2 items)")), "{fault}: {text}");
    }
}
