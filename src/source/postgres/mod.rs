//! A PostgreSQL database as a source, read in read-only transactions alone.
//!
//! [`connection`] is what is said to the server, [`reader`] keeps batches whole, [`bind`] and [`decode`] write and read the
//! binary forms of values.

mod bind;
mod catalog;
mod connection;
mod decode;
mod failure;
mod kinds;
mod moment;
mod numeric;
mod reader;

use std::sync::Arc;

use super::sql::{Dialect, POSTGRES};
use super::{Source, SourceError, SourceReader};
use crate::config::ServerUrl;
use connection::Connector;
use reader::PostgresReader;

pub struct PostgresSource {
    connector: Arc<Connector>,
}

impl PostgresSource {
    /// Fails where the root certificates cannot be used; the server is not asked before [`connect`](Source::connect).
    pub fn new(url: &ServerUrl) -> Result<Self, SourceError> {
        Ok(PostgresSource { connector: Arc::new(Connector::new(url)?) })
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
        let connection = self.connector.connect().map_err(|error| SourceError::Open {
            location: self.location().to_owned(),
            message: failure::message(&error),
        })?;
        Ok(Box::new(PostgresReader::new(self.connector.clone(), connection)))
    }
}

#[cfg(test)]
mod tests;
