//! `purge` drops delivered deletes that are old enough, and nothing else.

use crate::harness::{Reply, Shop};

fn shop() -> Shop {
    let shop = Shop::delivered_with("request_retries = 0", "", &[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.remove(1);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 deleted=1");
    shop.remove(2);
    shop.receiver.next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 retryable=1");
    shop
}

fn entities(shop: &Shop) -> Vec<String> {
    shop.rows("products").into_iter().map(|row| row.entity).collect()
}

#[test]
fn only_old_delivered_deletes_go() {
    let shop = shop();
    shop.run(&["purge"]).exits(0);
    assert_eq!(entities(&shop), ["1", "2", "3"]);
    shop.store()
        .execute("UPDATE feed_products SET modified_at = '2020-01-01T00:00:00.000Z'", [])
        .expect("a feed table");
    shop.run(&["purge", "products"]).exits(0);
    assert_eq!(entities(&shop), ["2", "3"]);
}

#[test]
fn the_retention_is_given() {
    let shop = shop();
    shop.run(&["purge", "--retention", "1h"]).exits(0);
    assert_eq!(entities(&shop), ["1", "2", "3"]);
    shop.run(&["purge", "products", "--retention", "0s"]).exits(0);
    assert_eq!(entities(&shop), ["2", "3"]);
    assert_eq!(shop.run(&["status"]).json()["deleted"], 1);
}

#[test]
fn a_purged_item_that_comes_back_is_new() {
    let shop = shop();
    shop.run(&["purge", "--retention", "0s"]).exits(0);
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=2");
}
