//! A process killed at any moment: the next run finds the consumer and the source equal again, whatever happened to
//! the source in between.

use crate::harness::receiver::Moment;
use crate::harness::{Reply, Shop};

fn delivered() -> Shop {
    Shop::delivered(&[(1, "A", "Anvil"), (2, "B", "Bolt")])
}

/// The three ways of going on after a crash.
const NEXT: [&[&str]; 4] = [
    &["reindex", "products"],
    &["reindex", "products", "--ids", "1"],
    &["retry", "products"],
    &["reindex", "products", "--continue"],
];

#[track_caller]
fn settled(shop: &Shop, expected: &[&str]) {
    assert_eq!(shop.delivered_names(), expected);
    shop.receiver.forget();
    shop.run(&["reindex", "products"]).exits(0).counts("products", &format!("unchanged={} requests=0", expected.len()));
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM intent"), 0);
}

#[test]
fn an_edit_taken_back_after_the_consumer_had_it() {
    for next in NEXT {
        let shop = delivered();
        shop.put(&[(1, "A", "Anvil 2")]);
        shop.killed_in_flight(&["reindex", "products"], Reply::lost());
        assert_eq!(shop.delivered_names(), ["A Anvil 2", "B Bolt"]);
        assert!(shop.stored::<i64>("SELECT count(*) FROM intent") > 0);
        shop.put(&[(1, "A", "Anvil")]);
        shop.run(next).exits(0);
        settled(&shop, &["A Anvil", "B Bolt"]);
    }
}

#[test]
fn an_edit_the_consumer_never_had() {
    for next in NEXT {
        let shop = delivered();
        shop.put(&[(1, "A", "Anvil 2")]);
        shop.killed_in_flight(&["reindex", "products"], Reply::hangs_up());
        shop.run(next).exits(0);
        settled(&shop, &["A Anvil 2", "B Bolt"]);
    }
}

#[test]
fn a_new_item_that_is_gone_before_the_next_run() {
    for next in ["reindex", "retry"] {
        let shop = delivered();
        shop.put(&[(3, "C", "Cog")]);
        shop.killed_in_flight(&["reindex", "products"], Reply::lost());
        shop.remove(3);
        shop.run(&[next, "products"]).exits(0);
        settled(&shop, &["A Anvil", "B Bolt"]);
    }
}

#[test]
fn a_delete_taken_back_after_the_consumer_had_it() {
    for next in NEXT {
        let shop = delivered();
        shop.remove(1);
        shop.killed_in_flight(&["reindex", "products"], Reply::lost());
        assert_eq!(shop.delivered_names(), ["B Bolt"]);
        shop.put(&[(1, "A", "Anvil")]);
        shop.run(next).exits(0);
        settled(&shop, &["A Anvil", "B Bolt"]);
    }
}

#[test]
fn a_delete_the_consumer_never_had() {
    for next in NEXT {
        let shop = delivered();
        shop.remove(1);
        shop.killed_in_flight(&["reindex", "products"], Reply::hangs_up());
        shop.run(next).exits(0);
        settled(&shop, &["B Bolt"]);
    }
}

#[test]
fn a_crash_after_a_crash() {
    let shop = delivered();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.put(&[(1, "A", "Anvil 3")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.put(&[(1, "A", "Anvil")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::hangs_up());
    shop.run(&["reindex", "products"]).exits(0);
    settled(&shop, &["A Anvil", "B Bolt"]);
}

#[test]
fn an_identity_that_moves_between_crash_and_next_run() {
    let shop = delivered();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.remove(1);
    shop.put(&[(9, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0);
    settled(&shop, &["A Anvil", "B Bolt"]);
}

#[test]
fn killed_at_each_moment_of_an_answer() {
    for moment in [Moment::BeforeTaking, Moment::AfterTaking, Moment::AfterAnswering] {
        let shop = Shop::with("", "batch_size = 5\nthread_count = 3");
        shop.put_many(100);
        let command = shop.command(&["reindex", "products"]);
        let gate = shop.receiver.gate();
        // The first answer waits until the killer knows its victim.
        shop.receiver.next(Reply::accept().after(&gate));
        let running = command.start();
        shop.receiver.wait_for_requests(1);
        shop.receiver.next(Reply::accept()).always(Reply::accept().kills(moment, &running.killer()));
        gate.open();
        let run = command.finish(running);
        assert_eq!(run.code, None, "{moment:?}: the program was killed");
        shop.receiver.settle();
        shop.receiver.accepts_all();
        shop.sql("UPDATE product SET name = 'Other' WHERE id % 2");
        shop.run(&["reindex", "products"]).exits(0);
        assert_eq!(shop.receiver.documents("products").len(), 100);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=100 requests=0");
    }
}

#[test]
fn a_status_between_crash_and_next_run_shows_what_is_in_flight() {
    let shop = delivered();
    shop.put(&[(1, "A", "Anvil 2")]);
    shop.killed_in_flight(&["reindex", "products"], Reply::lost());
    shop.run(&["status"]).exits(0);
    shop.run(&["explain", "products", "1"]).exits(0);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
}
