//! One schedule: a shop, a feed and a consumer, some steps of edits, commands, faults and mishaps, and in the end the
//! calm in which everything must come right.

use super::catalogue;
use super::commands::CommandLine;
use super::dialect::{self, Dialect};
use super::edit::edit;
use super::fault::{self, Deeds, SECRET, Temper};
use super::mishap::Mishap;
use super::oracle;
use super::random::Random;
use crate::harness::receiver::Item;
use crate::harness::{Project, Receiver, Row, Rule, Run};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fmt::Write;

/// What is the same for all steps of a schedule.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub persist: bool,
    pub removable: bool,
    pub fickle: bool,
    pub late: bool,
    pub max_attempts: u32,
    pub max_deletes: u32,
    /// Faults of the consumer, and mishaps of the process.
    pub faults: bool,
    pub mishaps: bool,
    pub deduplicates: bool,
    pub gzip: bool,
    pub delete_url: bool,
}

impl Setting {
    fn random(random: &mut Random, dialect: &dyn Dialect) -> Setting {
        let climate = random.below(10);
        Setting {
            persist: random.chance(50),
            removable: random.chance(80),
            fickle: random.chance(40),
            late: random.chance(40) && dialect.is_scripted(),
            max_attempts: random.pick(&[1000, 1000, 2, 1]),
            max_deletes: random.pick(&[1_000_000, 1_000_000, 2]),
            faults: climate > 2,
            mishaps: climate == 1 || climate == 2 || climate > 5,
            deduplicates: random.chance(50) && dialect.is_scripted(),
            gzip: random.chance(20),
            delete_url: random.chance(20) && dialect.is_scripted(),
        }
    }

    fn feed(self) -> String {
        let Setting { persist, removable, max_deletes, .. } = self;
        catalogue::feed(&format!(
            "entities_removable = {removable}\npersist_exported_feed = {persist}\nmax_deletes = {max_deletes}\n\
             max_delete_percent = 5"
        ))
    }
}

pub struct Schedule {
    pub(super) random: Random,
    pub(super) setting: Setting,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) project: Project,
    pub(super) receiver: Receiver,
    pub(super) source: Connection,
    deeds: Deeds,
    story: String,
    last: Option<Run>,
}

impl Schedule {
    pub fn new(seed: u64) -> Schedule {
        let mut random = Random::new(seed);
        let dialect = dialect::random(&mut random);
        let setting = Setting::random(&mut random, dialect);
        let receiver = dialect.receiver();
        if setting.deduplicates {
            receiver.deduplicates();
        }
        if setting.late {
            receiver.goes_by_sequence();
        }
        let mut project = Project::in_memory();
        project.consumer(&receiver, "");
        project.feed("products", &setting.feed());
        let source = project.source();
        let journal = random.pick(&["wal", "delete"]);
        // The source's durability is not what is tested.
        source.execute_batch(&format!("PRAGMA synchronous = OFF; PRAGMA journal_mode = {journal}")).expect("valid SQL");
        let rows = [catalogue::SCHEMA, &catalogue::rows(&mut random)].concat();
        source.execute_batch(&rows).expect("valid SQL");
        let story = format!("{} {setting:?}\n", dialect.options());
        Schedule { random, setting, dialect, project, receiver, source, deeds: Deeds::default(), story, last: None }
    }

    pub fn story(&self) -> &str {
        &self.story
    }

    pub fn play(&mut self) {
        for _ in 0..self.random.between(2, 5) {
            self.step();
        }
        self.calm();
        let violations = self.receiver.violations();
        if !violations.is_empty() {
            self.fail(&format!("requests broke the protocol:\n{}", violations.join("\n")));
        }
    }

    pub(super) fn tell(&mut self, what: &str) {
        writeln!(self.story, "{what}").expect("a String takes all");
    }

    /// Panics with both streams of the last run and the feed table.
    #[track_caller]
    pub(super) fn fail(&self, problem: &str) -> ! {
        match &self.last {
            Some(run) => run.fail(problem),
            None => panic!("{problem}"),
        }
    }

    fn step(&mut self) {
        let percent = if self.setting.faults { self.random.pick(&[0, 10, 30, 60]) } else { 0 };
        let temper = Temper { percent, fickle: self.setting.fickle, late: self.setting.late };
        fault::script(&self.receiver, self.dialect, temper, &mut self.random, &self.deeds);
        self.consumer(percent > 0);
        for _ in 0..self.random.below(12) {
            let statements = edit(&self.source, &mut self.random);
            self.change(&statements);
        }
        let line = CommandLine::random(&mut self.random);
        self.tell(&format!("feedmill {} ({percent} % faults)", line.words.join(" ")));
        let mishap = (self.setting.mishaps && self.random.chance(70)).then(|| Mishap::random(&mut self.random));
        let (living, requests) = (living(&self.source), self.receiver.request_count());
        let before = line.changes_nothing().then(|| (self.stored(), self.receiver.request_count()));
        self.run_under(&line, mishap);
        self.check_end(&line, mishap);
        if before.is_some_and(|before| before != (self.stored(), self.receiver.request_count())) {
            self.fail("a command that changes nothing has changed something");
        }
        self.nothing_living_was_deleted(&living, requests);
        if self.random.chance(20) {
            self.receiver.catches_up();
        }
        // To look at the store is to recover it from a crash; often that is left to the program.
        if self.random.chance(50) {
            self.nothing_false_is_called_delivered();
            let code = self.last().code;
            let in_order = mishap.is_none_or(|mishap| mishap.spared(code));
            if line.is_run()
                && !line.changes_nothing()
                && in_order
                && self.stored().as_ref().is_some_and(Stored::is_in_flight)
            {
                self.fail("the run has ended in order and left intents");
            }
        }
    }

    fn change(&mut self, statements: &str) {
        self.source.execute_batch(statements).unwrap_or_else(|error| self.fail(&format!("{error} in {statements}")));
        self.tell(&format!("{statements};"));
    }

    /// The consumer's table; of an impatient one when faults are to come, which make some requests hang.
    fn consumer(&mut self, impatient: bool) {
        let timeout = if impatient { "250ms" } else { "30s" };
        let mut options = format!(
            "{}\nheaders = {{ X-Token = \"${{TORTURE_TOKEN}}\"{} }}\nrequest_retries = {}\nretry_base = \"1ms\"\n\
             retry_max = \"5ms\"\ntimeout = \"{timeout}\"\nmax_attempts = {}\n",
            self.dialect.options(),
            self.dialect.headers(),
            self.random.between(0, 2),
            self.setting.max_attempts,
        );
        if self.setting.gzip {
            options.push_str("compression = \"gzip\"\n");
        }
        if self.setting.delete_url {
            writeln!(options, "delete_url = \"{}\"", self.receiver.url_of("/v1/deletes")).expect("a String takes all");
        }
        if impatient && self.random.chance(30) {
            let bytes = self.random.between(300, 3_000);
            writeln!(options, "max_request_bytes = {bytes}").expect("a String takes all");
        }
        self.project.consumer(&self.receiver, &options);
    }

    pub(super) fn calm_consumer(&mut self) {
        self.consumer(false);
    }

    /// Runs the program, perhaps edits the source meanwhile, and lets happen what is to happen.
    fn run_under(&mut self, line: &CommandLine, mishap: Option<Mishap>) {
        let fate = mishap.map(|mishap| {
            self.tell(&format!("  {mishap:?}"));
            mishap.prepare(&self.receiver, self.dialect, self.project.path("feedmill.db"))
        });
        let meanwhile = self.random.chance(35).then(|| self.meanwhile());
        let words = line.words();
        let command = self.project.command(&words).env("TORTURE_TOKEN", SECRET);
        let running = command.start();
        if let Some(statements) = meanwhile.flatten() {
            self.source.execute_batch(&statements).unwrap_or_else(|error| panic!("{error} in {statements}"));
        }
        if let Some(fate) = fate {
            fate.meets(running.killer());
        }
        let run = command.finish(running);
        self.receiver.settle();
        self.take(run);
    }

    /// An edit while the program runs, in one transaction: at the so manieth request, or (those that are returned) at
    /// once.
    fn meanwhile(&mut self) -> Option<String> {
        let statements = edit(&self.source, &mut self.random);
        let at = self.random.below(6);
        self.tell(&format!("  at request {at}: {statements};"));
        if at == 0 {
            return Some(statements);
        }
        let (source, mut seen) = (self.project.source(), 0);
        self.receiver.first_rule(Rule::new(move |_| {
            seen += 1;
            if seen == at {
                source.execute_batch(&statements).unwrap_or_else(|error| panic!("{error} in {statements}"));
            }
            None
        }));
        None
    }

    pub(super) fn run(&mut self, words: &[&str]) {
        self.tell(&format!("feedmill {}", words.join(" ")));
        let run = self.project.command(words).env("TORTURE_TOKEN", SECRET).run();
        self.take(run);
    }

    fn take(&mut self, run: Run) {
        let deeds = std::mem::take(&mut *self.deeds.lock().expect("no thread panics with the deeds"));
        for deed in deeds {
            self.tell(&format!("  the consumer: {deed}"));
        }
        self.tell(&format!("  exit code {:?}", run.code));
        for summary in &run.summaries {
            writeln!(self.story, "  {}", serde_json::Value::Object(summary.clone())).expect("a String takes all");
        }
        run.keeps_secret(SECRET);
        self.last = Some(run);
    }

    pub(super) fn last(&self) -> &Run {
        self.last.as_ref().expect("the program ran")
    }

    /// The exit code is one that the contract has for what happened.
    fn check_end(&self, line: &CommandLine, mishap: Option<Mishap>) {
        let code = self.last().code;
        let expected = if line.is_run() { matches!(code, Some(0 | 1)) } else { code == Some(0) };
        if !expected && !mishap.is_some_and(|mishap| mishap.explains(code)) {
            self.fail("nothing that happened explains this exit code");
        }
    }

    /// The rows of the feed table, and what is in flight; nothing before there is a store.
    fn stored(&self) -> Option<Stored> {
        let made = "SELECT count(*) = 2 FROM sqlite_master WHERE name IN ('feed_products', 'intent')";
        let is_there = self.project.path("feedmill.db").exists() && self.project.stored::<bool>(made);
        is_there.then(|| Stored { rows: self.project.rows("products"), intents: intents(&self.project.store()) })
    }

    /// What lived before a run and lives after it was never gone: it was only ever edited in one go.
    fn nothing_living_was_deleted(&self, before: &HashSet<String>, requests: usize) {
        let after = living(&self.source);
        for request in self.receiver.requests().iter().skip(requests) {
            let wrong =
                |item: &&Item| item.deleted && before.contains(&item.identity) && after.contains(&item.identity);
            if let Some(item) = request.items.iter().find(wrong) {
                self.fail(&format!("{} lives and was deleted by request {}", item.identity, request.sequence()));
            }
        }
    }

    /// Every row with a success speaks of what the consumer has; what is in flight is not known.
    pub(super) fn nothing_false_is_called_delivered(&self) {
        let Some(Stored { rows, intents }) = self.stored() else { return };
        let consumer = self.dialect.documents(&self.receiver);
        for row in rows {
            if !(200..300).contains(&row.status) || intents.contains(&row.feed_id) {
                continue;
            }
            let identity = identity(&row.data);
            let document = consumer.get(&identity);
            if document.is_none() != row.deleted {
                self.fail(&format!("{identity} has status {} but the consumer {document:?}", row.status));
            }
            if let (Some(document), true) = (document, self.setting.persist)
                && oracle::hashed(document) != oracle::hashed(&row.data)
            {
                self.fail(&format!("{identity} was not delivered so: the consumer has {document}"));
            }
        }
    }
}

#[derive(PartialEq)]
struct Stored {
    rows: Vec<Row>,
    /// The feed ids of what is in flight.
    intents: HashSet<Vec<u8>>,
}

impl Stored {
    fn is_in_flight(&self) -> bool {
        !self.intents.is_empty()
    }
}

/// Identities that some entity yields now, validly or not.
fn living(source: &Connection) -> HashSet<String> {
    let mut query = source
        .prepare(
            "SELECT sku, code FROM product, product_store, store_view WHERE product_id = product.id
                AND store_id = store_view.id AND active = 1 AND state <> 'draft' AND sku IS NOT NULL",
        )
        .expect("valid SQL");
    let identity = |row: &rusqlite::Row<'_>| {
        Ok(serde_json::json!([row.get::<_, String>(0)?, row.get::<_, String>(1)?]).to_string())
    };
    let identities = query.query_map([], identity).expect("a query that can run");
    identities.collect::<Result<_, _>>().expect("rows that can be read")
}

/// The identity of what a row keeps, as the receiver has it.
pub fn identity(feed_data: &str) -> String {
    let data: serde_json::Value = serde_json::from_str(feed_data).expect("stored data is JSON");
    serde_json::json!([data["sku"], data["store"]]).to_string()
}

/// The feed ids of what is in flight.
pub fn intents(store: &Connection) -> HashSet<Vec<u8>> {
    let mut query =
        store.prepare("SELECT feed_id FROM intent WHERE feed = 'products'").expect("the table intent is there");
    let ids = query.query_map([], |row| row.get(0)).expect("a query that can run");
    ids.collect::<Result<_, _>>().expect("rows that can be read")
}
