//! Rows that are not in a feed's table yet as a table of SQLite, so that one statement inserts many.
//!
//! A statement a row would open the feed's table and its indexes for each anew, and look for each row's place from the
//! root. Invariant: rows are there as long as the statement runs that they are bound to.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr;

use rusqlite::types::ToSqlOutput;
use rusqlite::vtab::{
    Context, Filters, IndexInfo, Module, VTab, VTabConnection, VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result, Statement, ToSql};

use super::row_write::{RowImage, errors_json};
use super::timestamp::{Written, rfc3339};
use super::value::{Json, Key};
use crate::table_argument::take_argument;

/// Its argument is bound by [`insert`]; its columns are a feed table's, and a row's number is its rowid.
pub(super) const NAME: &str = "new_rows";

/// What kind of pointer it is, so that SQLite hands it to nobody else.
const POINTER: &CStr = c"feedmill$rows";

/// The columns, in the order of [`RowCursor::column`]; the argument last.
const COLUMNS: &CStr =
    c"CREATE TABLE new_rows (source_entity_id, feed_id, feed_hash, is_deleted, status, attempts, parked,
    next_attempt_at, modified_at, feed_data, errors, rows HIDDEN)";

const ARGUMENT: c_int = 11;

/// Makes the table known on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    const MODULE: &Module<'_, RowTable> = &Module::eponymous_only_module();
    connection.create_module(NAME, MODULE, None)
}

/// Runs a statement whose first parameter is the table's argument, and whose second is the first row's ordinal.
pub(super) fn insert(statement: &mut Statement<'_>, rows: &[RowImage<'_>], first_ordinal: u32) -> Result<()> {
    let rows = NewRows(rows);
    // By reference: what is bound by value is gone before the statement runs.
    statement.execute((&rows, first_ordinal))?;
    Ok(())
}

struct NewRows<'a>(&'a [RowImage<'a>]);

impl ToSql for NewRows<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Pointer((ptr::from_ref(self).cast(), POINTER, None)))
    }
}

#[repr(C)]
struct RowTable {
    base: sqlite3_vtab,
}

// SAFETY: the base comes first.
unsafe impl<'vtab> VTab<'vtab> for RowTable {
    type Aux = ();
    type Cursor = RowCursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        _: Option<&()>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        Ok((Cow::Borrowed(COLUMNS), RowTable { base: sqlite3_vtab::default() }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        Ok(take_argument(info, ARGUMENT))
    }

    fn open(&'vtab mut self) -> Result<RowCursor<'vtab>> {
        Ok(RowCursor {
            base: sqlite3_vtab_cursor::default(),
            rows: &[],
            next: 0,
            modified_at: RefCell::default(),
            of_table: PhantomData,
        })
    }
}

#[repr(C)]
struct RowCursor<'vtab> {
    base: sqlite3_vtab_cursor,
    rows: &'vtab [RowImage<'vtab>],
    next: usize,
    modified_at: RefCell<Written>,
    of_table: PhantomData<&'vtab RowTable>,
}

// SAFETY: the base comes first.
unsafe impl VTabCursor for RowCursor<'_> {
    fn filter(&mut self, _: c_int, _: Option<&str>, arguments: &Filters<'_>) -> Result<()> {
        // SAFETY: nothing but rows is bound under this name, and they are there until the statement has run.
        let rows: Option<&NewRows<'_>> = unsafe { arguments.get_pointer(0, POINTER) };
        self.rows = rows.map_or(&[], |rows| rows.0);
        self.next = 0;
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.next += 1;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.next >= self.rows.len()
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let Some(row) = self.rows.get(self.next) else { return Ok(()) };
        match column {
            0 => context.set_result(Key(row.owner)),
            1 => context.set_result(row.feed_id.0),
            2 => context.set_result(row.feed_hash.0),
            3 => context.set_result(row.is_deleted),
            4 => context.set_result(row.status.0),
            5 => context.set_result(row.attempts),
            6 => context.set_result(row.parked),
            7 => context.set_result(row.next_attempt_at.map(rfc3339)),
            8 => context.set_result(self.modified_at.borrow_mut().at(row.modified_at)),
            9 => context.set_result(row.feed_data.map(Json)),
            10 => context.set_result(row.error.map(|message| errors_json(row.status, message))),
            _ => Ok(()),
        }
    }

    fn rowid(&self) -> Result<i64> {
        i64::try_from(self.next).map_err(|error| Error::ModuleError(error.to_string()))
    }
}
