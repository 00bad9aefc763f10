//! A project in a temporary folder: `feedmill.toml`, `feeds/`, a source database, the feed store it gets.

use super::database::{self, Database, Kind};
use super::feed_table::{self, Labels, Row};
use super::process::Running;
use super::receiver::{Handle, Receiver};
use super::run::Run;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::TempDir;

/// What a consumer in a test is given: tries are quick, and few.
const QUICK: &str = "request_retries = 2\nretry_base = \"2ms\"\nretry_max = \"20ms\"\ntimeout = \"30s\"\n";

pub struct Project {
    folder: TempDir,
    database: Database,
    receivers: Vec<Handle>,
    labels: Mutex<Labels>,
}

impl Project {
    /// An empty SQLite source, no consumers, no feeds.
    pub fn new() -> Project {
        Project::on(Kind::Sqlite)
    }

    /// The same with a source of this kind.
    pub fn on(kind: Kind) -> Project {
        Project::within(&std::env::temp_dir(), kind)
    }

    /// A project whose files are in memory where the system has a folder for that: for tests that run the program
    /// thousands of times. No less is left of them when a process dies.
    pub fn in_memory() -> Project {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Project::within(memory, Kind::Sqlite) } else { Project::new() }
    }

    fn within(parent: &Path, kind: Kind) -> Project {
        let folder = tempfile::Builder::new().prefix("feedmill-test-").tempdir_in(parent).expect("a temporary folder");
        std::fs::create_dir(folder.path().join("feeds")).expect("a folder in the temporary folder");
        let database = Database::create(kind, folder.path());
        let project = Project { folder, database, receivers: Vec::new(), labels: Mutex::new(Labels::default()) };
        project.config("");
        project
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes feedmill.toml: the usual source and store, then `rest`.
    pub fn config(&self, rest: &str) -> &Project {
        self.write(
            "feedmill.toml",
            &format!("[source]\nurl = \"{}\"\n\n[store]\nurl = \"sqlite:feedmill.db\"\n\n{rest}", self.database.url()),
        )
    }

    /// Writes feedmill.toml with one consumer, `search`, at `receiver`; `options` are lines of its table.
    /// An option given here replaces the quick one of the same name.
    pub fn consumer(&mut self, receiver: &Receiver, options: &str) -> &mut Project {
        self.receivers = vec![receiver.handle()];
        self.config(&consumer_table("search", &receiver.url(), options));
        self
    }

    /// Writes feedmill.toml with these consumers.
    pub fn consumers(&mut self, receivers: &[(&str, &Receiver)], options: &str) -> &mut Project {
        self.receivers = receivers.iter().map(|(_, receiver)| receiver.handle()).collect();
        let tables: Vec<String> =
            receivers.iter().map(|(name, receiver)| consumer_table(name, &receiver.url(), options)).collect();
        self.config(&tables.concat());
        self
    }

    /// Writes another URL of the source into feedmill.toml.
    pub fn source_at(&self, url: &str) -> &Project {
        let lines = self.read("feedmill.toml");
        let (head, rest) = lines.split_once("url = \"").expect("the source has a URL");
        let (_, rest) = rest.split_once('"').expect("a text ends");
        self.write("feedmill.toml", &format!("{head}url = \"{url}\"{rest}"))
    }

    pub fn write(&self, name: &str, text: &str) -> &Project {
        std::fs::write(self.path(name), text).expect("a file in the temporary folder can be written");
        self
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes feeds/NAME.toml.
    pub fn feed(&self, name: &str, text: &str) -> &Project {
        self.write(&format!("feeds/{name}.toml"), text)
    }

    /// Runs statements in the source database.
    #[track_caller]
    pub fn sql(&self, statements: &str) -> &Project {
        self.database.execute(statements);
        self
    }

    /// The SQLite source.
    pub fn source(&self) -> Connection {
        database::open_file(&self.path("shop.db"))
    }

    pub fn store(&self) -> Connection {
        let store = feed_table::open(&self.path("feedmill.db")).expect("the feed store opens");
        store.busy_timeout(std::time::Duration::from_secs(20)).expect("a timeout can be set");
        store
    }

    /// One value of the feed store.
    #[track_caller]
    pub fn stored<T: rusqlite::types::FromSql>(&self, query: &str) -> T {
        self.store().query_row(query, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{error} in {query}"))
    }

    /// Moves the clock of the back-off: whatever waits for its time is due.
    pub fn time_passes(&self, feed: &str) {
        let due = format!(
            "UPDATE feed_{feed} SET next_attempt_at = '2020-01-01T00:00:00.000Z' WHERE next_attempt_at IS NOT NULL"
        );
        self.store().execute(&due, []).expect("the feed table can be written");
    }

    pub fn rows(&self, feed: &str) -> Vec<Row> {
        feed_table::rows(&self.store(), feed).expect("the feed table can be read")
    }

    /// The feed table as text, a line a row: entity, stored data, a label for the hash, status, attempts, deleted.
    pub fn feed_table(&self, feed: &str) -> String {
        let mut labels = self.labels.lock().expect("no test panics while it renders");
        feed_table::render(&self.rows(feed), &mut labels)
    }

    pub fn command(&self, arguments: &[&str]) -> Command<'_> {
        Command::new(self, arguments)
    }

    /// Runs the program to its end with `--output json` where results are JSON.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).run()
    }

    /// Runs the program to its end as a person would.
    #[track_caller]
    pub fn run_text(&self, arguments: &[&str]) -> Run {
        self.command(arguments).text().run()
    }
}

/// The table of a consumer in feedmill.toml.
pub fn consumer_table(name: &str, url: &str, options: &str) -> String {
    let given = |line: &&str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        !options.lines().any(|option| option.split('=').next().unwrap_or_default().trim() == key)
    };
    let quick = QUICK.lines().filter(given).collect::<Vec<_>>().join("\n");
    format!("[consumers.{name}]\nurl = \"{url}\"\n{quick}\n{options}\n\n")
}

/// One call of the program.
pub struct Command<'a> {
    project: &'a Project,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    input: Vec<u8>,
    shell: Option<String>,
    json: bool,
}

impl<'a> Command<'a> {
    fn new(project: &'a Project, arguments: &[&str]) -> Command<'a> {
        let json = ["reindex", "retry", "status", "check"].contains(&arguments.first().copied().unwrap_or_default())
            && !arguments.contains(&"--output");
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Command { project, arguments, environment: Vec::new(), input: Vec::new(), shell: None, json }
    }

    /// Leaves `--output json` away.
    pub fn text(mut self) -> Command<'a> {
        self.json = false;
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Command<'a> {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn input(mut self, text: &str) -> Command<'a> {
        self.input = text.as_bytes().to_vec();
        self
    }

    /// Words of the shell to say before the program takes its place, as `ulimit -f 100`.
    pub fn after(mut self, shell: &str) -> Command<'a> {
        self.shell = Some(shell.to_owned());
        self
    }

    /// Starts the program without waiting.
    pub fn start(&self) -> Running {
        let binary = env!("CARGO_BIN_EXE_feedmill");
        let mut command = match &self.shell {
            None => std::process::Command::new(binary),
            Some(words) => {
                let mut shell = std::process::Command::new("sh");
                shell.arg("-c").arg(format!("{words}; exec \"$0\" \"$@\"")).arg(binary);
                shell
            }
        };
        command.args(&self.arguments);
        if self.json {
            command.args(["--output", "json"]);
        }
        command.current_dir(self.project.folder()).env_remove("FEEDMILL_CONFIG").env("NO_COLOR", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.project.receivers.iter().for_each(Handle::begin_run);
        Running::start(command, self.input.clone())
    }

    /// Waits for a program that [`Command::start`] started, and checks what holds for every run.
    #[track_caller]
    pub fn finish(&self, running: Running) -> Run {
        let ended = running.ended();
        self.project.receivers.iter().for_each(Handle::end_run);
        Run::new(self.arguments.join(" "), ended, self.project.path("feedmill.db"))
    }

    #[track_caller]
    pub fn run(self) -> Run {
        let running = self.start();
        self.finish(running)
    }
}
