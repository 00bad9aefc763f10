//! The mass-delete guard: too many new deletes in one run are withheld, everything else goes on.

use crate::harness::{Reply, Shop};

/// Ten delivered products; three or more deletes are too many.
fn ten() -> Shop {
    let shop = Shop::with("request_retries = 0", "max_deletes = 2\nmax_delete_percent = 20");
    shop.put_many(10);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=10");
    shop.receiver.forget();
    shop
}

#[test]
fn too_many_deletes_are_withheld_and_the_rest_goes_on() {
    let shop = ten();
    shop.sql("DELETE FROM product WHERE id <= 3; UPDATE product SET name = 'Other' WHERE id = 10");
    let before = shop.rows("products")[..3].to_vec();
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "items=10 unchanged=6 exported=1 withheld=3").says("--allow-deletes");
    assert!(shop.receiver.new_requests().iter().all(|request| !request.has_deletes()));
    assert_eq!(shop.rows("products")[..3], before);
    assert_eq!(shop.run(&["status"]).json()["withheld"], 3);
}

#[test]
fn both_limits_must_be_passed() {
    let shop = ten();
    // Two of ten: at the limit of either.
    shop.sql("DELETE FROM product WHERE id <= 2");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=8 deleted=2");
    // Two of eight are 25 %, but not more than two.
    shop.sql("DELETE FROM product WHERE id <= 4");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=6 deleted=2");

    let shop = Shop::with("", "max_deletes = 2\nmax_delete_percent = 50");
    shop.put_many(10);
    shop.run(&["reindex", "products"]).exits(0);
    // More than two, but not more than half.
    shop.sql("DELETE FROM product WHERE id <= 5");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=5 deleted=5");
}

#[test]
fn allow_deletes_replaces_both_limits_for_one_run() {
    let shop = ten();
    shop.sql("DELETE FROM product WHERE id <= 3");
    shop.run(&["reindex", "products", "--allow-deletes", "2"]).exits(1).counts("products", "unchanged=7 withheld=3");
    shop.run(&["reindex", "products", "--allow-deletes", "3"]).exits(0).counts("products", "unchanged=7 deleted=3");
    shop.sql("DELETE FROM product WHERE id <= 4");
    shop.run(&["reindex", "products", "--allow-deletes", "0"]).exits(1).counts("products", "unchanged=6 withheld=1");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=6 deleted=1");
    assert_eq!(shop.run(&["status"]).json()["withheld"], 0);
}

#[test]
fn a_run_by_ids_is_guarded_too() {
    let shop = ten();
    shop.sql("DELETE FROM product");
    shop.run(&["reindex", "products", "--ids", "1,2,3"]).exits(1).counts("products", "withheld=3 requests=0");
    let allowed = ["reindex", "products", "--ids", "1,2,3", "--allow-deletes", "3"];
    shop.run(&allowed).exits(0).counts("products", "deleted=3");
}

#[test]
fn deletes_that_were_tried_before_do_not_count() {
    let shop = ten();
    shop.sql("DELETE FROM product WHERE id <= 2");
    shop.receiver.next(Reply::status(500));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=8 retryable=2");
    shop.sql("DELETE FROM product WHERE id <= 4");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=6 deleted=4");
}

#[test]
fn an_emptied_table_deletes_nothing_by_default() {
    let shop = Shop::with("", "");
    shop.put_many(150);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=150");
    shop.sql("DELETE FROM product");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "withheld=150 requests=0");
    assert_eq!(shop.receiver.documents("products").len(), 150);
}

#[test]
fn another_identity_makes_new_items_and_the_old_ones_gone_under_the_guard() {
    let shop = ten();
    let feed = shop.read("feeds/products.toml").replace("[\"sku\"]", "[\"sku\", \"name\"]");
    shop.feed("products", &feed);
    shop.run(&["reindex", "products"]).exits(1).counts("products", "items=20 exported=10 withheld=10");
    shop.run(&["reindex", "products", "--allow-deletes", "10"]).exits(0).counts("products", "unchanged=10 deleted=10");
}
