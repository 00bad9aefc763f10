//! Requests are as full as they may be, whatever batches the source was read in.

use crate::harness::Shop;

fn sizes(shop: &Shop) -> Vec<usize> {
    let mut sizes: Vec<usize> = shop.receiver.new_requests().iter().map(|request| request.items.len()).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes
}

#[test]
fn only_the_last_request_of_the_upserts_and_of_the_deletes_is_smaller() {
    for threads in ["1", "4"] {
        let shop = Shop::with("", "batch_size = 150\nmax_deletes = 10000");
        shop.put_many(9000);
        shop.run(&["reindex", "products", "--thread-count", threads])
            .exits(0)
            .counts("products", "exported=9000 requests=60");
        assert_eq!(sizes(&shop), [150; 60]);

        // Every tenth, so that each source batch holds a few.
        shop.sql("UPDATE product SET name = 'Other' WHERE id % 10 = 0");
        shop.run(&["reindex", "products", "--thread-count", threads])
            .exits(0)
            .counts("products", "unchanged=8100 exported=900 requests=6");
        assert_eq!(sizes(&shop), [150; 6]);

        shop.sql("DELETE FROM product WHERE id % 20 = 0; UPDATE product SET name = 'More' WHERE id % 50 = 1");
        let expected = "unchanged=8370 exported=180 deleted=450 requests=5";
        shop.run(&["reindex", "products", "--thread-count", threads]).exits(0).counts("products", expected);
        assert_eq!(sizes(&shop), [150, 150, 150, 150, 30]);
    }
}

#[test]
fn a_flag_stands_over_the_feed_file() {
    let shop = Shop::with("", "batch_size = 2");
    shop.put_many(10);
    shop.run(&["reindex", "products", "--batch-size", "5"]).exits(0).counts("products", "exported=10 requests=2");
    assert_eq!(sizes(&shop), [5, 5]);
}

#[test]
fn defaults_stand_under_the_feed_file() {
    let shop = Shop::new();
    shop.put_many(10);
    let config = shop.read("feedmill.toml");
    shop.write("feedmill.toml", &format!("{config}[defaults]\nbatch_size = 4\n"));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=10 requests=3");
    assert_eq!(sizes(&shop), [4, 4, 2]);
}

#[test]
fn a_request_is_never_larger_than_allowed() {
    let shop = Shop::with("max_request_bytes = \"2KiB\"", "batch_size = 1000");
    shop.put_many(300);
    shop.sql("UPDATE product SET name = printf('%.*c', id % 90, 'x')");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=300");
    let requests = shop.receiver.new_requests();
    let largest_item = requests.iter().flat_map(|request| &request.items).map(|item| item.raw.len()).max();
    let room = 2048 - largest_item.expect("300 items came") - 1;
    let lengths: Vec<usize> = requests.iter().map(|request| request.body.len()).collect();
    assert!(lengths.iter().all(|length| *length <= 2048), "{lengths:?}");
    let small = lengths.iter().filter(|length| **length <= room).count();
    assert!(small <= 1, "only the last request may have room for another item: {lengths:?}");
}

#[test]
fn one_identity_is_in_flight_once() {
    // The receiver holds every request against this; here are many chances for it.
    let shop = Shop::with("", "batch_size = 1\nthread_count = 8");
    shop.put_many(200);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=200 requests=200");
    shop.sql("UPDATE product SET name = 'Other'");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=200 requests=200");
}
