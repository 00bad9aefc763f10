//! The feed store in one SQLite file.
//!
//! A connection per reader and per writer; WAL, so that everyone reads while one writes; a commit is on the disk when
//! it returns. Feeds are worked on by several processes at once, each feed by one, which has its [lock].
//! The file is made when a feed is first locked: looking at a store that is not there yet makes nothing.

mod connection;
mod feed_table;
mod history;
mod identity;
mod intent;
mod invalid;
mod migration;
mod new_rows;
mod reader;
mod row_count;
mod row_scan;
mod row_write;
mod timestamp;
mod upkeep;
mod value;
mod writer;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rusqlite::Connection;

use self::connection::Failure;
use self::feed_table::FeedTable;
use self::identity::{Identities, Unindexed};
use self::reader::SqliteReader;
use self::writer::SqliteWriter;
use super::lock::{self, Taken};
use super::store::{FeedReader, FeedStore, FeedWriter, Holder, Locking, StoreError};

/// A feed store in a file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    location: String,
    /// By feed.
    unindexed: Mutex<HashMap<String, Arc<Unindexed>>>,
}

impl SqliteStore {
    /// Opens the store at `path`, bringing an older one up to date. A file that is not there is made with the first
    /// [`lock`](FeedStore::lock); its folder must exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] when it cannot be used or is some other database, [`StoreError::TooNew`] when a newer
    /// feedmill made it.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        let location = path.display().to_string();
        let absolute = std::path::absolute(path)
            .map_err(|error| StoreError::Open { location: location.clone(), message: error.to_string() })?;
        let store = SqliteStore { path: absolute, location, unindexed: Mutex::default() };
        if store.exists()? {
            store.connect()?;
        } else if let Some(folder) = store.path.parent()
            && !folder.is_dir()
        {
            return Err(store.cannot_open(format!("there is no folder {}", folder.display())));
        }
        Ok(store)
    }

    fn exists(&self) -> Result<bool, StoreError> {
        self.path.try_exists().map_err(|error| self.cannot_open(error.to_string()))
    }

    /// A connection to the store, whose tables are those of this version.
    fn connect(&self) -> Result<Connection, StoreError> {
        let mut connection = connection::open(&self.path).map_err(|failure| self.cannot_open(failure.to_string()))?;
        migration::bring_up_to_date(&mut connection, &self.location)?;
        Ok(connection)
    }

    fn connect_or_create(&self) -> Result<Connection, StoreError> {
        connection::create_file(&self.path).map_err(|error| self.cannot_open(error.to_string()))?;
        self.connect()
    }

    /// One file has one lock per feed, by whatever path it was opened.
    fn lock_path(&self, feed: &str) -> PathBuf {
        let mut path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone()).into_os_string();
        path.push(format!(".{feed}.lock"));
        path.into()
    }

    /// What the feed's writer and readers share.
    fn unindexed(&self, feed: &str) -> Arc<Unindexed> {
        let mut all = self.unindexed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(feed.to_owned()).or_default())
    }

    fn identities(&self, connection: &Connection, table: &FeedTable) -> Result<Identities, Failure> {
        let unindexed = self.unindexed(table.feed());
        let is_ours = unindexed.is_active() || identity::has_index(connection, table)?;
        Ok(if is_ours { Identities::Shared(unindexed) } else { Identities::Foreign(OnceCell::new()) })
    }

    fn cannot_open(&self, message: String) -> StoreError {
        StoreError::Open { location: self.location.clone(), message }
    }

    fn failed(&self, doing: &str, failure: impl Into<Failure>) -> StoreError {
        failure.into().at(&self.location, doing)
    }
}

impl FeedStore for SqliteStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn lock(&self, feed: &str, holder: &Holder) -> Result<Locking, StoreError> {
        let mut connection = self.connect_or_create()?;
        let path = self.lock_path(feed);
        let taken =
            lock::take(&path, holder).map_err(|error| self.failed("taking the lock", Failure::file(&path, &error)))?;
        match taken {
            Taken::Busy(holder) => Ok(Locking::Busy(holder)),
            Taken::Held(lock) => {
                migration::ensure_feed(&mut connection, &FeedTable::of(feed))
                    .map_err(|failure| self.failed("making the feed's table", failure))?;
                Ok(Locking::Held(Box::new(lock)))
            }
        }
    }

    fn holder(&self, feed: &str) -> Result<Option<Holder>, StoreError> {
        let path = self.lock_path(feed);
        lock::holder(&path).map_err(|error| self.failed("looking at the lock", Failure::file(&path, &error)))
    }

    fn reader(&self, feed: &str) -> Result<Box<dyn FeedReader>, StoreError> {
        let table = FeedTable::of(feed);
        let stored = if self.exists()? { Some(self.connect()?) } else { None };
        let with_table = match stored {
            Some(connection) => table
                .exists(&connection)
                .map_err(|failure| self.failed("looking for the feed's table", failure))?
                .then_some(connection),
            None => None,
        };
        let connection = match with_table {
            Some(connection) => connection,
            // Not locked yet, so there is nothing to read, and no reason to make it.
            None => migration::empty_store(&table).map_err(|failure| self.failed("opening a reader", failure))?,
        };
        let reader = self
            .identities(&connection, &table)
            .and_then(|identities| SqliteReader::new(connection, table, identities, self.location.clone()))
            .map_err(|failure| self.failed("opening a reader", failure))?;
        Ok(Box::new(reader))
    }

    fn writer(&self, feed: &str) -> Result<Box<dyn FeedWriter>, StoreError> {
        Ok(Box::new(self.sqlite_writer(feed)?))
    }

    fn feeds(&self) -> Result<Vec<String>, StoreError> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        feed_table::names(&self.connect()?).map_err(|failure| self.failed("listing the feeds", failure))
    }

    fn purge(&self, feed: &str, before: SystemTime) -> Result<u64, StoreError> {
        let table = FeedTable::of(feed);
        if !self.exists()? {
            return Ok(0);
        }
        let mut connection = self.connect()?;
        upkeep::purge(&mut connection, &table, before)
            .map_err(|failure| self.failed("dropping delivered deletes", failure))
    }
}

impl SqliteStore {
    fn sqlite_writer(&self, feed: &str) -> Result<SqliteWriter, StoreError> {
        let mut connection = self.connect_or_create()?;
        let table = FeedTable::of(feed);
        migration::ensure_feed(&mut connection, &table)
            .map_err(|failure| self.failed("making the feed's table", failure))?;
        // What a run that died has left without.
        identity::ensure_index(&connection, &table)
            .map_err(|failure| self.failed("building the index of identities", failure))?;
        let unindexed = self.unindexed(feed);
        unindexed.end();
        SqliteWriter::new(connection, table, unindexed, self.location.clone())
            .map_err(|failure| self.failed("opening the writer", failure))
    }
}

#[cfg(test)]
mod tests;
