//! The store's tables, and how those of an older version become this version's.
//!
//! Migrations are numbered and only ever added. Each has a part for the store and a part for every feed's table; a
//! new feed's table is made by all the latter in turn, so that there is one way to a table.

use rusqlite::{Connection, Transaction};

use super::connection::{self, Failure};
use super::feed_table::{self, FeedTable};
use crate::feed::store::StoreError;

/// "feed" in ASCII, in the file's header: what the file is, for `file` and for us.
const APPLICATION_ID: i32 = 0x6665_6564;

struct Migration {
    store: &'static str,
    each_feed: &'static str,
}

/// The n-th brings a store from version n to n + 1.
const MIGRATIONS: [Migration; 2] = [
    Migration {
        store: include_str!("../../../schema/store/sqlite/0001_store.sql"),
        each_feed: include_str!("../../../schema/store/sqlite/0001_feed.sql"),
    },
    Migration { store: include_str!("../../../schema/store/sqlite/0002_store.sql"), each_feed: "" },
];

/// The version that this program knows.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Checks that the file is a feed store, or empty, and makes it one of this version.
pub(super) fn bring_up_to_date(connection: &mut Connection, location: &str) -> Result<(), StoreError> {
    let open = |failure: Failure| StoreError::Open { location: location.to_owned(), message: failure.to_string() };
    let found = version_now(connection).map_err(open)?;
    if found > KNOWN {
        return Err(StoreError::TooNew { location: location.to_owned(), found, known: KNOWN });
    }
    connection::use_wal(connection).map_err(open)?;
    if found < KNOWN {
        migrate(connection).map_err(open)?;
    }
    Ok(())
}

fn version_now(connection: &Connection) -> Result<u32, Failure> {
    let snapshot = connection.unchecked_transaction()?;
    version(&snapshot)
}

/// The version of a feed store; 0 of an empty file. To be asked within a transaction: between two of its questions
/// another process may make the store.
fn version(transaction: &Transaction<'_>) -> Result<u32, Failure> {
    let application_id: i32 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match u32::try_from(version) {
        Ok(version) if application_id == APPLICATION_ID && version > 0 => Ok(version),
        Ok(0) if application_id == 0 && tables == 0 => Ok(0),
        _ => Err(Failure::Damaged(
            "the file is another program's database, no feed store; set [store] url to a file of its own".to_owned(),
        )),
    }
}

fn migrate(connection: &mut Connection) -> Result<(), Failure> {
    let transaction = connection::begin(connection)?;
    // Another process may have been faster.
    let found = version(&transaction)?;
    for (from, migration) in (0..).zip(&MIGRATIONS).filter(|(from, _)| *from >= found) {
        // Before this one there may be no table that lists the feeds.
        let feeds = if from == 0 { Vec::new() } else { feed_table::names(&transaction)? };
        transaction.execute_batch(migration.store)?;
        for feed in feeds {
            transaction.execute_batch(&FeedTable::of(&feed).script(migration.each_feed))?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", KNOWN.max(found))?;
    transaction.commit()?;
    Ok(())
}

/// Makes the feed's table when it is not there.
pub(super) fn ensure_feed(connection: &mut Connection, table: &FeedTable) -> Result<(), Failure> {
    if table.exists(connection)? {
        return Ok(());
    }
    let transaction = connection::begin(connection)?;
    if !table.exists(&transaction)? {
        make_feed(&transaction, table)?;
    }
    transaction.commit()?;
    Ok(())
}

fn make_feed(transaction: &Transaction<'_>, table: &FeedTable) -> Result<(), Failure> {
    for migration in &MIGRATIONS {
        transaction.execute_batch(&table.script(migration.each_feed))?;
    }
    transaction.execute("INSERT INTO feed (name) VALUES (?1) ON CONFLICT DO NOTHING", [table.feed()])?;
    // Somebody may have dropped the table by hand to begin anew. What spoke of its rows must not outlive them.
    transaction.execute("DELETE FROM row_count WHERE feed = ?1", [table.feed()])?;
    transaction.execute("DELETE FROM checkpoint WHERE feed = ?1", [table.feed()])?;
    Ok(())
}

/// A store in memory in which the feed has nothing.
pub(super) fn empty_store(table: &FeedTable) -> Result<Connection, Failure> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection)?;
    ensure_feed(&mut connection, table)?;
    Ok(connection)
}
