//! The tables of feedmill.toml as they may be written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Compression;
use crate::definition::feed::{MOST_BATCH_ITEMS, MOST_THREADS};
use crate::definition::problem::{Located, Span};
use crate::definition::reader::{FromToml, Ranged, Reader, read_entry, table};
use crate::definition::shape::{shape, words};
use crate::definition::tree::{Kind, Node};

shape! {
    /// Where feedmill reads, where it sends, what it keeps.
    pub struct RawConfig {
        /// The database that the documents are made from.
        source: RawSource [required],
        /// feedmill's own database. Default: `sqlite:feedmill.db`.
        store: RawStore,
        /// The folder of the feed files. Default: `feeds`.
        feeds_dir: String,
        /// What masks are made with.
        masks: RawMasks,
        /// What feed files need not say.
        defaults: RawDefaults,
        /// Where items go, by name.
        consumers: RawConsumers,
    }
}

shape! {
    /// The source database.
    pub struct RawSource {
        /// `sqlite:PATH`, `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE` (MariaDB too).
        url: String,
        /// A file that holds the URL.
        url_file: String,
        /// The password of the URL's user, as it is: nothing of it is written as `%41`.
        password: String,
        /// A file that holds the password.
        password_file: String,
        /// The root certificate of the server's, PEM. With it, `sslmode` is `verify-full` where the URL says nothing.
        ca_file: String,
        /// How timestamps without a zone are read, such as `Europe/Berlin`. Default: UTC.
        timezone: String,
    }
}

shape! {
    /// The feed store.
    pub struct RawStore {
        /// `sqlite:PATH`
        url: String,
        /// A file that holds the URL.
        url_file: String,
    }
}

shape! {
    /// Masks.
    pub struct RawMasks {
        /// The key of `mask = "hmac"`.
        key: String,
        /// A file that holds the key.
        key_file: String,
    }
}

shape! {
    /// Defaults of feed files.
    pub struct RawDefaults {
        /// Requests in flight at once. Default: 1.
        thread_count: Ranged<1, MOST_THREADS>,
        /// Items in one request. Default: 100.
        batch_size: Ranged<1, MOST_BATCH_ITEMS>,
        /// Deletes of one run that are withheld if they are more. Default: 100.
        max_deletes: Ranged<0, { i64::MAX }>,
        /// Deletes of one run, in percent, that are withheld if they are more. Default: 20.
        max_delete_percent: Ranged<0, 100>,
    }
}

shape! {
    /// A consumer.
    pub struct RawConsumer {
        /// Where requests go.
        url: String,
        /// How requests are written: `json` (the default), `ndjson`, `elasticsearch`, `meilisearch`, `typesense`, `algolia`,
        /// `rest` or `file`.
        format: Located<String>,
        /// `POST` (the default; of `rest` it is `PUT`), `PUT`, `PATCH` or `DELETE`.
        method: Method,
        /// Of deletes by `rest`. Default: `DELETE`.
        delete_method: Method,
        /// The index or collection of a search engine. Default: the feed's name.
        index: String,
        /// What a document is called there, such as `{sku}-{store}`. Default: made of its identity.
        id: String,
        /// Which shard of Elasticsearch a document goes to, such as `{brand.id}`.
        routing: String,
        /// A document's external version in Elasticsearch: `sequence`, or a field such as `{revision}`.
        version: String,
        /// The key of Meilisearch's documents that holds their ID. Default: id.
        primary_key: String,
        /// How long a task of Meilisearch may take. Default: 5m.
        task_timeout: RawDuration,
        /// Headers of each request.
        headers: RawHeaders,
        /// Where deletes go, in requests of their own.
        delete_url: String,
        /// `none` (the default), `gzip` or `zstd`.
        compression: Compression,
        /// Of one try, whole. Default: 30s.
        timeout: RawDuration,
        /// Default: 5s.
        connect_timeout: RawDuration,
        /// Bytes of a request's body before compression. Default: 5MiB.
        max_request_bytes: RawSize,
        /// Tries after the first in one run. Default: 3.
        request_retries: Ranged<0, 100>,
        /// The first wait between tries, doubling. Default: 500ms.
        retry_base: RawDuration,
        /// The longest wait between tries. Default: 30s.
        retry_max: RawDuration,
        /// Requests in a time: `10/s`, `0.5/s`, `600/m`.
        rate_limit: String,
        /// Answers after which an item is not sent again unchanged. Default: 400 alone.
        non_retryable_status: Vec<Located<Ranged<100, 599>>>,
        /// Failed runs of one content after which an item is parked. Default: 20.
        max_attempts: Ranged<1, 1_000_000>,
        /// Where an answer lists the items that failed.
        item_errors: RawItemErrors,
        /// An extra root certificate, PEM.
        ca_file: String,
        /// The folder of `format = "file"`.
        path: String,
    }
}

shape! {
    /// JSON pointers into an answer.
    pub struct RawItemErrors {
        /// The list, in the body. Default: /errors.
        list: String,
        /// The item's place in the request, from 0, in an element. Default: /itemIndex.
        index: String,
        /// The item's status, in an element. Default: /status.
        status: String,
        /// What was wrong, in an element. Default: /message.
        message: String,
    }
}

shape! {
    /// A header whose value stands in a file.
    pub struct RawHeaderFile {
        /// The file that holds the value.
        file: String [required],
    }
}

words!(Compression, "a compression", {
    "none" => Compression::None,
    "gzip" => Compression::Gzip,
    "zstd" => Compression::Zstd,
});

/// A method that can carry items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

words!(Method, "a method that carries items", {
    "POST" => Method::Post,
    "PUT" => Method::Put,
    "PATCH" => Method::Patch,
    "DELETE" => Method::Delete,
});

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// A duration: a text with a unit.
#[derive(Debug, Clone)]
pub struct RawDuration(pub String);

impl FromToml for RawDuration {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(RawDuration(text.clone())),
            _ => {
                reader.expected("a duration such as \"30s\"", node);
                None
            }
        }
    }
}

impl JsonSchema for RawDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A size: an integer of bytes, or a text with a unit.
#[derive(Debug, Clone)]
pub struct RawSize(pub String);

impl FromToml for RawSize {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(RawSize(text.clone())),
            Kind::Int(bytes) => Some(RawSize(bytes.to_string())),
            _ => {
                reader.expected("a size such as \"5MiB\"", node);
                None
            }
        }
    }
}

impl JsonSchema for RawSize {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// Consumers by name; None where one could not be read.
#[derive(Debug, Clone)]
pub struct RawConsumers(pub Vec<(Located<String>, Option<RawConsumer>)>);

impl FromToml for RawConsumers {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = table(node, reader)?;
        let consumers = entries.iter().map(|entry| {
            let name = Located::new(entry.key.clone(), entry.key_span.clone());
            (name, read_entry(entry, reader).value)
        });
        Some(RawConsumers(consumers.collect()))
    }
}

impl JsonSchema for RawConsumers {
    fn schema_name() -> Cow<'static, str> {
        "Consumers".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let consumer = generator.subschema_for::<RawConsumer>();
        json_schema!({ "type": "object", "additionalProperties": consumer })
    }
}

/// Headers by name.
#[derive(Debug, Clone)]
pub struct RawHeaders(pub Vec<RawHeader>);

#[derive(Debug, Clone)]
pub struct RawHeader {
    pub name: Located<String>,
    pub value: HeaderValue,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum HeaderValue {
    Text(String),
    /// A file's name.
    File(String),
}

impl FromToml for RawHeaders {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut headers = Vec::new();
        for entry in table(node, reader)? {
            let value = reader.under(&entry.key, |reader| match &entry.value.kind {
                Kind::Text(text) => Some(HeaderValue::Text(text.clone())),
                Kind::Table(_) => {
                    let file = RawHeaderFile::read(&entry.value, reader)?.file?.value?;
                    Some(HeaderValue::File(file))
                }
                _ => {
                    reader.expected("a string or `{ file = \"...\" }`", &entry.value);
                    None
                }
            });
            let name = Located::new(entry.key.clone(), entry.key_span.clone());
            headers.extend(value.map(|value| RawHeader { name, value, span: entry.value.span.clone() }));
        }
        Some(RawHeaders(headers))
    }
}

impl JsonSchema for RawHeaders {
    fn schema_name() -> Cow<'static, str> {
        "Headers".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let file = generator.subschema_for::<RawHeaderFile>();
        json_schema!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, file] } })
    }
}
