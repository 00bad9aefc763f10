//! A source database of one project, empty at first: a file, or a database with a name of its own on a server that
//! the environment names. A database on a server is dropped with the project.
//!
//! Without its server a test fails; it never passes for want of one.

use super::relay::Relay;
use super::{dump, server};
use mysql::prelude::Queryable;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// What the tests are written for; MySQL speaks as MariaDB does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
    Mariadb,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::Mariadb];
    pub const SERVERS: [Kind; 2] = [Kind::Postgres, Kind::Mariadb];

    /// The server's URL, with a user who may do everything.
    fn server(self) -> Url {
        match self {
            Kind::Postgres => server::named("POSTGRES"),
            Kind::Mariadb => server::named("MYSQL"),
            Kind::Sqlite => unreachable!("SQLite has no server"),
        }
    }
}

const POSTGRES_SESSION: &str = "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET standard_conforming_strings = on";

/// Zero dates may be written.
const MARIADB_SESSION: &str =
    "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'";

/// Text is ordered as people do, not by its bytes.
const ICU: &str = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";

/// What a server's owner may have set, and no document may show.
const POSTGRES_HABITS: &str = "ALTER DATABASE $name SET timezone = 'Asia/Kolkata';
    ALTER DATABASE $name SET datestyle = 'German, DMY';
    ALTER DATABASE $name SET intervalstyle = 'sql_standard';
    ALTER DATABASE $name SET bytea_output = 'escape';
    ALTER DATABASE $name SET extra_float_digits = -3;
    ALTER DATABASE $name SET standard_conforming_strings = off";

pub struct Database {
    kind: Kind,
    place: Place,
}

enum Place {
    File(PathBuf),
    /// The server's URL with the database for its path.
    Server(Url),
}

impl Database {
    /// In `folder` where it is a file.
    pub fn create(kind: Kind, folder: &Path) -> Database {
        let place = match kind {
            Kind::Sqlite => Place::File(folder.join("shop.db")),
            Kind::Postgres | Kind::Mariadb => {
                let mut url = kind.server();
                let name = server::unused_name();
                if kind == Kind::Postgres {
                    execute(kind, &url, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {ICU}"));
                    execute(kind, &url, &POSTGRES_HABITS.replace("$name", &name));
                } else {
                    execute(kind, &url, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
                }
                url.set_path(&name);
                Place::Server(url)
            }
        };
        let database = Database { kind, place };
        database.execute(match kind {
            // An empty file is no database.
            Kind::Sqlite => "PRAGMA user_version = 0",
            Kind::Postgres | Kind::Mariadb => "SELECT 1",
        });
        database
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// As feedmill.toml has it.
    pub fn url(&self) -> String {
        match &self.place {
            Place::File(_) => "sqlite:shop.db".to_owned(),
            Place::Server(url) => url.to_string(),
        }
    }

    /// The URL of a database on a server, to write another user or another host into.
    pub fn server_url(&self) -> Url {
        match &self.place {
            Place::File(path) => panic!("{} is on no server", path.display()),
            Place::Server(url) => url.clone(),
        }
    }

    /// A way to the server of this database that can be cut, and the URL that goes that way.
    pub fn relay(&self) -> (Relay, Url) {
        Relay::before(self.server_url(), if self.kind == Kind::Postgres { 5432 } else { 3306 })
    }

    /// Ends every connection that somebody has to this database.
    pub fn kill_connections(&self) {
        let Place::Server(url) = &self.place else { panic!("a file has no connections") };
        let name = url.path().trim_start_matches('/');
        let server = self.kind.server();
        if self.kind == Kind::Postgres {
            let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            return execute(self.kind, &server, &kill);
        }
        let mut connection = connect_mysql(&server).unwrap_or_else(|error| panic!("{error}"));
        let all: Vec<u64> = connection
            .query(format!("SELECT id FROM information_schema.processlist WHERE db = '{name}'"))
            .unwrap_or_else(|error| panic!("{error}"));
        for id in all {
            // It may have ended by itself.
            connection.query_drop(format!("KILL {id}")).ok();
        }
    }

    /// Runs statements, as a user who may do everything.
    #[track_caller]
    pub fn execute(&self, statements: &str) {
        match &self.place {
            Place::File(path) => {
                let source = open_file(path);
                source.execute_batch(statements).unwrap_or_else(|error| panic!("{error} in\n{statements}"));
            }
            Place::Server(url) => execute(self.kind, url, statements),
        }
    }

    /// Loads a dump of this kind of server.
    #[track_caller]
    pub fn load(&self, dump: &str) {
        dump::load(self.kind, &self.server_url(), dump).unwrap_or_else(|error| panic!("{error}"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Place::Server(url) = &self.place else { return };
        let name = url.path().trim_start_matches('/');
        let force = if self.kind == Kind::Postgres { " WITH (FORCE)" } else { "" };
        let dropped = run(self.kind, &self.kind.server(), &format!("DROP DATABASE {name}{force}"));
        if !std::thread::panicking() {
            dropped.unwrap_or_else(|error| panic!("{name} is left on the server: {error}"));
        }
    }
}

pub fn open_file(path: &Path) -> Connection {
    let source = Connection::open(path).expect("the source opens");
    source.busy_timeout(Duration::from_secs(20)).expect("a timeout can be set");
    source
}

#[track_caller]
fn execute(kind: Kind, url: &Url, statements: &str) {
    run(kind, url, statements).unwrap_or_else(|error| panic!("{error} in\n{statements}"));
}

/// In a session that reads standard SQL, whatever the server is set to.
fn run(kind: Kind, url: &Url, statements: &str) -> Result<(), String> {
    if kind == Kind::Postgres {
        let client = postgres::Client::connect(url.as_str(), postgres::NoTls);
        let mut client = client.map_err(|error| format!("{error:?}"))?;
        client.batch_execute(POSTGRES_SESSION).map_err(|error| format!("{error:?}"))?;
        return client.batch_execute(statements).map_err(|error| format!("{error:?}"));
    }
    run_mysql(url, statements).map_err(|error| error.to_string())
}

fn connect_mysql(url: &Url) -> mysql::Result<mysql::Conn> {
    let mut connection = mysql::Conn::new(mysql::Opts::from_url(url.as_str())?)?;
    connection.query_drop(MARIADB_SESSION)?;
    Ok(connection)
}

fn run_mysql(url: &Url, statements: &str) -> mysql::Result<()> {
    let mut connection = connect_mysql(url)?;
    let mut result = connection.query_iter(statements)?;
    // The errors of later statements come with their results.
    while let Some(rows) = result.iter() {
        for row in rows {
            row?;
        }
    }
    Ok(())
}
