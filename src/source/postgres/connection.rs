//! One connection: how it is made, what is set on it, and the statements prepared on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::config::SslMode;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Config, Error, NoTls, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::rows::{Cell, RowSet};
use super::super::{Bind, SourceError, deadline, tls};
use super::bind::{self, Encoding, Parameter};
use super::client::{Client, Unconnected};
use super::decode::{Decode, Select};
use super::failure;
use crate::config::{Host, ServerUrl, TlsMode};

/// Statements kept prepared on a connection: more than the passes of any feed.
const PREPARED_STATEMENTS: usize = 1024;

/// How soon a server that went away without a word is missed.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TRIES: u32 = 3;
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Set where the server knows them.
const SETTINGS: [(&str, &str); 14] = [
    ("default_transaction_read_only", "on"),
    ("standard_conforming_strings", "on"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "3"),
    // Joins keep their written order, from the keys outwards.
    ("join_collapse_limit", "1"),
    // A plan for the values of a batch knows how many there are; one for all batches takes ten keys for granted, and a two
    // hundredth of a table for a range.
    ("plan_cache_mode", "force_custom_plan"),
    // Indexes are in memory, or on a disk that does not turn. Else a table is read whole for a twentieth of its rows.
    ("random_page_cost", "1.1"),
    // Compiling a plan costs more than a batch takes.
    ("jit", "off"),
    // The limits of a role that serves a web site are not those of an export: pg_dump lifts them too.
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
];

/// Makes connections.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    location: String,
    /// Until a connection can be used.
    connect_timeout: Duration,
}

impl Connector {
    pub fn new(url: &ServerUrl) -> Result<Self, SourceError> {
        let location = url.location().to_owned();
        let mut config = Config::new();
        match &url.host {
            Host::Name(name) => config.host(name),
            Host::Socket(folder) => config.host_path(folder),
        };
        config
            .port(url.port)
            .dbname(&url.database)
            .application_name("feedmill")
            .connect_timeout(url.connect_timeout)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_TRIES)
            .tcp_user_timeout(UNACKNOWLEDGED);
        if let Some(user) = &url.user {
            config.user(user);
        }
        if let Some(password) = &url.password {
            config.password(password.expose());
        }
        // Nobody listens on the way to a socket, and the server offers no TLS there.
        let mode = if matches!(url.host, Host::Socket(_)) { TlsMode::Disable } else { url.tls };
        config.ssl_mode(match mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        let tls = match mode {
            TlsMode::Disable => None,
            _ => match tls::client_config(url) {
                Ok(config) => Some(MakeRustlsConnect::new(config)),
                Err(message) => return Err(SourceError::Open { location, message }),
            },
        };
        Ok(Connector { config, tls, location, connect_timeout: url.connect_timeout })
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    pub fn connect(&self) -> Result<Connection, Unconnected> {
        let (config, tls) = (self.config.clone(), self.tls.clone());
        let connected = deadline::within(self.connect_timeout, move || {
            let mut client = match tls {
                Some(tls) => Client::connect(&config, tls)?,
                None => Client::connect(&config, NoTls)?,
            };
            let encoding = set_up(&mut client)?;
            Ok::<_, Unconnected>((client, encoding))
        });
        let (client, encoding) = connected.map_err(Unconnected::Unanswered)??;
        Ok(Connection { client, encoding, prepared: HashMap::new(), scratch: Vec::new() })
    }
}

fn set_up(client: &mut Client) -> Result<Encoding, Error> {
    let wanted: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("('{name}', '{value}')")).collect();
    let sql = format!(
        "SELECT set_config(name, value, false) FROM (VALUES {}) AS wanted (name, value) \
         WHERE current_setting(name, true) IS NOT NULL; SHOW server_encoding",
        wanted.join(", ")
    );
    let said = client.texts(&sql)?;
    let shown = said.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let encoding = shown.unwrap_or_default();
    if encoding == "SQL_ASCII" {
        // Such a database checks nothing: asked for UTF-8, it would fail whole statements for one row.
        client.execute("SET client_encoding = 'SQL_ASCII'")?;
    }
    Ok(Encoding::of(encoding))
}

/// A statement that the server has prepared.
pub(super) struct Prepared {
    pub statement: Statement,
    decode: Vec<Decode>,
}

pub(super) struct Connection {
    client: Client,
    encoding: Encoding,
    prepared: HashMap<Box<str>, Arc<Prepared>>,
    /// Bytes of the cell under way, kept for its memory.
    scratch: Vec<u8>,
}

/// Why a statement could not be prepared or run.
pub(super) enum Failed {
    Server(Error),
    /// What is wrong with the statement itself.
    Statement(String),
    /// Its rows are too many.
    Rows(SourceError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Server(error)
    }
}

impl Connection {
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Several statements without values or rows.
    pub fn execute(&mut self, sql: &str) -> Result<(), Error> {
        self.client.execute(sql)
    }

    /// Prepares a statement once.
    pub fn prepare(&mut self, sql: &str) -> Result<Arc<Prepared>, Failed> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let mut statement = self.client.prepare(sql)?;
        let selects = |statement: &Statement| -> Vec<Select> {
            statement.columns().iter().map(|column| Select::of(column.type_())).collect()
        };
        let mut columns = selects(&statement);
        if columns.iter().any(|select| !matches!(select, Select::AsItIs(_))) {
            statement = self.client.prepare(&with_texts(sql, &columns))?;
            columns = selects(&statement);
        }
        let mut decode = Vec::with_capacity(columns.len());
        for (select, column) in columns.iter().zip(statement.columns()) {
            match select {
                Select::AsItIs(how) => decode.push(*how),
                _ => return Err(Failed::Statement(format!("a column of type {} cannot be read", column.type_()))),
            }
        }
        if let Some(strange) = statement.params().iter().find(|of| !bind::is_bindable(of)) {
            let message = format!("a value stands where the database takes {strange} (`:today::date` is a date)");
            return Err(Failed::Statement(message));
        }
        let prepared = Arc::new(Prepared { statement, decode });
        if self.prepared.len() >= PREPARED_STATEMENTS {
            self.prepared.clear();
        }
        self.prepared.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }

    /// Fills `rows` with what a statement gives.
    pub fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), Failed> {
        let read = self.fill(sql, binds, rows);
        if let Err(Failed::Server(error)) = &read
            && failure::is_outdated(error)
        {
            self.prepared.remove(sql);
        }
        read
    }

    fn fill(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), Failed> {
        let prepared = self.prepare(sql)?;
        let parameters = self.parameters(&prepared.statement, binds)?;
        rows.reset(prepared.decode.len());
        let Connection { client, scratch, .. } = self;
        client.read(&prepared.statement, parameters, |row| {
            for (i, decode) in prepared.decode.iter().enumerate() {
                let Raw(raw) = row.try_get(i)?;
                let read = match raw {
                    None => {
                        rows.push(Cell::Null);
                        true
                    }
                    Some(raw) => decode.push(raw, rows, scratch),
                };
                if !read {
                    let column = &prepared.statement.columns()[i];
                    let message = format!("the server sent what is no {} in column {}", column.type_(), column.name());
                    return Err(Failed::Statement(message));
                }
            }
            rows.fit().map_err(Failed::Rows)
        })
    }

    fn parameters<'b>(&self, statement: &Statement, binds: &[Bind<'b>]) -> Result<Vec<Parameter<'b>>, Failed> {
        let types = statement.params();
        if types.len() != binds.len() {
            let message = format!("it has {} placeholders for {} values", types.len(), binds.len());
            return Err(Failed::Statement(message));
        }
        let pairs = binds.iter().zip(types);
        let written = pairs.map(|(bind, of)| {
            Parameter::new(*bind, of, self.encoding).ok_or_else(|| match bind {
                Bind::Int(value) => Failed::Statement(format!("{value} is no value of type {of}")),
                Bind::Text(value) => Failed::Statement(format!("{value:?} is no value of type {of}")),
                _ => Failed::Statement(format!("a value cannot be one of type {of}")),
            })
        });
        written.collect()
    }
}

/// The statement with the columns that have no binary form of use asked for as texts. The order of the rows stays: there
/// is nothing above the statement that could change it.
fn with_texts(sql: &str, columns: &[Select]) -> String {
    let names: Vec<String> = (0..columns.len()).map(|i| format!("\"feedmill${i}\"")).collect();
    let list: Vec<String> = columns.iter().zip(&names).map(|(select, name)| select.expression(name)).collect();
    format!("SELECT {}\nFROM (\n{sql}\n) AS \"feedmill$rows\" ({})", list.join(", "), names.join(", "))
}

/// The bytes of a value as they came; none of null.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The failure of a statement as the source's.
pub(super) fn source_error(failed: Failed, sql: &str, location: &str) -> SourceError {
    match failed {
        Failed::Server(error) => failure::query(&error, sql, location),
        Failed::Statement(message) => SourceError::Query { sql: sql.to_owned(), message },
        Failed::Rows(error) => error,
    }
}
