//! Requests from when they are cut to when they are settled: staged, then ready, then with the senders.
//!
//! Invariant: what is not settled stands in one of the three, and its parcels stand here.

use std::collections::HashMap;

use super::parcel::Parcel;
use super::selection::BATCH_BYTES;
use crate::consumer::delivery::{Request, sequences_for};
use crate::consumer::{Item, ItemKind};
use crate::feed::intent_group::IntentId;

/// Documents under way when another batch is taken in: as much as two batches, so that senders go on while the recorder
/// waits for the disk.
const LOOK_AHEAD_BYTES: usize = 2 * BATCH_BYTES;

/// Items under way when another batch is taken in: a killed run does not know of them whether they were sent.
const LOOK_AHEAD_ITEMS: usize = 5_000;

/// Requests for each sender, however large they are.
const REQUESTS_A_SENDER: usize = 4;

/// A request whose intents are being committed, or are.
pub struct Outgoing {
    pub number: IntentId,
    pub request: Request,
}

struct Kept {
    parcels: Vec<Parcel>,
    /// Of its documents.
    bytes: usize,
}

pub(super) struct UnderWay {
    /// Intents not committed.
    staged: Vec<Outgoing>,
    /// Intents committed, not yet handed to the senders.
    ready: Vec<Outgoing>,
    with_senders: usize,
    kept: HashMap<IntentId, Kept>,
    bytes: usize,
    items: usize,
    next_number: IntentId,
    next_sequence: u64,
}

impl UnderWay {
    pub(super) fn new(next_sequence: u64) -> Self {
        UnderWay {
            staged: Vec::new(),
            ready: Vec::new(),
            with_senders: 0,
            kept: HashMap::new(),
            bytes: 0,
            items: 0,
            next_number: 0,
            next_sequence,
        }
    }

    /// Of the request that is staged next.
    pub(super) fn next_number(&self) -> IntentId {
        self.next_number
    }

    /// The first sequence number that no request has.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// A request is cut; its items and parcels are in one order.
    pub(super) fn stage(&mut self, feed: &str, kind: ItemKind, items: Vec<Item>, parcels: Vec<Parcel>) {
        let bytes = items.iter().map(|item| item.json.len()).sum();
        let first_sequence = self.next_sequence;
        self.next_sequence += sequences_for(items.len());
        self.bytes += bytes;
        self.items += items.len();
        self.kept.insert(self.next_number, Kept { parcels, bytes });
        let request = Request { feed: feed.to_owned(), kind, items, first_sequence };
        self.staged.push(Outgoing { number: self.next_number, request });
        self.next_number += 1;
    }

    pub(super) fn has_staged(&self) -> bool {
        !self.staged.is_empty()
    }

    /// The intents of what was staged are committed.
    pub(super) fn committed(&mut self) {
        self.ready.append(&mut self.staged);
    }

    /// What may leave, for the senders to take one by one.
    pub(super) fn hand_out(&mut self) -> Vec<Outgoing> {
        self.with_senders += self.ready.len();
        std::mem::take(&mut self.ready)
    }

    /// Requests that are with the senders, or wait for one.
    pub(super) fn with_senders(&self) -> usize {
        self.with_senders
    }

    /// A sender has given a request back.
    pub(super) fn arrived(&mut self, number: IntentId) -> Vec<Parcel> {
        self.with_senders -= 1;
        self.settle(number)
    }

    /// Gives up what no sender has: the parcels of what is staged, and the requests that are ready with theirs.
    pub(super) fn take_back(&mut self) -> (Vec<Parcel>, Vec<(IntentId, Vec<Parcel>)>) {
        let (staged, ready) = (std::mem::take(&mut self.staged), std::mem::take(&mut self.ready));
        let staged = staged.iter().flat_map(|outgoing| self.settle(outgoing.number)).collect();
        (staged, ready.iter().map(|outgoing| (outgoing.number, self.settle(outgoing.number))).collect())
    }

    fn settle(&mut self, number: IntentId) -> Vec<Parcel> {
        let Some(Kept { parcels, bytes }) = self.kept.remove(&number) else { return Vec::new() };
        self.bytes -= bytes;
        self.items -= parcels.len();
        parcels
    }

    /// So little is under way that another batch may be taken in.
    pub(super) fn has_room(&self, senders: usize) -> bool {
        self.bytes < LOOK_AHEAD_BYTES && self.items < LOOK_AHEAD_ITEMS || self.kept.len() < REQUESTS_A_SENDER * senders
    }

    /// The senders have next to nothing left to do.
    pub(super) fn senders_starve(&self, senders: usize) -> bool {
        self.with_senders < (REQUESTS_A_SENDER - 1) * senders
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{FeedHash, FeedId};
    use crate::run::changed::{ChangedItem, FeedData};

    /// Stages a request of items with documents of so many bytes each.
    fn stage(under_way: &mut UnderWay, documents: &[usize]) {
        let kind = ItemKind::Upsert;
        let (parcels, items) = documents
            .iter()
            .map(|&bytes| {
                let changed = ChangedItem {
                    owner: 1.into(),
                    feed_id: FeedId([1; 32]),
                    feed_hash: FeedHash([1; 32]),
                    kind,
                    json: vec![b' '; bytes].into(),
                    feed_data: FeedData::Document,
                    before: None,
                };
                Parcel::of(0, changed)
            })
            .unzip();
        under_way.stage("products", kind, items, parcels);
    }

    #[test]
    fn a_request_goes_its_way() {
        let mut under_way = UnderWay::new(7);
        stage(&mut under_way, &[1, 1]);
        assert!(under_way.has_staged());
        assert!(under_way.hand_out().is_empty(), "its intents are not committed");
        under_way.committed();
        stage(&mut under_way, &[1]);
        let handed_out = under_way.hand_out();
        assert_eq!(handed_out.iter().map(|outgoing| outgoing.number).collect::<Vec<_>>(), [0]);
        assert_eq!((handed_out[0].request.first_sequence, handed_out[0].request.items.len()), (7, 2));
        assert_eq!((under_way.next_number(), under_way.with_senders()), (2, 1));
        assert_eq!(under_way.next_sequence(), 7 + sequences_for(2) + sequences_for(1), "no two requests share one");
        assert_eq!(under_way.arrived(0).len(), 2);
        assert_eq!(under_way.with_senders(), 0);
        assert_eq!((under_way.items, under_way.bytes), (1, 1), "the staged one");
    }

    #[test]
    fn what_no_sender_has_is_taken_back() {
        let mut under_way = UnderWay::new(1);
        stage(&mut under_way, &[1]);
        under_way.committed();
        under_way.hand_out();
        stage(&mut under_way, &[1, 1]);
        under_way.committed();
        stage(&mut under_way, &[1, 1, 1]);
        let (staged, ready) = under_way.take_back();
        assert_eq!(staged.len(), 3);
        assert_eq!(ready.iter().map(|(number, parcels)| (*number, parcels.len())).collect::<Vec<_>>(), [(1, 2)]);
        assert!(!under_way.has_staged() && under_way.hand_out().is_empty());
        assert_eq!((under_way.arrived(0).len(), under_way.items, under_way.bytes), (1, 0, 0), "a sender had it");
    }

    #[test]
    fn there_is_room_by_bytes_and_items_and_for_each_sender() {
        let many = |items| vec![1; items];
        let few_requests = REQUESTS_A_SENDER - 1;
        for (requests, documents, senders, has_room, words) in [
            (0, many(0), 1, true, "nothing is under way"),
            (REQUESTS_A_SENDER, many(1), 1, true, "little is"),
            (REQUESTS_A_SENDER, vec![LOOK_AHEAD_BYTES / REQUESTS_A_SENDER], 1, false, "bytes"),
            (REQUESTS_A_SENDER, many(LOOK_AHEAD_ITEMS / REQUESTS_A_SENDER), 1, false, "items"),
            (few_requests, vec![LOOK_AHEAD_BYTES], 1, true, "each sender has some, however large"),
            (REQUESTS_A_SENDER, vec![LOOK_AHEAD_BYTES], 2, true, "each of two"),
        ] {
            let mut under_way = UnderWay::new(1);
            (0..requests).for_each(|_| stage(&mut under_way, &documents));
            assert_eq!(under_way.has_room(senders), has_room, "{words}");
        }
    }

    #[test]
    fn senders_starve_before_they_have_nothing_left() {
        for (requests, senders, starve) in [(0, 1, true), (2, 1, true), (3, 1, false), (3, 2, true), (6, 2, false)] {
            let mut under_way = UnderWay::new(1);
            (0..requests).for_each(|_| stage(&mut under_way, &[1]));
            assert!(under_way.senders_starve(senders), "nothing is handed out");
            under_way.committed();
            under_way.hand_out();
            assert_eq!(under_way.senders_starve(senders), starve, "{requests} requests, {senders} senders");
        }
    }
}
