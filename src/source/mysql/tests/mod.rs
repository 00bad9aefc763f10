//! Against a server, which `FEEDMILL_TEST_MYSQL_URL` names with a user who may do everything.

mod catalog;
mod cells;
mod keys;
mod open;
mod passes;
mod samples;
mod sessions;
mod spans;

use mysql::prelude::Queryable;
use mysql::{Conn, Opts};
use url::Url;

use super::MySqlSource;
use crate::config::server_url;
use crate::source::catalog::{Column, ColumnKind};
use crate::source::rows::RowSet;
use crate::source::sql::{Compared, Component, Dialect, MYSQL, OnTarget, PassSpec, Placeholder, Statement};
use crate::source::trial::*;
use crate::source::{KeyValue, Source, SourceError, SourceReader};

/// A database of its own, dropped in the end.
struct Database {
    url: Url,
    name: String,
}

impl Database {
    fn new(sql: &str) -> Self {
        Database::named("", sql)
    }

    /// `suffix` is the end of its name.
    fn named(suffix: &str, sql: &str) -> Self {
        let number = getrandom::u64().expect("the system gives random numbers");
        let name = format!("feedmill_{number:016x}{suffix}");
        let quoted = name.replace('`', "``");
        let mut url = server();
        connect(&url).query_drop(format!("CREATE DATABASE `{quoted}` CHARACTER SET utf8mb4")).unwrap();
        url.set_path(&percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC).to_string());
        let database = Database { url, name };
        database.write(sql);
        database
    }

    /// Statements, in a session that may write anything.
    fn write(&self, sql: &str) {
        write(&mut self.connection(), sql);
    }

    fn connection(&self) -> Conn {
        let mut connection = connect(&self.url);
        connection.query_drop("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'").unwrap();
        connection
    }

    fn open(&self) -> MySqlSource {
        open(&self.url).unwrap_or_else(|error| panic!("{error}"))
    }

    fn reader(&self) -> Box<dyn SourceReader> {
        self.open().connect().unwrap()
    }

    /// The URL for a new user, who may do what the grants say. `{db}` is the database, `{user}` the user.
    fn user(&self, plugin: &str, grants: &[&str]) -> User {
        let name = format!("u{}", &self.name[9..25]);
        let user = format!("'{name}'@'%'");
        let mut connection = self.connection();
        connection.query_drop(format!("CREATE USER {user} IDENTIFIED {plugin}")).unwrap();
        let mut url = self.url.clone();
        url.set_username(&name).unwrap();
        url.set_password(Some("se%2Fcret")).unwrap();
        let user = User { url, name: user, server: self.url.clone() };
        for grant in grants {
            let grant = grant.replace("{db}", &format!("`{}`", self.name)).replace("{user}", &user.name);
            connection.query_drop(&grant).unwrap_or_else(|error| panic!("{error}: {grant}"));
        }
        user
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // After a server that was killed there may be none to tell.
        if let Ok(mut connection) = Conn::new(options(&self.url)) {
            let _ = connection.query_drop(format!("DROP DATABASE IF EXISTS `{}`", self.name.replace('`', "``")));
        }
    }
}

/// Dropped in the end.
struct User {
    url: Url,
    name: String,
    server: Url,
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = connect(&self.server).query_drop(format!("DROP USER IF EXISTS {}", self.name));
    }
}

const PASSWORD: &str = "BY 'se/cret'";

fn server() -> Url {
    let url = std::env::var("FEEDMILL_TEST_MYSQL_URL").unwrap_or_else(|_| {
        panic!("FEEDMILL_TEST_MYSQL_URL is not set: it names a MariaDB or MySQL server, mysql://root@127.0.0.1:3306/")
    });
    Url::parse(&url).unwrap_or_else(|error| panic!("FEEDMILL_TEST_MYSQL_URL: {error}"))
}

fn options(url: &Url) -> Opts {
    let mut url = url.clone();
    url.set_query(Some("prefer_socket=false"));
    Opts::from_url(url.as_str()).unwrap()
}

fn connect(url: &Url) -> Conn {
    Conn::new(options(url)).unwrap_or_else(|error| panic!("the server of FEEDMILL_TEST_MYSQL_URL: {error}"))
}

fn open(url: &Url) -> Result<MySqlSource, SourceError> {
    MySqlSource::open(&server_url(url.as_str()))
}

/// The plan that the server makes of a statement: a line a table, `table access key`, and `temporary` where it sorts all.
fn plan(database: &Database, statement: &Statement, values: &Values) -> Vec<String> {
    let mut reader = database.reader();
    let explained = Statement { sql: format!("EXPLAIN {}", statement.sql), ..statement.clone() };
    let rows = run(reader.as_mut(), &explained, values);
    let line = |row: &String| {
        let cells: Vec<&str> = row.split('|').collect();
        // MySQL has two columns more.
        let key = if cells.len() > 10 { (cells[4], cells[6]) } else { (cells[3], cells[5]) };
        let temporary = if row.contains("Using temporary") { " temporary" } else { "" };
        format!("{} {} {}{temporary}", cells[2], key.0, key.1)
    };
    rows.iter().map(line).collect()
}

/// Integers compared with an integer column.
fn of_ints() -> Vec<Component> {
    let compared = Compared { kind: ColumnKind::Integer, declared: "int(11)".to_owned(), collation: None };
    vec![Component { kind: ColumnKind::Integer, compared }]
}

fn component(kind: ColumnKind, compared: &Column) -> Component {
    Component { kind, compared: compared.into() }
}

fn write(connection: &mut Conn, sql: &str) {
    if sql.trim().is_empty() {
        return;
    }
    let failed = |error: mysql::Error| -> ! { panic!("{error}\n{}", short(sql)) };
    let mut results = connection.query_iter(sql).unwrap_or_else(|error| failed(error));
    while let Some(set) = results.iter() {
        set.for_each(|row| drop(row.unwrap_or_else(|error| failed(error))));
    }
}

/// The beginning of a statement.
fn short(sql: &str) -> &str {
    sql.get(..1000).unwrap_or(sql)
}

fn is_mariadb(database: &Database) -> bool {
    let version: Option<String> = database.connection().query_first("SELECT VERSION()").unwrap();
    version.unwrap().contains("MariaDB")
}
