//! A PostgreSQL database as a source, read in read-only transactions alone.
//!
//! [`connection`] is what is said to the server, [`reader`] keeps batches whole, [`bind`] and [`decode`] write and read the
//! binary forms of values.

mod bind;
mod catalog;
mod client;
mod connection;
mod decode;
mod failure;
mod kinds;
mod moment;
mod numeric;
mod reader;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::sql::{Dialect, POSTGRES};
use super::{Source, SourceError, SourceReader};
use crate::config::ServerUrl;
use connection::Connector;
use reader::PostgresReader;

pub struct PostgresSource {
    connector: Arc<Connector>,
    /// Once it was reached, a server that cannot be is one that went away.
    reached: AtomicBool,
}

impl PostgresSource {
    /// Fails where the root certificates cannot be used; the server is not asked before [`connect`](Source::connect).
    pub fn new(url: &ServerUrl) -> Result<Self, SourceError> {
        Ok(PostgresSource { connector: Arc::new(Connector::new(url)?), reached: AtomicBool::new(false) })
    }
}

impl Source for PostgresSource {
    fn location(&self) -> &str {
        self.connector.location()
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &POSTGRES
    }

    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
        let location = self.location();
        let connection = self.connector.connect().map_err(|unconnected| {
            let (location, message) = (location.to_owned(), unconnected.message());
            if self.reached.load(Ordering::Relaxed) && unconnected.is_passing() {
                SourceError::Lost { location, message }
            } else {
                SourceError::Open { location, message }
            }
        })?;
        self.reached.store(true, Ordering::Relaxed);
        Ok(Box::new(PostgresReader::new(self.connector.clone(), connection)))
    }
}

#[cfg(test)]
mod tests;
