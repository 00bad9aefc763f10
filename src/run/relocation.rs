//! Items whose place at the consumer changes while their identity stays: deleted where they stand, then sent to where they
//! belong.
//!
//! Invariant: what a row keeps names the one place at which the consumer may have the item. So the delete is a request of
//! its own, with its own intent and outcome, and the item is compared again and sent once that is recorded. Killed in
//! between, the row says that something is still to be sent; it never says less of where the item may be.

use bytes::Bytes;

use super::FeedRun;
use super::payload::delete_payload;
use crate::consumer::{Item, ItemKind, Places};
use crate::definition::feed::DocumentPath;
use crate::digest::FeedId;

pub struct Relocation<'a> {
    places: &'a Places,
    minimal_payload: Vec<DocumentPath>,
}

impl<'a> Relocation<'a> {
    /// `None` where no place can change, and where the feed sends no deletes.
    pub fn of(run: &FeedRun<'a>) -> Option<Self> {
        let definition = run.definition;
        let places = run.target.places.filter(|_| definition.entities_removable)?;
        Some(Relocation { places, minimal_payload: definition.minimal_payload_paths() })
    }

    /// What deletes an item at the place where `stored` says that it stands, if its document belongs elsewhere.
    pub fn departure(&self, feed_id: FeedId, stored: &[u8], document: &[u8]) -> Option<Bytes> {
        let json = delete_payload(stored, &self.minimal_payload).into();
        let delete = Item { feed_id, kind: ItemKind::Delete, json };
        self.places.differ(&delete, document).then_some(delete.json)
    }
}
