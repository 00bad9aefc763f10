//! Compares a built batch with the feed table: what has changed, what is invalid, whose rows move.
//!
//! Reads the feed table and, for identities that another entity owns, builds that owner; writes nothing.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::ops::Range;

use bytes::Bytes;

use super::buffers::Buffers;
use super::changed::{ChangedItem, ComparedBatch, FeedData};
use super::payload::agree;
use super::relocation::Relocation;
use super::seen::SeenRow;
use super::stored_rows::StoredRows;
use super::summary::InvalidExample;
use super::totals::Totals;
use crate::consumer::ItemKind;
use crate::digest::{FeedHash, FeedId, FeedIdMap};
use crate::document::{Built, BuiltEntity, BuiltItem};
use crate::entity::EntityKey;
use crate::feed::change::{ChangePolicy, Living, decide_living};
use crate::feed::store::{Adoption, FeedReader, InvalidEntity, InvalidReason, Refreshed, StoreError, StoredRow};

/// What a comparison goes by, the same for a whole run.
pub struct Terms<'a> {
    pub policy: &'a ChangePolicy,
    /// `persist_exported_feed`
    pub persist_document: bool,
    /// Some entity had invalid items when the run began.
    pub had_invalid: bool,
    pub relocation: Option<Relocation<'a>>,
    /// The last full run that completed had another definition: rows may hold what another one keeps of the same content.
    pub is_edited: bool,
}

/// A batch's comparison in its parts.
pub struct Compared {
    pub batch: ComparedBatch,
    pub totals: Totals,
    /// The stored rows that are accounted for.
    pub seen: Vec<SeenRow>,
    pub examples: Vec<InvalidExample>,
    /// Entities with invalid items.
    pub invalid_owners: Vec<EntityKey>,
    /// Goes into the batch with [`take_out`](Self::take_out).
    chosen: Vec<Chosen>,
    /// Unchanged items, where rows may have to be [refreshed](Refreshed).
    unchanged: Vec<Unchanged>,
}

/// An identity that this batch yields and another entity's row holds.
pub struct Contested {
    entity: usize,
    item: usize,
    id: FeedId,
    hash: FeedHash,
    row: StoredRow,
    /// It was decided when its entity was first built; only why it is invalid, if it still is, is to be found again.
    is_decided: bool,
}

/// An item to send, whose bytes are still in the arena.
struct Chosen {
    owner: EntityKey,
    document: Range<usize>,
    minimal: Range<usize>,
    id: FeedId,
    hash: FeedHash,
    row: Option<StoredRow>,
    /// What deletes it where it stands: it belongs elsewhere by now.
    departure: Option<Bytes>,
}

/// An unchanged item, and what its row would keep of it.
struct Unchanged {
    id: FeedId,
    hash: FeedHash,
    kept: Range<usize>,
}

/// The first step: everything but the contested identities is decided.
pub struct Comparison<'a> {
    terms: &'a Terms<'a>,
    built: &'a Built,
    compared: Compared,
    reasons: HashMap<usize, Vec<InvalidReason>>,
    contested: Vec<Contested>,
}

impl<'a> Comparison<'a> {
    /// `owners` are the entities of the batch that have rows to read: those built, and listed ones that the source no
    /// longer has. `only`: nothing but these identities counts and is decided (items that are compared again); all others only say
    /// why the entity is invalid.
    pub fn new(
        terms: &'a Terms<'a>,
        number: u64,
        built: &'a Built,
        store: &mut dyn FeedReader,
        only: Option<&HashSet<FeedId>>,
    ) -> Result<Self, StoreError> {
        let owners: Vec<EntityKey> = built.entities.iter().map(|entity| entity.key.clone()).collect();
        let ids: Vec<FeedId> =
            built.items.iter().map(|item| FeedId::of_identity(built.bytes(&item.identity))).collect();
        let stored = StoredRows::read(&owners, &ids, store)?;

        let mut comparison = Comparison {
            terms,
            built,
            compared: Compared {
                batch: ComparedBatch {
                    number,
                    through: None,
                    changed: Vec::new(),
                    adoptions: Vec::new(),
                    refreshed: Vec::new(),
                    invalid: Vec::new(),
                },
                totals: Totals { entities: built.entities.len() as u64, ..Totals::default() },
                seen: Vec::new(),
                examples: Vec::new(),
                invalid_owners: Vec::new(),
                chosen: Vec::new(),
                unchanged: Vec::new(),
            },
            reasons: HashMap::new(),
            contested: Vec::new(),
        };
        let hashes = built.hashes();
        for index in 0..built.entities.len() {
            comparison.entity(index, &ids, &hashes, &stored, only);
        }
        // While any item of an entity is invalid, none of its rows is gone.
        let protected: HashSet<&EntityKey> =
            comparison.reasons.keys().map(|&index| &built.entities[index].key).collect();
        if !protected.is_empty() {
            let of_protected = stored.all().iter().filter(|row| protected.contains(&row.owner));
            comparison.compared.seen.extend(of_protected.map(SeenRow::from));
        }
        Ok(comparison)
    }

    fn entity(
        &mut self,
        index: usize,
        ids: &[FeedId],
        hashes: &[FeedHash],
        stored: &StoredRows,
        only: Option<&HashSet<FeedId>>,
    ) {
        let built = self.built;
        let entity = &built.entities[index];
        for invalid in &built.invalid[entity.invalid.clone()] {
            let reason = InvalidReason { column: invalid.column.clone(), reason: invalid.reason.clone() };
            self.reject(index, reason, only.is_none());
        }
        for item_index in entity.items.clone() {
            let (item, id, hash) = (&built.items[item_index], ids[item_index], hashes[item_index]);
            if ids[entity.items.start..item_index].contains(&id) {
                let identity = String::from_utf8_lossy(built.bytes(&item.identity));
                let reason = format!("two items of entity {} have the identity {identity}", entity.key);
                self.reject(index, InvalidReason { column: "identity".into(), reason }, only.is_none());
                continue;
            }
            let is_decided = only.is_some_and(|only| !only.contains(&id));
            match stored.get(item_index, &id) {
                Some(row) if row.owner != entity.key => {
                    let row = row.clone();
                    self.contested.push(Contested { entity: index, item: item_index, id, hash, row, is_decided });
                }
                _ if is_decided => {}
                row => {
                    self.compared.totals.items += 1;
                    self.compared.seen.extend(row.map(SeenRow::from));
                    self.decide(entity, item, id, hash, row);
                }
            }
        }
    }

    fn decide(&mut self, entity: &BuiltEntity, item: &BuiltItem, id: FeedId, hash: FeedHash, row: Option<&StoredRow>) {
        let moved_from = row.filter(|row| row.owner != entity.key).map(|row| row.owner.clone());
        let decision = decide_living(row, &hash, self.terms.policy);
        tracing::trace!(entity = %entity.key, feed_id = %id, ?decision, "an item is compared");
        match decision {
            Living::Skip(_) => {
                self.compared.totals.unchanged += 1;
                if self.terms.is_edited {
                    let kept = if self.terms.persist_document { &item.document } else { &item.minimal };
                    self.compared.unchanged.push(Unchanged { id, hash, kept: kept.clone() });
                }
                if let Some(from) = moved_from {
                    let adoption = Adoption { feed_id: id, from, to: entity.key.clone() };
                    self.compared.batch.adoptions.push(adoption);
                }
            }
            Living::Send(_) => {
                let (owner, document, minimal) = (entity.key.clone(), item.document.clone(), item.minimal.clone());
                let row = row.cloned();
                self.compared.chosen.push(Chosen { owner, document, minimal, id, hash, row, departure: None });
            }
        }
    }

    /// Counts an invalid item and remembers why. `counts` is false for an item that was counted when its entity was first
    /// built.
    fn reject(&mut self, entity: usize, reason: InvalidReason, counts: bool) {
        if counts {
            self.compared.totals.items += 1;
            self.compared.totals.invalid += 1;
        }
        let key = &self.built.entities[entity].key;
        if !self.compared.examples.iter().any(|example| example.column == reason.column) {
            self.compared.examples.push(InvalidExample {
                entity: key.to_string(),
                column: reason.column.clone(),
                reason: reason.reason.clone(),
            });
        }
        self.reasons.entry(entity).or_default().push(reason);
    }

    /// Entities that have to be built before [`finish`](Self::finish): owners of contested identities.
    pub fn owners_to_build(&self) -> Vec<EntityKey> {
        let mut met = HashSet::new();
        self.contested.iter().map(|c| &c.row.owner).filter(|owner| met.insert(*owner)).cloned().collect()
    }

    /// Decides the contested identities by what their owners yield now, and ends the comparison.
    pub fn finish(mut self, owners: &Built, store: &mut dyn FeedReader) -> Result<Compared, StoreError> {
        let yielded = Yielded::of(owners);
        let mut newly_protected = Vec::new();
        for contested in std::mem::take(&mut self.contested) {
            let Contested { entity: index, item: item_index, id, hash, row, is_decided } = contested;
            let built = self.built;
            let (entity, item) = (&built.entities[index], &built.items[item_index]);
            if yielded.may_yield(&row.owner, &id) {
                let identity = String::from_utf8_lossy(built.bytes(&item.identity));
                let reason =
                    format!("entity {} has the identity {identity}, which entity {} yields too", entity.key, row.owner);
                self.reject(index, InvalidReason { column: "identity".into(), reason }, !is_decided);
                newly_protected.push(entity.key.clone());
            } else if !is_decided {
                self.compared.totals.items += 1;
                self.compared.seen.push(SeenRow::from(&row));
                self.decide(entity, item, id, hash, Some(&row));
            }
        }
        if !newly_protected.is_empty() {
            let mut rows = Vec::new();
            store.rows_of(&newly_protected, &mut rows)?;
            self.compared.seen.extend(rows.iter().map(SeenRow::from));
        }
        self.find_departures(store)?;
        self.refresh(store)?;
        self.note_invalid(store)?;
        Ok(self.compared)
    }

    fn find_departures(&mut self, store: &mut dyn FeedReader) -> Result<(), StoreError> {
        let Some(relocation) = &self.terms.relocation else { return Ok(()) };
        for chosen in &mut self.compared.chosen {
            let Some(row) = chosen.row.as_ref().filter(|row| !row.is_delivered_delete()) else { continue };
            if let Some(stored) = store.stored_data(&row.feed_id)? {
                let document = self.built.bytes(&chosen.document);
                chosen.departure = relocation.departure(row.feed_id, &stored.feed_data, document);
            }
        }
        Ok(())
    }

    /// What an edited definition keeps of unchanged items.
    fn refresh(&mut self, store: &mut dyn FeedReader) -> Result<(), StoreError> {
        for Unchanged { id, hash, kept } in std::mem::take(&mut self.compared.unchanged) {
            let kept = self.built.bytes(&kept);
            let stored = store.stored_data(&id)?;
            if stored.is_some_and(|stored| stored.feed_data != kept && agree(&stored.feed_data, kept)) {
                let feed_data = Bytes::copy_from_slice(kept);
                self.compared.batch.refreshed.push(Refreshed { feed_id: id, feed_hash: hash, feed_data });
            }
        }
        Ok(())
    }

    /// Only what differs from what is written down is written.
    fn note_invalid(&mut self, store: &mut dyn FeedReader) -> Result<(), StoreError> {
        let mut written: HashMap<EntityKey, Vec<InvalidReason>> = HashMap::new();
        if self.terms.had_invalid {
            let keys: Vec<EntityKey> = self.built.entities.iter().map(|entity| entity.key.clone()).collect();
            written = store.invalid_of(&keys)?.into_iter().map(|entity| (entity.owner, entity.reasons)).collect();
        }
        if self.reasons.is_empty() && written.is_empty() {
            return Ok(());
        }
        for (index, entity) in self.built.entities.iter().enumerate() {
            let reasons = self.reasons.remove(&index).unwrap_or_default();
            if !reasons.is_empty() {
                self.compared.invalid_owners.push(entity.key.clone());
            }
            if written.remove(&entity.key).unwrap_or_default() != reasons {
                self.compared.batch.invalid.push(InvalidEntity { owner: entity.key.clone(), reasons });
            }
        }
        Ok(())
    }
}

impl Compared {
    /// Takes what is to be sent out of the arena, which the next batch writes over, and gives the whole comparison.
    pub fn take_out(mut self, arena: &mut Vec<u8>, buffers: &Buffers, terms: &Terms<'_>) -> Compared {
        let chosen = std::mem::take(&mut self.chosen);
        if chosen.is_empty() {
            return self;
        }
        // Not with the documents: what the feed table keeps is needed longer.
        let kept = if terms.persist_document { &[] } else { chosen.as_slice() };
        let minimal = kept.iter().map(|chosen| &arena[chosen.minimal.clone()]).collect::<Vec<_>>().concat();
        let mut minimal = Bytes::from(minimal);
        let mut places: Vec<Range<usize>> = chosen.iter().map(|chosen| chosen.document.clone()).collect();
        let documents = buffers.take_out(arena, &mut places);
        let changed = chosen.into_iter().zip(places).map(|(chosen, place)| {
            let document = documents.slice(place);
            let kept = (!terms.persist_document).then(|| minimal.split_to(chosen.minimal.len()));
            let (kind, json, feed_data) = match (chosen.departure, kept) {
                (Some(payload), kept) => (ItemKind::Delete, payload, FeedData::OnceGone(kept.unwrap_or(document))),
                (None, Some(minimal)) => (ItemKind::Upsert, document, FeedData::Minimal(minimal)),
                (None, None) => (ItemKind::Upsert, document, FeedData::Document),
            };
            ChangedItem {
                owner: chosen.owner,
                feed_id: chosen.id,
                feed_hash: chosen.hash,
                kind,
                json,
                feed_data,
                before: chosen.row.map(Box::new),
            }
        });
        self.batch.changed = changed.collect();
        self
    }
}

/// Identities that entities yield, as they were just built.
pub struct Yielded<'a> {
    by_id: FeedIdMap<Vec<&'a EntityKey>>,
    /// Entities with invalid items.
    invalid: HashSet<&'a EntityKey>,
}

impl<'a> Yielded<'a> {
    pub fn of(built: &'a Built) -> Self {
        let mut by_id: FeedIdMap<Vec<&'a EntityKey>> =
            FeedIdMap::with_capacity_and_hasher(built.items.len(), BuildHasherDefault::default());
        for entity in &built.entities {
            for item in &built.items[entity.items.clone()] {
                let id = FeedId::of_identity(built.bytes(&item.identity));
                by_id.entry(id).or_default().push(&entity.key);
            }
        }
        let invalid = built.entities.iter().filter(|entity| !entity.invalid.is_empty()).map(|entity| &entity.key);
        Yielded { by_id, invalid: invalid.collect() }
    }

    /// True when the entity yields the identity, or has an invalid item that may be it.
    pub fn may_yield(&self, owner: &EntityKey, id: &FeedId) -> bool {
        self.invalid.contains(owner) || self.by_id.get(id).is_some_and(|owners| owners.contains(&owner))
    }

    /// An entity that yields the identity.
    pub fn owner_of(&self, id: &FeedId) -> Option<&'a EntityKey> {
        self.by_id.get(id)?.first().copied()
    }

    pub fn invalid(&self) -> impl Iterator<Item = &'a EntityKey> {
        self.invalid.iter().copied()
    }
}
