//! A consumer that takes so many requests a second is found out, and kept busy, with few refusals; with none if it says so.
//! One that queues tasks has no longer a queue than there are senders.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::products::{Call, Documents, Product, Served};
use crate::harness::{Reply, Rule, Shop};

const A_SECOND: f64 = 20.0;
const ITEMS: usize = 260;

/// A bucket of a second's tokens: what finds none is refused. `took` hears of each that found one.
fn bucket(says: impl Fn(Reply, f64) -> Reply + Send + 'static, mut took: impl FnMut(Instant) + Send + 'static) -> Rule {
    let (mut tokens, mut last) = (A_SECOND, Instant::now());
    Rule::new(move |_| {
        let now = Instant::now();
        tokens = (tokens + (now - last).as_secs_f64() * A_SECOND).min(A_SECOND);
        last = now;
        let reply = if tokens < 1.0 {
            Reply::status(429)
        } else {
            tokens -= 1.0;
            took(now);
            Reply::accept()
        };
        Some(says(reply, tokens))
    })
}

#[test]
fn a_limit_by_the_second_is_found_with_few_refusals() {
    let shop = Shop::with("request_retries = 3\nretry_base = \"500ms\"\nretry_max = \"30s\"", "");
    shop.put_many(ITEMS);
    let taken = Arc::new(Mutex::new(Vec::new()));
    let log = taken.clone();
    shop.receiver.rule(bucket(|reply, _| reply, move |now| log.lock().expect("no panic").push(now)));
    let run = shop.run(&["reindex", "products", "--batch-size", "1", "--thread-count", "16"]);
    run.exits(0).counts("products", &format!("exported={ITEMS}"));
    let refused = shop.receiver.request_count() - ITEMS;
    // One in a hundred, beside those by which the limit is found: mostly two, more where a busy machine lets requests wait and
    // then leave together.
    assert!(refused <= 5 + ITEMS / 100, "{refused} of {ITEMS} were refused");
    // Most requests follow each other at the consumer's pace, however long a busy machine lets one of them wait.
    let taken = taken.lock().expect("no panic");
    let mut gaps: Vec<f64> = taken.windows(2).map(|two| (two[1] - two[0]).as_secs_f64()).collect();
    gaps.sort_by(f64::total_cmp);
    let pace = 1.0 / gaps[gaps.len() / 2];
    assert!((0.8 * A_SECOND..1.2 * A_SECOND).contains(&pace), "{pace} a second");
    // And no pause is so long, nor are there so many, that the whole is slow.
    let (seconds, possible) = (gaps.iter().sum::<f64>(), ITEMS as f64 / A_SECOND);
    assert!(seconds < possible / 0.6, "{seconds} s, {possible} s were possible");
}

#[test]
fn who_says_what_is_left_refuses_nothing() {
    const ITEMS: usize = 80;
    let shop = Shop::with("request_retries = 0", "");
    shop.put_many(ITEMS);
    let says = |reply: Reply, tokens: f64| {
        let reset = (A_SECOND - tokens) / A_SECOND;
        reply
            .header("RateLimit-Policy", "\"default\";q=20;w=1")
            .header("RateLimit", &format!("\"default\";r={};t={}", tokens as u32, reset.ceil()))
    };
    shop.receiver.rule(bucket(says, |_| {}));
    let run = shop.run(&["reindex", "products", "--batch-size", "1", "--thread-count", "16"]);
    run.exits(0).counts("products", &format!("exported={ITEMS}"));
    assert_eq!(shop.receiver.request_count(), ITEMS);
}

/// Takes tasks over at once and works on them one after the other, each as long as the one before.
#[derive(Default)]
struct Queue {
    /// When each of them ends.
    ends: Vec<Instant>,
    /// The most tasks that were not done at a time.
    longest: usize,
    documents: Documents,
}

const A_TASK: Duration = Duration::from_millis(40);

impl Product for Queue {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        let now = Instant::now();
        match call.route() {
            ("POST", _) => {
                let begins = self.ends.last().map_or(now, |last| now.max(*last));
                self.ends.push(begins + A_TASK);
                self.longest = self.longest.max(self.ends.iter().filter(|end| **end > now).count());
                (202, json!({ "taskUid": self.ends.len() - 1 }).to_string())
            }
            (_, path) => {
                let uid: usize = path[1].parse().expect("the number of a task");
                let status = if self.ends[uid] <= now { "succeeded" } else { "processing" };
                (200, json!({ "status": status }).to_string())
            }
        }
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}

#[test]
fn a_queue_is_no_longer_than_there_are_senders() {
    const TASKS: usize = 75;
    let shop = Shop::new();
    shop.put_many(TASKS);
    let server = Served::<Queue>::start();
    shop.config(&format!("[consumers.search]\nformat = \"meilisearch\"\nurl = \"{}\"\n", server.url()));
    let run = shop.run(&["reindex", "products", "--batch-size", "1", "--thread-count", "8"]);
    run.exits(0).counts("products", &format!("exported={TASKS}"));
    let longest = server.with(|queue| queue.longest);
    assert!((2..=8).contains(&longest), "{longest} tasks in the queue");
}
