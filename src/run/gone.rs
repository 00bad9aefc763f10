//! Rows whose entity no longer yields them, and whether they may be deleted.
//!
//! Looked for once every upsert of the run has its outcome. A row leaves as a delete only after its owner was looked up
//! once more, and after no other entity was found to yield its identity.

use std::collections::{HashMap, HashSet};

use super::RunError;
use super::builder::Builder;
use super::changed::{ChangedItem, ComparedBatch, FeedData};
use super::compare::Yielded;
use super::payload::{delete_payload, values_at};
use super::seen::SeenRows;
use super::selection::Selection;
use crate::consumer::ItemKind;
use crate::definition::feed::DocumentPath;
use crate::digest::FeedId;
use crate::document::{Built, EntityBatch};
use crate::entity::EntityKey;
use crate::feed::change::{ChangePolicy, Gone, decide_gone};
use crate::feed::store::{FeedReader, RowCursor, StoreError, StoredRow};
use crate::plan::Plan;
use crate::source::SourceError;

/// Rows looked at together.
const ROWS_A_STEP: usize = 500;

/// Entities of a step when the whole source is looked through.
const SCAN_ENTITIES: usize = 1_000;

/// How many rows are gone, by what is to be done with them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct GoneCount {
    /// Deletes not tried before: those that the mass-delete guard counts.
    pub new: u64,
    /// Deletes that failed before.
    pub tried: u64,
    /// Deletes refused or parked: nothing is done about them.
    pub left: u64,
}

/// When deletes are withheld. A limit of both kinds has to be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteGuard {
    pub max_deletes: u64,
    pub max_delete_percent: u8,
    /// Replaces both for one run.
    pub allow_deletes: Option<u64>,
}

impl DeleteGuard {
    /// True when so many new deletes, of so many rows living at the run's start, must not go out.
    pub fn withholds(&self, new: u64, living: u64) -> bool {
        match self.allow_deletes {
            Some(allowed) => new > allowed,
            None => {
                let percent = u128::from(new) * 100 > u128::from(self.max_delete_percent) * u128::from(living);
                new > self.max_deletes && percent
            }
        }
    }
}

/// Looks at some unseen rows; false ends the walk.
type Step<'s, E> = dyn FnMut(&mut dyn FeedReader, Vec<StoredRow>) -> Result<bool, E> + 's;

/// Walks over the rows that a selection's entities did not yield.
pub struct GoneRows<'a> {
    pub selection: &'a Selection,
    pub seen: &'a SeenRows,
    pub policy: &'a ChangePolicy,
}

impl GoneRows<'_> {
    pub fn count(&self, store: &mut dyn FeedReader) -> Result<GoneCount, StoreError> {
        let mut count = GoneCount::default();
        if self.selection.is_full() && self.seen.saw_all() {
            return Ok(count);
        }
        self.for_each_step(store, &mut |_, rows| {
            for row in rows {
                match decide_gone(&row, self.policy) {
                    Gone::Delete { new: true } => count.new += 1,
                    Gone::Delete { new: false } => count.tried += 1,
                    Gone::Skip => count.left += 1,
                }
            }
            Ok::<bool, StoreError>(true)
        })?;
        Ok(count)
    }

    /// Calls `step` with unseen rows, some at a time, until it returns false.
    pub fn for_each_step<E: From<StoreError>>(
        &self,
        store: &mut dyn FeedReader,
        step: &mut Step<'_, E>,
    ) -> Result<(), E> {
        let unseen = |row: &StoredRow| self.seen.is_unseen(row) && !row.is_delivered_delete();
        if self.selection.is_full() {
            let mut after: Option<RowCursor> = None;
            loop {
                let mut rows = store.undeleted_rows(after.as_ref(), ROWS_A_STEP * 8)?;
                let Some(last) = rows.last() else { return Ok(()) };
                after = Some(RowCursor { owner: last.owner.clone(), feed_id: last.feed_id });
                rows.retain(unseen);
                if !rows.is_empty() && !step(store, rows)? {
                    return Ok(());
                }
            }
        }
        let mut met = HashSet::new();
        let keys: Vec<EntityKey> = self.selection.keys().iter().filter(|key| met.insert(*key)).cloned().collect();
        for chunk in keys.chunks(ROWS_A_STEP) {
            let mut rows = Vec::new();
            store.rows_of(chunk, &mut rows)?;
            rows.retain(unseen);
            if !rows.is_empty() && !step(store, rows)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// An item whose row belongs to an entity that does not yield it any more, and which another entity yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedItem {
    /// The entity that yields it.
    pub owner: EntityKey,
    pub feed_id: FeedId,
}

/// Makes deletes of gone rows.
pub struct Deletes<'a> {
    pub plan: &'a Plan,
    pub gone: GoneRows<'a>,
    pub identity: &'a [DocumentPath],
    pub minimal_payload: &'a [DocumentPath],
    /// True when nothing more shall be looked for.
    pub stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Deletes<'_> {
    /// Hands on the deletes in batches numbered from `first_number`; `counted` becomes the number of those. With
    /// `withhold_new`, deletes not tried before are left out. Gives the items that are not gone, but another entity's now.
    pub fn produce(
        &self,
        builder: &mut Builder<'_>,
        store: &mut dyn FeedReader,
        withhold_new: bool,
        first_number: u64,
        hand_on: &dyn Fn(ComparedBatch) -> Result<(), ()>,
        counted: &mut u64,
    ) -> Result<Vec<MovedItem>, RunError> {
        let mut number = first_number;
        let wanted = |gone| match gone {
            Gone::Delete { new } => !(new && withhold_new),
            Gone::Skip => false,
        };
        self.for_each_delete(builder, store, &wanted, &mut |changed| {
            for item in &changed {
                tracing::trace!(entity = %item.owner, feed_id = %item.feed_id, "an item is gone");
            }
            let batch = ComparedBatch {
                number,
                through: None,
                changed,
                adoptions: Vec::new(),
                refreshed: Vec::new(),
                invalid: Vec::new(),
            };
            number += 1;
            *counted += batch.changed.len() as u64;
            hand_on(batch).is_ok()
        })
    }

    /// The deletes not tried before, without those whose identity another entity yields: rows that a run by ids has not
    /// met, since it builds nothing but the old owners. Those are given too.
    pub fn count_new(
        &self,
        builder: &mut Builder<'_>,
        store: &mut dyn FeedReader,
    ) -> Result<(u64, Vec<MovedItem>), RunError> {
        let mut count = 0;
        let new = |gone| gone == Gone::Delete { new: true };
        let moved = self.for_each_delete(builder, store, &new, &mut |deletes| {
            count += deletes.len() as u64;
            true
        })?;
        Ok((count, moved))
    }

    /// Calls `each` with what is certainly to be deleted of the `wanted` rows, some at a time, until it returns false. Gives
    /// what is another entity's now.
    fn for_each_delete(
        &self,
        builder: &mut Builder<'_>,
        store: &mut dyn FeedReader,
        wanted: &dyn Fn(Gone) -> bool,
        each: &mut dyn FnMut(Vec<ChangedItem>) -> bool,
    ) -> Result<Vec<MovedItem>, RunError> {
        let elsewhere = self.yielded_elsewhere(builder, store)?;
        let mut moved = Vec::new();
        self.gone.for_each_step::<RunError>(store, &mut |store, mut rows| {
            if (self.stopped)() {
                return Ok(false);
            }
            rows.retain(|row| wanted(decide_gone(row, self.gone.policy)));
            rows.retain(|row| match elsewhere.get(&row.feed_id) {
                Some(owner) => {
                    moved.push(MovedItem { owner: owner.clone(), feed_id: row.feed_id });
                    false
                }
                None => true,
            });
            for rows in rows.chunks(ROWS_A_STEP) {
                if !each(self.still_gone(builder, store, rows, &mut moved)?) {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        Ok(moved)
    }

    /// Looks the owners up once more, and other entities that may yield the identities by now.
    fn still_gone(
        &self,
        builder: &mut Builder<'_>,
        store: &mut dyn FeedReader,
        rows: &[StoredRow],
        moved: &mut Vec<MovedItem>,
    ) -> Result<Vec<ChangedItem>, RunError> {
        let mut stored = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(data) = store.stored_data(&row.feed_id)? {
                stored.push((row, data.feed_data));
            }
        }
        let mut keys: Vec<EntityKey> = rows.iter().map(|row| row.owner.clone()).collect();
        if let Some(lookup) = self.plan.identity_lookup() {
            let identities: Vec<_> = stored.iter().map(|(_, data)| values_at(data, self.identity)).collect();
            keys.extend(builder.ask(|source| lookup.find(source, &identities))?);
        }
        let mut met = HashSet::new();
        keys.retain(|key| met.insert(key.clone()));
        let mut living = HashSet::new();
        let mut invalid: HashSet<EntityKey> = HashSet::new();
        for chunk in keys.chunks(ROWS_A_STEP) {
            let yielded = Yielded::of(builder.build_now(chunk.to_vec())?);
            for row in rows {
                if yielded.may_yield(&row.owner, &row.feed_id) {
                    living.insert(row.feed_id);
                } else if let Some(owner) = yielded.owner_of(&row.feed_id) {
                    living.insert(row.feed_id);
                    moved.push(MovedItem { owner: owner.clone(), feed_id: row.feed_id });
                }
            }
            invalid.extend(yielded.invalid().cloned());
        }
        stored.retain(|(row, _)| !living.contains(&row.feed_id));
        let mut gone = Vec::with_capacity(stored.len());
        for (row, data) in stored {
            if !self.may_be_of(&invalid, builder, &data)? {
                gone.push(self.delete(row, &data));
            }
        }
        Ok(gone)
    }

    /// An entity that the identity leads to cannot be written now: it may well be its item.
    fn may_be_of(
        &self,
        invalid: &HashSet<EntityKey>,
        builder: &mut Builder<'_>,
        stored: &[u8],
    ) -> Result<bool, SourceError> {
        if invalid.is_empty() {
            return Ok(false);
        }
        let Some(lookup) = self.plan.identity_lookup() else { return Ok(false) };
        let found = builder.ask(|source| lookup.find(source, &[values_at(stored, self.identity)]))?;
        Ok(found.iter().any(|key| invalid.contains(key)))
    }

    fn delete(&self, row: &StoredRow, stored: &[u8]) -> ChangedItem {
        ChangedItem {
            owner: row.owner.clone(),
            feed_id: row.feed_id,
            feed_hash: row.feed_hash,
            kind: ItemKind::Delete,
            json: delete_payload(stored, self.minimal_payload).into(),
            feed_data: FeedData::Stored,
            before: Some(Box::new(row.clone())),
        }
    }

    /// Identities of gone rows that some entity yields, where the source cannot be asked for an identity: found by looking
    /// through all entities. A full run has just done that.
    fn yielded_elsewhere(
        &self,
        builder: &mut Builder<'_>,
        store: &mut dyn FeedReader,
    ) -> Result<HashMap<FeedId, EntityKey>, RunError> {
        if self.gone.selection.is_full() || self.plan.identity_lookup().is_some() {
            return Ok(HashMap::new());
        }
        let mut gone: HashSet<FeedId> = HashSet::new();
        self.gone.for_each_step::<StoreError>(store, &mut |_, rows| {
            gone.extend(rows.iter().map(|row| row.feed_id));
            Ok(true)
        })?;
        let mut found = HashMap::new();
        if gone.is_empty() {
            return Ok(found);
        }
        let mut after = None;
        let mut built = Built::default();
        while let Some(range) = builder.ask(|source| self.plan.next_range(source, after.as_ref(), SCAN_ENTITIES))?.range
        {
            if (self.stopped)() {
                break;
            }
            after = Some(range.last.clone());
            builder.build_into(&EntityBatch::Range { first: range.first, last: range.last }, &mut built)?;
            for entity in &built.entities {
                let ids = built.items[entity.items.clone()].iter();
                let ids = ids.map(|item| FeedId::of_identity(built.bytes(&item.identity)));
                found.extend(ids.filter(|id| gone.contains(id)).map(|id| (id, entity.key.clone())));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_needs_both_limits_passed() {
        let guard = DeleteGuard { max_deletes: 100, max_delete_percent: 20, allow_deletes: None };
        let cases = [
            (0, 0, false),
            (100, 100, false),
            (101, 101, true),
            (101, 505, false),
            (101, 504, true),
            (5_000, 1_000_000, false),
        ];
        for (new, living, withheld) in cases {
            assert_eq!(guard.withholds(new, living), withheld, "{new} of {living}");
        }
    }

    #[test]
    fn an_allowance_replaces_both_limits() {
        let guard = DeleteGuard { max_deletes: 100, max_delete_percent: 20, allow_deletes: Some(3) };
        assert!(!guard.withholds(3, 1_000));
        assert!(guard.withholds(4, 1_000_000));
    }
}
