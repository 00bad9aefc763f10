//! One run: select, build, compare, export, record.
//!
//! [`FeedRun::execute`] is the whole of it. Builders work on their own threads ([`builder`]), senders on theirs
//! ([`exporter`]), and one recorder writes the feed store ([`recorder`]). Only this module joins the stages.

pub mod buffers;
pub mod builder;
pub mod changed;
mod claims;
mod commit_pace;
pub mod compare;
mod exporter;
mod gone;
pub mod hold;
mod ledger;
#[cfg(test)]
mod lost_source;
mod outcome_tally;
mod parcel;
mod parts;
pub mod patience;
mod payload;
pub mod progress;
pub mod recorder;
pub mod rehearsal;
mod relocation;
mod seen;
pub mod selection;
pub mod stop;
mod stored_rows;
pub mod summary;
pub mod totals;
mod under_way;
mod work;

use std::time::{Duration, Instant, SystemTime};

pub use self::gone::DeleteGuard;
use self::hold::HeldFeed;
use self::patience::Patience;
use self::progress::Progress;
use self::selection::Selection;
use self::stop::Stop;
use self::summary::{Outcome, Summary};
use self::totals::Totals;
use self::work::{StartCounts, Work};
use crate::consumer::circuit::Circuit;
use crate::consumer::{Consumer, Places};
use crate::definition::feed::FeedDefinition;
use crate::feed::change::ChangePolicy;
use crate::feed::store::{FeedReader, FeedStore, Resume, RunEnd, RunStart, StoreError};
use crate::plan::Plan;
use crate::source::{Source, SourceError};

/// Everything one run of one feed works with.
pub struct FeedRun<'a> {
    pub definition: &'a FeedDefinition,
    pub plan: &'a Plan,
    pub source: &'a dyn Source,
    pub store: &'a dyn FeedStore,
    pub target: Target<'a>,
    pub settings: Settings,
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
}

/// Where the items go.
pub struct Target<'a> {
    pub consumer: &'a dyn Consumer,
    pub circuit: &'a Circuit,
    /// Name of the consumer and its printable location: what the feed store remembers.
    pub name: &'a str,
    pub location: &'a str,
    /// Where its items can change their place there.
    pub places: Option<&'a Places>,
    pub max_request_bytes: usize,
}

#[derive(Debug, Clone)]
pub struct Settings {
    /// The command, for the run history: reindex, retry.
    pub command: &'static str,
    pub thread_count: usize,
    pub batch_size: usize,
    pub guard: DeleteGuard,
    pub policy: ChangePolicy,
    /// Before each further try when the source is lost.
    pub waits: &'static [Duration],
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "feed {feed} was sent to the consumer {was} until now, and goes to {is} by its definition: that one has nothing of \
         it.\nTo send everything there: feedmill reindex {feed} --force"
    )]
    OtherConsumer { feed: String, was: String, is: String },
}

impl RunError {
    /// The source was lost, and a wish to stop may have ended the wait for it.
    fn is_lost(&self) -> bool {
        matches!(self, RunError::Source(SourceError::Lost { .. }))
    }
}

impl FeedRun<'_> {
    /// Runs the selection. Errors before the run has begun are returned; what goes wrong later ends in the summary.
    pub fn execute(&self, held: &mut HeldFeed, mut selection: Selection) -> Result<Summary, RunError> {
        let started = Instant::now();
        let _feed = tracing::info_span!("run", feed = self.definition.name).entered();
        let mut reader = self.store.reader(&self.definition.name)?;
        self.settle_consumer(held, reader.as_mut(), &selection)?;
        // What an earlier feed of the command used may be more than this one may have.
        self.source.keep_idle(self.builder_count());
        let policy = &self.settings.policy;
        held.writer.apply_policy(&policy.non_retryable, policy.max_attempts, SystemTime::now())?;
        self.tell_rows_without_key(&selection)?;
        let resume = self.resume(held, &mut selection)?;
        let state = reader.state()?;
        let counts = StartCounts::of(reader.as_mut())?;
        let run_id = held.writer.begin_run(&RunStart {
            command: self.settings.command.to_owned(),
            selection: selection.word().to_owned(),
            definition: self.definition.fingerprint.clone(),
            started_at: SystemTime::now(),
            resumes: resume.as_ref().map(|resume| resume.run_id),
        })?;
        tracing::info!(
            run_id,
            command = self.settings.command,
            selection = selection.word(),
            resumes = resume.as_ref().map(|resume| resume.run_id),
            rows = counts.standing,
            "begins"
        );
        self.progress.begin(&self.definition.name, self.expected_entities(reader.as_mut(), &selection));
        let mut work = Work::new(self, &selection, run_id, &state, counts, resume);
        let ended = work.run(held.writer.as_mut(), reader.as_mut(), &state);
        self.progress.end();
        let looked_for_gone = work.looked_for_gone();
        let summary = work.summary(ended, started);
        let end = RunEnd {
            ended_at: SystemTime::now(),
            outcome: summary.outcome.word().to_owned(),
            reason: summary.reason.clone(),
            summary: serde_json::to_value(&summary).unwrap_or_default(),
            completed_definition: (selection.is_full() && summary.outcome == Outcome::Complete)
                .then(|| self.definition.fingerprint.clone()),
            withheld: looked_for_gone.then(|| withheld_after(&selection, state.withheld, &summary.totals)),
        };
        tracing::info!(run_id, outcome = end.outcome, reason = end.reason, "ends");
        match held.writer.finish_run(run_id, &end) {
            Ok(()) => Ok(summary),
            Err(error) => Ok(summary.lost(&error)),
        }
    }

    /// A feed goes to the consumer it went to, or says so.
    fn settle_consumer(
        &self,
        held: &mut HeldFeed,
        reader: &mut dyn FeedReader,
        selection: &Selection,
    ) -> Result<(), RunError> {
        let Target { name, location, .. } = self.target;
        let known = reader.state()?.consumer;
        match self.check_consumer(known.as_ref(), selection)? {
            SameConsumer::Yes => {}
            SameConsumer::First => held.writer.set_consumer(name, location, false)?,
            SameConsumer::Forced => held.writer.set_consumer(name, location, true)?,
        }
        Ok(())
    }

    fn check_consumer(
        &self,
        known: Option<&(String, String)>,
        selection: &Selection,
    ) -> Result<SameConsumer, RunError> {
        let Target { name, location, .. } = self.target;
        let forced = self.settings.policy.force && selection.is_full();
        match same_consumer(&self.definition.name, known, name, location) {
            Err(RunError::OtherConsumer { .. }) if forced => Ok(SameConsumer::Forced),
            other => other,
        }
    }

    /// `Selection::Resume` becomes the rest of the run it resumes, or a whole one.
    fn resume(&self, held: &mut HeldFeed, selection: &mut Selection) -> Result<Option<Resume>, StoreError> {
        if *selection != Selection::Resume {
            return Ok(None);
        }
        let resume = held.writer.resumable_run(&self.definition.fingerprint)?;
        let after = resume.as_ref().map(|resume| resume.checkpoint.through.clone());
        *selection = Selection::All { after };
        Ok(resume)
    }
}

/// What `status` shows as withheld after a run that looked for gone rows. A partial run knows of its own alone: that it
/// has found few must not hide what a full run has withheld, but what it deletes is withheld no longer.
fn withheld_after(selection: &Selection, before: u64, totals: &Totals) -> u64 {
    if selection.is_full() { totals.withheld } else { before.saturating_sub(totals.deleted).max(totals.withheld) }
}

/// Whether a feed goes where it went before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameConsumer {
    Yes,
    /// It has not been sent anywhere yet.
    First,
    /// It goes elsewhere now, all of it.
    Forced,
}

/// Another consumer than the `known` one would look complete and stay empty.
pub fn same_consumer(
    feed: &str,
    known: Option<&(String, String)>,
    name: &str,
    location: &str,
) -> Result<SameConsumer, RunError> {
    match known {
        None => Ok(SameConsumer::First),
        Some((known_name, known_location)) if known_name == name && known_location == location => Ok(SameConsumer::Yes),
        Some((known_name, known_location)) => Err(RunError::OtherConsumer {
            feed: feed.to_owned(),
            was: format!("{known_name} ({known_location})"),
            is: format!("{name} ({location})"),
        }),
    }
}

impl FeedRun<'_> {
    /// Threads that build, each with a connection of its own: the run has no others.
    fn builder_count(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.settings.thread_count.min(cores)
    }

    fn patience(&self) -> Patience<'_> {
        Patience { waits: self.settings.waits, stop: self.stop }
    }

    /// Rows that a full run passes over are not passed over in silence.
    fn tell_rows_without_key(&self, selection: &Selection) -> Result<(), SourceError> {
        if !selection.is_full() {
            return Ok(());
        }
        let mut source = self.source.connect()?;
        let note = self.patience().ask(source.as_mut(), |source| self.plan.rows_without_key(source))?;
        if let Some(note) = note {
            self.progress.note(&format!("{}: {note}", self.definition.name));
        }
        Ok(())
    }

    /// The same of rows whose key is there and cannot be read, which only shows when they are.
    fn tell_keyless_rows(&self, count: u64) {
        if count > 0 {
            self.progress.note(&format!("{}: {}", self.definition.name, self.plan.rows_with_unreadable_key(count)));
        }
    }

    /// Entities that a run will probably build: of a full one as many as the last complete one, and before there is one,
    /// as many as the root table has rows. Only for the eyes of who watches.
    fn expected_entities(&self, store: &mut dyn FeedReader, selection: &Selection) -> Option<u64> {
        if !selection.is_full() {
            return Some(selection.keys().len() as u64);
        }
        let runs = store.runs(10).ok()?;
        let last = runs.iter().find(|run| run.selection == "all" && run.outcome.as_deref() == Some("complete"));
        match last {
            Some(run) => run.summary.as_ref()?.get("entities")?.as_u64(),
            None => {
                let mut source = self.source.connect().ok()?;
                self.plan.root_rows(source.as_mut()).ok()
            }
        }
    }
}
