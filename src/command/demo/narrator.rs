//! Who tells the story: runs what the commands run, tells it, and holds numbers against what they should be.

use std::collections::BTreeMap;

use serde_json::Value;

use super::consumer::{self, Identity};
use crate::cli::{Global, Output, Retry, RunFlags};
use crate::command::exit::Failure;
use crate::command::session::{Databases, RunChoice, Session, Watch};
use crate::command::{reindex, retry};
use crate::definition::feed::FeedDefinition;
use crate::document::{Assembler, Built};
use crate::entity::EntityKey;
use crate::feed::store::FeedStore;
use crate::plan::Extent;
use crate::run::progress::Progress;
use crate::run::selection::{Batches, Selection};
use crate::run::stop::Stop;
use crate::run::summary::{Outcome, Summary};
use crate::source::Source;
use crate::terminal::Terminal;

const FEED: &str = "products";

pub struct Narrator<'a> {
    terminal: &'a Terminal,
    stop: &'a Stop,
    progress: Box<dyn Progress>,
    /// Of every command that is run: each has a session of its own, as it would have in a shell.
    global: Global,
    source: Box<dyn Source>,
    store: Box<dyn FeedStore>,
    definition: FeedDefinition,
}

impl<'a> Narrator<'a> {
    pub fn open(global: &Global, terminal: &'a Terminal, stop: &'a Stop) -> Result<Self, Failure> {
        let session = Session::open(global)?;
        let source = session.source()?;
        let store = session.store()?;
        let definitions = session.definitions(&[FEED.to_owned()])?;
        let definition = definitions.into_iter().next().ok_or_else(no_feed)?;
        let global = global.clone();
        Ok(Narrator { terminal, stop, progress: terminal.progress(), global, source, store, definition })
    }

    /// A part of the story; with JSON output, only results are for stdout.
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        match self.terminal.output {
            Output::Text => self.terminal.print(&format!("{text}\n"))?,
            Output::Json => self.terminal.say(text),
        }
        Ok(())
    }

    /// What came of a command.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        self.say(&format!("     {text}"))
    }

    /// A full run.
    pub fn reindex(&self) -> Result<Summary, Failure> {
        self.say("   $ feedmill reindex products")?;
        self.run(Selection::All { after: None }, Extent::Whole)
    }

    pub fn reindex_ids(&self, ids: &[i64]) -> Result<Summary, Failure> {
        let listed: Vec<String> = ids.iter().map(i64::to_string).collect();
        self.say(&format!("   $ feedmill reindex products --ids {}", listed.join(",")))?;
        self.run(Selection::Ids(ids.iter().copied().map(EntityKey::Int).collect()), Extent::Part)
    }

    fn run(&self, selection: Selection, extent: Extent) -> Result<Summary, Failure> {
        let choice = RunChoice {
            command: "reindex",
            flags: RunFlags::default(),
            force: false,
            parked_too: false,
            allow_deletes: None,
        };
        let databases = Databases { source: self.source.as_ref(), store: self.store.as_ref() };
        let session = Session::open(&self.global)?;
        let ended =
            reindex::run_held(&session, &self.definition, extent, &databases, &choice, selection, self.watch())?;
        self.ended(ended)
    }

    /// With `now`, items need not be due.
    pub fn retry(&self, now: bool) -> Result<Summary, Failure> {
        self.say(if now { "   $ feedmill retry products --now" } else { "   $ feedmill retry products" })?;
        let args = Retry { feeds: vec![FEED.to_owned()], now, parked: false, run: RunFlags::default() };
        let session = Session::open(&self.global)?;
        self.ended(retry::retry(&session, self.definition.clone(), &args, self.store.as_ref(), self.watch())?)
    }

    fn watch(&self) -> Watch<'_> {
        Watch { progress: self.progress.as_ref(), stop: self.stop }
    }

    fn ended(&self, summary: Summary) -> Result<Summary, Failure> {
        if self.terminal.output == Output::Json {
            self.terminal.print_json(&summary)?;
        }
        match (summary.outcome, self.stop.signal()) {
            (Outcome::Interrupted, Some(signal)) => Err(Failure::Stopped(signal)),
            _ => Ok(summary),
        }
    }

    /// Says which numbers are not as they should be. True when all are.
    pub fn check(&self, numbers: &[(&str, u64, u64)]) -> Result<bool, Failure> {
        let mut right = true;
        for (what, is, should_be) in numbers {
            if is != should_be {
                right = false;
                self.say(&format!("   NOT AS IT SHOULD BE: {is} {what}, not {should_be}"))?;
            }
        }
        Ok(right)
    }

    /// Every document of the feed, built from the shop as it is now.
    pub fn documents(&self) -> Result<BTreeMap<Identity, Value>, Failure> {
        let session = Session::open(&self.global)?;
        let feed = session.plan_one(&self.definition, self.source.as_ref(), &RunFlags::default(), Extent::Whole)?;
        let mut reader = self.source.connect()?;
        let plan = &feed.plan;
        let mut assembler = Assembler::new(plan);
        let mut built = Built::default();
        let batches = Batches::new(&Selection::All { after: None });
        let mut documents = BTreeMap::new();
        while let Some(batch) = batches.next(plan, reader.as_mut())? {
            assembler.build(reader.as_mut(), &batch.entities, &mut built)?;
            for item in &built.items {
                let document: Value = serde_json::from_slice(built.bytes(&item.document)).unwrap_or_default();
                let identity = document.as_object().and_then(consumer::identity);
                documents.extend(identity.map(|identity| (identity, document)));
            }
        }
        Ok(documents)
    }
}

fn no_feed() -> Failure {
    Failure::usage("the demo has no feed")
}
