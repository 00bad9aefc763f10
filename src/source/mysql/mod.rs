//! A MySQL or MariaDB database as a source, in sessions that cannot write.
//!
//! The session is the same whatever the server's defaults are: UTC, utf8mb4, no SQL mode, repeatable read. A batch is a
//! transaction with a consistent snapshot. What the two servers differ in stands where they differ: how joins without an
//! index are run in `session`, JSON columns in `catalog`.

mod catalog;
mod cells;
mod declared;
mod failure;
mod keys;
mod reader;
mod session;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};

use super::sql::{Dialect, MYSQL};
use super::{Source, SourceError, SourceReader};
use crate::config::ServerUrl;
use reader::MySqlReader;
use session::{Connector, Session};

#[derive(Debug)]
pub struct MySqlSource {
    connector: Arc<Connector>,
    /// The first one, opened to see that the database is there.
    spare: Mutex<Option<Session>>,
}

impl MySqlSource {
    /// Connects, so that what is wrong with the URL, the server or the rights shows before anything begins.
    pub fn open(url: &ServerUrl) -> Result<Self, SourceError> {
        let connector = Arc::new(Connector::new(url)?);
        let first = connector.connect()?;
        Ok(MySqlSource { connector, spare: Mutex::new(Some(first)) })
    }
}

impl Source for MySqlSource {
    fn location(&self) -> &str {
        self.connector.location()
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &MYSQL
    }

    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let session = spare.map_or_else(|| self.connector.connect_again(), Ok)?;
        Ok(Box::new(MySqlReader::new(self.connector.clone(), session)))
    }
}

#[cfg(test)]
mod tests;
