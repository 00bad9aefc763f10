//! What a run does with an item, from what the feed table says: every row of that table against an item that is the
//! same, another, or gone.

use crate::harness::{Receiver, Reply, Shop};

#[derive(Clone, Copy, Debug)]
enum Stored {
    Nothing,
    Success,
    FinalFailure,
    Retryable,
    InFlight,
    DeleteDelivered,
    DeleteRetryable,
    DeleteFinal,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Same,
    Other,
    Gone,
}

const NOTHING: &[&str] = &[];
const SAME: &[&str] = &[r#"{"sku":"A","name":"Anvil"}"#];
const OTHER: &[&str] = &[r#"{"sku":"A","name":"Anvil 2"}"#];
const DELETE: &[&str] = &[r#"{"sku":"A","deleted":true}"#];

/// A shop with one product, brought to the stored state by real runs.
fn brought_to(stored: Stored) -> Shop {
    let shop = Shop::with("request_retries = 0", "");
    shop.put(&[(1, "A", "Anvil")]);
    let answered = |receiver: &Receiver, status: u16| {
        receiver.next(Reply::status(status));
        shop.run(&["reindex", "products"]).exits(if status < 300 { 0 } else { 1 });
    };
    let deleted = |status: u16| {
        answered(&shop.receiver, 200);
        shop.remove(1);
        answered(&shop.receiver, status);
    };
    match stored {
        Stored::Nothing => {}
        Stored::Success => answered(&shop.receiver, 200),
        Stored::FinalFailure => answered(&shop.receiver, 400),
        Stored::Retryable => answered(&shop.receiver, 503),
        Stored::InFlight => shop.killed_in_flight(&["reindex", "products"], Reply::lost()),
        Stored::DeleteDelivered => deleted(200),
        Stored::DeleteRetryable => deleted(503),
        Stored::DeleteFinal => deleted(400),
    }
    shop.receiver.accepts_all();
    shop.receiver.forget();
    shop
}

fn sent(stored: Stored, source: Source) -> Vec<String> {
    let shop = brought_to(stored);
    match source {
        Source::Same => shop.put(&[(1, "A", "Anvil")]),
        Source::Other => shop.put(&[(1, "A", "Anvil 2")]),
        Source::Gone => shop.remove(1),
    };
    shop.run(&["reindex", "products"]).exits(0).outcome("products", "complete");
    let sent = shop.receiver.new_items();
    shop.run(&["reindex", "products"])
        .exits(0)
        .counts("products", if shop_is_empty(&shop) { "" } else { "unchanged=1" });
    assert_eq!(shop.receiver.request_count(), 0, "{stored:?} and {source:?}: sent again without cause");
    sent
}

fn shop_is_empty(shop: &Shop) -> bool {
    shop.source().query_row("SELECT count(*) = 0 FROM product", [], |row| row.get(0)).expect("a table that is there")
}

/// `same`, `other` and `gone`: the items that must be sent.
fn row(stored: Stored, same: &[&str], other: &[&str], gone: &[&str]) {
    for (source, expected) in [(Source::Same, same), (Source::Other, other), (Source::Gone, gone)] {
        assert_eq!(sent(stored, source), expected, "{stored:?} and {source:?}");
    }
}

#[test]
fn nothing_stored() {
    row(Stored::Nothing, SAME, OTHER, NOTHING);
}

#[test]
fn success() {
    row(Stored::Success, NOTHING, OTHER, DELETE);
}

#[test]
fn final_failure() {
    row(Stored::FinalFailure, NOTHING, OTHER, DELETE);
}

#[test]
fn retryable() {
    row(Stored::Retryable, SAME, OTHER, DELETE);
}

#[test]
fn in_flight_when_a_run_died() {
    row(Stored::InFlight, SAME, OTHER, DELETE);
}

#[test]
fn delete_delivered() {
    row(Stored::DeleteDelivered, SAME, OTHER, NOTHING);
}

#[test]
fn delete_not_delivered_but_retryable() {
    row(Stored::DeleteRetryable, SAME, OTHER, DELETE);
}

#[test]
fn delete_with_a_final_failure() {
    let sent_when_gone = || {
        let shop = brought_to(Stored::DeleteFinal);
        shop.run(&["reindex", "products"]);
        shop.receiver.new_items()
    };
    assert_eq!(sent(Stored::DeleteFinal, Source::Same), SAME);
    assert_eq!(sent(Stored::DeleteFinal, Source::Other), OTHER);
    assert_eq!(sent_when_gone(), NOTHING);
}
