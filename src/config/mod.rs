//! `feedmill.toml` and the environment, validated once into a [`Config`].
//!
//! Read as feed files are, by the reader of declared shapes: every problem at once, with its place.
//! Invariant: nothing that is printed of a configuration, problems included, shows a secret.

mod consumer;
pub(crate) mod database;
mod environment;
#[cfg(test)]
mod faults;
mod format;
mod load;
mod quantity;
mod raw;
pub mod redact;
pub(crate) mod server;
mod template;

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

pub use format::{ElasticsearchSettings, HttpFormat, MeilisearchSettings, RestSettings, VersionSource};
pub use load::ConfigError;
pub use server::{Host, ServerUrl, TlsMode};
pub use template::DocumentTemplate;

/// A secret: never printed, never stored. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    pub source: SourceConfig,
    /// The file of the feed store.
    pub store: PathBuf,
    pub feeds_dir: PathBuf,
    /// `[masks] key`
    pub mask_key: Option<Secret>,
    pub defaults: Defaults,
    pub consumers: IndexMap<String, ConsumerConfig>,
    /// Every value that came from the environment or a `*_file` key, and every password in a URL: blanked in all that is
    /// printed or stored. None is shorter than four characters.
    pub secrets: Vec<Secret>,
}

#[derive(Debug, Clone)]
pub struct SourceConfig {
    pub url: DatabaseUrl,
    /// IANA name: how timestamps without a zone are read.
    pub timezone: jiff::tz::TimeZone,
}

/// Where a database is. `sqlite:PATH` is made absolute against the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(ServerUrl),
    /// MariaDB too.
    MySql(ServerUrl),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    pub thread_count: usize,
    pub batch_size: usize,
    pub max_deletes: u64,
    pub max_delete_percent: u8,
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults { thread_count: 1, batch_size: 100, max_deletes: 100, max_delete_percent: 20 }
    }
}

#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    pub name: String,
    pub non_retryable_status: Vec<u16>,
    /// Failed runs of one content after which an item is parked.
    pub max_attempts: u32,
    /// Bytes of a request's body before compression.
    pub max_request_bytes: usize,
    pub target: ConsumerTarget,
}

#[derive(Debug, Clone)]
pub enum ConsumerTarget {
    Http(Box<HttpConfig>),
    /// A folder; `FEED.ndjson` in it.
    File {
        path: PathBuf,
    },
}

#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// For `rest` with `*` in the place of values.
    pub url: url::Url,
    pub delete_url: Option<url::Url>,
    pub format: HttpFormat,
    pub method: String,
    /// Values may hold secrets.
    pub headers: Vec<(String, Secret)>,
    pub compression: Compression,
    /// Of one try, from connecting to the last byte of the answer.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// In-run tries after the first.
    pub request_retries: u32,
    pub retry_base: Duration,
    /// Cap of a wait, of Retry-After too.
    pub retry_max: Duration,
    /// Requests a second.
    pub rate_limit: Option<f64>,
    pub item_errors: ItemErrorPointers,
    pub ca_file: Option<PathBuf>,
    /// The index or collection of a search engine; the feed's name where there is none.
    pub index: Option<DocumentTemplate>,
    /// What a document is called there; made of its identity where there is none.
    pub id: Option<DocumentTemplate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// JSON pointers: `list` into the body, the others into an element of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemErrorPointers {
    pub list: String,
    pub index: String,
    pub status: String,
    pub message: String,
}

impl Default for ItemErrorPointers {
    fn default() -> Self {
        ItemErrorPointers {
            list: "/errors".into(),
            index: "/itemIndex".into(),
            status: "/status".into(),
            message: "/message".into(),
        }
    }
}

/// The URL of a server, for tests of the sources.
#[cfg(test)]
pub(crate) fn server_url(text: &str) -> ServerUrl {
    match database::parse(text, std::path::Path::new("/"), &server::Beside::default()) {
        Ok(DatabaseUrl::Postgres(url) | DatabaseUrl::MySql(url)) => url,
        other => panic!("no URL of a server: {other:?}"),
    }
}
