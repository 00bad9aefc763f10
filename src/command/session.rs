//! What every command that works on feeds opens first: configuration, definitions, source, feed store.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Exit, Failure};
use crate::cli::{Global, RunFlags};
use crate::config::redact::Redactor;
use crate::config::{Config, ConsumerConfig, DatabaseUrl};
use crate::consumer::circuit::Circuit;
use crate::consumer::{self, Consumer, Line, Outline, Places, open_consumer};
use crate::definition;
use crate::definition::feed::FeedDefinition;
use crate::definition::problem::{ProblemReport, Problems, nearest};
use crate::entity::EntityKey;
use crate::feed::change::ChangePolicy;
use crate::feed::sqlite::SqliteStore;
use crate::feed::store::{FeedState, FeedStore, RunBackoff};
use crate::plan::{Extent, KeyKind, Plan, PlanError, PlanOptions};
use crate::run::hold::HeldFeed;
use crate::run::patience::WAITS;
use crate::run::progress::Progress;
use crate::run::rehearsal::NoConsumer;
use crate::run::selection::Selection;
use crate::run::stop::Stop;
use crate::run::summary::Summary;
use crate::run::{DeleteGuard, FeedRun, Settings, Target, same_consumer};
use crate::source::Source;
use crate::source::mysql::MySqlSource;
use crate::source::postgres::PostgresSource;
use crate::source::reuse::Reused;
use crate::source::sqlite::SqliteSource;
use crate::terminal::Terminal;

pub struct Session {
    pub config: Config,
    pub redact: consumer::Redact,
    redactor: Redactor,
    /// By the consumer's name.
    lines: Mutex<HashMap<String, Arc<Line>>>,
}

/// What the flags of one command say of its runs.
#[derive(Debug, Clone)]
pub struct RunChoice {
    pub command: &'static str,
    pub flags: RunFlags,
    pub force: bool,
    pub parked_too: bool,
    pub allow_deletes: Option<u64>,
}

/// A feed, ready to run.
pub struct Feed {
    pub definition: FeedDefinition,
    pub plan: Plan,
}

impl Feed {
    /// An id as a person writes it.
    pub fn key(&self, id: &str) -> Result<EntityKey, Failure> {
        let (name, kind) = (&self.definition.name, self.plan.key_kind());
        kind.parse(id).ok_or_else(|| {
            Failure::usage(format!("{id:?} cannot be a key of feed {name}: its keys are {}", key_words(kind)))
        })
    }
}

impl Session {
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let file = Config::find(global.config.as_deref());
        let config = Config::load(&file).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Session::new(config))
    }

    pub fn new(config: Config) -> Self {
        let redactor = Redactor::new(&config.secrets);
        let redact = Arc::new({
            let redactor = redactor.clone();
            move |text: &str| redactor.line(text)
        });
        Session { config, redact, redactor, lines: Mutex::default() }
    }

    /// Names of all feeds that have a file, sound or not.
    pub fn feed_names(&self) -> Result<Vec<String>, Failure> {
        let files = definition::feed_files(&self.config.feeds_dir);
        Ok(files.map_err(|error| Failure::usage(error.to_string()))?.iter().map(|path| feed_name(path)).collect())
    }

    /// The feeds of these names; every feed when there are none. All that is wrong with any of them is said at once.
    pub fn definitions(&self, names: &[String]) -> Result<Vec<FeedDefinition>, Failure> {
        match self.sound_definitions(names)? {
            (definitions, None) => Ok(definitions),
            (_, Some(failure)) => Err(failure),
        }
    }

    /// As [`definitions`](Self::definitions), with those that are sound beside what is wrong with the others.
    pub fn sound_definitions(&self, names: &[String]) -> Result<(Vec<FeedDefinition>, Option<Failure>), Failure> {
        let folder = &self.config.feeds_dir;
        let loaded = definition::load_dir(folder).map_err(|error| Failure::usage(error.to_string()))?;
        let mut wrong = Vec::new();
        let mut definitions = Vec::new();
        let known: Vec<String> = loaded.iter().map(|(path, _)| feed_name(path)).collect();
        for name in names.iter().filter(|name| !known.contains(name)) {
            let hint = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("; did you mean {near}?"),
                None => String::new(),
            };
            wrong.push(format!("there is no feed {name} in {}{hint}", folder.display()));
        }
        for (path, result) in loaded {
            if !names.is_empty() && !names.contains(&feed_name(&path)) {
                continue;
            }
            match result {
                Ok(definition) => {
                    let problems = definition::check_consumer(&definition, &self.config);
                    if problems.is_empty() {
                        definitions.push(definition);
                    } else {
                        wrong.push(Problems::new(definition.file.clone(), problems).to_string());
                    }
                }
                Err(error) => wrong.push(error.to_string()),
            }
        }
        if names.is_empty() && definitions.is_empty() && wrong.is_empty() {
            wrong.push(format!("there is no feed definition (*.toml) in {}", folder.display()));
        }
        // In the order they were named, each once.
        definitions.sort_by_key(|definition| names.iter().position(|name| *name == definition.name));
        Ok((definitions, (!wrong.is_empty()).then(|| Failure::usage(wrong.join("\n\n")))))
    }

    /// Its connections are used again: what plans a feed hands on its connection to the run.
    pub fn source(&self) -> Result<Box<dyn Source>, Failure> {
        let source: Box<dyn Source> = match &self.config.source.url {
            DatabaseUrl::Sqlite(path) => Box::new(SqliteSource::open(path)?),
            DatabaseUrl::Postgres(url) => Box::new(PostgresSource::new(url)?),
            DatabaseUrl::MySql(url) => Box::new(MySqlSource::open(url)?),
        };
        Ok(Box::new(Reused::new(source)))
    }

    pub fn store(&self) -> Result<Box<dyn FeedStore>, Failure> {
        Ok(Box::new(SqliteStore::open(&self.config.store)?))
    }

    /// The plans of all these feeds, or everything that is wrong with them against the source.
    pub fn plan(
        &self,
        definitions: Vec<FeedDefinition>,
        source: &dyn Source,
        flags: &RunFlags,
        extent: Extent,
    ) -> Result<Vec<Feed>, Failure> {
        let mut reader = source.connect()?;
        let catalog = reader.catalog()?;
        let mut wrong = Vec::new();
        let mut feeds = Vec::new();
        for definition in definitions {
            let options = self.plan_options(flags, extent);
            match Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options) {
                Ok(plan) => feeds.push(Feed { definition, plan }),
                Err(PlanError::Problems(problems)) => wrong.push(problems.to_string()),
                Err(PlanError::Source(error)) => return Err(error.into()),
            }
        }
        if wrong.is_empty() { Ok(feeds) } else { Err(Failure::usage(wrong.join("\n\n"))) }
    }

    /// One feed, planned from the source as it is now.
    pub fn plan_one(
        &self,
        definition: &FeedDefinition,
        source: &dyn Source,
        flags: &RunFlags,
        extent: Extent,
    ) -> Result<Feed, Failure> {
        Ok(self.plan(vec![definition.clone()], source, flags, extent)?.swap_remove(0))
    }

    pub fn plan_options(&self, flags: &RunFlags, extent: Extent) -> PlanOptions {
        PlanOptions {
            mask_key: self.config.mask_key.as_ref().map(|key| key.expose().as_bytes().to_vec()),
            timezone: self.config.source.timezone.clone(),
            today: self.today(flags),
            extent,
        }
    }

    fn today(&self, flags: &RunFlags) -> String {
        let today =
            flags.today.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(self.config.source.timezone.clone()).date());
        today.to_string()
    }

    /// Runs one feed. With a held feed for real; without, a dry run.
    pub fn run(
        &self,
        feed: &Feed,
        databases: &Databases<'_>,
        choice: &RunChoice,
        selection: Selection,
        held: Option<&mut HeldFeed>,
        watch: Watch<'_>,
    ) -> Result<Summary, Failure> {
        let definition = &feed.definition;
        for ProblemReport { path, line, message, help, .. } in feed.plan.notices.reports() {
            let help = help.map(|help| format!("; {help}")).unwrap_or_default();
            tracing::info!(feed = definition.name, line, "{path}: {message}{help}");
        }
        let consumer_config = self.consumer(definition)?;
        let circuit = Arc::new(Circuit::new());
        let outline = Outline::of(definition);
        let places = Places::of(consumer_config, &outline);
        let consumer: Box<dyn Consumer> = match held {
            Some(_) => {
                let (redact, stop) = (self.redact.clone(), watch.stop.clone());
                let line = self.line(consumer_config);
                open_consumer(consumer_config, &outline, line, circuit.clone(), stop, redact)
                    .map_err(|error| Failure::usage(error.to_string()))?
            }
            None => Box::new(NoConsumer),
        };
        let run = FeedRun {
            definition,
            plan: &feed.plan,
            source: databases.source,
            store: databases.store,
            target: Target {
                consumer: consumer.as_ref(),
                circuit: &circuit,
                name: &consumer_config.name,
                location: &consumer::location(consumer_config, &self.redactor),
                places: places.as_ref(),
                max_request_bytes: consumer_config.max_request_bytes,
            },
            settings: self.settings(definition, consumer_config, choice),
            progress: watch.progress,
            stop: watch.stop,
        };
        let summary = match held {
            Some(held) => run.execute(held, selection),
            None => run.rehearse(selection),
        };
        Ok(summary?)
    }

    /// The one line to a consumer, whatever feed asks.
    fn line(&self, consumer: &ConsumerConfig) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(consumer.name.clone()).or_insert_with(|| Arc::new(Line::new(consumer))).clone()
    }

    /// Refuses a feed that goes elsewhere than before.
    pub fn check_consumer(&self, definition: &FeedDefinition, state: &FeedState) -> Result<(), Failure> {
        let consumer = self.consumer(definition)?;
        let location = consumer::location(consumer, &self.redactor);
        same_consumer(&definition.name, state.consumer.as_ref(), &consumer.name, &location)?;
        Ok(())
    }

    pub fn consumer(&self, definition: &FeedDefinition) -> Result<&ConsumerConfig, Failure> {
        // Definitions are checked against the configuration when they are loaded.
        let name = &definition.consumer.value;
        self.config.consumers.get(name).ok_or_else(|| Failure::usage(format!("there is no consumer {name}")))
    }

    fn settings(&self, definition: &FeedDefinition, consumer: &ConsumerConfig, choice: &RunChoice) -> Settings {
        let defaults = &self.config.defaults;
        let flags = &choice.flags;
        Settings {
            command: choice.command,
            thread_count: flags.thread_count.or(definition.thread_count).unwrap_or(defaults.thread_count),
            batch_size: flags.batch_size.or(definition.batch_size).unwrap_or(defaults.batch_size),
            guard: DeleteGuard {
                max_deletes: definition.max_deletes.unwrap_or(defaults.max_deletes),
                max_delete_percent: definition.max_delete_percent.unwrap_or(defaults.max_delete_percent),
                allow_deletes: choice.allow_deletes,
            },
            policy: self.policy(consumer, choice.force, choice.parked_too),
            waits: &WAITS,
        }
    }

    pub fn policy(&self, consumer: &ConsumerConfig, force: bool, parked_too: bool) -> ChangePolicy {
        ChangePolicy {
            non_retryable: consumer.non_retryable_status.clone(),
            force,
            parked_too,
            max_attempts: consumer.max_attempts,
            backoff: RunBackoff::DEFAULT,
        }
    }
}

/// Opened once for all feeds of a command.
pub struct Databases<'a> {
    pub source: &'a dyn Source,
    pub store: &'a dyn FeedStore,
}

/// Who watches a run, and who may stop it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
}

/// Prints how one feed's run ended. What failed before it could begin does not stop the other feeds.
pub fn report(ended: Result<Summary, Failure>, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    match ended {
        Ok(summary) => {
            terminal.print_summary(&summary)?;
            Ok(Exit::of_run(&summary, stop.signal()))
        }
        Err(failure) => {
            terminal.error(&failure);
            Ok(failure.exit())
        }
    }
}

fn key_words(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Int => "integers",
        KeyKind::Text | KeyKind::Any => "texts that are not empty",
        KeyKind::Uuid => "UUIDs",
    }
}

fn feed_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
