//! What the guard holds back is told until it is settled, and what is not gone is not held back.

use crate::harness::Shop;

/// Ten delivered products; three or more deletes are too many.
fn ten() -> Shop {
    let shop = Shop::with("request_retries = 0", "max_deletes = 2\nmax_delete_percent = 20");
    shop.put_many(10);
    shop.run(&["reindex", "products"]).exits(0);
    shop.receiver.forget();
    shop
}

fn withheld(shop: &Shop) -> u64 {
    shop.run(&["status"]).json()["withheld"].as_u64().expect("a number")
}

#[test]
fn a_partial_run_does_not_hide_what_a_full_one_withheld() {
    let shop = ten();
    shop.sql("DELETE FROM product WHERE id <= 4");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=6 withheld=4");
    shop.run(&["reindex", "products", "--ids", "9"]).exits(0);
    assert_eq!(withheld(&shop), 4);
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "deleted=1");
    assert_eq!(withheld(&shop), 3);
    shop.run(&["reindex", "products", "--allow-deletes", "9"]).exits(0).counts("products", "unchanged=6 deleted=3");
    assert_eq!(withheld(&shop), 0);
}

#[test]
fn products_that_were_created_again_are_no_deletes_to_withhold() {
    let shop = ten();
    shop.sql("UPDATE product SET id = id + 100 WHERE id <= 5");
    let run = shop.run(&["reindex", "products", "--ids", "1,2,3,4,5"]);
    run.exits(0).counts("products", "withheld=0 deleted=0 requests=0 unchanged=5");
    // The rows went over to the new owners; one of the five is really gone, and may go.
    shop.sql("DELETE FROM product WHERE id = 101");
    let run = shop.run(&["reindex", "products", "--ids", "101,102,103,104,105"]);
    run.exits(0).counts("products", "withheld=0 deleted=1 unchanged=4");
}
