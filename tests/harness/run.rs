//! A finished run of the program. What holds for every run is checked as soon as there is one: nothing panicked or
//! hung, every summary has every key and adds up, and the exit code says what the summaries say.

use super::feed_table;
use super::process::Ended;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The counters that an item of a run can end in.
const COUNTERS: [&str; 8] =
    ["unchanged", "exported", "deleted", "rejected", "retryable", "invalid", "withheld", "pending"];

/// The other keys that every summary has.
const KEYS: [&str; 10] = [
    "feed",
    "command",
    "selection",
    "outcome",
    "entities",
    "items",
    "requests",
    "request_retries",
    "bytes_sent",
    "duration_ms",
];

pub struct Run {
    command: String,
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub summaries: Vec<Map<String, Value>>,
    store: PathBuf,
}

impl Run {
    #[track_caller]
    pub fn new(command: String, ended: Ended, store: PathBuf) -> Run {
        let mut run = Run {
            command,
            code: ended.status.code(),
            stdout: ended.stdout,
            stderr: ended.stderr,
            summaries: Vec::new(),
            store,
        };
        if ended.hung {
            run.fail("the program hung and was killed");
        }
        if run.code == Some(101) || run.stderr.contains("panicked at") {
            run.fail("the program panicked");
        }
        if run.code.is_some() {
            run.read_summaries();
            run.check_exit_code();
        }
        run
    }

    #[track_caller]
    fn read_summaries(&mut self) {
        if !["reindex", "retry"].iter().any(|command| self.command.starts_with(command)) {
            return;
        }
        let lines = self.stdout.lines().filter(|line| line.starts_with('{'));
        let parsed = lines.map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        self.summaries = parsed.unwrap_or_else(|error| self.fail(&format!("a line of results is not JSON: {error}")));
        for summary in &self.summaries {
            for key in KEYS.iter().chain(&COUNTERS).chain(&["run_id"]) {
                if !summary.contains_key(*key) {
                    self.fail(&format!("a summary lacks the key {key}"));
                }
            }
            let sum: u64 = COUNTERS.iter().map(|counter| self.number(summary, counter)).sum();
            if sum != self.number(summary, "items") {
                self.fail(&format!("items is {}, its counters sum up to {sum}", summary["items"]));
            }
            if (summary["outcome"] == "complete") == summary.contains_key("reason") {
                self.fail("a reason stands exactly where the outcome is not complete");
            }
        }
    }

    #[track_caller]
    fn number(&self, summary: &Map<String, Value>, key: &str) -> u64 {
        summary
            .get(key)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| self.fail(&format!("{key} of a summary is no number: {:?}", summary.get(key))))
    }

    #[track_caller]
    fn check_exit_code(&self) {
        if self.summaries.is_empty() {
            return;
        }
        let dry = self.command.contains("--dry-run");
        let lacking = |summary: &Map<String, Value>| {
            let counted = ["rejected", "retryable", "invalid", "withheld"];
            counted.iter().any(|counter| self.number(summary, counter) > 0)
                || (!dry && self.number(summary, "pending") > 0)
                || summary["outcome"] != "complete"
        };
        let lacks = self.summaries.iter().any(lacking);
        if self.code == Some(0) && lacks && !dry {
            self.fail("exit code 0, but not every item is delivered");
        }
        if self.code == Some(1) && !lacks {
            self.fail("exit code 1, but every item is delivered");
        }
    }

    /// Panics with everything there is to know about the run.
    #[track_caller]
    pub fn fail(&self, problem: &str) -> ! {
        panic!(
            "{problem}\n--- command: feedmill {}\n--- exit code: {:?}\n--- stdout:\n{}\n--- stderr:\n{}\n--- feed tables:\n{}",
            self.command,
            self.code,
            self.stdout,
            self.stderr,
            feed_table::render_all(&self.store)
        )
    }

    #[track_caller]
    pub fn exits(&self, code: i32) -> &Run {
        if self.code != Some(code) {
            self.fail(&format!("exit code {:?}, expected {code}", self.code));
        }
        self
    }

    #[track_caller]
    pub fn summary(&self, feed: &str) -> &Map<String, Value> {
        let mut found = self.summaries.iter().filter(|summary| summary["feed"] == feed);
        match (found.next(), found.next()) {
            (Some(summary), None) => summary,
            (None, _) => self.fail(&format!("no summary of {feed}")),
            _ => self.fail(&format!("several summaries of {feed}")),
        }
    }

    /// `expected` is `"exported=3 requests=1"`; a counter of items that is not named must be zero.
    #[track_caller]
    pub fn counts(&self, feed: &str, expected: &str) -> &Run {
        let summary = self.summary(feed);
        let named = expected.split_whitespace().map(|pair| pair.split_once('=').expect("written as key=number"));
        let named: Vec<(&str, u64)> =
            named.map(|(key, number)| (key, number.parse().expect("written as key=number"))).collect();
        let silent = COUNTERS.iter().filter(|counter| named.iter().all(|(key, _)| key != *counter));
        for (key, number) in named.iter().copied().chain(silent.map(|counter| (*counter, 0))) {
            if self.number(summary, key) != number {
                self.fail(&format!("{feed}: {key} is {}, expected {number} ({expected})", summary[key]));
            }
        }
        self
    }

    #[track_caller]
    pub fn outcome(&self, feed: &str, outcome: &str) -> &Run {
        if self.summary(feed)["outcome"] != outcome {
            self.fail(&format!("{feed}: outcome {}, expected {outcome}", self.summary(feed)["outcome"]));
        }
        self
    }

    /// A word on standard error.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Run {
        if !self.stderr.contains(words) {
            self.fail(&format!("stderr does not say {words:?}"));
        }
        self
    }

    /// Nothing of `secret` on either stream.
    #[track_caller]
    pub fn keeps_secret(&self, secret: &str) -> &Run {
        if self.stdout.contains(secret) || self.stderr.contains(secret) {
            self.fail(&format!("the secret {secret:?} was printed"));
        }
        self
    }

    /// The one JSON object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|error| self.fail(&format!("no JSON: {error}")))
    }
}
