//! A feed table as text and as rows. Times are left out, hashes become labels: the same content has the same
//! label in every rendering of one project.

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Result};
use std::fmt::Write;
use std::path::Path;

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub entity: String,
    pub feed_id: Vec<u8>,
    pub hash: Vec<u8>,
    pub data: String,
    pub status: i64,
    pub attempts: i64,
    pub deleted: bool,
    pub next_attempt_at: Option<String>,
    pub errors: Option<String>,
}

/// The hashes seen so far, in the order they were met.
#[derive(Default)]
pub struct Labels {
    hashes: Vec<Vec<u8>>,
}

impl Labels {
    fn label(&mut self, hash: &[u8]) -> String {
        let known = self.hashes.iter().position(|other| other == hash);
        let place = known.unwrap_or_else(|| {
            self.hashes.push(hash.to_vec());
            self.hashes.len() - 1
        });
        format!("h{}", place + 1)
    }
}

pub fn open(store: &Path) -> Result<Connection> {
    Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// The rows of a feed, by entity and stored data.
pub fn rows(store: &Connection, feed: &str) -> Result<Vec<Row>> {
    let query = format!(
        "SELECT source_entity_id, feed_id, feed_hash, feed_data, status, attempts, is_deleted, next_attempt_at, errors
         FROM feed_{feed} ORDER BY source_entity_id, CAST(feed_data AS TEXT)"
    );
    let mut statement = store.prepare(&query)?;
    let rows = statement.query_map([], |row| {
        Ok(Row {
            entity: text(row.get(0)?),
            feed_id: row.get(1)?,
            hash: row.get(2)?,
            data: text(row.get(3)?),
            status: row.get(4)?,
            attempts: row.get(5)?,
            deleted: row.get::<_, i64>(6)? != 0,
            next_attempt_at: row.get(7)?,
            errors: row.get::<_, Option<Value>>(8)?.map(text),
        })
    })?;
    rows.collect()
}

pub fn render(rows: &[Row], labels: &mut Labels) -> String {
    let mut out = String::new();
    for row in rows {
        let hash = if row.deleted { "-".to_owned() } else { labels.label(&row.hash) };
        write!(out, "{} {} {hash} {}", row.entity, row.data, row.status).expect("a String takes all");
        if row.attempts > 0 {
            write!(out, " attempts={}", row.attempts).expect("a String takes all");
        }
        out.push_str(if row.deleted { " deleted\n" } else { "\n" });
    }
    if out.is_empty() { "(empty)\n".to_owned() } else { out }
}

/// Every feed table of a store, for the message of a failed assertion.
pub fn render_all(store: &Path) -> String {
    let tables = || -> Result<String> {
        let connection = open(store)?;
        let mut names = connection.prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'feed\\_%' ESCAPE '\\' ORDER BY name",
        )?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
        let mut out = String::new();
        for name in names {
            let Ok(rows) = rows(&connection, name.trim_start_matches("feed_")) else { continue };
            write!(out, "[{name}]\n{}", render(&rows, &mut Labels::default())).expect("a String takes all");
        }
        Ok(out)
    };
    tables().unwrap_or_else(|error| format!("(the feed store cannot be read: {error})"))
}

fn text(value: Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}
