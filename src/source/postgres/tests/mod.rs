//! Against a real server, named by `FEEDMILL_TEST_POSTGRES_URL`: what the dialect writes, as the server runs it.

mod catalog;
mod connection;
mod documents;
mod keys;
mod lost;
mod passes;
mod plans;
mod spans;
mod values;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, Config, NoTls};

use super::PostgresSource;
use crate::config::database;
use crate::config::server::Beside;
use crate::config::{DatabaseUrl, Host, ServerUrl};
use crate::source::catalog::{Catalog, Column};
use crate::source::rows::RowSet;
use crate::source::sql::{Component, Dialect, OnSpec, OnTarget, POSTGRES, PassSpec, Statement};
use crate::source::trial::*;
use crate::source::{KeyValue, Source, SourceError, SourceReader};

const VARIABLE: &str = "FEEDMILL_TEST_POSTGRES_URL";

/// The server of the tests, as its superuser.
fn server() -> ServerUrl {
    let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} is not set: it is the URL of a PostgreSQL superuser, whom tests make databases as; see tests/run")
    });
    parsed(&url)
}

fn parsed(url: &str) -> ServerUrl {
    match database::parse(url, Path::new("/"), &Beside::default()) {
        Ok(DatabaseUrl::Postgres(url)) => url,
        other => panic!("{VARIABLE} is no URL of PostgreSQL: {other:?}"),
    }
}

fn client(url: &ServerUrl) -> Client {
    let mut config = Config::new();
    match &url.host {
        Host::Name(name) => config.host(name),
        Host::Socket(folder) => config.host_path(folder),
    };
    config.port(url.port).dbname(&url.database);
    if let Some(user) = &url.user {
        config.user(user);
    }
    if let Some(password) = &url.password {
        config.password(password.expose());
    }
    config.connect(NoTls).unwrap_or_else(|error| panic!("cannot connect to the server of {VARIABLE}: {error:?}"))
}

/// A name that no other test has, of this run or another.
fn own_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("feedmill_unit_{}_{number}_{:08x}", std::process::id(), getrandom::u32().unwrap())
}

/// A database of its own on the server, and a role that may only read it.
struct Database {
    url: ServerUrl,
    /// Superuser in this database.
    owner: Client,
}

impl Database {
    fn new(sql: &str) -> Self {
        Self::with("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'", sql)
    }

    /// `options` of CREATE DATABASE.
    fn with(options: &str, sql: &str) -> Self {
        let mut url = server();
        let name = own_name();
        client(&url).batch_execute(&format!("CREATE DATABASE {name} {options}")).unwrap();
        url.database = name;
        let owner = client(&url);
        let mut database = Database { url, owner };
        database.write(sql);
        database
    }

    fn write(&mut self, sql: &str) {
        self.owner.batch_execute(sql).unwrap_or_else(|error| panic!("{error:?}\nin: {sql}"));
    }

    fn source(&self) -> PostgresSource {
        PostgresSource::new(&self.url).unwrap()
    }

    fn reader(&self) -> Box<dyn SourceReader> {
        self.source().connect().unwrap_or_else(|error| panic!("{error}"))
    }

    fn catalog(&self) -> Catalog {
        self.reader().catalog().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.url.database);
        if let Err(error) = client(&server()).batch_execute(&sql) {
            eprintln!("{} is left behind: {error}", self.url.database);
        }
    }
}

/// A keyed pass over tuples of values of these columns, compared with the columns themselves.
fn keyed_pass(spec: &PassSpec, compared: &[&Column]) -> Statement {
    let components: Vec<Component> =
        compared.iter().map(|&column| Component { kind: column.kind, compared: column.into() }).collect();
    POSTGRES.keyed_pass(spec, &components)
}

fn column_of<'c>(catalog: &'c Catalog, table: &str, name: &str) -> &'c Column {
    let table = catalog.table(table).unwrap_or_else(|| panic!("no {table} in {:?}", catalog.tables.keys()));
    &table.columns[table.column(name).unwrap_or_else(|| panic!("no {name} in {}", table.name))]
}
