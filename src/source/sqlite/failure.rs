//! What SQLite reports, as messages that say what to do.

use std::path::Path;

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, ffi};

use super::super::SourceError;

/// A failure while a statement was prepared or run: the query's own fault, or the database's.
pub(super) fn query(error: &Error, sql: &str) -> SourceError {
    if is_of_query(error) {
        SourceError::Query { sql: sql.to_owned(), message: message(error) }
    } else {
        database(error)
    }
}

/// True where another query could succeed.
pub(super) fn is_of_query(error: &Error) -> bool {
    error.sqlite_error_code().is_none_or(|code| {
        matches!(
            code,
            ErrorCode::Unknown
                | ErrorCode::InternalMalfunction
                | ErrorCode::TooBig
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::AuthorizationForStatementDenied
                | ErrorCode::ParameterOutOfRange
        )
    })
}

pub(super) fn database(error: &Error) -> SourceError {
    SourceError::Database { message: message(error) }
}

/// Why a file that exists could not be opened.
pub(super) fn open_message(error: &Error, path: &Path) -> String {
    if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) {
        if readable_alone(path) {
            return format!(
                "it is in WAL mode, and its -wal and -shm files cannot be used: this user needs the permission to write \
                 in {}, or the database the journal mode DELETE",
                path.parent().unwrap_or(Path::new("/")).display()
            );
        }
        return "this user may not read it".to_owned();
    }
    message(error)
}

/// True where the file can be read as long as nothing beside it is looked at. Asked through SQLite: opening and closing
/// the file by other means would drop the locks of this process's other connections to it.
fn readable_alone(path: &Path) -> bool {
    let Some(path) = path.to_str() else { return false };
    let mut uri = "file:".to_owned();
    for c in path.chars() {
        match c {
            '%' | '?' | '#' => uri.push_str(&format!("%{:02X}", c as u32)),
            c => uri.push(c),
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
        .and_then(|connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())))
        .is_ok()
}

pub(super) fn message(error: &Error) -> String {
    let said = match error {
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        Error::SqlInputError { msg, .. } => msg.clone(),
        error => error.to_string(),
    };
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "the file is no SQLite database, or it is encrypted",
        Some(ErrorCode::DatabaseCorrupt) => "the file is damaged; see what `PRAGMA integrity_check` finds in it",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another program has held it locked for too long",
        Some(ErrorCode::ReadOnly) if is_left_over(error) => {
            "another program did not finish a write; open the database once with a program that may write to it"
        }
        _ if said.starts_with("no such collation sequence") => {
            "a collation that an application defines for itself is unknown here; compare other columns, or add a \
             COLLATE that SQLite has"
        }
        _ => return said,
    };
    format!("{said}: {advice}")
}

/// True where a journal of an unfinished write lies beside the file, which only a writer can deal with.
fn is_left_over(error: &Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            ffi::SQLITE_READONLY_ROLLBACK | ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTINIT
        )
    })
}
