//! How far a full run has come: batches are done in order once all their changed items are recorded.

use std::collections::BTreeMap;

use super::changed::Through;
use super::parts::behind;
use crate::entity::EntityKey;

#[derive(Debug, Default)]
pub struct Ledger {
    next: u64,
    open: BTreeMap<u64, Open>,
    through: Option<EntityKey>,
    moved: bool,
}

/// How far a run has come.
#[derive(Debug, PartialEq)]
pub struct Reached {
    /// The last key of the last batch before which all are done.
    pub through: EntityKey,
    /// The first batch that is not done.
    pub batches: u64,
}

#[derive(Debug)]
struct Open {
    through: Through,
    outstanding: usize,
}

impl Ledger {
    /// A batch, or a part of one, came in with so many items to send.
    pub fn open(&mut self, number: u64, through: Option<Through>, items: usize) {
        if let Some(through) = through {
            self.open.insert(number, Open { through, outstanding: items });
            self.advance();
        }
    }

    /// The outcomes of `items` of the batch's items are committed. Items that are never reported keep it open for ever.
    pub fn recorded(&mut self, number: u64, items: usize) {
        if let Some(open) = self.open.get_mut(&number) {
            open.outstanding -= items;
            self.advance();
        }
    }

    fn advance(&mut self) {
        while let Some(done) = self.open.get(&self.next).filter(|open| open.outstanding == 0) {
            let Through { key, ends_batch } = done.through.clone();
            self.through = Some(key);
            self.open.remove(&self.next);
            self.next = behind(self.next, ends_batch);
            self.moved = true;
        }
    }

    /// When it is further than at the last call.
    pub fn take_progress(&mut self) -> Option<Reached> {
        let through = std::mem::take(&mut self.moved).then(|| self.through.clone()).flatten()?;
        Some(Reached { through, batches: self.next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_counts_only_when_all_before_it_are_done() {
        let through = |key: i64, ends_batch| Some(Through { key: key.into(), ends_batch });
        let second = behind(0, true);
        let mut ledger = Ledger::default();
        ledger.open(second, through(20, true), 0);
        assert_eq!(ledger.take_progress(), None);
        ledger.open(0, through(5, false), 2);
        ledger.recorded(0, 1);
        assert_eq!(ledger.take_progress(), None);
        ledger.recorded(0, 1);
        assert_eq!(ledger.take_progress(), Some(Reached { through: 5.into(), batches: 1 }), "a part");
        ledger.open(1, through(10, true), 1);
        assert_eq!(ledger.take_progress(), None);
        ledger.recorded(1, 1);
        assert_eq!(ledger.take_progress(), Some(Reached { through: 20.into(), batches: behind(second, true) }));
        assert_eq!(ledger.take_progress(), None);
    }
}
