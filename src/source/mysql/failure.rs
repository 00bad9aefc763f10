//! What the server and the driver report, as messages that say what to do.

use std::io::ErrorKind;

use mysql::{DriverError, Error};
use mysql_common::proto::codec::error::PacketCodecError;

use super::super::SourceError;

/// Codes by which a server tells that the session is over.
const SESSION_OVER: [u16; 12] = [
    1053, // the server shuts down
    1152, 1184, // aborted connection
    1158, 1159, 1160, 1161, // reading from or writing to the client failed or took too long
    1927, // MariaDB: killed
    2006, 2013, // a proxy's word for it
    3169, // MySQL: killed
    4031, // MySQL: idle for too long
];

/// Codes of what is not the query's fault: another time it may succeed.
const SERVERS_FAULT: [u16; 18] = [
    1021, 1114, // disk or table full
    1024, 1026, 1030, 1034, 1035, 1194, 1712, // damaged files, or their engine failed
    1037, 1038, 1041, // out of memory
    1205, 1213, // locks
    1317, // interrupted
    1412, // the table was altered since the snapshot
    1461, // too many prepared statements
    1047, // Galera: the node is not ready
];

/// Whether the session is over.
pub(super) fn is_lost(error: &Error) -> bool {
    match error {
        Error::MySqlError(error) => SESSION_OVER.contains(&error.code),
        Error::IoError(_) | Error::TlsError(_) => true,
        Error::CodecError(error) => !matches!(error, PacketCodecError::PacketTooLarge),
        Error::DriverError(error) => {
            matches!(error, DriverError::PacketOutOfSync | DriverError::UnexpectedPacket | DriverError::Timeout)
        }
        Error::UrlError(_) | Error::FromValueError(_) | Error::FromRowError(_) => false,
    }
}

/// Codes with which a server refuses a session for now: too many connections, of all or of the user; it starts or shuts
/// down.
const REFUSED_FOR_NOW: [u16; 4] = [1040, 1203, 1226, 1053];

/// Whether there may be a session another time, where none could be made.
pub(super) fn is_passing(error: &Error) -> bool {
    match error {
        Error::MySqlError(error) => REFUSED_FOR_NOW.contains(&error.code) || SESSION_OVER.contains(&error.code),
        Error::DriverError(DriverError::CouldNotConnect(_) | DriverError::ConnectTimeout) => true,
        Error::TlsError(_) => false,
        error => is_lost(error),
    }
}

/// True where preparing a statement anew may help: what it reads has been altered too often, or a proxy forgot it.
pub(super) fn is_outdated(error: &Error) -> bool {
    matches!(error, Error::MySqlError(error) if matches!(error.code, 1615 | 1243))
}

/// A failure while a statement was prepared or run: the query's own fault, or the database's.
pub(super) fn query(error: &Error, sql: &str) -> SourceError {
    let of_server = matches!(error, Error::MySqlError(error) if SERVERS_FAULT.contains(&error.code));
    if of_server { database(error) } else { SourceError::Query { sql: sql.to_owned(), message: message(error) } }
}

pub(super) fn database(error: &Error) -> SourceError {
    SourceError::Database { message: message(error) }
}

pub(super) fn message(error: &Error) -> String {
    let said = match error {
        Error::MySqlError(error) => error.message.clone(),
        Error::IoError(error) if error.kind() == ErrorKind::BrokenPipe => "the server closed the connection".to_owned(),
        Error::IoError(error) => error.to_string(),
        Error::DriverError(error) => driver_message(error),
        Error::TlsError(error) => error.to_string(),
        Error::CodecError(PacketCodecError::PacketTooLarge) => {
            "more bytes than the server takes or gives at once; raise its `max_allowed_packet`".to_owned()
        }
        Error::CodecError(error) => error.to_string(),
        error => error.to_string(),
    };
    match advice(error, &said) {
        Some(advice) => format!("{said}: {advice}"),
        None => said,
    }
}

fn advice(error: &Error, said: &str) -> Option<&'static str> {
    if said.contains("UnknownIssuer") {
        return Some("name the root certificate that signed the server's with `ca_file`");
    }
    if said.contains("NotValidForName") {
        return Some("the certificate is of another host; `sslmode=verify-ca` does not ask for whose it is");
    }
    let Error::MySqlError(error) = error else { return None };
    Some(match error.code {
        1038 => "raise the server's `sort_buffer_size`",
        1205 | 1213 => "another program has held it locked for too long",
        1412 => "a table was altered while it was read; run again",
        1461 => "raise the server's `max_prepared_stmt_count`, or lower `thread_count`",
        1969 | 3024 => "the server's limit for the time of a statement is too low for this source",
        _ => return None,
    })
}

fn driver_message(error: &DriverError) -> String {
    match error {
        DriverError::CouldNotConnect(Some((_, message, _))) => message.clone(),
        DriverError::TlsNotSupported => "the server does not offer TLS".to_owned(),
        DriverError::UnknownAuthPlugin(name) => format!("the user is known by `{name}`, which is not supported"),
        DriverError::CleartextPluginDisabled => "the server asks for the password in plain text".to_owned(),
        error => error.to_string(),
    }
}
