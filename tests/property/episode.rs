//! One story: a shop, a few steps of edits and runs, and the end in which everything must be right.

use super::catalogue;
use super::edit::{cure, edit};
use super::fault::{self, Victim};
use super::oracle;
use super::random::Random;
use crate::harness::{Command, Killer, Project, Receiver, Run, Running};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

#[derive(Clone, Copy)]
pub struct Profile {
    pub faults: bool,
    pub kills: bool,
}

pub struct Episode {
    random: Random,
    profile: Profile,
    persist: bool,
    project: Project,
    receiver: Receiver,
    story: String,
}

const CALM: &str =
    "request_retries = 2\nretry_base = \"1ms\"\nretry_max = \"5ms\"\nmax_attempts = 1000\ntimeout = \"30s\"";
const IMPATIENT: &str =
    "request_retries = 2\nretry_base = \"1ms\"\nretry_max = \"5ms\"\nmax_attempts = 1000\ntimeout = \"250ms\"";

impl Episode {
    pub fn new(seed: u64, profile: Profile) -> Episode {
        let mut random = Random::new(seed);
        let receiver = Receiver::with_identity(&["sku", "store"]);
        if random.chance(50) {
            receiver.deduplicates();
        }
        let persist = random.chance(50);
        let mut project = Project::new();
        project.consumer(&receiver, CALM);
        project.feed("products", &catalogue::feed(persist));
        project.sql(&format!("PRAGMA journal_mode = {};", random.pick(&["wal", "delete"])));
        project.sql(catalogue::SCHEMA).sql(&catalogue::rows(&mut random));
        Episode { random, profile, persist, project, receiver, story: String::new() }
    }

    pub fn story(&self) -> &str {
        &self.story
    }

    pub fn play(&mut self) {
        for _ in 0..self.random.between(3, 7) {
            self.step();
            self.nothing_false_is_called_delivered();
        }
        self.end();
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.story, "{what}").expect("a String takes all");
    }

    fn step(&mut self) {
        let percent = if self.profile.faults { self.random.pick(&[0, 10, 30, 60]) } else { 0 };
        fault::script(&self.receiver, &mut self.random, percent);
        self.project.consumer(&self.receiver, if percent > 0 { IMPATIENT } else { CALM });
        self.edits();
        let arguments = self.arguments();
        self.tell(&format!("feedmill {} ({percent} % faults)", arguments.join(" ")));
        let run = self.run(&arguments);
        self.tell(&format!("  exit code {:?}", run.code));
        for summary in &run.summaries {
            writeln!(self.story, "  {}", serde_json::Value::Object(summary.clone())).expect("a String takes all");
        }
        if !matches!(run.code, None | Some(0 | 1)) {
            run.fail("no fault of a consumer explains this exit code");
        }
        if run.code.is_none() && !self.profile.kills {
            run.fail("the program died without being killed");
        }
    }

    fn edits(&mut self) {
        for _ in 0..self.random.below(16) {
            let statements = edit(&self.project, &mut self.random, true);
            self.project.sql(&statements);
            self.tell(&format!("{statements};"));
        }
    }

    fn arguments(&mut self) -> Vec<String> {
        let random = &mut self.random;
        let words = match random.below(10) {
            0 => "retry products".to_owned(),
            1 => "retry products --now".to_owned(),
            2 | 3 => {
                let ids: Vec<String> = (0..random.between(1, 8)).map(|_| random.between(1, 50).to_string()).collect();
                format!("reindex products --ids {}", ids.join(","))
            }
            4 => "reindex products --continue".to_owned(),
            5 if random.chance(30) => "reindex products --force".to_owned(),
            _ => "reindex products".to_owned(),
        };
        let most = random.pick(&[3, 10, 50]);
        let (threads, batch) = (random.between(1, 8), random.between(1, most));
        let all = format!("{words} --thread-count {threads} --batch-size {batch}");
        all.split(' ').map(str::to_owned).collect()
    }

    /// Runs the program, perhaps kills it, perhaps edits the source meanwhile.
    fn run(&mut self, arguments: &[String]) -> Run {
        let kills = self.profile.kills && self.random.chance(60);
        let by_request = kills && self.random.chance(60);
        let victim = by_request.then(|| {
            let (victim, when) = fault::kill_at_a_request(&self.receiver, &mut self.random);
            writeln!(self.story, "  {when}").expect("a String takes all");
            victim
        });
        let by_time = (kills && !by_request).then(|| Duration::from_millis(self.random.below(120)));
        let meanwhile = self.random.chance(25).then(|| edit(&self.project, &mut self.random, true));
        if let Some(statements) = &meanwhile {
            self.tell(&format!("  meanwhile {statements};"));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let command = self.project.command(&arguments);
        let running = command.start();
        if let Some(statements) = &meanwhile {
            self.project.sql(statements);
        }
        let run = finish(&command, running, victim.as_ref(), by_time);
        self.receiver.settle();
        if run.code.is_none()
            && let Some(after) = by_time
        {
            writeln!(self.story, "  killed after {after:?}").expect("a String takes all");
        }
        run
    }

    /// Every row with a success speaks of what the consumer has; what is in flight is not known.
    fn nothing_false_is_called_delivered(&mut self) {
        let made = "SELECT count(*) = 2 FROM sqlite_master WHERE name IN ('feed_products', 'intent')";
        if !self.project.path("feedmill.db").exists() || !self.project.stored::<bool>(made) {
            return;
        }
        let store = self.project.store();
        let in_flight = intents(&store);
        let consumer = self.receiver.state("products");
        for row in self.project.rows("products") {
            if !(200..300).contains(&row.status) || in_flight.contains(&row.feed_id) {
                continue;
            }
            let data: serde_json::Value = serde_json::from_str(&row.data).expect("stored data is JSON");
            let identity = serde_json::json!([data["sku"], data["store"]]).to_string();
            let document = consumer.get(&identity);
            assert_eq!(
                document.is_none(),
                row.deleted,
                "{identity} has status {} but the consumer {document:?}",
                row.status
            );
            if let (Some(document), true) = (document, self.persist) {
                assert_eq!(oracle::hashed(document), oracle::hashed(&row.data), "{identity} was not delivered so");
            }
        }
    }

    /// The faults end, what was broken is cured: one run brings everything right, another does nothing.
    fn end(&mut self) {
        self.receiver.accepts_all();
        self.project.consumer(&self.receiver, CALM);
        cure(&self.project);
        let last = self.project.run(&["reindex", "products"]);
        for summary in &last.summaries {
            writeln!(self.story, "the end: {}", serde_json::Value::Object(summary.clone()))
                .expect("a String takes all");
        }
        last.exits(0).outcome("products", "complete");
        let expected = oracle::documents(&self.project.source());
        let state = self.receiver.state("products");
        for (identity, document) in &expected {
            match state.get(identity) {
                Some(found) if oracle::hashed(found) == *document => {}
                found => last.fail(&format!("{identity}: the consumer has {found:?}, expected {document}")),
            }
        }
        if let Some((identity, document)) = state.iter().find(|(identity, _)| !expected.contains_key(*identity)) {
            last.fail(&format!("the consumer still has {identity}: {document}"));
        }
        self.nothing_false_is_called_delivered();
        assert!(intents(&self.project.store()).is_empty(), "intents are left after a complete run");
        let idle = self.project.run(&["reindex", "products", "--thread-count", "3"]);
        idle.exits(0).counts("products", &format!("unchanged={} requests=0", expected.len()));
        let retry = self.project.run_text(&["retry", "--now"]);
        assert_eq!(retry.exits(0).stdout, "", "retry has nothing to do");
        let violations = self.receiver.violations();
        assert!(violations.is_empty(), "requests broke the protocol:\n{}", violations.join("\n"));
    }
}

fn finish(command: &Command<'_>, running: Running, victim: Option<&Victim>, by_time: Option<Duration>) -> Run {
    let killer: Killer = running.killer();
    if let Some(victim) = victim {
        victim.set(killer.clone()).ok();
    }
    if let Some(after) = by_time {
        // Not a wait for something: the moment of the kill is any.
        std::thread::park_timeout(after);
        killer.kill();
    }
    command.finish(running)
}

/// The feed ids of what is in flight.
fn intents(store: &Connection) -> HashSet<Vec<u8>> {
    let mut query =
        store.prepare("SELECT feed_id FROM intent WHERE feed = 'products'").expect("the table intent is there");
    let ids = query.query_map([], |row| row.get(0)).expect("a query that can run");
    ids.collect::<Result<_, _>>().expect("rows that can be read")
}
