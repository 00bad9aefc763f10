//! The one thread that writes the feed store, and decides what leaves.
//!
//! Invariant: an item leaves only after its intent is committed, and its intent goes with the commit of its outcome.
//! Outcomes and the next intents are committed together; the recorder never waits for a sender.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::Receiver;

use super::changed::ComparedBatch;
use super::claims::{Claims, Moments};
use super::commit_pace::{CommitPace, Situation};
use super::ledger::{Ledger, Reached};
use super::outcome_tally::OutcomeTally;
use super::parcel::Parcel;
use super::progress::Progress;
use super::seen::SeenRows;
use super::stop::Stop;
use super::totals::Totals;
use super::under_way::{Outgoing, UnderWay};
use crate::consumer::batch::Batcher;
use crate::consumer::circuit::Circuit;
use crate::consumer::delivery::{Delivered, ItemOutcome};
use crate::consumer::{Consumer, Framing, Item, ItemKind};
use crate::digest::FeedId;
use crate::entity::EntityKey;
use crate::feed::change::ChangePolicy;
use crate::feed::intent_group::IntentGroup;
use crate::feed::status::Status;
use crate::feed::store::{Checkpoint, Commit, FeedWriter, InvalidEntity, StoreError};

/// How often a full run writes down how far it has come.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(5);

/// What a run's recorder goes by.
pub struct RecorderTerms<'a> {
    pub feed: &'a str,
    pub policy: &'a ChangePolicy,
    pub consumer: &'a dyn Consumer,
    pub circuit: &'a Circuit,
    pub stop: &'a Stop,
    pub moments: &'a Moments,
    pub seen: &'a SeenRows,
    pub progress: &'a dyn Progress,
    pub run_id: i64,
    pub is_full: bool,
    /// Set when the feed store fails: the builders stop.
    pub failed: &'a AtomicBool,
    pub thread_count: usize,
    /// Items a request.
    pub batch_size: usize,
    pub max_request_bytes: usize,
    /// Random numbers from 0 to 1, for the back-off between runs.
    pub jitter: &'a (dyn Fn() -> f64 + Sync),
}

pub struct Recorder<'a> {
    terms: RecorderTerms<'a>,
    writer: &'a mut dyn FeedWriter,
    batcher: Batcher<(Parcel, Item)>,
    /// Deletes that make room for upserts elsewhere.
    departures: Batcher<(Parcel, Item)>,
    claims: Claims,
    ledger: Ledger,
    under_way: UnderWay,
    /// More batches may come.
    intake_is_open: bool,
    commit: Commit,
    pace: CommitPace,
    /// Of the outcomes in `commit`.
    tally: OutcomeTally,
    checkpoint_at: Instant,
    totals: Totals,
    deferred: Vec<(EntityKey, FeedId)>,
    failure: Option<StoreError>,
}

impl<'a> Recorder<'a> {
    pub fn new(terms: RecorderTerms<'a>, writer: &'a mut dyn FeedWriter, next_sequence: u64) -> Self {
        let batcher = || Batcher::new(terms.batch_size, terms.max_request_bytes, Framing::default());
        Recorder {
            batcher: batcher(),
            departures: batcher(),
            terms,
            writer,
            claims: Claims::default(),
            ledger: Ledger::default(),
            under_way: UnderWay::new(next_sequence),
            intake_is_open: false,
            commit: Commit::default(),
            pace: CommitPace::default(),
            tally: OutcomeTally::default(),
            checkpoint_at: Instant::now() + CHECKPOINT_INTERVAL,
            totals: Totals::default(),
            deferred: Vec::new(),
            failure: None,
        }
    }

    /// A session begins, of requests of this kind.
    pub fn open_intake(&mut self, kind: ItemKind) {
        let batcher = |kind| {
            let framing = self.terms.consumer.framing(kind);
            Batcher::new(self.terms.batch_size, self.terms.max_request_bytes, framing)
        };
        self.batcher = batcher(kind);
        self.departures = batcher(ItemKind::Delete);
        self.intake_is_open = true;
    }

    /// Room for another batch of changed items.
    pub fn wants_batches(&self) -> bool {
        self.under_way.has_room(self.terms.thread_count) || self.pace.shares(self.may_share_commit())
    }

    /// Requests of another batch may be committed with those that are staged.
    fn may_share_commit(&self) -> bool {
        self.intake_is_open && self.totals.requests > 0
    }

    /// What may leave, for the senders to take one by one.
    pub fn take_ready(&mut self) -> Vec<Outgoing> {
        self.under_way.hand_out()
    }

    /// Requests that are with the senders, or wait for one.
    pub fn with_senders(&self) -> usize {
        self.under_way.with_senders()
    }

    /// Nothing more leaves in this run.
    pub fn is_halted(&self) -> bool {
        self.failure.is_some() || self.terms.stop.is_requested() || self.terms.circuit.is_open()
    }

    /// Become ready when the run comes to a halt by a signal, and by the circuit.
    pub fn halts(&self) -> [&'a Receiver<()>; 2] {
        [self.terms.stop.channel(), self.terms.circuit.channel()]
    }

    /// Takes a compared batch in.
    pub fn take_in(&mut self, batch: ComparedBatch) {
        let ComparedBatch { number, through, changed, adoptions, refreshed, invalid } = batch;
        self.terms.moments.end(number);
        self.ledger.open(number, through, changed.len());
        self.commit.adoptions.extend(adoptions);
        self.commit.refreshed.extend(refreshed);
        self.commit.invalid.extend(invalid);
        if !self.commit.is_empty() {
            self.pace.waits(Instant::now);
        }
        for item in changed {
            if !self.claims.claim(&item.feed_id) {
                self.deferred.push((item.owner, item.feed_id));
                continue;
            }
            let (parcel, item) = Parcel::of(number, item);
            if self.is_halted() {
                self.leave(parcel);
            } else {
                let bytes = self.terms.consumer.item_bytes(&item);
                let batcher = if parcel.is_departure() { &mut self.departures } else { &mut self.batcher };
                if let Some(cut) = batcher.push((parcel, item), bytes) {
                    self.stage(cut);
                }
            }
        }
        if self.under_way.has_staged() {
            self.pace.batch_staged();
        }
    }

    fn stage(&mut self, cut: Vec<(Parcel, Item)>) {
        let (parcels, items): (Vec<Parcel>, Vec<Item>) = cut.into_iter().unzip();
        let Some(kind) = items.first().map(|item| item.kind) else { return };
        let intents = parcels.iter().zip(&items).map(|(parcel, item)| parcel.intent_of(item));
        self.commit.intents.push(IntentGroup::new(self.under_way.next_number(), kind == ItemKind::Delete, intents));
        self.under_way.stage(self.terms.feed, kind, items, parcels);
        self.commit.next_sequence = Some(self.under_way.next_sequence());
        self.pace.waits(Instant::now);
    }

    /// The last batch is in: what is left over makes the last request.
    pub fn close_intake(&mut self) {
        self.intake_is_open = false;
        for cut in [self.departures.finish(), self.batcher.finish()].into_iter().flatten() {
            self.stage(cut);
        }
    }

    /// A sender is done with a request.
    pub fn take_outcomes(&mut self, number: u64, delivered: Delivered) {
        self.totals.requests += delivered.requests;
        self.totals.request_retries += delivered.retries;
        self.totals.bytes_sent += delivered.bytes_sent;
        let parcels = self.under_way.arrived(number);
        self.commit.settled.push(number);
        let now = SystemTime::now();
        let (delivered_before, failed_before) = (self.tally.delivered(), self.tally.failed());
        for (parcel, outcome) in parcels.into_iter().zip(delivered.outcomes) {
            match outcome {
                Some(outcome) => self.record(parcel, outcome, now),
                None => self.leave(parcel),
            }
        }
        self.terms.progress.sent(self.tally.delivered() - delivered_before, self.tally.failed() - failed_before);
    }

    fn record(&mut self, parcel: Parcel, outcome: ItemOutcome, now: SystemTime) {
        let status = Status(outcome.status);
        self.tally.add(&parcel, status, &self.terms.policy.non_retryable);
        // What succeeded waits for nothing; and there may be millions.
        let jitter = if status.is_success() { 0.0 } else { (self.terms.jitter)() };
        self.commit.outcomes.push(parcel.settled(outcome, self.terms.policy, now, jitter));
        self.pace.waits(Instant::now);
    }

    /// An item that does not leave because the run is halted. A full run leaves its row untouched. A partial run whose
    /// consumer cannot be reached records it as not submitted, or nothing would ever send it.
    fn leave(&mut self, parcel: Parcel) {
        let unreachable = self.terms.circuit.is_open() && self.failure.is_none() && !self.terms.stop.is_requested();
        if unreachable && !self.terms.is_full {
            let outcome = ItemOutcome {
                status: Status::NOT_SUBMITTED.0,
                message: self.terms.circuit.reason(),
                retry_after: None,
            };
            self.record(parcel, outcome, SystemTime::now());
        } else {
            self.claims.release(&parcel.feed_id);
            self.totals.pending += 1;
        }
    }

    /// Takes back what has not left; its intents go.
    pub fn withdraw(&mut self) {
        self.pace.withdrawn();
        let (staged, ready) = self.under_way.take_back();
        // Never committed: taken out of the commit again.
        self.commit.intents.clear();
        for parcel in staged {
            self.leave(parcel);
        }
        for (number, parcels) in ready {
            self.commit.settled.push(number);
            for parcel in parcels {
                self.leave(parcel);
            }
        }
        for cut in [self.departures.finish(), self.batcher.finish()].into_iter().flatten() {
            for (parcel, _) in cut {
                self.leave(parcel);
            }
        }
    }

    /// True when something has waited long enough, or a sender waits for it.
    pub fn must_commit(&self) -> bool {
        let situation = Situation {
            may_share: self.may_share_commit(),
            has_staged: self.under_way.has_staged(),
            senders_starve: self.under_way.senders_starve(self.terms.thread_count),
            outcomes: self.commit.outcomes.len(),
        };
        self.pace.is_due(&situation, Instant::now()) || self.checkpoint_is_due()
    }

    fn checkpoint_is_due(&self) -> bool {
        self.terms.is_full && Instant::now() >= self.checkpoint_at
    }

    /// How long the recorder may wait for the next event.
    pub fn patience(&self) -> Duration {
        self.pace.patience(self.may_share_commit()).unwrap_or(CHECKPOINT_INTERVAL)
    }

    /// Writes what has gathered. A failure halts the run; outcomes are kept for another try at the end.
    pub fn commit(&mut self) {
        if self.failure.is_none() {
            self.try_commit();
        }
    }

    /// False when the store refuses; the run then ends as incomplete whatever comes after.
    fn try_commit(&mut self) -> bool {
        if self.checkpoint_is_due() {
            self.checkpoint_at = Instant::now() + CHECKPOINT_INTERVAL;
            self.note_progress();
        }
        self.pace = CommitPace::default();
        if self.commit.is_empty() {
            return true;
        }
        if let Err(error) = self.writer.commit(&self.commit) {
            self.failure.get_or_insert(error);
            self.terms.failed.store(true, Ordering::Relaxed);
            return false;
        }
        self.tally.settle(&mut self.totals, &mut self.ledger, &mut self.deferred);
        self.claims.committed(self.commit.outcomes.iter().map(|row| &row.feed_id), self.terms.moments);
        self.commit.clear();
        self.under_way.committed();
        true
    }

    fn note_progress(&mut self) {
        if let Some(Reached { through, batches }) = self.ledger.take_progress() {
            self.commit.checkpoint = Some(Checkpoint {
                run_id: self.terms.run_id,
                through,
                seen: self.terms.seen.behind(batches),
                first_new_ordinal: self.terms.seen.first_new(),
            });
        }
    }

    /// The last commit of a run: everything that has an outcome, and how far the run has come.
    pub fn finish(&mut self) {
        if self.terms.is_full {
            self.note_progress();
        }
        // After a failure this is the other try: a full disk may have room again.
        if !self.try_commit() {
            // What the consumer said could not be written down: the intents still say that it is unknown.
            self.totals.pending += self.commit.outcomes.len() as u64;
            self.commit = Commit::default();
            self.tally = OutcomeTally::default();
        }
    }

    /// Items that have to be compared again: another entity was busy with their identity, or they have left their old place.
    /// They were counted as items when they were compared first, and will be counted again.
    pub fn take_deferred(&mut self) -> Vec<(EntityKey, FeedId)> {
        std::mem::take(&mut self.deferred)
    }

    /// Deletes that the mass-delete guard holds back, and gone rows that nothing is done about.
    pub fn count_gone(&mut self, withheld: u64, left: u64) {
        self.totals.items += withheld + left;
        self.totals.withheld += withheld;
        self.totals.unchanged += left;
    }

    /// Entities that are no longer in the source have no invalid items either.
    pub fn forget_invalid(&mut self, owners: impl Iterator<Item = EntityKey>) {
        self.commit.invalid.extend(owners.map(|owner| InvalidEntity { owner, reasons: Vec::new() }));
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    pub fn failure(&mut self) -> Option<StoreError> {
        self.failure.take()
    }
}
