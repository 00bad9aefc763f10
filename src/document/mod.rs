//! Rows -> canonical JSON bytes, by the plan. Knows no SQL.
//!
//! A batch of entities is built level by level: scalars of a level first, then the relations that hang on it (each
//! read in one pass and merged by key), then the level's JSON. Bytes are written once into arenas and copied into the
//! parent; no tree of values is built.

mod arena;
mod array;
mod assembler;
mod codes;
mod datetime;
mod datum;
mod distinct;
mod eav;
mod elements;
mod fallback;
mod first_per;
mod held;
mod item;
mod json;
mod key;
mod level;
mod lift;
mod lists;
mod mask;
mod member;
mod read_row;
mod relation;
mod remembered;
mod request;
mod scalar;
mod scope;
mod slots;
mod sort;
mod span;
mod spread;
mod stretches;
mod summary;
mod text;
mod tuple_read;
mod value;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use crate::digest::FeedHash;
use crate::entity::EntityKey;
pub use assembler::Assembler;
pub(crate) use held::{HeldTable, HeldTableReader};
pub use mask::MaskKey;
pub(crate) use remembered::Remembered;
pub(crate) use scope::Environment;

/// Which entities a batch holds.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityBatch {
    /// Every entity of the root table whose key lies in the range, both ends inclusive, in the source's order.
    Range { first: EntityKey, last: EntityKey },
    /// These, each at most once; unknown ones are left out of the result.
    Listed(Vec<EntityKey>),
}

/// The documents of one batch. Reused from batch to batch.
#[derive(Debug, Default)]
pub struct Built {
    /// The entities that the source has (with the definition's `where_sql` and inner joins), each once. One whose
    /// rows were all filtered out by `keep` is here with no item.
    pub entities: Vec<BuiltEntity>,
    pub items: Vec<BuiltItem>,
    pub invalid: Vec<InvalidItem>,
    /// All bytes that the ranges below point into.
    pub arena: Vec<u8>,
    /// Ascending stretches of the arena that are left out of the hash; each item has a range of these.
    pub holes: Vec<Range<usize>>,
    /// What the rows took up that the documents are made of.
    pub row_bytes: usize,
    /// Rows of the root table that are no entities, as their key cannot be read.
    pub keyless_rows: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct BuiltEntity {
    pub key: EntityKey,
    /// Indexes into [`Built::items`].
    pub items: Range<usize>,
    /// Indexes into [`Built::invalid`].
    pub invalid: Range<usize>,
}

/// One document. Ranges are bytes of the arena, `holes` indexes into [`Built::holes`].
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltItem {
    pub document: Range<usize>,
    /// The minimal payload, a JSON object.
    pub minimal: Range<usize>,
    /// The JSON array of the identity values.
    pub identity: Range<usize>,
    pub holes: Range<usize>,
}

/// An item that could not be written, and why. Its entity's other items are not touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidItem {
    /// The field's path and the column it comes from, such as `images.width (product_image.width)`.
    pub column: String,
    pub reason: String,
}

impl Built {
    pub fn clear(&mut self) {
        self.entities.clear();
        self.items.clear();
        self.invalid.clear();
        self.arena.clear();
        self.holes.clear();
        self.row_bytes = 0;
        self.keyless_rows = 0;
    }

    pub fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.arena[range.clone()]
    }

    /// Of all items, in their order.
    pub fn hashes(&self) -> Vec<FeedHash> {
        let mut hashes = Vec::with_capacity(self.items.len());
        for items in self.items.chunks(FeedHash::AT_ONCE) {
            let contents: Vec<Cow<'_, [u8]>> = items.iter().map(|item| self.content(item)).collect();
            hashes.extend(FeedHash::of_contents(&contents));
        }
        hashes
    }

    /// An item's document without its holes.
    fn content(&self, item: &BuiltItem) -> Cow<'_, [u8]> {
        let holes = &self.holes[item.holes.clone()];
        if holes.is_empty() {
            return Cow::Borrowed(self.bytes(&item.document));
        }
        let mut content = Vec::with_capacity(item.document.len());
        let mut from = item.document.start;
        for hole in holes {
            content.extend_from_slice(&self.arena[from..hole.start]);
            from = hole.end;
        }
        content.extend_from_slice(&self.arena[from..item.document.end]);
        Cow::Owned(content)
    }
}
