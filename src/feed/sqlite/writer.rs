//! The one that writes a feed: its recorder's side of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use rusqlite::Connection;

use super::connection::{self, Failure};
use super::feed_table::FeedTable;
use super::identity::{self, Unindexed};
use super::row_write::{RowImage, RowWriter};
use super::{history, intent, invalid, new_rows, upkeep};
use crate::feed::store::{Commit, FeedWriter, Resume, RunEnd, RunStart, StoreError};

/// Pages held in memory, in KiB: what a commit or two change.
const CACHE_KIB: i64 = 2 * 1024;

/// Pages in the log before they are copied into the file, 8 MiB: a page that some commits in a row change is copied once,
/// and the log stays small enough that its own pages are written over, not made anew and thrown away with it.
const CHECKPOINT_PAGES: i64 = 2048;

/// What is left of the log after it was copied, in bytes.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// Rows that one statement inserts, at most: enough that its fixed cost does not show.
const ROWS_A_STATEMENT: usize = 250;

pub(super) struct SqliteWriter {
    connection: Connection,
    table: FeedTable,
    unindexed: Arc<Unindexed>,
    location: String,
}

impl SqliteWriter {
    pub(super) fn new(
        connection: Connection,
        table: FeedTable,
        unindexed: Arc<Unindexed>,
        location: String,
    ) -> Result<SqliteWriter, Failure> {
        // What is committed must survive a power cut: a request may leave right after.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
        new_rows::register(&connection)?;
        Ok(SqliteWriter { connection, table, unindexed, location })
    }

    /// A file that was deleted or moved away goes on taking what is written, and nobody will ever read it: an intent in it
    /// is not durable, and the next run would know of nothing.
    fn look_for_file(&self) -> Result<(), Failure> {
        let gone = self.connection.path().is_some_and(|path| matches!(Path::new(path).try_exists(), Ok(false)));
        if gone { Err(Failure::File("its file was taken away while it was in use".to_owned())) } else { Ok(()) }
    }

    fn try_commit(&mut self, commit: &Commit) -> Result<(), Failure> {
        self.look_for_file()?;
        let met = self.unindexed.meet(commit.outcomes.iter().map(|write| write.feed_id));
        if self.unindexed.costs_too_much() {
            self.build_index()?;
        }
        let transaction = connection::begin(&mut self.connection)?;
        let table = &self.table;
        if !commit.outcomes.is_empty() || !commit.adoptions.is_empty() || !commit.refreshed.is_empty() {
            let mut rows = RowWriter::new(&transaction, table, met)?;
            for writes in commit.outcomes.chunks(ROWS_A_STATEMENT) {
                rows.put_all(&writes.iter().map(RowImage::from).collect::<Vec<_>>())?;
            }
            for adoption in &commit.adoptions {
                rows.adopt(&adoption.feed_id, &adoption.to)?;
            }
            for refreshed in &commit.refreshed {
                rows.refresh(refreshed)?;
            }
            rows.finish()?;
        }
        intent::remove(&transaction, table, &commit.settled)?;
        intent::add(&transaction, table, &commit.intents)?;
        invalid::replace(&transaction, table, &commit.invalid)?;
        if let Some(next) = commit.next_sequence {
            transaction
                .prepare_cached("UPDATE feed SET next_sequence = max(next_sequence, ?2) WHERE name = ?1")?
                .execute((table.feed(), history::stored_number(next)))?;
        }
        if let Some(checkpoint) = &commit.checkpoint {
            history::set_checkpoint(&transaction, table, checkpoint)?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn try_begin_run(&mut self, run: &RunStart) -> Result<i64, Failure> {
        let transaction = connection::begin(&mut self.connection)?;
        let run_id = history::begin(&transaction, &self.table, run)?;
        let fills_empty =
            history::is_from_the_beginning(run) && identity::drop_index_of_empty(&transaction, &self.table)?;
        transaction.commit()?;
        if fills_empty {
            self.unindexed.begin();
        }
        Ok(run_id)
    }

    fn try_finish_run(&mut self, run_id: i64, end: &RunEnd) -> Result<(), Failure> {
        self.look_for_file()?;
        if !self.unindexed.is_active() {
            return self.write_end(run_id, end);
        }
        let file = self.connection.path().map(PathBuf::from);
        thread::scope(|scope| {
            if let Some(file) = &file {
                // Nothing else is left to do for the other cores. Where it does not work, it is done when the store is closed.
                let _ = thread::Builder::new().spawn_scoped(scope, || connection::copy_log(file));
            }
            self.write_end(run_id, end)
        })
    }

    fn write_end(&mut self, run_id: i64, end: &RunEnd) -> Result<(), Failure> {
        let transaction = connection::begin(&mut self.connection)?;
        // What a first full run has done without.
        if self.unindexed.is_active() {
            identity::ensure_index(&transaction, &self.table)?;
        }
        history::finish(&transaction, &self.table, run_id, end)?;
        transaction.commit()?;
        self.unindexed.end();
        Ok(())
    }

    fn build_index(&mut self) -> Result<(), Failure> {
        let transaction = connection::begin(&mut self.connection)?;
        identity::ensure_index(&transaction, &self.table)?;
        transaction.commit()?;
        self.unindexed.end();
        Ok(())
    }

    fn failed(&self, doing: &str, failure: Failure) -> StoreError {
        failure.at(&self.location, &format!("{doing} of feed {}", self.table.feed()))
    }

    /// For tests, which look at what stands there.
    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl FeedWriter for SqliteWriter {
    fn recover_intents(&mut self) -> Result<u64, StoreError> {
        intent::recover(&mut self.connection, &self.table, SystemTime::now())
            .map_err(|failure| self.failed("recovering the items in flight", failure))
    }

    fn apply_policy(&mut self, non_retryable: &[u16], max_attempts: u32, now: SystemTime) -> Result<(), StoreError> {
        upkeep::apply_policy(&mut self.connection, &self.table, non_retryable, max_attempts, now)
            .map_err(|failure| self.failed("bringing the failed rows in line", failure))
    }

    fn set_consumer(&mut self, name: &str, location: &str, resend: bool) -> Result<(), StoreError> {
        upkeep::set_consumer(&mut self.connection, &self.table, name, location, resend, SystemTime::now())
            .map_err(|failure| self.failed("writing down the consumer", failure))
    }

    fn begin_run(&mut self, run: &RunStart) -> Result<i64, StoreError> {
        self.try_begin_run(run).map_err(|failure| self.failed("writing down the start of a run", failure))
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        if commit.is_empty() {
            return Ok(());
        }
        self.try_commit(commit).map_err(|failure| self.failed("committing outcomes and intents", failure))
    }

    fn finish_run(&mut self, run_id: i64, end: &RunEnd) -> Result<(), StoreError> {
        self.try_finish_run(run_id, end).map_err(|failure| self.failed("writing down the end of a run", failure))
    }

    fn resumable_run(&mut self, definition: &str) -> Result<Option<Resume>, StoreError> {
        history::resumable(&self.connection, &self.table, definition)
            .map_err(|failure| self.failed("looking for the run to resume", failure))
    }
}
