//! A consumer that takes so many requests a second is found out, and kept busy, with few refusals. One that queues them is
//! kept busy with no longer a queue than there are senders.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::products::{Call, Documents, Product, Served};
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

/// How much of the consumer's time was used, by its own clock, and the longest queue.
fn works_through(tasks: usize, senders: usize) -> (f64, usize) {
    let shop = Shop::new();
    shop.put_many(tasks);
    let server = Served::<Queue>::start();
    shop.config(&format!("[consumers.search]\nformat = \"meilisearch\"\nurl = \"{}\"\n", server.url()));
    let run = shop.run(&["reindex", "products", "--batch-size", "1", "--thread-count", &senders.to_string()]);
    run.exits(0).counts("products", &format!("exported={tasks}"));
    server.with(|queue| {
        let took = queue.ends[tasks - 1] - queue.ends[0];
        (A_TASK.as_secs_f64() * (tasks - 1) as f64 / took.as_secs_f64(), queue.longest)
    })
}

#[test]
fn a_consumer_that_works_on_one_task_at_a_time_is_kept_busy() {
    let (busy, longest) = works_through(75, 8);
    assert!(busy > 0.8 && longest <= 8, "busy for {busy} of the time, {longest} tasks in the queue");
}

#[test]
fn the_end_of_a_task_is_soon_known() {
    let (busy, longest) = works_through(30, 1);
    // Known late by half of a task's time at most, beside what the machine takes.
    assert!(busy > 0.5 && longest == 1, "busy for {busy} of the time, {longest} tasks in the queue");
}
