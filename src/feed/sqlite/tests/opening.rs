use super::*;
use crate::feed::store::{Holder, Locking, StoreError};
use rusqlite::Connection;
use std::fs;

fn holder() -> Holder {
    Holder { command: "reindex".to_owned(), pid: 42 }
}

#[test]
fn looking_at_a_store_that_is_not_there_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("feedmill.db")).unwrap();
    assert_eq!(store.feeds().unwrap(), Vec::<String>::new());
    assert_eq!(store.holder("products").unwrap(), None);
    assert_eq!(store.purge("products", at(9)).unwrap(), 0);
    let mut reader = store.reader("products").unwrap();
    assert_eq!(reader.row(&id(1)).unwrap(), None);
    assert!(reader.counts().unwrap().is_empty());
    assert_eq!(reader.state().unwrap().consumer, None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_first_lock_makes_the_store_and_the_feed_s_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedmill.db");
    let store = SqliteStore::open(&path).unwrap();
    let Locking::Held(lock) = store.lock("products", &holder()).unwrap() else { panic!("busy") };
    assert_eq!(store.feeds().unwrap(), ["products"]);
    assert_eq!(store.holder("products").unwrap(), Some(holder()));
    let again = SqliteStore::open(&path).unwrap();
    assert!(matches!(again.lock("products", &holder()).unwrap(), Locking::Busy(Some(by)) if by == holder()));
    assert!(matches!(again.lock("prices", &holder()).unwrap(), Locking::Held(_)));
    drop(lock);
    assert_eq!(store.holder("products").unwrap(), None);
    assert_eq!(again.feeds().unwrap(), ["prices", "products"]);
}

#[cfg(unix)]
#[test]
fn one_file_by_two_paths_has_one_lock() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("feedmill.db")).unwrap();
    let _lock = store.lock("products", &holder()).unwrap();
    std::os::unix::fs::symlink(folder.path().join("feedmill.db"), folder.path().join("link.db")).unwrap();
    let linked = SqliteStore::open(&folder.path().join("link.db")).unwrap();
    assert!(matches!(linked.lock("products", &holder()).unwrap(), Locking::Busy(_)));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1)]);
    for name in ["feedmill.db", "feedmill.db-wal", "feedmill.db-shm"] {
        let mode = fs::metadata(fixture.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_is_no_feed_store_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE product (id INTEGER)").unwrap();
    let before = fs::read(&path).unwrap();
    let message = SqliteStore::open(&path).unwrap_err().to_string();
    assert!(message.contains("shop.db") && message.contains("another program's database"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::write(&path, "not a database, but long enough to look like one: ".repeat(50)).unwrap();
    let message = SqliteStore::open(&path).unwrap_err().to_string();
    assert!(message.contains("not a database"), "{message}");

    let message = SqliteStore::open(&folder.path().join("no/such/feedmill.db")).unwrap_err().to_string();
    assert!(message.contains("there is no folder"), "{message}");
    let message = SqliteStore::open(folder.path()).unwrap_err().to_string();
    assert!(message.contains("cannot open the feed store"), "{message}");
}

#[test]
fn a_newer_store_is_refused() {
    let fixture = Fixture::new();
    fixture.writer.connection().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::open(&fixture.path()).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 99, known: 2, .. }), "{error}");
}

#[test]
fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedmill.db");
    fs::write(&path, "").unwrap();
    let store = SqliteStore::open(&path).unwrap();
    store.writer("products").unwrap().commit(&Commit { outcomes: vec![delivered(1, 1)], ..Commit::default() }).unwrap();
    assert!(store.reader("products").unwrap().row(&id(1)).unwrap().is_some());
}

#[test]
fn those_who_start_at_once_make_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedmill.db");
    std::thread::scope(|scope| {
        for feed in ["a", "b", "c", "d"] {
            let path = &path;
            scope.spawn(move || {
                let store = SqliteStore::open(path).unwrap();
                assert!(matches!(store.lock(feed, &holder()).unwrap(), Locking::Held(_)));
                let mut writer = store.writer(feed).unwrap();
                for item in 0..20 {
                    writer.commit(&Commit { outcomes: vec![delivered(1, item)], ..Commit::default() }).unwrap();
                }
            });
        }
    });
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.feeds().unwrap(), ["a", "b", "c", "d"]);
    for feed in ["a", "b", "c", "d"] {
        assert_eq!(store.reader(feed).unwrap().counts().unwrap()[0].rows, 20);
    }
}

#[test]
fn a_feed_whose_table_was_dropped_by_hand_begins_anew() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1)]);
    fixture.writer.connection().execute_batch("DROP TABLE feed_products").unwrap();
    assert!(fixture.store.feeds().unwrap().is_empty());
    assert!(fixture.reader().counts().unwrap().is_empty());
    fixture.writer = fixture.store.sqlite_writer("products").unwrap();
    fixture.record(vec![delivered(2, 2)]);
    assert_eq!(fixture.row(2).unwrap().ordinal, 1, "ordinals are not used again");
    fixture.assert_counts_are_right();
}

#[test]
fn a_full_disk_leaves_the_store_as_it_was_and_the_writer_usable() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1)]);
    let big = |item| RowWrite { feed_data: Some(vec![b'1'; 5000].into()), ..delivered(1, item) };
    let commit = Commit { outcomes: (2..200).map(big).collect(), ..Commit::default() };
    fixture.writer.connection().pragma_update_and_check(None, "max_page_count", 40, |_| Ok(())).unwrap();
    let message = fixture.writer.commit(&commit).unwrap_err().to_string();
    assert!(message.contains("feedmill.db") && message.contains("committing") && message.contains("full"), "{message}");
    assert_eq!(fixture.sql("SELECT count(*) FROM feed_products"), "1");
    fixture.assert_counts_are_right();

    fixture.writer.connection().pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
    fixture.writer.commit(&commit).unwrap();
    assert_eq!(fixture.sql("SELECT count(*) FROM feed_products"), "199");
    fixture.assert_counts_are_right();
}

#[test]
fn what_was_in_flight_in_a_store_of_version_1_is_known_after_it_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedmill.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../../../schema/store/sqlite/0001_store.sql")).unwrap();
    let feed = include_str!("../../../../schema/store/sqlite/0001_feed.sql").replace("{feed}", "products");
    old.execute_batch(&feed).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 1717921124; PRAGMA user_version = 1; INSERT INTO feed (name) VALUES ('products')",
    )
    .unwrap();
    let intent = "INSERT INTO intent VALUES ('products', ?1, ?2, ?3, zeroblob(32), ?4, ?5)";
    old.execute(intent, (1, 7, id(1).0, false, "{\"sku\":\"é\"}")).unwrap();
    old.execute(intent, (2, "7", id(2).0, true, "{}")).unwrap();
    drop(old);

    let mut writer = SqliteStore::open(&path).unwrap().sqlite_writer("products").unwrap();
    assert_eq!(writer.recover_intents().unwrap(), 2);
    let rows = "SELECT group_concat(quote(source_entity_id) || status || is_deleted || feed_data) FROM feed_products";
    let rows: String = writer.connection().query_row(rows, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, "7-10{\"sku\":\"é\"},'7'-11{}");
}
