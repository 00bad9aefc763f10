//! Runs whose source is lost on the way: what they do again, what they give up, and what they never do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::hold::{Hold, hold};
use super::progress::Silent;
use super::selection::Selection;
use super::stop::Stop;
use super::summary::{Outcome, Summary};
use super::{DeleteGuard, FeedRun, Settings, Target};
use crate::consumer::circuit::Circuit;
use crate::consumer::delivery::{Delivered, ItemOutcome, Request};
use crate::consumer::{Consumer, ItemKind};
use crate::definition::feed::FeedDefinition;
use crate::definition::problem::SourceFile;
use crate::entity::EntityKey;
use crate::feed::change::ChangePolicy;
use crate::feed::sqlite::SqliteStore;
use crate::feed::store::RunBackoff;
use crate::plan::{Extent, Plan, PlanOptions};
use crate::source::catalog::{Catalog, Column};
use crate::source::reuse::Reused;
use crate::source::rows::RowSet;
use crate::source::sql::Dialect;
use crate::source::sqlite::SqliteSource;
use crate::source::{Bind, Source, SourceError, SourceReader};

/// Enough for several batches.
const PRODUCTS: i64 = 3_000;

const FEED: &str = "name = \"products\"\nconsumer = \"search\"\nidentity = [\"id\"]\nminimal_payload = [\"id\"]\n\
    entities_removable = true\n[entity]\ntable = \"product\"\nkey = \"id\"\n[fields]\nid = \"id\"\nsku = \"sku\"\n\
    [fields.images]\nmany = \"image\"\non = { product_id = \"id\" }\nvalue = \"path\"\n";

/// Shared with the source's connections.
#[derive(Default)]
struct Faults {
    /// Uses that pass before the first that is lost.
    before: AtomicI64,
    /// Uses that are lost then.
    losses: AtomicI64,
    open: AtomicUsize,
    most_open: AtomicUsize,
    /// Asked to stop at the first loss.
    stop: Mutex<Option<Stop>>,
}

impl Faults {
    fn strikes(&self) -> bool {
        let strikes = self.before.fetch_sub(1, Ordering::SeqCst) <= 0 && self.losses.fetch_sub(1, Ordering::SeqCst) > 0;
        if strikes && let Some(stop) = self.stop.lock().unwrap().as_ref() {
            stop.request(15);
        }
        strikes
    }
}

/// An SQLite file behind a bad line.
struct Unsteady {
    source: SqliteSource,
    faults: Arc<Faults>,
}

struct UnsteadyReader {
    reader: Box<dyn SourceReader>,
    faults: Arc<Faults>,
    lost: bool,
}

fn lost() -> SourceError {
    SourceError::Lost { location: "unsteady://shop".into(), message: "the line is dead".into() }
}

impl Source for Unsteady {
    fn location(&self) -> &str {
        "unsteady://shop"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.source.dialect()
    }

    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
        let open = self.faults.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.faults.most_open.fetch_max(open, Ordering::SeqCst);
        Ok(Box::new(UnsteadyReader { reader: self.source.connect()?, faults: self.faults.clone(), lost: false }))
    }
}

impl Drop for UnsteadyReader {
    fn drop(&mut self) {
        self.faults.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SourceReader for UnsteadyReader {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.reader.catalog()
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        self.reader.describe(sql)
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        self.reader.check(sql)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        self.lost = self.faults.strikes();
        if self.lost { Err(lost()) } else { self.reader.begin() }
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.reader.end()
    }

    /// Once lost, only a new beginning helps.
    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        self.lost = self.lost || self.faults.strikes();
        if self.lost { Err(lost()) } else { self.reader.read(sql, binds, rows) }
    }
}

/// Takes everything, and remembers what it has.
#[derive(Default)]
struct Shelf {
    items: Mutex<BTreeMap<i64, Value>>,
    deletes: Mutex<Vec<i64>>,
}

impl Consumer for Shelf {
    fn deliver(&self, request: &Request) -> Delivered {
        for item in &request.items {
            let document: Value = serde_json::from_slice(&item.json).unwrap();
            let id = document["id"].as_i64().unwrap();
            match item.kind {
                ItemKind::Upsert => {
                    let before = self.items.lock().unwrap().insert(id, document);
                    assert!(before.is_none(), "{id} was sent twice");
                }
                ItemKind::Delete => {
                    self.items.lock().unwrap().remove(&id);
                    self.deletes.lock().unwrap().push(id);
                }
            }
        }
        let delivered = ItemOutcome { status: 200, message: None, retry_after: None };
        Delivered { outcomes: vec![Some(delivered); request.items.len()], requests: 1, ..Delivered::default() }
    }
}

struct Shop {
    folder: tempfile::TempDir,
    faults: Arc<Faults>,
    shelf: Shelf,
    stop: Stop,
    threads: usize,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Shop { folder, faults: Arc::default(), shelf: Shelf::default(), stop: Stop::default(), threads: 2 };
        shop.write(&format!(
            "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT); CREATE TABLE image (product_id INTEGER, path TEXT);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PRODUCTS})
             INSERT INTO product SELECT i, 'S' || i FROM n;
             INSERT INTO image SELECT id, id || '.jpg' FROM product WHERE id % 3 = 0"
        ));
        shop
    }

    fn write(&self, sql: &str) {
        rusqlite::Connection::open(self.file("shop.db")).unwrap().execute_batch(sql).unwrap();
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The next run loses the source `losses` times in a row, after `before` uses of it.
    fn lose(&self, before: i64, losses: i64) {
        self.faults.before.store(before, Ordering::SeqCst);
        self.faults.losses.store(losses, Ordering::SeqCst);
    }

    fn run(&self, selection: Selection) -> Summary {
        let definition: FeedDefinition =
            crate::definition::parse(SourceFile::new("feeds/products.toml", FEED)).unwrap_or_else(|p| panic!("{p}"));
        let sqlite = SqliteSource::open(&self.file("shop.db")).unwrap();
        let source = Reused::new(Box::new(Unsteady { source: sqlite, faults: self.faults.clone() }));
        let plan = {
            let mut reader = source.connect().unwrap();
            let catalog = reader.catalog().unwrap();
            let options = PlanOptions {
                mask_key: None,
                timezone: jiff::tz::TimeZone::UTC,
                today: "2026-11-20".to_owned(),
                extent: Extent::Part,
            };
            Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options).unwrap()
        };
        let store = SqliteStore::open(Path::new(&self.file("feedmill.db"))).unwrap();
        let circuit = Circuit::new();
        let run = FeedRun {
            definition: &definition,
            plan: &plan,
            source: &source,
            store: &store,
            target: Target {
                consumer: &self.shelf,
                circuit: &circuit,
                name: "search",
                location: "shelf",
                places: None,
                max_request_bytes: 1 << 20,
            },
            settings: Settings {
                command: "reindex",
                thread_count: self.threads,
                batch_size: 100,
                guard: DeleteGuard { max_deletes: 5_000, max_delete_percent: 100, allow_deletes: None },
                policy: ChangePolicy {
                    non_retryable: vec![400],
                    force: false,
                    parked_too: false,
                    max_attempts: 20,
                    backoff: RunBackoff::DEFAULT,
                },
                waits: &[Duration::ZERO; 5],
            },
            progress: &Silent,
            stop: &self.stop,
        };
        let Hold::Held(mut held) = hold(&store, "products", "reindex", None, &self.stop).unwrap() else {
            panic!("the feed is held");
        };
        run.execute(&mut held, selection).unwrap()
    }

    fn full(&self) -> Summary {
        self.run(Selection::All { after: None })
    }
}

#[test]
fn a_batch_that_was_lost_is_built_again() {
    let shop = Shop::new();
    for (before, losses) in [(0, 1), (1, 2), (5, 1), (9, 5), (12, 3)] {
        shop.lose(before, losses);
        shop.shelf.items.lock().unwrap().clear();
        let summary = shop.full();
        assert_eq!(summary.outcome, Outcome::Complete, "{summary:?}");
        assert_eq!(summary.totals.entities, PRODUCTS as u64, "{summary:?}");
        assert!(shop.faults.losses.load(Ordering::SeqCst) <= 0, "the source was never lost");
        if summary.totals.exported > 0 {
            let items = shop.shelf.items.lock().unwrap();
            assert_eq!(items.len() as i64, PRODUCTS);
            assert!(
                items.values().all(
                    |item| item["images"].as_array().unwrap().is_empty() == (item["id"].as_i64().unwrap() % 3 != 0)
                )
            );
            shop.write("UPDATE product SET sku = sku || 'x'");
        }
    }
}

#[test]
fn a_run_has_a_connection_for_each_builder_and_no_more() {
    for threads in [1, 2, 9] {
        let shop = Shop { threads, ..Shop::new() };
        assert_eq!(shop.full().outcome, Outcome::Complete);
        shop.shelf.items.lock().unwrap().clear();
        shop.write("DELETE FROM product WHERE id > 2900; UPDATE product SET sku = 'new' WHERE id < 9");
        assert_eq!(shop.full().totals.deleted, 100);
        let builders = threads.min(std::thread::available_parallelism().map_or(1, usize::from));
        let most = shop.faults.most_open.load(Ordering::SeqCst);
        assert!((1..=builders).contains(&most), "{most} connections for {builders} builders");
        assert_eq!(shop.faults.open.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn a_source_that_stays_lost_leaves_the_run_incomplete_and_deletes_nothing() {
    let shop = Shop { threads: 1, ..Shop::new() };
    assert_eq!(shop.full().totals.exported, PRODUCTS as u64);
    shop.shelf.items.lock().unwrap().clear();
    shop.write("DELETE FROM product WHERE id > 2000; UPDATE product SET sku = 'new'");
    shop.lose(6, i64::MAX);
    let summary = shop.full();
    assert_eq!((summary.outcome, summary.database_lost), (Outcome::Incomplete, true), "{summary:?}");
    let reason = summary.reason.unwrap();
    assert!(
        reason.contains("the connection to the source database unsteady://shop was lost: the line is dead"),
        "{reason}"
    );
    assert!(summary.totals.exported < 2_000 && summary.totals.deleted == 0, "{:?}", summary.totals);
    assert_eq!(summary.totals.items, summary.totals.accounted());
    // What was left is found by the next.
    shop.lose(0, 0);
    let summary = shop.full();
    assert_eq!((summary.outcome, summary.totals.deleted), (Outcome::Complete, 1_000), "{summary:?}");
    assert_eq!(shop.shelf.items.lock().unwrap().len(), 2_000);
}

#[test]
fn the_last_look_before_a_delete_is_taken_again() {
    let ids = || Selection::Ids([2_999, 3_000].map(EntityKey::Int).to_vec());
    // Every use of the source by the run in turn, until it has none left.
    for before in 0.. {
        let shop = Shop { threads: 1, ..Shop::new() };
        shop.full();
        shop.write("DELETE FROM product WHERE id > 2998");
        shop.lose(before, 1);
        let summary = shop.run(ids());
        assert_eq!((summary.outcome, summary.totals.deleted), (Outcome::Complete, 2), "{before}: {summary:?}");
        assert_eq!(*shop.shelf.deletes.lock().unwrap(), [2_999, 3_000]);
        if shop.faults.losses.load(Ordering::SeqCst) > 0 {
            assert!(before > 4, "{before}");
            break;
        }
    }
    // Lost for good there, it deletes nothing.
    let shop = Shop { threads: 1, ..Shop::new() };
    shop.full();
    shop.write("DELETE FROM product WHERE id > 2998");
    shop.lose(3, i64::MAX);
    let summary = shop.run(ids());
    assert_eq!((summary.outcome, summary.totals.deleted, summary.database_lost), (Outcome::Incomplete, 0, true));
    assert!(shop.shelf.deletes.lock().unwrap().is_empty());
}

#[test]
fn the_wish_to_stop_ends_the_wait_for_a_source() {
    let shop = Shop { threads: 1, ..Shop::new() };
    *shop.faults.stop.lock().unwrap() = Some(shop.stop.clone());
    shop.lose(4, i64::MAX);
    let summary = shop.full();
    assert_eq!((summary.outcome, summary.database_lost), (Outcome::Interrupted, false), "{summary:?}");
    assert_eq!(summary.reason.as_deref(), Some("stopped by signal 15"));
    assert_eq!(shop.faults.losses.load(Ordering::SeqCst), i64::MAX - 1, "it was tried once");
}
