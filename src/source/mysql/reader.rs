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

    /// Does something with the session. Outside of a batch a session that was lost is replaced by another, once.
    fn with<T>(&mut self, mut work: impl FnMut(&mut Work<'_>) -> Result<T, Failure>) -> Result<T, SourceError> {
        let mut is_fresh = self.session.is_none();
        loop {
            let session = match &mut self.session {
                Some(session) => session,
                None if self.in_batch => return Err(self.lost("the batch was not ended".to_owned())),
                None => {
                    self.prepared.clear();
                    self.session.insert(self.connector.connect()?)
                }
            };
            match work(&mut Work { session, prepared: &mut self.prepared }) {
                Ok(done) => return Ok(done),
                Err(Failure::Of(error)) => return Err(error),
                Err(Failure::Lost(error)) => {
                    self.session = None;
                    if is_fresh || self.in_batch {
                        return Err(self.lost(failure::message(&error)));
                    }
                    is_fresh = true;
                }
            }
        }
    }

    fn lost(&self, message: String) -> SourceError {
        SourceError::Lost { location: self.connector.location().to_owned(), message }
    }
}

impl SourceReader for MySqlReader {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.with(|work| catalog::read(work.session).map_err(|error| Failure::of_database(error)))
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
        let result = self.with(|work| work.read(sql, binds, rows));
        if result.is_ok() && rows.overflowed() {
            rows.reset(0);
            let message = "the rows of one batch hold more than 4 GiB".to_owned();
            return Err(SourceError::Query { sql: sql.to_owned(), message });
        }
        result.inspect_err(|_| rows.reset(0))
    }
}

enum Failure {
    Lost(Error),
    Of(SourceError),
}

impl Failure {
    fn of_query(error: Error, sql: &str) -> Self {
        if failure::is_lost(&error) { Failure::Lost(error) } else { Failure::Of(failure::query(&error, sql)) }
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
        let statement = self.prepare(sql, binds.len())?;
        match fill(&mut self.session.connection, &statement, binds, rows) {
            Err(error) if failure::is_outdated(&error) => {
                self.prepared.remove(sql);
                let statement = self.prepare(sql, binds.len())?;
                fill(&mut self.session.connection, &statement, binds, rows)
            }
            result => result,
        }
        .map_err(|error| Failure::of_query(error, sql))
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

fn fill(connection: &mut Conn, statement: &Statement, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), Error> {
    let values: Vec<Value> = binds
        .iter()
        .map(|bind| match *bind {
            Bind::Null => Value::NULL,
            Bind::Int(n) => Value::Int(n),
            Bind::Text(text) => Value::Bytes(text.as_bytes().to_vec()),
            Bind::Keys(tuples) | Bind::Component(tuples, _) => Value::Bytes(keys::json(tuples)),
        })
        .collect();
    let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
    let mut result = connection.exec_iter(statement, params)?;
    let kinds: Vec<CellKind> = result.columns().as_ref().iter().map(CellKind::of).collect();
    rows.reset(kinds.len());
    let mut text = String::new();
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
