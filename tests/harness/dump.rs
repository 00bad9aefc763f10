//! Dumps that other tools wrote, loaded as the databases' own clients load them.

use super::database::Kind;
use mysql::prelude::Queryable;
use std::io::Write;
use url::Url;

/// Loads what `mariadb-dump` or `pg_dump` wrote into the database at `url`.
pub fn load(kind: Kind, url: &Url, dump: &str) -> Result<(), String> {
    match kind {
        Kind::Mariadb => load_mariadb(url, dump),
        Kind::Postgres => load_postgres(url, dump),
        Kind::Sqlite => unreachable!("a SQLite database is a file"),
    }
}

/// Statements end at the end of a line, where the client's own command `DELIMITER` says what ends them; no text in a dump
/// has a line break of its own.
fn load_mariadb(url: &Url, dump: &str) -> Result<(), String> {
    let options = mysql::Opts::from_url(url.as_str()).map_err(|error| error.to_string())?;
    let mut connection = mysql::Conn::new(options).map_err(|error| error.to_string())?;
    let mut statement = String::new();
    let mut delimiter = ";";
    for line in dump.lines() {
        if let Some(other) = line.strip_prefix("DELIMITER ") {
            delimiter = other;
            continue;
        }
        if statement.is_empty() && (line.is_empty() || line.starts_with("--") || line.starts_with("/*M!")) {
            continue;
        }
        statement.push_str(line);
        statement.push('\n');
        if let Some(whole) = statement.trim_end().strip_suffix(delimiter) {
            connection.query_drop(whole).map_err(|error| failed(&error.to_string(), whole))?;
            statement.clear();
        }
    }
    Ok(())
}

/// All or nothing. Rows stand between `COPY` and a line of `\.`; all else is SQL, but for the client's own commands.
fn load_postgres(url: &Url, dump: &str) -> Result<(), String> {
    let mut client = postgres::Client::connect(url.as_str(), postgres::NoTls).map_err(|error| format!("{error:?}"))?;
    let mut transaction = client.transaction().map_err(|error| format!("{error:?}"))?;
    let mut statements = String::new();
    let mut lines = dump.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('\\') {
            continue;
        }
        let is_copy = line.starts_with("COPY ") && line.ends_with("FROM stdin;");
        if !is_copy {
            statements.push_str(line);
            statements.push('\n');
            continue;
        }
        transaction.batch_execute(&statements).map_err(|error| failed(&format!("{error:?}"), &statements))?;
        statements.clear();
        let mut rows = transaction.copy_in(line).map_err(|error| failed(&format!("{error:?}"), line))?;
        for row in lines.by_ref().take_while(|row| *row != "\\.") {
            writeln!(rows, "{row}").map_err(|error| failed(&error.to_string(), line))?;
        }
        rows.finish().map_err(|error| failed(&format!("{error:?}"), line))?;
    }
    transaction.batch_execute(&statements).map_err(|error| failed(&format!("{error:?}"), &statements))?;
    transaction.commit().map_err(|error| format!("{error:?}"))
}

fn failed(error: &str, statement: &str) -> String {
    let start: String = statement.chars().take(200).collect();
    format!("{error} in {start}")
}
