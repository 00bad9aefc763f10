//! A feed pointed at another consumer would look complete there and stay empty: it is refused until `--force`.

use crate::harness::{PRODUCTS, Receiver, Shop};

const TWO: &[(i64, &str, &str)] = &[(1, "A", "Anvil"), (2, "B", "Bolt")];

fn point_to(shop: &Shop, name: &str, other: &Receiver) {
    shop.config(&format!("[consumers.{name}]\nurl = \"{}\"\n", other.url()));
    shop.feed("products", &PRODUCTS.replace("\"search\"", &format!("\"{name}\"")));
}

#[test]
fn another_url_is_refused_until_force_sends_everything() {
    let shop = Shop::delivered(TWO);
    let other = Receiver::start();
    point_to(&shop, "search", &other);
    shop.run(&["reindex", "products"]).exits(2).says("--force");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(2);
    shop.run(&["retry", "products", "--now"]).exits(2);
    assert_eq!((other.request_count(), shop.receiver.request_count()), (0, 0));

    shop.run(&["reindex", "products", "--force"]).exits(0).counts("products", "exported=2");
    assert_eq!(other.documents("products").len(), 2);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
}

#[test]
fn another_name_is_another_consumer() {
    let shop = Shop::delivered(TWO);
    let receiver_url = shop.receiver.url();
    shop.config(&format!("[consumers.partner]\nurl = \"{receiver_url}\"\n"));
    shop.feed("products", &PRODUCTS.replace("\"search\"", "\"partner\""));
    shop.run(&["reindex", "products"]).exits(2);
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn other_settings_of_the_same_consumer_are_no_other_consumer() {
    let shop = Shop::delivered(TWO);
    shop.consumer_options("timeout = \"7s\"\ncompression = \"gzip\"\nheaders = { X-Token = \"other\" }");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
}
