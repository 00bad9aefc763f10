//! Ends that nobody plans for: a limit on the size of files, a feed store that is taken away, a signal while waiting.

use crate::harness::{Reply, Shop, Signal};

#[test]
fn a_limit_on_the_size_of_files_is_a_full_disk() {
    let shop = Shop::with("", "batch_size = 100");
    shop.put_many(20_000);
    // As a shell sets it: the signal that the system sends is not ignored.
    let run = shop.command(&["reindex", "products"]).after("ulimit -f 512").run();
    run.exits(3).outcome("products", "incomplete");
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 20_000);
}

#[test]
fn a_feed_store_that_is_taken_away_is_lost() {
    let shop = Shop::with("", "batch_size = 1");
    // More than the outcomes that wait for one commit at most.
    shop.put_many(5_000);
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    for file in ["feedmill.db", "feedmill.db-wal", "feedmill.db-shm"] {
        std::fs::remove_file(shop.path(file)).expect("the store is there");
    }
    gate.open();
    let run = command.finish(running);
    run.exits(3).outcome("products", "incomplete").says("taken away");
    // What has no durable intent does not leave: only what was committed before.
    assert!(shop.receiver.documents("products").len() < 5_000);
}

#[test]
fn a_signal_ends_the_wait_for_a_lock() {
    let shop = Shop::new();
    shop.put_many(1);
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products"]);
    let holder = command.start();
    shop.receiver.wait_for_requests(1);
    let waiting = shop.command(&["reindex", "products", "--wait", "1h"]);
    let waits = waiting.start();
    // Signals are watched for from the start on; one that comes before ends the program as well.
    waits.killer().signal(Signal::TERM);
    let run = waiting.finish(waits);
    assert!(run.code.is_none() || run.code == Some(143), "{:?} {}", run.code, run.stderr);
    gate.open();
    command.finish(holder).exits(0);
}

#[test]
fn what_waits_for_its_turn_when_the_run_ends_is_left_as_it_was() {
    let shop = Shop::with("rate_limit = \"1/h\"", "batch_size = 1\nthread_count = 4");
    shop.put_many(8);
    shop.receiver.next(Reply::status(401));
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).outcome("products", "incomplete").counts("products", "retryable=1 pending=7 requests=1");
    assert_eq!(shop.rows("products").len(), 1);
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM intent"), 0);
    // A partial run must not forget what it found.
    shop.receiver.next(Reply::status(401));
    let ids = ["reindex", "products", "--ids", "1,2,3,4,5,6,7,8"];
    shop.run(&ids).exits(1).outcome("products", "incomplete").counts("products", "retryable=8 requests=1");
    assert!(shop.rows("products").iter().all(|row| row.status == 0 || row.status == 401));
}
