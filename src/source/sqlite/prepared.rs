//! A prepared statement whose rows are copied into a [`RowSet`], cell by cell.
//!
//! Most of what a full run does is to fetch cells, millions of them, and so each is fetched with the fewest calls that
//! SQLite's interface has: one for the cell and one or two for what is in it. Invariant: a statement is dropped before its
//! connection, and both are used by one thread at a time.

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};

use rusqlite::{Connection, Error, Result, ffi};

use super::super::KeyTuples;
use super::super::rows::{Cell, RowSet};
use super::keys::POINTER;

pub(super) struct Prepared {
    statement: NonNull<ffi::sqlite3_stmt>,
}

// SAFETY: a statement may move between threads together with its connection, which does (it is opened without a mutex,
// for one thread at a time).
unsafe impl Send for Prepared {}

impl Prepared {
    /// Of a text that `connection` has prepared before without complaint.
    pub fn new(connection: &Connection, sql: &str) -> Result<Self> {
        let length = c_int::try_from(sql.len()).map_err(|_| failure(connection, ffi::SQLITE_TOOBIG))?;
        let mut statement = ptr::null_mut();
        // SAFETY: the handle is that of an open connection; the text is `length` bytes long.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                connection.handle(),
                sql.as_ptr().cast(),
                length,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &mut statement,
                ptr::null_mut(),
            )
        };
        match NonNull::new(statement) {
            Some(statement) => Ok(Prepared { statement }),
            None => Err(failure(connection, code)),
        }
    }

    /// `number` counts from 1.
    pub fn bind_null(&mut self, connection: &Connection, number: c_int) -> Result<()> {
        // SAFETY: the statement is alive until it is dropped.
        check(connection, unsafe { ffi::sqlite3_bind_null(self.statement.as_ptr(), number) })
    }

    pub fn bind_int(&mut self, connection: &Connection, number: c_int, int: i64) -> Result<()> {
        // SAFETY: as above.
        check(connection, unsafe { ffi::sqlite3_bind_int64(self.statement.as_ptr(), number, int) })
    }

    /// SQLite takes a copy.
    pub fn bind_text(&mut self, connection: &Connection, number: c_int, text: &str) -> Result<()> {
        // SAFETY: as above; the text is as long as is said, and copied before the call returns.
        check(connection, unsafe {
            ffi::sqlite3_bind_text64(
                self.statement.as_ptr(),
                number,
                text.as_ptr().cast(),
                text.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ffi::SQLITE_UTF8 as u8,
            )
        })
    }

    /// Tuples for [`KEY_TABLE`](crate::source::sql::sqlite::KEY_TABLE). They must be there until [`fill`](Self::fill) returns.
    pub fn bind_keys(&mut self, connection: &Connection, number: c_int, tuples: &KeyTuples) -> Result<()> {
        // SAFETY: the statement is alive; SQLite keeps the pointer, hands it to the table of keys alone, which only reads,
        // and forgets it when the statement has run.
        check(connection, unsafe {
            ffi::sqlite3_bind_pointer(
                self.statement.as_ptr(),
                number,
                ptr::from_ref(tuples).cast_mut().cast(),
                POINTER.as_ptr(),
                None,
            )
        })
    }

    /// Runs the statement, puts its rows into `rows`, as far as they fit there, and forgets what was bound.
    pub fn fill(&mut self, connection: &Connection, rows: &mut RowSet) -> Result<()> {
        // SAFETY: the statement is alive; the connection is used by nobody else meanwhile.
        let width = unsafe { ffi::sqlite3_column_count(self.statement.as_ptr()) };
        rows.reset(width as usize);
        let filled = loop {
            // SAFETY: as above.
            match unsafe { ffi::sqlite3_step(self.statement.as_ptr()) } {
                ffi::SQLITE_ROW => {}
                ffi::SQLITE_DONE => break Ok(()),
                code => break Err(failure(connection, code)),
            }
            for column in 0..width {
                self.push(column, rows);
            }
            if rows.overflowed() {
                break Ok(());
            }
        };
        // SAFETY: as above. What went wrong is known from the step.
        unsafe {
            ffi::sqlite3_reset(self.statement.as_ptr());
            ffi::sqlite3_clear_bindings(self.statement.as_ptr());
        }
        filled
    }

    /// Copies a cell of the row under way.
    #[inline]
    fn push(&self, column: c_int, rows: &mut RowSet) {
        // SAFETY: a row is under way and has the column. Without a mutex on the connection a column's value may be asked
        // directly, as SQLite's documentation of `sqlite3_value` says; its bytes stay where they are until the next step.
        unsafe {
            let value = ffi::sqlite3_column_value(self.statement.as_ptr(), column);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => rows.push(Cell::Int(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => rows.push(Cell::Float(ffi::sqlite3_value_double(value))),
                ffi::SQLITE_TEXT => {
                    // The text first: its length is that of its form.
                    let text = ffi::sqlite3_value_text(value);
                    rows.push_text(bytes(text, ffi::sqlite3_value_bytes(value)));
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_value_blob(value);
                    rows.push_blob(bytes(blob.cast(), ffi::sqlite3_value_bytes(value)));
                }
                _ => rows.push(Cell::Null),
            }
        }
    }
}

/// SAFETY: `length` bytes stand at `start` as long as the slice is used; an empty blob has no place.
unsafe fn bytes<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        Ok(length) if length > 0 && !start.is_null() => {
            // SAFETY: the caller's.
            unsafe { std::slice::from_raw_parts(start, length) }
        }
        _ => &[],
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the connection is still open, and nothing else has the statement.
        unsafe { ffi::sqlite3_finalize(self.statement.as_ptr()) };
    }
}

fn check(connection: &Connection, code: c_int) -> Result<()> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(failure(connection, code)) }
}

/// The failure that the connection has just met.
fn failure(connection: &Connection, code: c_int) -> Error {
    // SAFETY: the handle is that of an open connection; the message stays until its next use.
    let message = unsafe {
        let message = ffi::sqlite3_errmsg(connection.handle());
        (!message.is_null()).then(|| CStr::from_ptr(message).to_string_lossy().into_owned())
    };
    Error::SqliteFailure(ffi::Error::new(code), message)
}
