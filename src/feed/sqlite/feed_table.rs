//! The names of one feed's table and of its indexes.

use rusqlite::{Connection, OptionalExtension};

use super::connection::Failure;

/// The table of one feed.
#[derive(Debug, Clone)]
pub(super) struct FeedTable {
    feed: String,
    quoted: String,
}

impl FeedTable {
    pub(super) fn of(feed: &str) -> FeedTable {
        FeedTable { feed: feed.to_owned(), quoted: quote(&format!("feed_{feed}")) }
    }

    /// The feed's name.
    pub(super) fn feed(&self) -> &str {
        &self.feed
    }

    /// The table's name, quoted for SQL.
    pub(super) fn name(&self) -> &str {
        &self.quoted
    }

    /// One of its indexes by its first word, quoted for SQL.
    pub(super) fn index(&self, word: &str) -> String {
        quote(&format!("{word}_{}", self.feed))
    }

    /// A script of the schema with this feed's name in it.
    pub(super) fn script(&self, script: &str) -> String {
        script.replace("{feed}", &self.feed.replace('"', "\"\""))
    }

    pub(super) fn exists(&self, connection: &Connection) -> Result<bool, Failure> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'feed_' || ?1";
        Ok(connection.prepare_cached(sql)?.query_row([&self.feed], |_| Ok(())).optional()?.is_some())
    }
}

/// The feeds that have a table, by name.
pub(super) fn names(connection: &Connection) -> Result<Vec<String>, Failure> {
    let sql = "SELECT feed.name FROM feed JOIN sqlite_schema AS made
                 ON made.type = 'table' AND made.name = 'feed_' || feed.name
                ORDER BY feed.name";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
