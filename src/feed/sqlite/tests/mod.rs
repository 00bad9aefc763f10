//! The store as the run sees it, through its traits; and the table as anyone sees it, through SQL.

mod indexing;
mod keeping;
mod model;
mod opening;
mod reading;
mod runs;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::SqliteStore;
use super::writer::SqliteWriter;
use crate::digest::{FeedHash, FeedId};
use crate::entity::EntityKey;
use crate::feed::intent_group::{IntentGroup, IntentParts};
use crate::feed::status::Status;
use crate::feed::store::{Commit, FeedReader, FeedStore, FeedWriter, RowWrite, StoredRow};

/// A store in a folder of its own, and the writer of its feed `products`.
struct Fixture {
    folder: tempfile::TempDir,
    store: SqliteStore,
    writer: SqliteWriter,
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("feedmill.db")).unwrap();
        let writer = store.sqlite_writer("products").unwrap();
        Fixture { folder, store, writer }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("feedmill.db")
    }

    fn reader(&self) -> Box<dyn FeedReader> {
        self.store.reader("products").unwrap()
    }

    fn record(&mut self, outcomes: Vec<RowWrite>) {
        self.writer.commit(&Commit { outcomes, ..Commit::default() }).unwrap();
    }

    fn row(&self, item: u64) -> Option<StoredRow> {
        self.reader().row(&id(item)).unwrap()
    }

    fn rows_of(&self, owners: &[EntityKey]) -> Vec<StoredRow> {
        let mut rows = Vec::new();
        self.reader().rows_of(owners, &mut rows).unwrap();
        rows
    }

    /// Every value that the query gives, as text, rows by lines.
    fn sql(&self, query: &str) -> String {
        let mut statement = self.writer.connection().prepare(query).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let value = |column| match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Null => "NULL".to_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                other => format!("{other:?}"),
            };
            lines.push((0..columns).map(value).collect::<Vec<_>>().join(" "));
        }
        lines.join("\n")
    }

    fn assert_counts_are_right(&self) {
        let counted =
            "SELECT status, is_deleted, parked, count(*) FROM feed_products GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
        let kept = "SELECT status, is_deleted, parked, rows FROM row_count WHERE feed = 'products' ORDER BY 1, 2, 3";
        assert_eq!(self.sql(kept), self.sql(counted));
    }
}

fn id(item: u64) -> FeedId {
    FeedId::of_identity(item.to_string().as_bytes())
}

fn hash(content: u8) -> FeedHash {
    FeedHash([content; 32])
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A delivered item of `owner`, its first row.
fn delivered(owner: impl Into<EntityKey>, item: u64) -> RowWrite {
    RowWrite {
        believed_owner: None,
        owner: owner.into(),
        feed_id: id(item),
        feed_hash: hash(1),
        is_deleted: false,
        status: Status(200),
        attempts: 0,
        parked: false,
        next_attempt_at: None,
        modified_at: at(1000),
        feed_data: Some(format!("{{\"item\":{item}}}").into_bytes().into()),
        error: None,
    }
}

/// An item that failed and is due at that second.
fn failed(owner: impl Into<EntityKey>, item: u64, due: u64) -> RowWrite {
    RowWrite {
        status: Status(503),
        attempts: 1,
        next_attempt_at: Some(at(due)),
        error: Some("busy".to_owned()),
        ..delivered(owner, item)
    }
}

/// These items in one request, all of them deletes or none.
fn request(number: u64, items: &[RowWrite]) -> IntentGroup {
    let is_deleted = items.iter().any(|write| write.is_deleted);
    assert!(items.iter().all(|write| write.is_deleted == is_deleted));
    let parts = items.iter().map(|write| IntentParts {
        owner: &write.owner,
        feed_id: &write.feed_id,
        feed_hash: &write.feed_hash,
        feed_data: write.feed_data.as_deref().unwrap_or_default(),
    });
    IntentGroup::new(number, is_deleted, parts)
}
