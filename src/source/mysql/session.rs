//! Opening a session: the connection, and all that makes it independent of the server's defaults.

use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, Error, Opts, OptsBuilder, Row, SslOpts};

use super::super::{SourceError, deadline};
use super::tls::Trust;
use super::{cells, failure};
use crate::config::{Host, Secret, ServerUrl};

/// A peer that is gone without a word is noticed after about two minutes; a statement may take as long as it likes.
const KEEPALIVE_MILLISECONDS: u32 = 60_000;
const KEEPALIVE_PROBE_SECONDS: u32 = 10;
const KEEPALIVE_PROBES: u32 = 6;
const UNACKNOWLEDGED_MILLISECONDS: u32 = 120_000;

/// What every session sets. SQL is read as the plain server does, so that quotes and `||` mean the same everywhere; nothing
/// is written, also outside of batches; a batch that waits for slow consumers is not thrown out; what GROUP_CONCAT gives is
/// not cut short.
const SETTINGS: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '', time_zone = '+00:00', autocommit = 1, sql_select_limit = 18446744073709551615, \
     group_concat_max_len = 16777216, net_write_timeout = 600, wait_timeout = 28800",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
];

/// MariaDB compares each key with each row where a join has no index, unless hash joins are allowed; at this level they are,
/// and indexes are used as ever (`mrr` would let it read by index through a buffer, out of order). The size of the buffer is
/// not to be guessed: the estimate for the keys of a batch is a hundred times too low. Nor are rows to be filtered by a
/// list of all those that a literal has, made anew for every batch. MySQL does all this by itself.
const MARIADB_SETTINGS: [&str; 1] = ["SET SESSION join_cache_level = 8, join_buffer_size = 4194304, \
     join_buffer_space_limit = 33554432, \
     optimizer_switch = 'join_cache_hashed=on,optimize_join_buffer_size=off,mrr=off,rowid_filter=off'"];

/// The oldest servers that have JSON_TABLE.
const OLDEST_MYSQL: (u32, u32) = (8, 0);
const OLDEST_MARIADB: (u32, u32) = (10, 6);

#[derive(Debug)]
pub(super) struct Connector {
    location: String,
    options: Opts,
    trust: Trust,
    /// Until a session stands.
    connect_timeout: Duration,
}

#[derive(Debug)]
pub(super) struct Session {
    pub connection: Conn,
    pub server: Server,
}

/// What is known of the server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub is_mariadb: bool,
    /// Major and minor.
    pub version: (u32, u32),
    /// The URL's database, as the server spells it.
    pub database: String,
    /// Names of tables differ in more than case.
    pub names_ignore_case: bool,
    /// Bytes that it takes at once.
    pub max_packet: usize,
}

impl Connector {
    pub fn new(url: &ServerUrl) -> Result<Self, SourceError> {
        let location = url.location().to_owned();
        let trust = Trust::new(url).map_err(|message| SourceError::Open { location: location.clone(), message })?;
        let user = url.user.clone().or_else(|| std::env::var("USER").ok());
        let builder = OptsBuilder::new()
            .user(user)
            .pass(url.password.as_ref().map(Secret::expose))
            .db_name(Some(&url.database))
            // Asks the server for its socket, and goes there when it is on this machine.
            .prefer_socket(false)
            .tcp_connect_timeout(Some(url.connect_timeout))
            .tcp_keepalive_time_ms(Some(KEEPALIVE_MILLISECONDS))
            .tcp_keepalive_probe_interval_secs(Some(KEEPALIVE_PROBE_SECONDS))
            .tcp_keepalive_probe_count(Some(KEEPALIVE_PROBES))
            .tcp_user_timeout_ms(Some(UNACKNOWLEDGED_MILLISECONDS))
            // The reader keeps its own.
            .stmt_cache_size(Some(0));
        let builder = match &url.host {
            Host::Name(name) => builder.ip_or_hostname(Some(name)).tcp_port(url.port),
            Host::Socket(path) => builder.socket(Some(path.to_string_lossy())),
        };
        Ok(Connector { location, options: builder.into(), trust, connect_timeout: url.connect_timeout })
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    /// The first session: whatever is wrong lies with the URL, the server or the rights.
    pub fn connect(&self) -> Result<Session, SourceError> {
        self.session().map_err(|refused| match refused {
            Refused::Passing(message) | Refused::Lasting(message) => self.cannot_open(message),
        })
    }

    /// Another one, of a server that was there before: where it does not answer, it went away.
    pub fn connect_again(&self) -> Result<Session, SourceError> {
        self.session().map_err(|refused| match refused {
            Refused::Passing(message) => SourceError::Lost { location: self.location.clone(), message },
            Refused::Lasting(message) => self.cannot_open(message),
        })
    }

    fn cannot_open(&self, message: String) -> SourceError {
        SourceError::Open { location: self.location.clone(), message }
    }

    fn session(&self) -> Result<Session, Refused> {
        let (options, trust, is_optional) = (self.options.clone(), self.trust.options(), self.trust.is_optional());
        let limit = self.connect_timeout;
        let connected = deadline::within(limit, move || {
            let mut connection = authenticated(&options, trust, is_optional)?;
            let server = prepare(&mut connection)?;
            Ok((connection, server))
        });
        let (connection, server) = connected.unwrap_or_else(|error| Err(error.into())).map_err(Refused::of)?;
        let open = Refused::Lasting;
        let server = server.ok_or_else(|| open("the server does not say what it is".to_owned()))?;
        let (name, oldest) = if server.is_mariadb { ("MariaDB", OLDEST_MARIADB) } else { ("MySQL", OLDEST_MYSQL) };
        if server.version < oldest {
            let ((major, minor), (oldest_major, oldest_minor)) = (server.version, oldest);
            let message = format!(
                "{name} {major}.{minor} is too old: {name} {oldest_major}.{oldest_minor} is the oldest that has JSON_TABLE"
            );
            return Err(open(message));
        }
        Ok(Session { connection, server })
    }
}

/// Why there is no session.
enum Refused {
    /// Another time there may be one.
    Passing(String),
    Lasting(String),
}

impl Refused {
    fn of(error: Error) -> Refused {
        let message = failure::message(&error);
        if failure::is_passing(&error) { Refused::Passing(message) } else { Refused::Lasting(message) }
    }
}

/// `is_optional`: plain text is right where TLS fails.
fn authenticated(options: &Opts, trust: Option<SslOpts>, is_optional: bool) -> Result<Conn, Error> {
    let with = |trust| Conn::new(OptsBuilder::from_opts(options.clone()).ssl_opts(trust));
    match with(trust) {
        Err(error) if is_optional && is_of_tls(&error) => with(None),
        result => result,
    }
}

/// Whether there would be a connection without TLS.
fn is_of_tls(error: &Error) -> bool {
    match error {
        Error::DriverError(error) => *error == DriverError::TlsNotSupported,
        Error::TlsError(_) => true,
        // A handshake that fails shows where the stream is first used.
        Error::IoError(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Sets the session up. None where the server's answer is not understood.
fn prepare(connection: &mut Conn) -> Result<Option<Server>, Error> {
    for setting in SETTINGS {
        connection.query_drop(setting)?;
    }
    let about = "SELECT VERSION(), DATABASE(), @@lower_case_table_names, @@max_allowed_packet";
    let about: Option<Row> = connection.query_first(about)?;
    let about = about.map(|row| [0, 1, 2, 3].map(|column| cells::text(&row, column)));
    let Some([Some(version), Some(database), Some(ignored), Some(max_packet)]) = about else { return Ok(None) };
    let is_mariadb = version.to_ascii_lowercase().contains("mariadb");
    if is_mariadb {
        for setting in MARIADB_SETTINGS {
            connection.query_drop(setting)?;
        }
    }
    Ok(major_and_minor(&version).map(|version| Server {
        is_mariadb,
        version,
        database,
        names_ignore_case: ignored != "0",
        max_packet: max_packet.parse().unwrap_or(usize::MAX),
    }))
}

/// Of `10.11.6-MariaDB-log`, also behind the `5.5.5-` that MariaDB puts before it for old clients.
fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("8.0.36-0ubuntu0.22.04.1", Some((8, 0))),
            ("10.11.6-MariaDB-0+deb12u1", Some((10, 11))),
            ("5.5.5-10.6.12-MariaDB-log", Some((10, 6))),
            ("8.4", Some((8, 4))),
            ("what", None),
        ] {
            assert_eq!(major_and_minor(text), expected, "{text}");
        }
    }
}
