//! A consumer that takes so many requests a second is found out, and kept busy, with few refusals.

use std::time::Instant;

use crate::harness::{Reply, Rule, Shop};

const A_SECOND: f64 = 20.0;
const ITEMS: usize = 260;

/// A bucket of a second's tokens: what finds none is refused.
fn bucket() -> Rule {
    let (mut tokens, mut last) = (A_SECOND, Instant::now());
    Rule::new(move |_| {
        let now = Instant::now();
        tokens = (tokens + (now - last).as_secs_f64() * A_SECOND).min(A_SECOND);
        last = now;
        if tokens < 1.0 {
            return Some(Reply::status(429));
        }
        tokens -= 1.0;
        None
    })
}

#[test]
fn a_limit_by_the_second_is_found_with_few_refusals() {
    let shop = Shop::with("request_retries = 3\nretry_base = \"500ms\"\nretry_max = \"30s\"", "");
    shop.put_many(ITEMS);
    shop.receiver.rule(bucket());
    let started = Instant::now();
    let run = shop.run(&["reindex", "products", "--batch-size", "1", "--thread-count", "16"]);
    let seconds = started.elapsed().as_secs_f64();
    run.exits(0).counts("products", &format!("exported={ITEMS}"));
    let refused = shop.receiver.request_count() - ITEMS;
    // One in a hundred, beside those by which the limit is found.
    assert!(refused <= 5 + ITEMS / 100, "{refused} of {ITEMS} were refused");
    let possible = ITEMS as f64 / A_SECOND;
    assert!(seconds < possible / 0.6, "{seconds} s, {possible} s were possible");
}
