//! An SQLite file as a source, opened so that it cannot be written.
//!
//! Both journal modes work. What feedmill cannot do read-only, such as rolling back a write that another program did not
//! finish, is an error that says who must do it.

mod catalog;
mod declared;
mod failure;
mod foreign_keys;
mod keys;
mod prepared;
mod reader;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::sql::{Dialect, SQLITE};
use super::{Source, SourceError, SourceReader};
use reader::SqliteReader;

/// How long a reader waits for a program that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of the file that are mapped instead of copied where ranges are read: SQLite's own upper limit, just under 2 GiB. Mapped pages are the
/// system's cache, not memory of this process, and reading threads do not contend for SQLite's allocator. What lies
/// beyond is read through the page cache. In exchange, the file must not be cut short by anything but SQLite.
const MAPPED_BYTES: i64 = 0x7fff_0000;

/// Page cache of a connection in KiB; small, as mapped pages do not need it and single keys fill little of it.
const CACHE_KIB: i64 = 2048;

/// Statements kept prepared on a connection: more than the passes of any feed, as one thrown away costs a parse a batch.
const PREPARED_STATEMENTS: usize = 1024;

#[derive(Debug)]
pub struct SqliteSource {
    path: PathBuf,
    location: String,
}

impl SqliteSource {
    /// Fails when the file is missing, no database, or not readable by this user.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let location = format!("sqlite:{}", path.display());
        let absolute = std::path::absolute(path)
            .map_err(|error| SourceError::Open { location: location.clone(), message: error.to_string() })?;
        let source = SqliteSource { path: absolute, location };
        source.open_connection()?;
        Ok(source)
    }

    fn open_connection(&self) -> Result<Connection, SourceError> {
        let fail = |message: String| SourceError::Open { location: self.location.clone(), message };
        match std::fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => return Err(fail("it is a folder, not a file".into())),
            // Opening a pipe would wait for its other end.
            Ok(metadata) if !metadata.is_file() => return Err(fail("it is no regular file".into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(fail("there is no such file".into()));
            }
            Err(error) => return Err(fail(error.to_string())),
            Ok(_) => {}
        }
        connect(&self.path).map_err(|error| fail(failure::open_message(&error, &self.path)))
    }
}

impl Source for SqliteSource {
    fn location(&self) -> &str {
        &self.location
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &SQLITE
    }

    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
        Ok(Box::new(SqliteReader::new(self.open_connection()?)))
    }
}

/// The path must be absolute: SQLite reads one that begins with `file:` as a URI.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keys::register(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // The file is first read here: what is wrong with it shows now and not in the middle of a run.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
