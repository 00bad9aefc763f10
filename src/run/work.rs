//! The phases of a run: upserts, items compared again, deletes. Each waits for the outcomes of the one before.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::builder::{Builder, Shared, Tally, build_all};
use super::claims::Moments;
use super::compare::Terms;
use super::exporter::export;
use super::gone::{Deletes, GoneRows, MovedItem};
use super::parts::Part;
use super::recorder::{Recorder, RecorderTerms};
use super::relocation::Relocation;
use super::seen::SeenRows;
use super::selection::{Batches, Selection};
use super::summary::{Ending, Summary};
use super::totals::Totals;
use super::{FeedRun, RunError};
use crate::consumer::ItemKind;
use crate::definition::feed::DocumentPath;
use crate::digest::FeedId;
use crate::entity::EntityKey;
use crate::feed::store::{FeedReader, FeedState, FeedWriter, Resume, StoreError};

/// Rounds in which items of entities that yielded one identity at the same moment are compared again. Each round settles
/// one of two; what is left after so many waits for the next run.
const REPEATS: usize = 20;

/// Batch numbers of items that are compared again, and of deletes: beyond those of any selection.
const LATE_BATCHES: u64 = 1 << 60;

/// The feed table's rows as a run begins.
#[derive(Debug, Clone, Copy)]
pub struct StartCounts {
    /// What the consumer has or should have: the mass-delete guard's hundred per cent.
    pub living: u64,
    /// All but delivered deletes.
    pub standing: u64,
}

impl StartCounts {
    pub fn of(store: &mut dyn FeedReader) -> Result<Self, StoreError> {
        let counts = store.counts()?;
        let living = counts.iter().filter(|count| !count.is_deleted).map(|count| count.rows).sum();
        let standing = counts.iter().filter(|count| !count.is_delivered_deletes()).map(|count| count.rows).sum();
        Ok(StartCounts { living, standing })
    }
}

/// One run on its way.
pub struct Work<'a> {
    run: &'a FeedRun<'a>,
    selection: &'a Selection,
    run_id: i64,
    batches: Batches,
    counts: StartCounts,
    seen: SeenRows,
    moments: Moments,
    tally: Mutex<Tally>,
    recorded: Totals,
    /// A builder failed: the others stop too.
    failed: AtomicBool,
    looked_for_gone: bool,
    resumed: bool,
}

impl<'a> Work<'a> {
    pub fn new(
        run: &'a FeedRun<'a>,
        selection: &'a Selection,
        run_id: i64,
        state: &FeedState,
        counts: StartCounts,
        resume: Option<Resume>,
    ) -> Self {
        let resumed = resume.is_some();
        let seen = match resume {
            Some(resume) => SeenRows::resumed(resume.checkpoint.first_new_ordinal, resume.checkpoint.seen),
            None => SeenRows::new(state.next_ordinal, counts.standing),
        };
        Work {
            run,
            selection,
            run_id,
            batches: Batches::new(selection),
            counts,
            seen,
            moments: Moments::default(),
            tally: Mutex::default(),
            recorded: Totals::default(),
            failed: AtomicBool::new(false),
            looked_for_gone: false,
            resumed,
        }
    }

    /// True when the run came as far as looking for gone rows.
    pub fn looked_for_gone(&self) -> bool {
        self.looked_for_gone
    }

    pub fn run(
        &mut self,
        writer: &mut dyn FeedWriter,
        store: &mut dyn FeedReader,
        state: &FeedState,
    ) -> Result<(), RunError> {
        let run = self.run;
        let terms = Terms {
            policy: &run.settings.policy,
            persist_document: run.definition.persist_exported_feed,
            had_invalid: store.invalid_count()? > 0,
            relocation: Relocation::of(run),
            is_edited: state.definition.as_ref() != Some(&run.definition.fingerprint),
        };
        let mut recorder = Recorder::new(self.recorder_terms(), writer, first_sequence(state.next_sequence));
        let mut looked_for_gone = false;
        let phases = self
            .upserts(&mut recorder, &terms)
            .and_then(|()| self.repeats(&mut recorder, &terms))
            .and_then(|()| self.deletes(&mut recorder, store, &mut looked_for_gone))
            .and_then(|moved| self.follow(&mut recorder, &terms, moved))
            .and_then(|()| self.forget_invalid(&mut recorder, store));
        recorder.finish();
        let recorded = recorder.totals().clone();
        let failure = recorder.failure();
        self.recorded = recorded;
        self.looked_for_gone = looked_for_gone;
        match failure {
            Some(error) => Err(error.into()),
            None => phases,
        }
    }

    fn recorder_terms(&self) -> RecorderTerms<'_> {
        let run = self.run;
        RecorderTerms {
            feed: &run.definition.name,
            policy: &run.settings.policy,
            consumer: run.target.consumer,
            circuit: run.target.circuit,
            stop: run.stop,
            moments: &self.moments,
            seen: &self.seen,
            progress: run.progress,
            run_id: self.run_id,
            is_full: self.selection.is_full(),
            failed: &self.failed,
            thread_count: run.settings.thread_count,
            batch_size: run.settings.batch_size,
            max_request_bytes: run.target.max_request_bytes,
            jitter: &random_fraction,
        }
    }

    /// True when nothing more shall be built. A partial run builds on when its consumer cannot be reached: what has
    /// changed must not be forgotten.
    fn is_stopped(&self) -> bool {
        let unreachable = self.selection.is_full() && self.run.target.circuit.is_open();
        unreachable || self.run.stop.is_requested() || self.failed.load(Ordering::Relaxed)
    }

    fn upserts(&self, recorder: &mut Recorder<'_>, terms: &Terms<'_>) -> Result<(), RunError> {
        let stopped = || self.is_stopped();
        let shared = self.shared(terms, &stopped);
        let run = self.run;
        export(recorder, run.target.consumer, ItemKind::Upsert, run.settings.thread_count, |hand_on| {
            build_all(run, &shared, &self.failed, hand_on)
        })
    }

    fn shared<'s>(&'s self, terms: &'s Terms<'s>, stopped: &'s (dyn Fn() -> bool + Sync)) -> Shared<'s> {
        Shared {
            batches: &self.batches,
            terms,
            seen: &self.seen,
            moments: &self.moments,
            progress: self.run.progress,
            stopped,
            tally: &self.tally,
        }
    }

    /// Items whose identity another entity was busy with, or that have left their old place at the consumer: compared
    /// again, now that the outcome is recorded.
    fn repeats(&self, recorder: &mut Recorder<'_>, terms: &Terms<'_>) -> Result<(), RunError> {
        let stopped = || self.is_stopped();
        let shared = self.shared(terms, &stopped);
        for round in 0..REPEATS as u64 {
            let deferred = recorder.take_deferred();
            if deferred.is_empty() {
                return Ok(());
            }
            self.count_again(deferred.len());
            if self.is_stopped() {
                self.count_pending(deferred.len());
                return Ok(());
            }
            self.compare_items(recorder, &shared, LATE_BATCHES + (round << 40), deferred)?;
        }
        let left = recorder.take_deferred();
        self.count_again(left.len());
        self.count_pending(left.len());
        Ok(())
    }

    /// What an entity of the selection has lost to another one is that one's to send: left alone, a failed item that moved
    /// would never be retried.
    fn follow(&self, recorder: &mut Recorder<'_>, terms: &Terms<'_>, moved: Vec<MovedItem>) -> Result<(), RunError> {
        if moved.is_empty() || self.is_stopped() || recorder.has_failed() {
            return Ok(());
        }
        let stopped = || self.is_stopped();
        let items = moved.into_iter().map(|item| (item.owner, item.feed_id)).collect();
        self.compare_items(recorder, &self.shared(terms, &stopped), LATE_BATCHES * 3, items)?;
        self.repeats(recorder, terms)
    }

    /// Compares single items of some entities, and exports what has changed.
    fn compare_items(
        &self,
        recorder: &mut Recorder<'_>,
        shared: &Shared<'_>,
        first_number: u64,
        items: Vec<(EntityKey, FeedId)>,
    ) -> Result<(), RunError> {
        let run = self.run;
        let mut by_owner: HashMap<EntityKey, HashSet<FeedId>> = HashMap::new();
        for (owner, id) in items {
            by_owner.entry(owner).or_default().insert(id);
        }
        export(recorder, run.target.consumer, ItemKind::Upsert, run.settings.thread_count, |hand_on| {
            let mut builder = Builder::new(run)?;
            for (number, (owner, only)) in (first_number..).zip(by_owner) {
                let batch = builder.compare(shared, &Part::of_one(number, owner), Some(&only))?;
                if hand_on(batch).is_err() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn count_again(&self, items: usize) {
        self.tally().totals.items -= items as u64;
    }

    fn count_pending(&self, items: usize) {
        let mut tally = self.tally();
        tally.totals.items += items as u64;
        tally.totals.pending += items as u64;
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Gone rows leave last, once it is certain which they are. Gives those that turned out to be another entity's.
    fn deletes(
        &self,
        recorder: &mut Recorder<'_>,
        store: &mut dyn FeedReader,
        looked_for_gone: &mut bool,
    ) -> Result<Vec<MovedItem>, RunError> {
        let run = self.run;
        if !run.definition.entities_removable || self.is_stopped() || recorder.has_failed() {
            return Ok(Vec::new());
        }
        let gone = GoneRows { selection: self.selection, seen: &self.seen, policy: &run.settings.policy };
        let count = gone.count(store)?;
        let identity: Vec<DocumentPath> = run.definition.identity.iter().map(|path| path.value.clone()).collect();
        let minimal_payload = run.definition.minimal_payload_paths();
        let stopped = || self.is_stopped();
        let deletes =
            Deletes { plan: run.plan, gone, identity: &identity, minimal_payload: &minimal_payload, stopped: &stopped };
        let guard = &run.settings.guard;
        let (mut new, mut moved) = (count.new, Vec::new());
        if guard.withholds(new, self.counts.living) && !self.selection.is_full() {
            // Products that were created again under other keys are no deletes: looked up only where it matters.
            let mut builder = Builder::new(run)?;
            (new, moved) = deletes.count_new(&mut builder, store)?;
            if self.is_stopped() {
                return Ok(Vec::new());
            }
        }
        *looked_for_gone = true;
        let withhold_new = guard.withholds(new, self.counts.living);
        let withheld = if withhold_new { new } else { 0 };
        recorder.count_gone(withheld, count.left);
        tracing::info!(new, tried_before = count.tried, withheld, "gone from the source");
        let sending = new - withheld + count.tried;
        if sending == 0 {
            return Ok(moved);
        }
        run.progress.deleting(sending);
        let found = export(recorder, run.target.consumer, ItemKind::Delete, run.settings.thread_count, |hand_on| {
            let mut builder = Builder::new(run)?;
            let mut counted = 0;
            let produced = deletes.produce(
                &mut builder,
                store,
                withhold_new,
                LATE_BATCHES * 2,
                &|batch| hand_on(batch),
                &mut counted,
            );
            self.tally().totals.items += counted;
            produced
        })?;
        moved.extend(found);
        Ok(moved)
    }

    /// What is no longer in the source is not invalid either.
    fn forget_invalid(&self, recorder: &mut Recorder<'_>, store: &mut dyn FeedReader) -> Result<(), RunError> {
        // A resumed run has not built the entities before its start.
        if self.is_stopped() || self.resumed || self.run.target.circuit.is_open() {
            return Ok(());
        }
        let written: Vec<EntityKey> = if self.selection.is_full() {
            store.invalid_owners()?
        } else {
            let keys = self.selection.keys();
            let mut written = Vec::new();
            for chunk in keys.chunks(1_000) {
                written.extend(store.invalid_of(chunk)?.into_iter().map(|entity| entity.owner));
            }
            written
        };
        let tally = self.tally();
        recorder.forget_invalid(written.into_iter().filter(|owner| !tally.invalid_owners.contains(owner)));
        Ok(())
    }

    /// The run's end, closed accounts included.
    pub fn summary(self, ended: Result<(), RunError>, started: Instant) -> Summary {
        let run = self.run;
        let tally = self.tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        run.tell_keyless_rows(self.batches.keyless_rows());
        let mut totals = tally.totals;
        totals.add(&self.recorded);
        if ended.is_err() {
            // What a failing builder had compared and not handed on did not leave.
            totals.pending += totals.items.saturating_sub(totals.accounted());
        }
        debug_assert_eq!(totals.items, totals.accounted());
        if totals.items != totals.accounted() {
            tracing::error!(feed = run.definition.name, ?totals, "the counters do not add up: please report this");
        }
        let circuit = run.target.circuit.reason().filter(|_| run.target.circuit.is_open());
        let Ending { outcome, reason, database_lost } = Ending::of(ended, run.stop.signal(), circuit);
        Summary {
            feed: run.definition.name.clone(),
            command: run.settings.command.to_owned(),
            selection: self.selection.word().to_owned(),
            outcome,
            reason,
            totals,
            duration_ms: started.elapsed().as_millis() as u64,
            run_id: Some(self.run_id),
            database_lost,
            invalid_examples: tally.examples,
        }
    }
}

/// Where a run's sequence numbers begin: never below the clock in microseconds, so that they grow even when the store was
/// lost or put back from a backup. No feed sends a million requests a second.
fn first_sequence(stored: u64) -> u64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    stored.max(u64::try_from(since_epoch.as_micros()).unwrap_or(0))
}

/// From 0 to 1. Where the system has no randomness, back-off is merely less spread.
fn random_fraction() -> f64 {
    let number = getrandom::u64().unwrap_or(u64::MAX / 2);
    number as f64 / u64::MAX as f64
}
