//! A dry run: builds and compares like any run, and has nothing that could send or write.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::builder::{Shared, Tally, build_all};
use super::claims::Moments;
use super::compare::Terms;
use super::gone::{GoneCount, GoneRows};
use super::seen::SeenRows;
use super::selection::{Batches, Selection};
use super::summary::{Ending, Summary};
use super::totals::Totals;
use super::work::StartCounts;
use super::{FeedRun, RunError};
use crate::consumer::Consumer;
use crate::consumer::delivery::{Delivered, Request};

/// Where a rehearsal's items would go. Nothing ever does.
pub struct NoConsumer;

impl Consumer for NoConsumer {
    fn deliver(&self, request: &Request) -> Delivered {
        Delivered::none_of(request)
    }
}

impl FeedRun<'_> {
    /// What [`execute`](Self::execute) would send now counts as pending. Takes no lock; the feed table may change under it.
    pub fn rehearse(&self, selection: Selection) -> Result<Summary, RunError> {
        let started = Instant::now();
        let _feed = tracing::info_span!("run", feed = self.definition.name).entered();
        let feed = &self.definition.name;
        let mut store = self.store.reader(feed)?;
        let state = store.state()?;
        self.check_consumer(state.consumer.as_ref(), &selection)?;
        self.source.keep_idle(self.builder_count());
        let selection = if selection == Selection::Resume { Selection::All { after: None } } else { selection };
        self.tell_rows_without_key(&selection)?;
        let counts = StartCounts::of(store.as_mut())?;
        let terms = Terms {
            policy: &self.settings.policy,
            persist_document: false,
            had_invalid: store.invalid_count()? > 0,
            relocation: None,
            is_edited: false,
        };
        let batches = Batches::new(&selection);
        let seen = SeenRows::new(state.next_ordinal, counts.standing);
        let (moments, tally, failed) = (Moments::default(), Mutex::<Tally>::default(), AtomicBool::new(false));
        let stopped = || self.stop.is_requested() || failed.load(Ordering::Relaxed);
        let shared = Shared {
            batches: &batches,
            terms: &terms,
            seen: &seen,
            moments: &moments,
            progress: self.progress,
            stopped: &stopped,
            tally: &tally,
        };
        let changed = AtomicU64::new(0);
        self.progress.begin(feed, self.expected_entities(store.as_mut(), &selection));
        let ended = build_all(self, &shared, &failed, &|batch| {
            changed.fetch_add(batch.changed.len() as u64, Ordering::Relaxed);
            moments.end(batch.number);
            Ok(())
        });
        let Tally { mut totals, examples, .. } = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        totals.pending += changed.into_inner();
        if self.definition.entities_removable && ended.is_ok() && !self.stop.is_requested() {
            let gone = GoneRows { selection: &selection, seen: &seen, policy: &self.settings.policy };
            self.count_gone(gone.count(store.as_mut())?, counts, &mut totals);
        }
        self.progress.end();
        self.tell_keyless_rows(batches.keyless_rows());
        let Ending { outcome, reason, database_lost } = Ending::of(ended, self.stop.signal(), None);
        Ok(Summary {
            outcome,
            reason,
            totals,
            duration_ms: started.elapsed().as_millis() as u64,
            database_lost,
            invalid_examples: examples,
            ..Summary::empty(feed, self.settings.command, selection.word(), outcome)
        })
    }

    fn count_gone(&self, gone: GoneCount, counts: StartCounts, totals: &mut Totals) {
        let withheld = if self.settings.guard.withholds(gone.new, counts.living) { gone.new } else { 0 };
        totals.items += gone.new + gone.tried + gone.left;
        totals.withheld += withheld;
        totals.unchanged += gone.left;
        totals.pending += gone.new - withheld + gone.tried;
    }
}
