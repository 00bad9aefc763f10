//! The items of one request as few values: what is written down before it leaves, and read back after a crash. Pure.
//!
//! Invariant: what [`IntentGroup::intents`] gives is what [`IntentGroup::new`] was given.

use serde_json::Value;

use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;

const HASH_BYTES: usize = 32;

/// Grows within a run; chosen by the recorder.
pub type IntentId = u64;

/// An item about to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent<'a> {
    pub owner: EntityKey,
    pub feed_id: FeedId,
    pub feed_hash: FeedHash,
    pub feed_data: &'a [u8],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntentGroup {
    pub id: IntentId,
    /// All its items are deletes, or none is.
    pub is_deleted: bool,
    /// JSON array of keys.
    pub owners: String,
    pub feed_ids: Vec<u8>,
    pub feed_hashes: Vec<u8>,
    /// JSON array: bytes of each item's part of `feed_data`. That is not parsed: what a delete sends may be anything that
    /// stood in the feed table.
    pub data_lengths: String,
    pub feed_data: Vec<u8>,
}

/// A part of an item, as the recorder has it.
pub struct IntentParts<'a> {
    pub owner: &'a EntityKey,
    pub feed_id: &'a FeedId,
    pub feed_hash: &'a FeedHash,
    pub feed_data: &'a [u8],
}

impl IntentGroup {
    pub fn new<'a>(id: IntentId, is_deleted: bool, items: impl Iterator<Item = IntentParts<'a>>) -> Self {
        let hash_bytes = items.size_hint().0 * HASH_BYTES;
        let mut group = IntentGroup {
            id,
            is_deleted,
            feed_ids: Vec::with_capacity(hash_bytes),
            feed_hashes: Vec::with_capacity(hash_bytes),
            ..IntentGroup::default()
        };
        let (mut owners, mut data_lengths) = (Vec::new(), Vec::new());
        for item in items {
            let separator = if owners.is_empty() { b'[' } else { b',' };
            owners.push(separator);
            match item.owner {
                EntityKey::Int(number) => write_json(&mut owners, number),
                EntityKey::Text(text) => write_json(&mut owners, text),
            }
            group.feed_ids.extend_from_slice(&item.feed_id.0);
            group.feed_hashes.extend_from_slice(&item.feed_hash.0);
            data_lengths.push(separator);
            write_json(&mut data_lengths, &item.feed_data.len());
            group.feed_data.extend_from_slice(item.feed_data);
        }
        group.owners = ended(owners);
        group.data_lengths = ended(data_lengths);
        group
    }

    /// Its items; `None` when its parts do not belong together.
    pub fn intents(&self) -> Option<Vec<Intent<'_>>> {
        let owners: Vec<Value> = serde_json::from_str(&self.owners).ok()?;
        let lengths: Vec<usize> = serde_json::from_str(&self.data_lengths).ok()?;
        let (ids, rest) = self.feed_ids.as_chunks::<HASH_BYTES>();
        let (hashes, rest_of_hashes) = self.feed_hashes.as_chunks::<HASH_BYTES>();
        let counts = [lengths.len(), ids.len(), hashes.len()];
        if counts != [owners.len(); 3] || !rest.is_empty() || !rest_of_hashes.is_empty() {
            return None;
        }
        let mut data = self.feed_data.as_slice();
        let mut intents = Vec::with_capacity(owners.len());
        for ((owner, length), (id, hash)) in owners.into_iter().zip(lengths).zip(ids.iter().zip(hashes)) {
            let (feed_data, after) = data.split_at_checked(length)?;
            data = after;
            let owner = match owner {
                Value::String(text) => EntityKey::Text(text.into()),
                number => EntityKey::Int(number.as_i64()?),
            };
            intents.push(Intent { owner, feed_id: FeedId(*id), feed_hash: FeedHash(*hash), feed_data });
        }
        data.is_empty().then_some(intents)
    }
}

fn write_json<T: serde::Serialize + ?Sized>(array: &mut Vec<u8>, element: &T) {
    serde_json::to_writer(array, element).expect("any text and any number can be written");
}

/// An array of what was written so far.
fn ended(mut array: Vec<u8>) -> String {
    array.extend_from_slice(if array.is_empty() { b"[]" } else { b"]" });
    String::from_utf8(array).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intents() -> Vec<Intent<'static>> {
        let intent = |owner: EntityKey, byte: u8, feed_data: &'static [u8]| Intent {
            owner,
            feed_id: FeedId([byte; 32]),
            feed_hash: FeedHash([byte + 1; 32]),
            feed_data,
        };
        vec![
            intent(i64::MIN.into(), 1, br#"{"sku":"A"}"#),
            intent(i64::MAX.into(), 2, b""),
            intent("7".into(), 3, b"no JSON, "),
            intent("\"\u{0}\u{e9}\\".into(), 4, b"\xff"),
        ]
    }

    fn group(intents: &[Intent<'_>]) -> IntentGroup {
        let parts = intents.iter().map(|intent| IntentParts {
            owner: &intent.owner,
            feed_id: &intent.feed_id,
            feed_hash: &intent.feed_hash,
            feed_data: intent.feed_data,
        });
        IntentGroup::new(5, false, parts)
    }

    #[test]
    fn what_was_written_is_read() {
        for count in 0..=intents().len() {
            let intents = &intents()[..count];
            assert_eq!(group(intents).intents().as_deref(), Some(intents));
        }
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let whole = group(&intents());
        let broken: [fn(&mut IntentGroup); 7] = [
            |group| group.owners = "[1,2,3]".into(),
            |group| group.owners = "[1,2,3,4.5]".into(),
            |group| group.owners.truncate(3),
            |group| group.feed_ids.truncate(127),
            |group| group.feed_hashes.extend([0; 32]),
            |group| group.data_lengths = "[11,0,9,2]".into(),
            |group| group.feed_data.push(b' '),
        ];
        for (number, damage) in broken.into_iter().enumerate() {
            let mut group = whole.clone();
            damage(&mut group);
            assert_eq!(group.intents(), None, "damage {number}");
        }
    }
}
