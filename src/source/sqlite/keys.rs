//! Key tuples as a table of SQLite: [`KEY_TABLE`], whose argument is a pointer to [`KeyTuples`].
//!
//! It has a row for each tuple, whose rowid is the tuple's number, and each value in two columns, for comparisons with and
//! without numeric affinity. Invariant: tuples outlive the run of the statement that they are bound to.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::marker::PhantomData;

use rusqlite::vtab::{
    Context, Filters, IndexInfo, Module, VTab, VTabConnection, VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result};

use super::super::sql::sqlite::{KEY_TABLE, MOST_COMPONENTS, number_column, value_column};
use super::super::{KeyTuples, KeyValue};
use crate::table_argument::take_argument;

/// What kind of pointer it is, so that SQLite hands it to nobody else.
pub(super) const POINTER: &CStr = c"feedmill$tuples";

/// The argument, behind the columns of values and those of numbers.
const ARGUMENT: c_int = 2 * MOST_COMPONENTS as c_int;

/// Rows that the planner is told of: so many make an index worth while for a statement on a column that has none. Without
/// one each key would scan the whole table.
const EXPECTED_ROWS: u16 = 1000;

/// Makes the table known on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    const MODULE: &Module<'_, KeyTable> = &Module::eponymous_only_module();
    connection.create_module(KEY_TABLE, MODULE, None)
}

#[repr(C)]
struct KeyTable {
    base: sqlite3_vtab,
}

// SAFETY: the base comes first.
unsafe impl<'vtab> VTab<'vtab> for KeyTable {
    type Aux = ();
    type Cursor = KeyCursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        _: Option<&()>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let values = (0..MOST_COMPONENTS).map(value_column);
        let numbers = (0..MOST_COMPONENTS).map(|i| number_column(i) + " NUMERIC");
        let columns: Vec<String> = values.chain(numbers).collect();
        let sql = format!("CREATE TABLE keys ({}, tuples HIDDEN)", columns.join(", "));
        let sql = CString::new(sql).map_err(|error| Error::ModuleError(error.to_string()))?;
        Ok((Cow::Owned(sql), KeyTable { base: sqlite3_vtab::default() }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let is_given = take_argument(info, ARGUMENT);
        const ROWID: c_int = -1;
        let is_in_order = info.order_bys().all(|by| by.column() == ROWID && !by.is_order_by_desc());
        info.set_order_by_consumed(is_in_order);
        info.set_estimated_rows(EXPECTED_ROWS.into());
        info.set_estimated_cost(EXPECTED_ROWS.into());
        Ok(is_given)
    }

    fn open(&'vtab mut self) -> Result<KeyCursor<'vtab>> {
        Ok(KeyCursor { base: sqlite3_vtab_cursor::default(), tuples: None, row: 0, of_table: PhantomData })
    }
}

#[repr(C)]
struct KeyCursor<'vtab> {
    base: sqlite3_vtab_cursor,
    tuples: Option<&'vtab KeyTuples>,
    row: usize,
    of_table: PhantomData<&'vtab KeyTable>,
}

impl KeyCursor<'_> {
    /// Component `i` of the row under way.
    fn value(&self, i: usize) -> Option<KeyValue<'_>> {
        self.tuples?.get(self.row, i)
    }
}

// SAFETY: the base comes first.
unsafe impl VTabCursor for KeyCursor<'_> {
    fn filter(&mut self, _: c_int, _: Option<&str>, arguments: &Filters<'_>) -> Result<()> {
        // SAFETY: nothing but tuples is bound under this name, and they are there until the statement has run.
        self.tuples = unsafe { arguments.get_pointer(0, POINTER) };
        self.row = 0;
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.row += 1;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.tuples.is_none_or(|tuples| self.row >= tuples.len())
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let component = usize::try_from(column).ok().filter(|_| column < ARGUMENT).map(|i| i % MOST_COMPONENTS);
        match component.and_then(|i| self.value(i)) {
            None | Some(KeyValue::Null) => Ok(()),
            Some(KeyValue::Bool(truth)) => context.set_result(truth),
            Some(KeyValue::Int(int)) => context.set_result(int),
            // SQLite holds no NaN: it makes a null of it.
            Some(KeyValue::Float(float)) => context.set_result(float),
            Some(KeyValue::Text(text)) => context.set_result(&*text),
            Some(KeyValue::Blob(blob)) => context.set_result(&*blob),
        }
    }

    fn rowid(&self) -> Result<i64> {
        i64::try_from(self.row).map_err(|error| Error::ModuleError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepared::Prepared;
    use super::*;
    use crate::source::rows::{Cell, RowSet};

    #[test]
    fn tuples_are_rows() {
        use KeyValue::*;
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let values = vec![
            Null,
            Bool(true),
            Int(i64::MIN),
            Float(2.0),
            Float(f64::NAN),
            Float(f64::INFINITY),
            Text("01".into()),
            Text("a\"\0é".into()),
            Blob(vec![0, 255].into()),
            Text("".into()),
        ];
        let sql = format!(
            "SELECT rowid, typeof(value0), quote(value1), number1 = '1', value1 = '1', value2 IS NULL \
             FROM \"{KEY_TABLE}\"(?1) ORDER BY rowid"
        );
        let mut statement = Prepared::new(&connection, &sql).unwrap();
        let mut rows = RowSet::default();
        let mut tuples = KeyTuples::of_width(2);
        tuples.extend(values);
        let expected = [
            (0, "null", "1", [1, 0, 1]),
            (1, "integer", "2.0", [0, 0, 1]),
            (2, "null", "9.0e+999", [0, 0, 1]),
            (3, "text", "'a\"", [0, 0, 1]),
            (4, "blob", "''", [0, 0, 1]),
        ];
        for _ in 0..2 {
            statement.bind_keys(&connection, 1, &tuples).unwrap();
            statement.fill(&connection, &mut rows).unwrap();
            assert_eq!(rows.len(), expected.len());
            for (row, (rowid, kind, quoted, flags)) in expected.iter().enumerate() {
                let text = |column| match rows.cell(row, column) {
                    Cell::Text(text) => std::str::from_utf8(rows.bytes(text)).unwrap(),
                    other => panic!("{other:?} in row {row}"),
                };
                assert_eq!(rows.cell(row, 0), Cell::Int(*rowid));
                assert_eq!(text(1), *kind, "row {row}");
                assert!(text(2).starts_with(quoted), "{} in row {row}", text(2));
                assert_eq!([3, 4, 5].map(|column| rows.cell(row, column)), flags.map(Cell::Int), "row {row}");
            }
        }
        // What was bound is forgotten.
        statement.fill(&connection, &mut rows).unwrap();
        assert!(rows.is_empty());
    }
}
