//! The wire format: headers, method, compression, where deletes go.

use crate::harness::{Reply, Shop};

const TWO: &[(i64, &str, &str)] = &[(1, "A", "Anvil"), (2, "B", "Bolt")];

#[test]
fn a_request_says_what_it_is() {
    let shop = Shop::with("headers = { X-Shop = \"north\", Authorization = \"Bearer abc\" }", "");
    shop.put(TWO);
    shop.run(&["reindex", "products"]).exits(0);
    let requests = shop.receiver.new_requests();
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/items"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-feedmill-feed"), Some("products"));
    assert_eq!(request.header("x-shop"), Some("north"));
    assert_eq!(request.header("authorization"), Some("Bearer abc"));
    assert_eq!(request.header("content-encoding"), None);
    let agent = request.header("user-agent").unwrap_or_default();
    assert_eq!(agent, format!("feedmill/{}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn numbers_grow_and_keys_differ_from_request_to_request_and_run_to_run() {
    let shop = Shop::with("", "batch_size = 3");
    shop.put_many(20);
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET name = 'Other'");
    shop.run(&["reindex", "products"]).exits(0);
    shop.run(&["reindex", "products", "--force"]).exits(0);
    let requests = shop.receiver.new_requests();
    let numbers: Vec<u64> = requests.iter().map(|request| request.sequence()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    let mut keys: Vec<&str> = requests.iter().map(|request| request.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), requests.len());
}

#[test]
fn numbers_grow_over_a_crash() {
    let shop = Shop::new();
    shop.put(TWO);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.run(&["reindex", "products"]).exits(0);
    let numbers: Vec<u64> = shop.receiver.new_requests().iter().map(|request| request.sequence()).collect();
    assert!(numbers[0] < numbers[1], "{numbers:?}");
}

/// A store whose numbers are ahead of the clock: it was set back, or the store comes from another machine.
#[test]
fn numbers_grow_whatever_the_clock_says() {
    let shop = Shop::delivered(TWO);
    let ahead: u64 = 9_000_000_000_000_000;
    shop.store().execute("UPDATE feed SET next_sequence = ?1", [ahead as i64]).expect("the store can be written");
    for name in ["Axe", "Awl"] {
        shop.put(&[(1, "A", name)]);
        shop.run(&["reindex", "products"]).exits(0);
    }
    let numbers: Vec<u64> = shop.receiver.new_requests().iter().map(|request| request.sequence()).collect();
    assert!(numbers[0] >= ahead && numbers[0] < numbers[1], "{numbers:?}");
}

#[test]
fn numbers_grow_over_a_lost_store() {
    let shop = Shop::new();
    shop.put(TWO);
    for _ in 0..2 {
        shop.run(&["reindex", "products"]).exits(0);
        for file in ["feedmill.db", "feedmill.db-wal", "feedmill.db-shm"] {
            std::fs::remove_file(shop.path(file)).ok();
        }
    }
    let numbers: Vec<u64> = shop.receiver.new_requests().iter().map(|request| request.sequence()).collect();
    assert!(numbers[0] < numbers[1], "{numbers:?}");
}

#[test]
fn another_method() {
    let shop = Shop::with("method = \"PUT\"", "");
    shop.put(TWO);
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.receiver.new_requests()[0].method, "PUT");
}

#[test]
fn deletes_may_go_elsewhere() {
    let shop = Shop::new();
    shop.consumer_options(&format!("delete_url = \"{}\"", shop.receiver.url_of("/v1/gone")));
    shop.put(TWO);
    shop.run(&["reindex", "products"]).exits(0);
    shop.receiver.forget();
    shop.remove(1);
    shop.put(&[(2, "B", "Bolt 2")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 deleted=1 requests=2");
    let requests = shop.receiver.new_requests();
    let seen: Vec<_> = requests.iter().map(|request| (request.path.as_str(), request.skus())).collect();
    assert_eq!(seen, [("/v1/items", vec!["B"]), ("/v1/gone", vec!["A"])]);
    assert_eq!(shop.delivered_names(), ["B Bolt 2"]);
}

#[test]
fn bodies_are_compressed_on_request() {
    let shop = Shop::with("compression = \"gzip\"", "batch_size = 1000");
    shop.put_many(500);
    let run = shop.run(&["reindex", "products"]);
    run.exits(0).counts("products", "exported=500 requests=1");
    let requests = shop.receiver.new_requests();
    assert_eq!(requests[0].header("content-encoding"), Some("gzip"));
    assert!(requests[0].wire_length < requests[0].body.len() / 2);
    assert_eq!(shop.receiver.documents("products").len(), 500);
}

#[test]
fn bytes_sent_are_those_of_the_bodies() {
    let shop = Shop::new();
    shop.put(TWO);
    let run = shop.run(&["reindex", "products"]);
    let bytes: usize = shop.receiver.new_requests().iter().map(|request| request.wire_length).sum();
    assert_eq!(run.summary("products")["bytes_sent"], bytes);
}

#[test]
fn documents_are_written_as_they_are() {
    let shop = Shop::new();
    shop.sql(
        "INSERT INTO product VALUES (1, 'ä\"\\/\u{1F600}', 'tab\there' || char(10) || char(1) || char(127) || '</x>')",
    );
    shop.run(&["reindex", "products"]).exits(0);
    let expected = "{\"sku\":\"ä\\\"\\\\/\u{1F600}\",\"name\":\"tab\\there\\n\\u0001\u{7f}</x>\"}";
    assert_eq!(shop.receiver.documents("products"), [expected]);
}
