//! What is known of one entity, and what a run would do with each of its items. Reads, decides, writes nothing.

use serde::Serialize;
use serde_json::value::RawValue;

use super::difference::{Difference, differences};
use crate::command::exit::Failure;
use crate::definition::feed::FeedDefinition;
use crate::digest::{FeedHash, FeedId};
use crate::document::{Assembler, Built, BuiltItem, EntityBatch};
use crate::entity::EntityKey;
use crate::feed::change::{ChangePolicy, Gone, Living, SendReason, SkipReason, decide_gone, decide_living};
use crate::feed::store::{FeedReader, StoreError, StoredRow};
use crate::plan::Plan;
use crate::run::compare::Yielded;
use crate::source::SourceReader;

/// What `explain --output json` prints.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub feed: String,
    pub id: String,
    pub in_source: bool,
    pub items: Vec<ItemFinding>,
    /// Rows of the feed table whose items the entity does not yield any more.
    pub gone: Vec<GoneFinding>,
    /// Items that cannot be built now.
    pub invalid: Vec<InvalidFinding>,
}

#[derive(Debug, Serialize)]
pub struct ItemFinding {
    pub identity: Box<RawValue>,
    pub feed_id: String,
    pub feed_hash: String,
    /// send, skip, or invalid
    pub would: &'static str,
    pub why: String,
    pub row: Option<RowFinding>,
    /// Against the stored document, where it is kept.
    pub differences: Option<Vec<Difference>>,
    pub document: Box<RawValue>,
}

#[derive(Debug, Serialize)]
pub struct GoneFinding {
    /// delete or skip
    pub would: &'static str,
    pub why: String,
    pub row: RowFinding,
}

#[derive(Debug, Serialize)]
pub struct InvalidFinding {
    pub column: String,
    pub reason: String,
}

/// What the feed table has.
#[derive(Debug, Serialize)]
pub struct RowFinding {
    pub source_entity_id: String,
    pub feed_id: String,
    pub feed_hash: String,
    pub is_deleted: bool,
    pub status: i32,
    pub attempts: u32,
    pub parked: bool,
    pub next_attempt_at: Option<String>,
    pub modified_at: Option<String>,
    pub feed_data: Option<Box<RawValue>>,
    pub errors: Option<Box<RawValue>>,
}

impl Finding {
    pub fn is_unknown(&self) -> bool {
        !self.in_source && self.gone.is_empty()
    }
}

/// Looks at one entity of one feed.
pub struct Investigation<'a> {
    pub definition: &'a FeedDefinition,
    pub plan: &'a Plan,
    pub policy: &'a ChangePolicy,
    pub source: &'a mut dyn SourceReader,
    pub store: &'a mut dyn FeedReader,
}

impl Investigation<'_> {
    pub fn look_at(&mut self, key: &EntityKey) -> Result<Finding, Failure> {
        let mut assembler = Assembler::new(self.plan);
        let mut built = Built::default();
        assembler.build(self.source, &EntityBatch::Listed(vec![key.clone()]), &mut built)?;
        // The source has the last word on how its key is spelled.
        let key = built.entities.first().map_or(key, |entity| &entity.key).clone();
        let mut finding = Finding {
            feed: self.definition.name.clone(),
            id: key.to_string(),
            in_source: !built.entities.is_empty(),
            items: Vec::new(),
            gone: Vec::new(),
            invalid: built
                .invalid
                .iter()
                .map(|item| InvalidFinding { column: item.column.clone(), reason: item.reason.clone() })
                .collect(),
        };
        let mut met: Vec<FeedId> = Vec::new();
        for (item, hash) in built.items.iter().zip(built.hashes()) {
            let id = FeedId::of_identity(built.bytes(&item.identity));
            finding.items.push(self.item(&key, &built, item, (id, hash), met.contains(&id), &mut assembler)?);
            met.push(id);
        }
        let spoiled = !finding.invalid.is_empty() || finding.items.iter().any(|item| item.would == INVALID);
        let mut rows = Vec::new();
        self.store.rows_of(std::slice::from_ref(&key), &mut rows)?;
        for row in rows.iter().filter(|row| !met.contains(&row.feed_id)) {
            finding.gone.push(self.gone(row, spoiled)?);
        }
        Ok(finding)
    }

    fn item(
        &mut self,
        key: &EntityKey,
        built: &Built,
        item: &BuiltItem,
        (id, hash): (FeedId, FeedHash),
        repeated: bool,
        assembler: &mut Assembler<'_>,
    ) -> Result<ItemFinding, Failure> {
        let row = self.store.row(&id)?;
        let (would, why) = if repeated {
            (INVALID, "another item of this entity has the same identity".to_owned())
        } else {
            match row.as_ref().filter(|row| row.owner != *key) {
                Some(other) if self.yields(&other.owner, &id, assembler)? => {
                    (INVALID, format!("entity {} yields this identity too", other.owner))
                }
                _ => judged(decide_living(row.as_ref(), &hash, self.policy), row.as_ref(), key),
            }
        };
        let document = text(built.bytes(&item.document));
        let row = row.map(|row| self.row(&row)).transpose()?;
        let differences = row
            .as_ref()
            .filter(|_| self.definition.persist_exported_feed)
            .and_then(|row| row.feed_data.as_ref())
            .and_then(|stored| differences(stored.get(), &document, &self.excluded()));
        Ok(ItemFinding {
            identity: raw(text(built.bytes(&item.identity))),
            feed_id: id.to_string(),
            feed_hash: hash.to_string(),
            would,
            why,
            row,
            differences,
            document: raw(document),
        })
    }

    /// Whether another entity yields an identity now, or has an invalid item that may be it.
    fn yields(&mut self, owner: &EntityKey, id: &FeedId, assembler: &mut Assembler<'_>) -> Result<bool, Failure> {
        let mut built = Built::default();
        assembler.build(self.source, &EntityBatch::Listed(vec![owner.clone()]), &mut built)?;
        Ok(Yielded::of(&built).may_yield(owner, id))
    }

    fn gone(&mut self, row: &StoredRow, spoiled: bool) -> Result<GoneFinding, StoreError> {
        let (would, why) = if spoiled {
            ("skip", "while an item of the entity is invalid, none of its rows is gone")
        } else if !self.definition.entities_removable {
            ("skip", "the feed does not send deletes (entities_removable is false)")
        } else {
            match decide_gone(row, self.policy) {
                Gone::Delete { new: true } => ("delete", "the entity does not yield it any more"),
                Gone::Delete { new: false } => ("delete", "its delete has not been delivered yet"),
                Gone::Skip if row.status.is_success() => ("skip", "its delete is delivered"),
                Gone::Skip if row.parked => ("skip", "its delete is parked after too many failures"),
                Gone::Skip => ("skip", "its delete was refused for good"),
            }
        };
        Ok(GoneFinding { would, why: why.to_owned(), row: self.row(row)? })
    }

    fn row(&mut self, row: &StoredRow) -> Result<RowFinding, StoreError> {
        let data = self.store.stored_data(&row.feed_id)?;
        let json = |bytes: &[u8]| serde_json::from_slice::<Box<RawValue>>(bytes).ok();
        Ok(RowFinding {
            source_entity_id: row.owner.to_string(),
            feed_id: row.feed_id.to_string(),
            feed_hash: row.feed_hash.to_string(),
            is_deleted: row.is_deleted,
            status: row.status.0,
            attempts: row.attempts,
            parked: row.parked,
            next_attempt_at: data.as_ref().and_then(|data| data.next_attempt_at.clone()),
            modified_at: data.as_ref().map(|data| data.modified_at.clone()),
            feed_data: data.as_ref().and_then(|data| json(&data.feed_data)),
            errors: data.as_ref().and_then(|data| data.errors.as_ref()).and_then(|errors| json(errors.as_bytes())),
        })
    }

    fn excluded(&self) -> Vec<crate::definition::feed::DocumentPath> {
        self.definition.exclude_from_hash.iter().map(|path| path.value.clone()).collect()
    }
}

/// What an item would be counted as that cannot be sent.
const INVALID: &str = "invalid";

fn judged(decision: Living, row: Option<&StoredRow>, key: &EntityKey) -> (&'static str, String) {
    let moved = row.filter(|row| row.owner != *key).map(|row| format!("; it moves here from entity {}", row.owner));
    let (would, why) = match decision {
        Living::Send(SendReason::New) => ("send", "it was never sent"),
        Living::Send(SendReason::Changed) => ("send", "its content is not what was last sent"),
        Living::Send(SendReason::Returned) => ("send", "it was deleted at the consumer, or about to be, and is back"),
        Living::Send(SendReason::Retry) => ("send", "the last attempt failed"),
        Living::Send(SendReason::Unknown) => ("send", "it was in flight when a run died"),
        Living::Send(SendReason::Forced) => ("send", "forced"),
        Living::Skip(SkipReason::Unchanged) => ("skip", "unchanged: the consumer has exactly this content"),
        Living::Skip(SkipReason::Refused) => ("skip", "the consumer refused exactly this content for good"),
        Living::Skip(SkipReason::Parked) => ("skip", "it is parked after too many failures (retry --parked sends it)"),
    };
    (would, format!("{why}{}", moved.unwrap_or_default()))
}

/// Documents are UTF-8: what is not spoils its item before.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The assembler writes JSON; were it ever not, its text is shown as a string.
fn raw(json: String) -> Box<RawValue> {
    let quoted = serde_json::Value::from(json.as_str()).to_string();
    RawValue::from_string(json).or_else(|_| RawValue::from_string(quoted)).unwrap_or_default()
}
