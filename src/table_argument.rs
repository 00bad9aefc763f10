//! The argument of a table of SQLite that is made of what is bound to a statement.

use std::ffi::c_int;

use rusqlite::vtab::{IndexConstraintOp, IndexInfo};

/// Has the statement's argument, which is this column, handed to the table's cursor; false where it is not given one.
pub(crate) fn take_argument(info: &mut IndexInfo, argument: c_int) -> bool {
    let mut is_given = false;
    for (constraint, mut usage) in info.constraints_and_usages() {
        let is_equality = constraint.operator() == IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ;
        if constraint.column() == argument && is_equality && constraint.is_usable() {
            usage.set_argv_index(1);
            usage.set_omit(true);
            is_given = true;
        }
    }
    is_given
}
