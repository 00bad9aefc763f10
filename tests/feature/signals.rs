//! A signal ends a run in order: what is in flight is finished and recorded, nothing new is started.

use crate::harness::receiver::Gate;
use crate::harness::{Command, Reply, Running, Shop, Signal};

/// A run of a hundred requests whose first waits behind the gate.
fn under_way<'a>(shop: &'a Shop, gate: &Gate, arguments: &[&str]) -> (Command<'a>, Running) {
    shop.put_many(1000);
    shop.receiver.next(Reply::accept().after(gate));
    let command = shop.command(arguments);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    (command, running)
}

fn interrupted_by(signal: Signal, code: i32) {
    let shop = Shop::with("", "batch_size = 1");
    let gate = shop.receiver.gate();
    let (command, running) = under_way(&shop, &gate, &["reindex", "products"]);
    running.killer().signal(signal);
    gate.open();
    let run = command.finish(running);
    run.exits(code).outcome("products", "interrupted");

    // The signal may be seen after a few more requests, but what was sent is recorded and nothing else is.
    let sent = shop.receiver.documents("products").len();
    assert!((1..1000).contains(&sent), "{sent} items were sent");
    assert_eq!(run.summary("products")["exported"], sent);
    assert_eq!(shop.rows("products").len(), sent);
    assert!(shop.rows("products").iter().all(|row| row.status == 200));
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM intent"), 0);

    shop.run(&["reindex", "products", "--batch-size", "1000"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 1000);
}

#[test]
fn interrupted() {
    interrupted_by(Signal::INT, 130);
}

#[test]
fn terminated() {
    interrupted_by(Signal::TERM, 143);
}

#[test]
fn a_second_signal_stops_at_once() {
    let shop = Shop::with("", "batch_size = 1");
    let gate = shop.receiver.gate();
    let (command, running) = under_way(&shop, &gate, &["reindex", "products"]);
    // Signals of one kind that are not yet seen count as one; so a few more than two.
    for _ in 0..10 {
        running.killer().signal(Signal::INT);
    }
    let run = command.finish(running);
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    gate.open();
    shop.receiver.settle();
    shop.run(&["reindex", "products", "--batch-size", "1000"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 1000);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1000 requests=0");
}

#[test]
fn an_interrupted_run_deletes_nothing() {
    let shop = Shop::with("", "batch_size = 1");
    shop.put_many(20);
    shop.run(&["reindex", "products"]).exits(0);
    shop.receiver.forget();
    shop.sql("UPDATE product SET name = 'Other' WHERE id > 5; DELETE FROM product WHERE id <= 5");
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    for _ in 0..3 {
        running.killer().signal(Signal::TERM);
    }
    gate.open();
    command.finish(running);
    assert!(shop.receiver.new_requests().iter().all(|request| !request.has_deletes()));
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 15);
}

#[test]
fn the_other_feeds_are_not_started() {
    let shop = Shop::with("", "batch_size = 1");
    shop.feed("others", &crate::harness::PRODUCTS.replace("\"products\"", "\"others\""));
    let gate = shop.receiver.gate();
    let (command, running) = under_way(&shop, &gate, &["reindex", "products", "others"]);
    running.killer().signal(Signal::INT);
    gate.open();
    let run = command.finish(running);
    run.exits(130).outcome("products", "interrupted").outcome("others", "interrupted").says("others: interrupted");
    run.counts("others", "items=0 requests=0");
    assert_eq!(shop.receiver.documents("others").len(), 0);
    assert_eq!(shop.stored::<i64>("SELECT count(*) FROM run WHERE feed = 'others'"), 0);
}
