//! The tables of a feed file as they may be written, each key with its meaning: the source of the reader and of the schema.
//!
//! Shapes only: a key's own type and range. What keys mean together is the business of [`check`](super::check).

pub mod eav;
pub mod fallback;
pub mod field;
pub mod literal;
pub mod row_sets;
pub mod rows;

use super::feed::{MOST_BATCH_ITEMS, MOST_THREADS};
use super::reader::Ranged;
use super::shape::{shape, words};
use eav::RawEavSets;
use fallback::RawScopes;
use field::RawFields;
use row_sets::RawRowSets;
use rows::RawEntity;

pub type ThreadCount = Ranged<1, MOST_THREADS>;
pub type BatchSize = Ranged<1, MOST_BATCH_ITEMS>;
pub type MaxDeletes = Ranged<0, { i64::MAX }>;
pub type MaxDeletePercent = Ranged<0, 100>;

shape! {
    /// A feed: documents made from the rows of a database, and the consumer they go to.
    pub struct RawFeed {
        /// The feed's name: the file's name without `.toml`; small letters, digits and `_`, 41 at most.
        name: String [required],
        /// The consumer that the items are sent to: a `[consumers.NAME]` of feedmill.toml.
        consumer: String [required],
        /// The fields that name an item at the consumer, as paths into the document such as "sku" or "brand.id"; no arrays
        /// on the way.
        identity: Vec<crate::definition::problem::Located<String>> [required],
        /// The fields that a delete sends, and all that the feed table keeps of a sent document. Contains the identity,
        /// which is the default.
        minimal_payload: Vec<crate::definition::problem::Located<String>>,
        /// Fields whose change alone sends nothing. Replaces the default, `modifiedAt` and `updatedAt`; may cross arrays.
        exclude_from_hash: Vec<crate::definition::problem::Located<String>>,
        /// Whether deletes are sent. Default: false.
        entities_removable: bool,
        /// Whether the feed table keeps whole documents. Default: false, the minimal payload.
        persist_exported_feed: bool,
        /// Requests in flight at once.
        thread_count: ThreadCount,
        /// Items in one request.
        batch_size: BatchSize,
        /// Deletes of one run that are withheld if they are more, and more than `max_delete_percent` too.
        max_deletes: MaxDeletes,
        /// Deletes of one run, in percent of the items, that are withheld if they are more, and more than `max_deletes` too.
        max_delete_percent: MaxDeletePercent,
        /// Leaves fields that are null out of the document. Default: false.
        omit_null: bool,
        /// What an array without elements becomes. Default: "[]".
        empty: Empty,
        /// The rows that items are made of.
        entity: RawEntity [required],
        /// Lists of scopes by name, for `fallback`: `store = [{ store_id = "store.id" }, { store_id = 0 }]`.
        scopes: RawScopes,
        /// Rows of other tables by name, for `use`: the keys of `one`, `many` and their like.
        rows: RawRowSets,
        /// Sets of values that stand in rows of their own, by name.
        eav: RawEavSets,
        /// Values that are computed like fields and not written.
        lets as "let": RawFields,
        /// The document's keys, in this order.
        fields: RawFields [required],
    }
}

/// What an array without elements becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    Null,
    List,
}

words!(Empty, "what `empty` can be", { "null" => Empty::Null, "[]" => Empty::List });
