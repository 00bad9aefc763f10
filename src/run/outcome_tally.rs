//! What outcomes count for once they are committed: the totals, how far their batches are done, what goes on to its new place.

use super::ledger::Ledger;
use super::parcel::Parcel;
use super::totals::Totals;
use crate::consumer::ItemKind;
use crate::digest::FeedId;
use crate::entity::EntityKey;
use crate::feed::status::Status;

#[derive(Debug, Default)]
pub(super) struct OutcomeTally {
    totals: Totals,
    /// The batch numbers of the outcomes.
    batches: Vec<u64>,
    /// Items that are gone from where they stood.
    departed: Vec<(EntityKey, FeedId)>,
}

impl OutcomeTally {
    pub(super) fn add(&mut self, parcel: &Parcel, status: Status, non_retryable: &[u16]) {
        if parcel.is_departure() && status.is_success() {
            // Counted when it has been sent to its new place; until then its batch is not done.
            self.departed.push(parcel.item());
            return;
        }
        let counter = match (status.is_success(), parcel.kind) {
            (true, ItemKind::Upsert) => &mut self.totals.exported,
            (true, ItemKind::Delete) => &mut self.totals.deleted,
            (false, _) if status.is_refused(non_retryable) => &mut self.totals.rejected,
            (false, _) => &mut self.totals.retryable,
        };
        *counter += 1;
        self.batches.push(parcel.batch);
    }

    pub(super) fn delivered(&self) -> u64 {
        self.totals.exported + self.totals.deleted
    }

    pub(super) fn failed(&self) -> u64 {
        self.totals.rejected + self.totals.retryable
    }

    /// The outcomes are committed. Those that have departed join `deferred`, to be compared again.
    pub(super) fn settle(&mut self, totals: &mut Totals, ledger: &mut Ledger, deferred: &mut Vec<(EntityKey, FeedId)>) {
        totals.add(&std::mem::take(&mut self.totals));
        for batch in self.batches.drain(..) {
            ledger.recorded(batch, 1);
        }
        deferred.append(&mut self.departed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::FeedHash;
    use crate::run::changed::{ChangedItem, FeedData, Through};

    fn parcel(kind: ItemKind, feed_data: FeedData) -> Parcel {
        let json = bytes::Bytes::from_static(b"{}");
        let (feed_id, feed_hash) = (FeedId([1; 32]), FeedHash([1; 32]));
        Parcel::of(0, ChangedItem { owner: 7.into(), feed_id, feed_hash, kind, json, feed_data, before: None }).0
    }

    #[test]
    fn an_outcome_counts_when_it_is_committed() {
        let mut tally = OutcomeTally::default();
        for (kind, status) in [
            (ItemKind::Upsert, 200),
            (ItemKind::Upsert, 201),
            (ItemKind::Delete, 204),
            (ItemKind::Upsert, 400),
            (ItemKind::Delete, 400),
            (ItemKind::Upsert, 422),
            (ItemKind::Upsert, 0),
        ] {
            tally.add(&parcel(kind, FeedData::Document), Status(status), &[400]);
        }
        assert_eq!((tally.delivered(), tally.failed()), (3, 4));
        let (mut totals, mut ledger, mut deferred) = (Totals::default(), Ledger::default(), Vec::new());
        ledger.open(0, Some(Through { key: 7.into(), ends_batch: true }), 7);
        assert_eq!(ledger.take_progress(), None);
        tally.settle(&mut totals, &mut ledger, &mut deferred);
        assert_eq!(totals, Totals { exported: 2, deleted: 1, rejected: 2, retryable: 2, ..Totals::default() });
        assert!(ledger.take_progress().is_some() && deferred.is_empty());
        tally.settle(&mut totals, &mut ledger, &mut deferred);
        assert_eq!(totals.exported, 2, "it counts once");
    }

    #[test]
    fn what_has_departed_counts_at_its_new_place() {
        let mut tally = OutcomeTally::default();
        let departure = || parcel(ItemKind::Delete, FeedData::OnceGone(bytes::Bytes::new()));
        tally.add(&departure(), Status(200), &[400]);
        let (mut totals, mut ledger, mut deferred) = (Totals::default(), Ledger::default(), Vec::new());
        tally.settle(&mut totals, &mut ledger, &mut deferred);
        assert_eq!((totals.accounted(), deferred), (0, vec![(7.into(), FeedId([1; 32]))]));
        tally.add(&departure(), Status(503), &[400]);
        assert_eq!((tally.delivered(), tally.failed()), (0, 1), "it stands where it stood");
    }
}
