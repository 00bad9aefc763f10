//! What the server and the way to it report, as errors that say what to do.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use super::super::SourceError;
use super::super::sql::raw;

/// What to do about what stands at the end of a message.
const ADVICE: [(&str, &str); 2] = [
    (
        "password missing",
        ": the server asks for one; write it into a file, and name that as `password_file` of [source]",
    ),
    ("UnknownIssuer", ": no authority known here vouches for it; name its root certificate as `ca_file` of [source]"),
];

/// True where the same may succeed on another connection, or later: the server went away, is starting, has no room, or
/// gave the snapshot up, as a standby does when what it reads is vacuumed elsewhere.
pub(super) fn is_passing(error: &Error) -> bool {
    if let Some(said) = error.as_db_error() {
        let code = said.code().code();
        // Connection exceptions, and transactions rolled back for others' sake.
        return ["08", "40"].iter().any(|class| code.starts_with(class))
            || [
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::TOO_MANY_CONNECTIONS,
                SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            ]
            .contains(said.code())
            // An idle session, a transaction that took too long: whatever ended the connection.
            || code.starts_with("57P") && is_fatal(error);
    }
    error.is_closed() || error.source().is_some_and(|source| source.is::<io::Error>())
}

fn is_fatal(error: &Error) -> bool {
    let severity = error.as_db_error().and_then(|said| said.parsed_severity());
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}

/// A failure while a statement was prepared or run: the connection's, the statement's own fault, or the database's.
pub(super) fn query(error: &Error, sql: &str, location: &str) -> SourceError {
    if is_passing(error) {
        return lost(error, location);
    }
    if let Some(parameter) = refused_parameter(error) {
        return SourceError::Query { sql: sql.to_owned(), message: raw::without_value(&parameter) };
    }
    let code = error.code().map_or("", |code| code.code());
    // Syntax and names, data that an expression cannot take, what the server does not support, too many of something.
    if ["42", "22", "21", "0A", "54", "25006"].iter().any(|class| code.starts_with(class)) {
        SourceError::Query { sql: sql.to_owned(), message: message(error) }
    } else {
        SourceError::Database { message: message(error) }
    }
}

/// True where a prepared statement no longer fits the tables it reads.
pub(super) fn is_outdated(error: &Error) -> bool {
    let said = error.as_db_error().filter(|said| *said.code() == SqlState::FEATURE_NOT_SUPPORTED);
    said.is_some_and(|said| said.routine() == Some("RevalidateCachedQuery"))
}

pub(super) fn lost(error: &Error, location: &str) -> SourceError {
    SourceError::Lost { location: location.to_owned(), message: message(error) }
}

/// The placeholder of the owner's that the dialect made a column of that there is not.
fn refused_parameter(error: &Error) -> Option<String> {
    let said = error.as_db_error().filter(|said| *said.code() == SqlState::UNDEFINED_COLUMN)?;
    let (_, after) = said.message().split_once('$')?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("${digits}"))
}

pub(super) fn message(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        let mut message = said.message().to_owned();
        if let Some(detail) = said.detail() {
            message.push_str(&format!(" ({})", detail.trim_end_matches('.')));
        }
        if is_outdated(error) {
            message.push_str(": a table was changed since feedmill looked at it; run it again");
        }
        let hint = said.hint().map(str::to_owned).or_else(|| advice(said.code()).map(str::to_owned));
        if let Some(hint) = hint {
            message.push_str(": ");
            message.push_str(hint.trim_end_matches('.'));
        }
        return message;
    }
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = source.source();
    }
    for (what, advice) in ADVICE {
        if message.ends_with(what) {
            message.push_str(advice);
        }
    }
    message
}

fn advice(code: &SqlState) -> Option<&'static str> {
    let needs = "feedmill's role needs SELECT on what its feeds read, and USAGE on the schemas";
    (*code == SqlState::INSUFFICIENT_PRIVILEGE).then_some(needs)
}
