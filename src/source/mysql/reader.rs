//! One session and its read transaction.

use std::collections::HashMap;
use std::sync::Arc;

use mysql::prelude::Queryable;
use mysql::{Conn, Error, Params, Statement, Value};
use mysql_common::named_params::ParsedNamedParams;

use super::super::catalog::{Catalog, Column};
use super::super::rows::RowSet;
use super::super::sql::mysql::OWNERS_PLACEHOLDER;
use super::super::sql::raw::{self, Syntax};
use super::super::{Bind, SourceError, SourceReader};
use super::cells::{self, CellKind};
use super::session::{Connector, Session};
use super::{catalog, failure, keys};

/// Statements kept prepared: more than the passes of any feed. Beyond, all are closed; ranges of other sizes are other
/// statements, and a server has room for 16,382 of all its clients together.
const PREPARED_STATEMENTS: usize = 512;

pub(super) struct MySqlReader {
    connector: Arc<Connector>,
    /// None when it was lost.
    session: Option<Session>,
    prepared: HashMap<Box<str>, Statement>,
    /// Between `begin` and `end`: what is read must be of one snapshot.
    in_batch: bool,
}

impl MySqlReader {
    pub(super) fn new(connector: Arc<Connector>, session: Session) -> Self {
        MySqlReader { connector, session: Some(session), prepared: HashMap::new(), in_batch: false }
    }

    /// Does something with the session. Outside of a batch a session that was lost is replaced by another, once; statements
    /// that what they read has left behind are prepared anew, once.
    fn with<T>(&mut self, mut work: impl FnMut(&mut Work<'_>) -> Result<T, Failure>) -> Result<T, SourceError> {
        let mut may_connect = !self.in_batch;
        let mut may_prepare = true;
        loop {
            let session = match &mut self.session {
                Some(session) => session,
                None if self.in_batch => return Err(self.lost("this batch cannot go on".to_owned())),
                None => {
                    may_connect = false;
                    self.prepared.clear();
                    self.session.insert(self.connector.connect_again()?)
                }
            };
            match work(&mut Work { session, prepared: &mut self.prepared }) {
                Ok(done) => return Ok(done),
                Err(Failure::Lost(error)) => {
                    self.session = None;
                    if !may_connect {
                        return Err(self.lost(failure::message(&error)));
                    }
                }
                Err(Failure::Outdated(_)) if may_prepare => {
                    may_prepare = false;
                    self.prepared.clear();
                }
                Err(Failure::Outdated(error) | Failure::Of(error)) => return Err(error),
            }
        }
    }

    fn lost(&self, message: String) -> SourceError {
        SourceError::Lost { location: self.connector.location().to_owned(), message }
    }
}

impl SourceReader for MySqlReader {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.with(|work| catalog::read(work.session).map_err(Failure::of_database))
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        let refused = |message: String| SourceError::Query { sql: sql.to_owned(), message };
        raw::placeholders(sql, Syntax::MySql).map_err(|error| refused(error.message))?;
        check_placeholders(sql, |name| matches!(name, ":keys" | ":today"))?;
        let filled = raw::rewrite(sql, Syntax::MySql, |_| Some("?".to_owned()));
        self.with(|work| {
            catalog::describe(work.session, &format!("SELECT * FROM (\n{filled}\n) AS `feedmill$query`"))
                .map_err(|error| Failure::of_query(error, sql))
        })
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        check_placeholders(sql, |name| name == "?")?;
        self.with(|work| {
            let connection = &mut work.session.connection;
            let statement = connection.prep(sql).map_err(|error| Failure::of_query(error, sql))?;
            connection.close(statement).map_err(|error| Failure::of_query(error, sql))
        })
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        // What an earlier batch left open when it failed ends with the next transaction's beginning.
        self.in_batch = false;
        self.with(|work| {
            let start = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
            work.session.connection.query_drop(start).map_err(Failure::of_database)
        })?;
        self.in_batch = true;
        Ok(())
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.in_batch = false;
        // A session that was lost has ended its transaction, and all that was read before is of one snapshot.
        let Some(session) = &mut self.session else { return Ok(()) };
        match session.connection.query_drop("ROLLBACK") {
            Ok(()) => Ok(()),
            Err(error) if failure::is_lost(&error) => {
                self.session = None;
                Ok(())
            }
            Err(error) => Err(failure::database(&error)),
        }
    }

    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        rows.reset(0);
        let result = self.with(|work| work.read(sql, binds, rows)).and_then(|()| rows.fit());
        result.inspect_err(|_| rows.reset(0))
    }
}

enum Failure {
    Lost(Error),
    Outdated(SourceError),
    Of(SourceError),
}

impl Failure {
    fn of_query(error: Error, sql: &str) -> Self {
        if failure::is_lost(&error) {
            Failure::Lost(error)
        } else if failure::is_outdated(&error) {
            Failure::Outdated(failure::query(&error, sql))
        } else {
            Failure::Of(failure::query(&error, sql))
        }
    }

    fn of_database(error: Error) -> Self {
        if failure::is_lost(&error) { Failure::Lost(error) } else { Failure::Of(failure::database(&error)) }
    }
}

/// A session and the statements prepared in it.
struct Work<'w> {
    session: &'w mut Session,
    prepared: &'w mut HashMap<Box<str>, Statement>,
}

impl Work<'_> {
    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), Failure> {
        let values: Vec<Value> = binds.iter().map(value).collect();
        self.check_size(sql, &values)?;
        let statement = self.prepare(sql, binds.len())?;
        fill(&mut self.session.connection, &statement, values, rows).map_err(|error| Failure::of_query(error, sql))
    }

    /// A server ends the session of who sends more than it takes.
    fn check_size(&self, sql: &str, values: &[Value]) -> Result<(), Failure> {
        /// More than there is beside texts.
        const REST: usize = 1024;
        let texts = values.iter().map(|value| if let Value::Bytes(bytes) = value { bytes.len() } else { 0 });
        let bytes = texts.sum::<usize>() + REST;
        if bytes <= self.session.server.max_packet {
            return Ok(());
        }
        let message = format!(
            "the keys of one batch are {bytes} bytes, more than the server takes at once; raise its `max_allowed_packet`"
        );
        Err(Failure::Of(SourceError::Query { sql: sql.to_owned(), message }))
    }

    fn prepare(&mut self, sql: &str, binds: usize) -> Result<Statement, Failure> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        check_placeholders(sql, |name| name == "?").map_err(Failure::Of)?;
        let connection = &mut self.session.connection;
        if self.prepared.len() >= PREPARED_STATEMENTS {
            for (sql, statement) in self.prepared.drain() {
                connection.close(statement).map_err(|error| Failure::of_query(error, &sql))?;
            }
        }
        let statement = connection.prep(sql).map_err(|error| Failure::of_query(error, sql))?;
        let found = usize::from(statement.num_params());
        if found != binds {
            let message = format!("it has {found} placeholders for {binds} values");
            return Err(Failure::Of(SourceError::Query { sql: sql.to_owned(), message }));
        }
        self.prepared.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

/// Every placeholder must be one of ours. The driver has its own idea of where names of placeholders stand; it must find
/// none, as it would put others in their place.
fn check_placeholders(sql: &str, is_known: impl Fn(&str) -> bool) -> Result<(), SourceError> {
    let refused = |message: String| Err(SourceError::Query { sql: sql.to_owned(), message });
    let parameters = match raw::parameters(sql, Syntax::MySql) {
        Ok(parameters) => parameters,
        Err(error) => return refused(error.message),
    };
    if let Some(name) = parameters.into_iter().find(|name| !is_known(name)) {
        let name = if name == OWNERS_PLACEHOLDER { "?" } else { name };
        return refused(raw::without_value(name));
    }
    let named = ParsedNamedParams::parse(sql.as_bytes());
    if is_known("?") && named.is_ok_and(|named| !named.params().is_empty()) {
        return refused("a colon in it is taken for the beginning of a placeholder".to_owned());
    }
    Ok(())
}

fn value(bind: &Bind<'_>) -> Value {
    match *bind {
        Bind::Null => Value::NULL,
        Bind::Int(n) => Value::Int(n),
        Bind::Text(text) => Value::Bytes(text.as_bytes().to_vec()),
        Bind::Keys(tuples) | Bind::Component(tuples, _) => Value::Bytes(keys::json(tuples)),
    }
}

fn fill(connection: &mut Conn, statement: &Statement, values: Vec<Value>, rows: &mut RowSet) -> Result<(), Error> {
    let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
    let mut result = connection.exec_iter(statement, params)?;
    let kinds: Vec<CellKind> = result.columns().as_ref().iter().map(CellKind::of).collect();
    rows.reset(kinds.len());
    let mut text = Vec::new();
    let Some(set) = result.iter() else { return Ok(()) };
    for row in set {
        let row = row?;
        for (i, kind) in kinds.iter().enumerate() {
            cells::push(row.as_ref(i).unwrap_or(&Value::NULL), *kind, &mut text, rows);
        }
        if rows.overflowed() {
            break;
        }
    }
    Ok(())
}
