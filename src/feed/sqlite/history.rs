//! Runs, and how far the newest full one has come.
//!
//! The history is bounded: [`KEPT_RUNS`] of each feed, and its newest full run however old. A feed has at most one
//! checkpoint; a full run that starts at the beginning or completes ends it.

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, Row};

use super::connection::Failure;
use super::feed_table::FeedTable;
use super::timestamp::rfc3339;
use super::value::{self, Key};
use crate::feed::store::{Checkpoint, Resume, RunEnd, RunRecord, RunStart};

/// A week of what happens every ten minutes. A `retry` that finds nothing leaves no run.
const KEPT_RUNS: u32 = 1000;

/// The counters of a run's summary that are columns too, so that SQL can plot them.
const COUNTERS: [&str; 14] = [
    "entities",
    "items",
    "unchanged",
    "exported",
    "deleted",
    "rejected",
    "retryable",
    "invalid",
    "withheld",
    "pending",
    "requests",
    "request_retries",
    "bytes_sent",
    "duration_ms",
];

pub(super) fn begin(transaction: &Connection, table: &FeedTable, run: &RunStart) -> Result<i64, Failure> {
    transaction.execute(
        "INSERT INTO run (feed, command, selection, definition, resumes, started_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (table.feed(), &run.command, &run.selection, &run.definition, run.resumes, rfc3339(run.started_at)),
    )?;
    let id = transaction.last_insert_rowid();
    if is_from_the_beginning(run) {
        clear_checkpoint(transaction, table)?;
    }
    Ok(id)
}

/// A full run that goes on with no other.
pub(super) fn is_from_the_beginning(run: &RunStart) -> bool {
    run.selection == FULL && run.resumes.is_none()
}

/// The selection of a full run.
const FULL: &str = "all";
const COMPLETE: &str = "complete";

pub(super) fn finish(transaction: &Connection, table: &FeedTable, run_id: i64, end: &RunEnd) -> Result<(), Failure> {
    if let Some(withheld) = end.withheld {
        let sql = "UPDATE feed SET withheld = ?2 WHERE name = ?1 AND withheld <> ?2";
        transaction.execute(sql, (table.feed(), stored_number(withheld)))?;
    }
    if let Some(definition) = &end.completed_definition {
        transaction.execute("UPDATE feed SET definition = ?2 WHERE name = ?1", (table.feed(), definition))?;
        clear_checkpoint(transaction, table)?;
    }
    transaction.execute(
        "UPDATE run SET ended_at = ?3, outcome = ?4, reason = ?5, summary = ?6 WHERE feed = ?1 AND id = ?2",
        (table.feed(), run_id, rfc3339(end.ended_at), &end.outcome, &end.reason, end.summary.to_string()),
    )?;
    for counter in COUNTERS {
        let value = end.summary.get(counter).and_then(serde_json::Value::as_i64);
        let sql = format!("UPDATE run SET {counter} = ?2 WHERE id = ?1");
        transaction.prepare_cached(&sql)?.execute((run_id, value))?;
    }
    prune(transaction, table)
}

fn prune(transaction: &Connection, table: &FeedTable) -> Result<(), Failure> {
    transaction.execute(
        "DELETE FROM run WHERE feed = ?1
            AND id <= (SELECT id FROM run WHERE feed = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            AND id IS NOT (SELECT max(id) FROM run WHERE feed = ?1 AND selection = ?3)
            AND id NOT IN (SELECT run_id FROM checkpoint WHERE feed = ?1)",
        (table.feed(), KEPT_RUNS, FULL),
    )?;
    Ok(())
}

/// The newest runs first.
pub(super) fn runs(connection: &Connection, table: &FeedTable, limit: usize) -> Result<Vec<RunRecord>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT id, command, selection, started_at, ended_at, outcome, reason, summary FROM run
          WHERE feed = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let record = |row: &Row<'_>| {
        let summary: Option<String> = row.get(7)?;
        Ok(RunRecord {
            run_id: row.get(0)?,
            command: row.get(1)?,
            selection: row.get(2)?,
            started_at: row.get(3)?,
            ended_at: row.get(4)?,
            outcome: row.get(5)?,
            reason: row.get(6)?,
            summary: summary.and_then(|json| serde_json::from_str(&json).ok()),
        })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let runs = statement.query_map((table.feed(), limit), record)?.collect::<Result<_, _>>()?;
    Ok(runs)
}

pub(super) fn set_checkpoint(
    transaction: &Connection,
    table: &FeedTable,
    checkpoint: &Checkpoint,
) -> Result<(), Failure> {
    let mut seen = Vec::with_capacity(checkpoint.seen.serialized_size());
    checkpoint
        .seen
        .serialize_into(&mut seen)
        .map_err(|error| Failure::Damaged(format!("the rows seen cannot be written down: {error}")))?;
    transaction
        .prepare_cached(
            "INSERT INTO checkpoint (feed, run_id, through, first_new_ordinal, seen) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET run_id = excluded.run_id, through = excluded.through,
                    first_new_ordinal = excluded.first_new_ordinal, seen = excluded.seen",
        )?
        .execute((table.feed(), checkpoint.run_id, Key(&checkpoint.through), checkpoint.first_new_ordinal, seen))?;
    Ok(())
}

pub(super) fn clear_checkpoint(transaction: &Connection, table: &FeedTable) -> Result<(), Failure> {
    transaction.execute("DELETE FROM checkpoint WHERE feed = ?1", [table.feed()])?;
    Ok(())
}

/// The newest full run, when it did not complete, ran under this definition, and it or one that it goes on with has
/// left a checkpoint.
pub(super) fn resumable(
    connection: &Connection,
    table: &FeedTable,
    definition: &str,
) -> Result<Option<Resume>, Failure> {
    let Some(run_id) = newest_full_run(connection, table, definition)? else { return Ok(None) };
    let Some(checkpoint) = checkpoint(connection, table)? else { return Ok(None) };
    let reaches = "WITH RECURSIVE chain (id) AS (
                     SELECT ?1 UNION SELECT run.resumes FROM chain JOIN run ON run.id = chain.id
                      WHERE run.feed = ?2 AND run.resumes IS NOT NULL)
                   SELECT EXISTS (SELECT 1 FROM chain WHERE id = ?3)";
    let reaches: bool = connection.query_row(reaches, (run_id, table.feed(), checkpoint.run_id), |row| row.get(0))?;
    Ok(reaches.then_some(Resume { run_id, checkpoint }))
}

fn newest_full_run(connection: &Connection, table: &FeedTable, definition: &str) -> Result<Option<i64>, Failure> {
    let sql = "SELECT id, definition = ?3 AND outcome IS NOT ?4 FROM run
                WHERE feed = ?1 AND selection = ?2 ORDER BY id DESC LIMIT 1";
    let newest: Option<(i64, bool)> = connection
        .query_row(sql, (table.feed(), FULL, definition, COMPLETE), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(newest.and_then(|(id, resumable)| resumable.then_some(id)))
}

/// A checkpoint that cannot be read is none: the run then starts at the beginning, which is always right.
fn checkpoint(connection: &Connection, table: &FeedTable) -> Result<Option<Checkpoint>, Failure> {
    let sql = "SELECT run_id, through, first_new_ordinal, seen FROM checkpoint WHERE feed = ?1";
    let read = |row: &Row<'_>| {
        let seen: Vec<u8> = row.get(3)?;
        let run_id = row.get(0)?;
        let first_new_ordinal = row.get(2)?;
        Ok(match (value::key(row.get_ref(1)?), RoaringBitmap::deserialize_from(&seen[..])) {
            (Ok(through), Ok(seen)) => Some(Checkpoint { run_id, through, seen, first_new_ordinal }),
            _ => None,
        })
    };
    Ok(connection.query_row(sql, [table.feed()], read).optional()?.flatten())
}

/// SQLite's numbers are signed.
pub(super) fn stored_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
