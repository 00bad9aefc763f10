//! Opening the file, and saying what went wrong with it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::feed::store::StoreError;

/// How often a locked database is tried again, and the longest pause between two tries: two minutes in all. Another
/// feed's writer is done in milliseconds, save when it changes its whole table. Short pauses keep a writer that
/// commits all the time from starving the others.
const BUSY_TRIES: i32 = 12_000;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Statements that one connection keeps prepared.
const PREPARED_STATEMENTS: usize = 48;

/// Makes the file, for its owner alone; SQLite gives its -wal and -shm files the same permissions.
pub(super) fn create_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => {
            // SQLite syncs the file but not its name. Where a folder cannot be synced there is nothing else to do.
            if let Some(folder) = path.parent() {
                let _ = File::open(folder).and_then(|folder| folder.sync_all());
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file that is there. Nothing is written to it: it may turn out to be another program's database.
pub(super) fn open(path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(wait_for_others))?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(connection)
}

fn wait_for_others(tries: i32) -> bool {
    thread::sleep(BUSY_PAUSE.min(Duration::from_millis(tries.unsigned_abs().into())));
    tries < BUSY_TRIES
}

/// Makes the file a WAL database, which it then stays. The switch needs the file for itself, and SQLite does not wait
/// for that.
pub(super) fn use_wal(connection: &Connection) -> Result<(), Failure> {
    let mut tries = 0;
    let mode: String = loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(error) if is_busy(&error) && wait_for_others(tries) => tries += 1,
            answer => break answer?,
        }
    };
    if mode.eq_ignore_ascii_case("wal") {
        Ok(())
    } else {
        Err(Failure::Damaged("its file system does not allow a write-ahead log; move it to a local disk".to_owned()))
    }
}

/// Copies what is committed from the log into the file, as far as nobody reads it, while others write.
pub(super) fn copy_log(path: &Path) -> Result<(), Failure> {
    open(path)?.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

/// A write transaction: waits for other writers now, so that nothing in it can fail for their sake.
pub(super) fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Why the store could not do something.
#[derive(Debug)]
pub(super) enum Failure {
    Sqlite(rusqlite::Error),
    /// What stands in it is nothing that feedmill writes, or cannot hold what it must.
    Damaged(String),
    File(String),
}

impl Failure {
    pub(super) fn file(path: &Path, error: &io::Error) -> Failure {
        Failure::File(format!("{}: {error}", path.display()))
    }

    pub(super) fn at(self, location: &str, doing: &str) -> StoreError {
        StoreError::Database { location: location.to_owned(), message: format!("{doing}: {self}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Sqlite(error) if is_busy(error) => {
                write!(f, "another process has kept it locked for two minutes ({error})")
            }
            Failure::Sqlite(error) => {
                error.fmt(f)?;
                remedy(error).map_or(Ok(()), |remedy| write!(f, "; {remedy}"))
            }
            Failure::Damaged(message) | Failure::File(message) => f.write_str(message),
        }
    }
}

/// What its owner can do about it, where SQLite's words do not say so.
fn remedy(error: &rusqlite::Error) -> Option<&'static str> {
    match error.sqlite_error_code()? {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(
            "it is damaged, or no feed store: put back a copy of it, or move it away, and the next `feedmill reindex` sends \
             everything again, but no delete for what is gone by then",
        ),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Some("it must be a file that this user may write, in a folder that this user may write")
        }
        _ => None,
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Sqlite(error)
    }
}
