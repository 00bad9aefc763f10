//! The end of a schedule: the faults cease, what was broken in the source is cured, and a bounded number of runs brings
//! everything right, as an independent oracle has it.
//!
//! One full run does it but for what the contract leaves alone while it is unchanged: parked items, which
//! `retry --parked` sends, and items that the consumer refused for good, which `--force` sends.

use super::edit::cure;
use super::fault::SECRET;
use super::oracle;
use super::schedule::{Schedule, identity, intents};
use std::collections::{BTreeMap, HashSet};

/// Deletes are not what is guarded any more.
const EVERYTHING: [&str; 2] = ["--allow-deletes", "1000000"];

/// What is left to do after a run.
#[derive(Default)]
struct Left {
    refused: HashSet<String>,
    parked: HashSet<String>,
}

impl Schedule {
    pub(super) fn calm(&mut self) {
        self.receiver.accepts_all();
        self.calm_consumer();
        cure(&self.source);
        self.tell("calm");
        self.completes(&[&["reindex", "products"], EVERYTHING.as_slice()].concat());
        let expected = oracle::documents(&self.source);
        let mut left = self.left(&expected);
        self.agrees(&expected, &left);
        if !left.parked.is_empty() {
            self.completes(&["retry", "products", "--parked"]);
            left = self.left(&expected);
            self.agrees(&expected, &left);
            if !left.parked.is_empty() {
                self.fail(&format!("{:?} are still parked", left.parked));
            }
        }
        if !left.refused.is_empty() {
            self.completes(&[&["reindex", "products", "--force"], EVERYTHING.as_slice()].concat());
            left = self.left(&expected);
        }
        if !left.refused.is_empty() || !left.parked.is_empty() {
            self.fail("after a forced run everything is delivered");
        }
        self.agrees(&expected, &left);
        self.stays_so(&expected);
    }

    fn completes(&mut self, words: &[&str]) {
        self.run(words);
        self.last().exits(0);
        if words[0] == "reindex" {
            self.last().outcome("products", "complete");
        }
        self.nothing_false_is_called_delivered();
    }

    /// Items that are not delivered, each with a reason that the contract has.
    fn left(&self, expected: &BTreeMap<String, String>) -> Left {
        let mut left = Left::default();
        for row in self.project.rows("products") {
            let identity = identity(&row.data);
            // A feed whose entities are not removable leaves the rows of those that are gone as they are.
            let forgotten = !self.setting.removable && !expected.contains_key(&identity);
            if (200..300).contains(&row.status) || forgotten {
                continue;
            }
            let gone = row.deleted || !expected.contains_key(&identity);
            if row.status == 400 {
                left.refused.insert(identity);
            } else if row.attempts >= i64::from(self.setting.max_attempts) {
                left.parked.insert(identity);
            } else {
                self.fail(&format!("{identity} (gone: {gone}) has status {} after a complete run", row.status));
            }
        }
        left
    }

    /// The consumer has what it should have, except for what is left.
    fn agrees(&self, expected: &BTreeMap<String, String>, left: &Left) {
        let state = self.receiver.state("products");
        let is_left = |identity: &String| left.refused.contains(identity) || left.parked.contains(identity);
        for (identity, document) in expected.iter().filter(|(identity, _)| !is_left(identity)) {
            match state.get(identity) {
                Some(found) if oracle::hashed(found) == *document => {}
                found => self.fail(&format!("{identity}: the consumer has {found:?}, expected {document}")),
            }
        }
        let surplus = state.iter().find(|(identity, _)| !expected.contains_key(*identity) && !is_left(identity));
        if let (Some((identity, document)), true) = (surplus, self.setting.removable) {
            self.fail(&format!("the consumer still has {identity}: {document}"));
        }
    }

    /// Nothing more is to do, and nothing that is still under way somewhere changes that.
    fn stays_so(&mut self, expected: &BTreeMap<String, String>) {
        self.receiver.catches_up();
        self.agrees(expected, &Left::default());
        if !intents(&self.project.store()).is_empty() {
            self.fail("intents are left after a complete run");
        }
        if self.project.stored::<i64>("SELECT count(*) FROM invalid") > 0 {
            self.fail("invalid items are left after all were cured");
        }
        self.run(&["reindex", "products", "--thread-count", "3"]);
        self.last().exits(0).counts("products", &format!("unchanged={} requests=0", expected.len()));
        let requests = self.receiver.request_count();
        self.run(&["retry", "products", "--now"]);
        self.last().exits(0);
        if self.receiver.request_count() > requests {
            self.fail("retry sent something though all was delivered");
        }
        if !self.setting.removable && self.receiver.requests().iter().any(|request| request.has_deletes()) {
            self.fail("a feed whose entities are not removable has sent deletes");
        }
        for file in ["feedmill.db", "feedmill.db-wal"] {
            let bytes = std::fs::read(self.project.path(file)).unwrap_or_default();
            if bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
                self.fail(&format!("the secret stands in {file}"));
            }
        }
    }
}
