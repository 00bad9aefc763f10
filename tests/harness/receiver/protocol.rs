//! What must hold for every request, whatever the test is about: the headers are there, an Idempotency-Key names one
//! body and is used again only for another try of a request without a final answer, sequence numbers only grow, and
//! no item is in flight twice.

use super::request::Request;
use std::collections::HashMap;
use std::time::{Duration, Instant};

type FeedItem = (String, String);

#[derive(Default)]
pub struct Protocol {
    pub violations: Vec<String>,
    run: u64,
    keys: HashMap<String, KeyUse>,
    /// The arrival and the key of the request that holds an item.
    in_flight: HashMap<FeedItem, (u64, String)>,
    /// The number of the newest request that held an item, and that request's key.
    newest: HashMap<FeedItem, (u64, String)>,
    /// Which key a number belongs to.
    numbers: HashMap<(String, u64), String>,
    /// Per feed: the highest number of this run, and of those before it.
    highest: HashMap<String, u64>,
    highest_before: HashMap<String, u64>,
    /// Bodies of this run that may be tried again, and under which key.
    tryable: HashMap<Vec<u8>, String>,
}

struct KeyUse {
    run: u64,
    body: Vec<u8>,
    /// When the newest request with it arrived.
    arrived: Instant,
    done: Option<Done>,
}

/// A final answer.
struct Done {
    status: u16,
    /// The arrival that got it.
    number: u64,
    /// From the arrival to the answer: one that a sender had stopped waiting for is told from one that it ignored.
    after: Duration,
}

/// Answers after which the same request is tried again within the run.
fn tried_again(heard: Option<u16>) -> bool {
    heard.is_none_or(|status| matches!(status, 408 | 425 | 429) || status >= 500)
}

impl Protocol {
    pub fn begin_run(&mut self) {
        self.run += 1;
        self.in_flight.clear();
        self.tryable.clear();
        self.highest_before.clone_from(&self.highest);
    }

    /// A request was read whole. Its arrival's number is handed back to [`Protocol::leave`].
    pub fn arrive(&mut self, request: &Request, number: u64) {
        let mut wrong = Vec::new();
        self.check_headers(request, &mut wrong);
        self.check_key(request, &mut wrong);
        self.check_sequence(request, &mut wrong);
        self.check_items(request, number, &mut wrong);
        let place = format!("request {number} of run {} ({})", self.run, request.path);
        self.violations.extend(wrong.into_iter().map(|what| format!("{place}: {what}")));
    }

    /// The sender got its answer, or will never get one; it may send these items again.
    pub fn leave(&mut self, request: &Request, number: u64, heard: Option<u16>) {
        self.in_flight.retain(|_, (holder, _)| *holder != number);
        let again = tried_again(heard);
        if let Some(usage) = self.keys.get_mut(request.key()) {
            let after = usage.arrived.elapsed();
            usage.done = heard.filter(|_| !again).map(|status| Done { status, number, after });
        }
        if again {
            self.tryable.insert(request.body.clone(), request.key().to_owned());
        } else {
            self.tryable.remove(&request.body);
        }
    }

    fn check_headers(&mut self, request: &Request, wrong: &mut Vec<String>) {
        for name in ["idempotency-key", "x-feedmill-sequence", "x-feedmill-feed", "user-agent", "content-type"] {
            let given = request.headers.iter().filter(|(other, _)| other == name).count();
            if given != 1 {
                wrong.push(format!("{given} headers {name}"));
            }
        }
        if request.header("content-type") != Some("application/json") {
            wrong.push(format!("content-type {:?}", request.header("content-type")));
        }
        if !request.header("user-agent").unwrap_or_default().starts_with("feedmill/") {
            wrong.push(format!("user-agent {:?}", request.header("user-agent")));
        }
    }

    fn check_key(&mut self, request: &Request, wrong: &mut Vec<String>) {
        let key = request.key();
        if let Some(first) = self.tryable.get(&request.body)
            && first != key
        {
            wrong.push(format!("another try of a request came with the key {key} instead of {first}"));
        }
        match self.keys.get_mut(key) {
            None => {
                let usage = KeyUse { run: self.run, body: request.body.clone(), arrived: Instant::now(), done: None };
                self.keys.insert(key.to_owned(), usage);
            }
            Some(usage) if usage.body != request.body => wrong.push(format!("key {key} used for another body")),
            Some(usage) if usage.run != self.run => wrong.push(format!("key {key} used in an earlier run")),
            Some(KeyUse { done: Some(Done { status, number, after }), .. }) => wrong.push(format!(
                "key {key} used again after a final answer, {status} to request {number}, {after:?} after it had come"
            )),
            Some(usage) => usage.arrived = Instant::now(),
        }
    }

    fn check_sequence(&mut self, request: &Request, wrong: &mut Vec<String>) {
        let Some(number) = request.header("x-feedmill-sequence").and_then(|text| text.parse::<u64>().ok()) else {
            wrong.push(format!("x-feedmill-sequence {:?}", request.header("x-feedmill-sequence")));
            return;
        };
        let (feed, key) = (request.feed().to_owned(), request.key().to_owned());
        if self.highest_before.get(&feed).is_some_and(|before| number <= *before) {
            wrong.push(format!("sequence {number} is not above those of earlier runs"));
        }
        let owner = self.numbers.entry((feed.clone(), number)).or_insert_with(|| key.clone());
        if *owner != key {
            wrong.push(format!("sequence {number} used by two requests"));
        }
        for item in &request.items {
            let newest = self.newest.entry((feed.clone(), item.identity.clone())).or_insert((number, key.clone()));
            if number < newest.0 || (number == newest.0 && key != newest.1) {
                wrong.push(format!("{} came with sequence {number} after {}", item.identity, newest.0));
            }
            *newest = (number, key.clone());
        }
        let highest = self.highest.entry(feed).or_default();
        *highest = number.max(*highest);
    }

    fn check_items(&mut self, request: &Request, number: u64, wrong: &mut Vec<String>) {
        if request.items.is_empty() {
            wrong.push("no items".to_owned());
        }
        for item in &request.items {
            let name = (request.feed().to_owned(), item.identity.clone());
            match self.in_flight.insert(name, (number, request.key().to_owned())) {
                Some((holder, _)) if holder == number => wrong.push(format!("{} stands in it twice", item.identity)),
                // Another try of a request that its sender no longer waits for.
                Some((_, key)) if key == request.key() => {}
                Some((holder, _)) => wrong.push(format!("{} is in flight in request {holder} too", item.identity)),
                None => {}
            }
        }
    }
}
