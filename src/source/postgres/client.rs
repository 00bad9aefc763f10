//! The driver, waited for: each connection has a runtime of its own, and one thread that asks and waits.
//!
//! A result is read within one wait, all its rows: to begin a wait for each costs more than to read a row.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{BorrowToSql, ToSql};
use tokio_postgres::{Config, Error, Row, SimpleQueryMessage, Socket, Statement};

use super::failure;

pub(super) struct Client {
    runtime: Runtime,
    wire: Wire,
    /// None only while it is closed.
    asking: Option<tokio_postgres::Client>,
}

/// What goes over the socket, both ways, as long as somebody waits. None once it is closed.
type Wire = Option<Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>>;

/// Why there is no connection.
pub(super) enum Unconnected {
    Server(Error),
    /// The machine has not what a connection takes, such as another file to open.
    Machine(io::Error),
    /// Nothing was said within the time there is for it.
    Unanswered(io::Error),
}

impl From<Error> for Unconnected {
    fn from(error: Error) -> Self {
        Unconnected::Server(error)
    }
}

impl Unconnected {
    /// True where the same may succeed later.
    pub fn is_passing(&self) -> bool {
        match self {
            Unconnected::Server(error) => failure::is_passing(error),
            Unconnected::Machine(_) => false,
            Unconnected::Unanswered(_) => true,
        }
    }

    pub fn message(&self) -> String {
        match self {
            Unconnected::Server(error) => failure::message(error),
            Unconnected::Machine(error) | Unconnected::Unanswered(error) => error.to_string(),
        }
    }
}

impl Client {
    pub fn connect<T>(config: &Config, tls: T) -> Result<Self, Unconnected>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Unconnected::Machine)?;
        let (asking, wire) = runtime.block_on(config.connect(tls))?;
        Ok(Client { runtime, wire: Some(Box::pin(wire)), asking: Some(asking) })
    }

    pub fn prepare(&mut self, sql: &str) -> Result<Statement, Error> {
        self.wait(async |asking| asking.prepare(sql).await)
    }

    /// Several statements without values or rows.
    pub fn execute(&mut self, sql: &str) -> Result<(), Error> {
        self.wait(async |asking| asking.batch_execute(sql).await)
    }

    /// Several statements without values; their rows as texts.
    pub fn texts(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        self.wait(async |asking| asking.simple_query(sql).await)
    }

    pub fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.wait(async |asking| asking.query(sql, values).await)
    }

    pub fn query_one(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.wait(async |asking| asking.query_one(sql, values).await)
    }

    /// Hands each row to `take` as it comes.
    pub fn read<V, E>(
        &mut self,
        statement: &Statement,
        values: Vec<V>,
        mut take: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E>
    where
        V: BorrowToSql,
        E: From<Error>,
    {
        self.wait(async |asking| {
            let mut rows = pin!(asking.query_raw(statement, values).await?);
            while let Some(row) = rows.try_next().await? {
                take(&row)?;
            }
            Ok(())
        })
    }

    fn wait<T, E: From<Error>>(
        &mut self,
        ask: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, E>,
    ) -> Result<T, E> {
        let Client { runtime, wire, asking } = self;
        let asking = asking.as_ref().expect("nobody asks of a client that is dropped");
        let mut answer = pin!(ask(asking));
        runtime.block_on(poll_fn(|waker| {
            // First: where the connection ends, it says why, and the answer only that there is none.
            if let Some(open) = wire
                && let Poll::Ready(end) = open.as_mut().poll(waker)
            {
                *wire = None;
                end?;
            }
            answer.as_mut().poll(waker)
        }))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // With nobody left to ask, the last that goes over the wire is the goodbye.
        self.asking = None;
        if let Some(wire) = self.wire.take() {
            // A connection that is lost is as closed as one that is not.
            let _ = self.runtime.block_on(wire);
        }
    }
}
