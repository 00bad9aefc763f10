//! One run a feed at a time; a holder that dies leaves no lock behind.

use crate::harness::receiver::Gate;
use crate::harness::{Command, PRODUCTS, Reply, Running, Shop};

fn shop() -> Shop {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop
}

/// A run that waits for its answer behind the gate.
fn held<'a>(shop: &'a Shop, gate: &Gate) -> (Command<'a>, Running) {
    shop.receiver.next(Reply::accept().after(gate));
    let command = shop.command(&["reindex", "products"]);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    (command, running)
}

#[test]
fn a_second_run_is_turned_away() {
    let shop = shop();
    let gate = shop.receiver.gate();
    let (command, holder) = held(&shop, &gate);
    let pid = holder.pid().to_string();
    for arguments in
        [&["reindex", "products"][..], &["reindex", "products", "--ids", "1"], &["retry", "products", "--now"]]
    {
        let second = shop.command(arguments);
        let running = second.start();
        let run = second.finish(running);
        run.exits(75).outcome("products", "locked").counts("products", "items=0 requests=0").says("reindex").says(&pid);
    }
    let status = shop.run(&["status", "products"]).exits(0).json();
    assert!(status["locked_by"].to_string().contains(&pid), "{status}");
    gate.open();
    command.finish(holder).exits(0).counts("products", "exported=1");
    assert_eq!(shop.receiver.request_count(), 1);
    let status = shop.run(&["status", "products"]).json();
    assert!(status["locked_by"].is_null(), "{status}");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1");
}

#[test]
fn a_second_run_may_wait() {
    let shop = shop();
    let gate = shop.receiver.gate();
    let (command, holder) = held(&shop, &gate);
    let impatient = shop.command(&["reindex", "products", "--wait", "50ms"]);
    let running = impatient.start();
    impatient.finish(running).exits(75).outcome("products", "locked");
    let patient = shop.command(&["reindex", "products", "--wait", "60s"]);
    let running = patient.start();
    gate.open();
    command.finish(holder).exits(0).counts("products", "exported=1");
    patient.finish(running).exits(0).counts("products", "unchanged=1");
}

#[test]
fn a_killed_holder_leaves_no_lock() {
    let shop = shop();
    let gate = shop.receiver.gate();
    let (command, holder) = held(&shop, &gate);
    holder.killer().kill();
    gate.open();
    command.finish(holder);
    shop.receiver.settle();
    shop.run(&["reindex", "products"]).exits(0).outcome("products", "complete").counts("products", "exported=1");
}

#[test]
fn feeds_do_not_lock_one_another() {
    let shop = shop();
    shop.feed("names", &PRODUCTS.replace("\"products\"", "\"names\""));
    let gate = shop.receiver.gate();
    let (command, holder) = held(&shop, &gate);
    let other = shop.command(&["reindex", "names"]);
    let running = other.start();
    other.finish(running).exits(0).counts("names", "exported=1");
    let both = shop.command(&["reindex", "names", "products"]);
    let running = both.start();
    let run = both.finish(running);
    run.exits(75).outcome("products", "locked").outcome("names", "complete").counts("names", "unchanged=1");
    gate.open();
    command.finish(holder).exits(0);
}

#[test]
fn a_feed_is_planned_when_its_turn_comes() {
    let shop = shop();
    shop.sql("CREATE TABLE maker (name TEXT PRIMARY KEY, title TEXT); INSERT INTO maker VALUES ('Anvil', 'Smith')");
    let makers = PRODUCTS.replace("\"products\"", "\"makers\"").replace(
        "key = \"id\"\n",
        "key = \"id\"\njoin = [{ table = \"maker\", optional = true, on = { name = \"name\" } }]\n",
    );
    shop.feed("makers", &makers.replace("name = \"name\"\n", "title = \"maker.title\"\n"));
    let gate = shop.receiver.gate();
    shop.receiver.next(Reply::accept().after(&gate));
    let command = shop.command(&["reindex", "products", "makers"]);
    let running = command.start();
    shop.receiver.wait_for_requests(1);
    shop.sql("UPDATE maker SET title = 'Farrier'");
    gate.open();
    command.finish(running).exits(0).counts("makers", "exported=1");
    // What was looked up is no older than the run.
    assert_eq!(shop.receiver.documents("makers"), [r#"{"sku":"A","title":"Farrier"}"#]);
}
