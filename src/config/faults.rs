//! Configurations read whole, and what is said of those that have faults: snapshots of the rendered problems.

use std::path::Path;
use std::time::Duration;

use super::{
    Compression, Config, ConfigError, ConsumerTarget, DatabaseUrl, DocumentTemplate, ElasticsearchSettings, HttpConfig,
    HttpFormat, MeilisearchSettings, RestSettings, TlsMode, VersionSource,
};
use crate::definition::feed::DocumentPath;
use crate::definition::problem::SourceFile;
use crate::definition::{check_consumer, parse};

fn environment(name: &str) -> Option<String> {
    match name {
        "SEARCH_TOKEN" => Some("s3cr3t-token".to_owned()),
        "SOURCE" => Some("sqlite:from-env.db".to_owned()),
        "SHORT" => Some("abc".to_owned()),
        "LINES" => Some("first-line\nsecond-line".to_owned()),
        "PASSWORD" => Some("hunter2secret".to_owned()),
        _ => None,
    }
}

/// A folder with this feedmill.toml and the files that some of them speak of.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in [
        ("feedmill.toml", text),
        ("mask.key", "key of the masks\n"),
        ("source.url", "sqlite:from-file.db\r\n"),
        ("token", "Bearer file-token\n"),
        ("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("empty.pem", ""),
    ] {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    folder
}

fn load(folder: &Path) -> Result<Config, ConfigError> {
    Config::load_with(&folder.join("feedmill.toml"), &environment)
}

fn config(text: &str) -> (Config, tempfile::TempDir) {
    let folder = folder(text);
    let config = load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    (config, folder)
}

fn http<'c>(config: &'c Config, name: &str) -> &'c HttpConfig {
    match &config.consumers[name].target {
        ConsumerTarget::Http(http) => http,
        other => panic!("{other:?}"),
    }
}

const FULL: &str = r#"
feeds_dir = "definitions"

[source]
url = "${SOURCE}"
timezone = "Europe/Berlin"

[store]
url = "sqlite:/var/lib/feedmill.db"

[masks]
key_file = "mask.key"

[defaults]
thread_count = 4
max_delete_percent = 5

[consumers.search]
url     = "https://me:p%40ssword@ingest.example/v1/products?tenant=a"
format  = "json"
method  = "PUT"
headers = { Authorization = "Bearer ${SEARCH_TOKEN}", X-Key = { file = "token" }, X-Cost = "5$$ $5" }
delete_url  = "https://ingest.example/v1/delete"
compression = "gzip"
timeout     = "1m"
connect_timeout = "250ms"
max_request_bytes = "2MiB"
request_retries = 0
retry_base = "0s"
retry_max  = "2s"
rate_limit = "600/m"
non_retryable_status = [400, 422]
max_attempts = 7
item_errors = { list = "", index = "/position" }
ca_file = "ca.pem"

[consumers.archive]
format = "file"
path   = "out"

[consumers.engine]
url     = "https://search.example:9200"
format  = "elasticsearch"
index   = "products-{lang}"
id      = "{sku}"
routing = "{brand.id}"
version = "{revision}"

[consumers.queue]
url     = "http://search.example:7700"
format  = "meilisearch"
primary_key  = "key"
task_timeout = "1h"

[consumers.service]
url     = "https://me@api.example/{lang}/p/{sku}?key=a"
format  = "rest"
delete_method = "POST"
"#;

#[test]
fn formats_have_settings_of_their_own() {
    let (config, _folder) = config(FULL);
    let template = |text: &str| DocumentTemplate::parse(text).expect("a template");
    let engine = http(&config, "engine");
    let version = Some(VersionSource::Field(DocumentPath(vec!["revision".into()])));
    let settings = ElasticsearchSettings { routing: Some(template("{brand.id}")), version };
    assert_eq!(engine.format, HttpFormat::Elasticsearch(settings));
    assert_eq!((&engine.index, &engine.id), (&Some(template("products-{lang}")), &Some(template("{sku}"))));
    let settings = MeilisearchSettings { primary_key: "key".into(), task_timeout: Duration::from_secs(3600) };
    assert_eq!(http(&config, "queue").format, HttpFormat::Meilisearch(settings));
    let service = http(&config, "service");
    let url = template("https://me@api.example/{lang}/p/{sku}?key=a");
    let settings = RestSettings { url, delete_url: None, delete_method: "POST".into() };
    assert_eq!((&service.format, service.method.as_str()), (&HttpFormat::Rest(settings), "PUT"));
    assert_eq!(service.url.as_str(), "https://me@api.example/*/p/*?key=a");
}

#[test]
fn consumers_ask_something_of_documents() {
    let consumers = "[source]\nurl = \"sqlite:a\"\n\
        [consumers.engine]\nurl = \"http://x\"\nformat = \"elasticsearch\"\nindex = \"p-{lang}\"\nrouting = \"{brnd.id}\"\n\
        [consumers.queue]\nurl = \"http://x\"\nformat = \"meilisearch\"\n\
        [consumers.named]\nurl = \"http://x\"\nformat = \"typesense\"\nid = \"{id}\"\n\
        [consumers.service]\nurl = \"http://x/{lang}/{tags}\"\nformat = \"rest\"\ndelete_url = \"http://x/{sku}\"\n";
    let (config, _folder) = config(consumers);
    let told = |consumer: &str, removable: bool| {
        let feed = format!(
            "name = \"shop\"\nconsumer = \"{consumer}\"\nidentity = [\"sku\"]\nminimal_payload = [\"sku\", \"brand\"]\n\
             entities_removable = {removable}\nentity = {{ table = \"t\", key = \"id\" }}\n\
             [fields]\nid = \"id\"\nsku = \"sku\"\nlang = \"lang\"\n\
             brand = {{ one = \"b\", on = {{ id = \"b\" }}, fields = {{ id = \"id\" }} }}\n\
             tags = {{ many = \"n\", on = {{ t = \"id\" }}, value = \"x\" }}\n"
        );
        let feed = parse(SourceFile::new("shop.toml", feed)).unwrap_or_else(|problems| panic!("{problems}"));
        let told = check_consumer(&feed, &config).into_iter();
        told.map(|problem| format!("{}: {}; {}", problem.path, problem.message, problem.help.unwrap_or_default()))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let mut text = String::new();
    for (consumer, removable) in
        [("engine", true), ("engine", false), ("queue", true), ("named", true), ("service", true)]
    {
        text.push_str(&format!("## {consumer}, removable: {removable}\n\n{}\n\n", told(consumer, removable)));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("documents_for_consumers", text);
    });
}

#[test]
fn every_key_is_read() {
    let (config, folder) = config(FULL);
    let zone = config.source.timezone.iana_name();
    assert_eq!(
        (&config.source.url, zone),
        (&DatabaseUrl::Sqlite(folder.path().join("from-env.db")), Some("Europe/Berlin"))
    );
    assert_eq!(config.store, Path::new("/var/lib/feedmill.db"));
    assert_eq!(config.feeds_dir, folder.path().join("definitions"));
    assert_eq!(config.mask_key.as_ref().map(|key| key.expose()), Some("key of the masks"));
    assert_eq!((config.defaults.thread_count, config.defaults.batch_size), (4, 100));
    assert_eq!(config.defaults.max_delete_percent, 5);

    let search = &config.consumers["search"];
    assert_eq!((search.max_attempts, search.max_request_bytes), (7, 2 << 20));
    assert_eq!(search.non_retryable_status, [400, 422]);
    let http = http(&config, "search");
    let headers: Vec<_> = http.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let expected = [("Authorization", "Bearer s3cr3t-token"), ("X-Key", "Bearer file-token"), ("X-Cost", "5$ $5")];
    assert_eq!(headers, expected);
    assert_eq!((http.method.as_str(), http.compression), ("PUT", Compression::Gzip));
    assert_eq!((http.timeout, http.connect_timeout), (Duration::from_secs(60), Duration::from_millis(250)));
    assert_eq!((http.request_retries, http.retry_base, http.retry_max), (0, Duration::ZERO, Duration::from_secs(2)));
    assert_eq!(http.rate_limit, Some(10.0));
    assert_eq!((http.item_errors.list.as_str(), http.item_errors.index.as_str()), ("", "/position"));
    assert_eq!(http.item_errors.status, "/status");
    assert_eq!(http.ca_file, Some(folder.path().join("ca.pem")));
    let ConsumerTarget::File { path } = &config.consumers["archive"].target else { panic!() };
    assert_eq!(*path, folder.path().join("out"));
}

#[test]
fn secrets_are_what_came_from_outside_and_passwords() {
    let (config, _folder) = config(FULL);
    let mut secrets: Vec<&str> = config.secrets.iter().map(|secret| secret.expose()).collect();
    secrets.sort_unstable();
    let expected = [
        "Bearer file-token",
        "key of the masks",
        "me:p@ssword",
        "p%40ssword",
        "p@ssword",
        "s3cr3t-token",
        "sqlite:from-env.db",
    ];
    assert_eq!(secrets, expected);
}

#[test]
fn a_server_and_its_password_file() {
    let (config, folder) =
        config("[source]\nurl = \"postgres://me@db.example/shop\"\npassword_file = \"token\"\nca_file = \"ca.pem\"\n");
    let DatabaseUrl::Postgres(server) = &config.source.url else { panic!("{:?}", config.source.url) };
    assert_eq!(server.password.as_ref().map(|password| password.expose()), Some("Bearer file-token"));
    assert_eq!((server.tls, &server.ca_file), (TlsMode::VerifyFull, &Some(folder.path().join("ca.pem"))));
    assert!(config.secrets.iter().any(|secret| secret.expose() == "Bearer file-token"));
}

#[test]
fn little_is_enough() {
    let (config, folder) =
        config("[source]\nurl_file = \"source.url\"\n[consumers.c]\nurl = \"http://localhost:9/${SHORT}\"\n");
    assert_eq!(config.source.url, DatabaseUrl::Sqlite(folder.path().join("from-file.db")));
    assert_eq!(config.store, folder.path().join("feedmill.db"));
    assert_eq!(config.feeds_dir, folder.path().join("feeds"));
    let consumer = &config.consumers["c"];
    assert_eq!((consumer.max_attempts, consumer.max_request_bytes), (20, 5 << 20));
    assert_eq!(consumer.non_retryable_status, [400]);
    let http = http(&config, "c");
    assert_eq!((http.method.as_str(), http.compression, http.request_retries), ("POST", Compression::None, 3));
    assert_eq!(http.url.path(), "/abc");
    // Three letters are no secret.
    assert_eq!(config.secrets.len(), 1);
}

#[test]
fn a_missing_file_is_named_and_help_is_at_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = load(folder.path()).expect_err("there is none").to_string();
    assert!(error.contains("feedmill.toml") && error.contains("feedmill demo"), "{error}");
}

#[test]
fn the_flag_goes_before_the_usual_name() {
    assert_eq!(Config::find(Some(Path::new("x.toml"))), Path::new("x.toml"));
}

fn told(text: &str) -> String {
    let folder = folder(text);
    match load(folder.path()) {
        Err(ConfigError::Problems(problems)) => {
            let place = folder.path().display().to_string();
            problems.to_string().replace(&format!("{place}/"), "")
        }
        other => panic!("no problem was found in {text}: {other:?}"),
    }
}

macro_rules! faults {
    ($test:ident, { $($title:literal: $text:expr),* $(,)? }) => {
        #[test]
        fn $test() {
            let mut text = String::new();
            $(text.push_str(&format!("## {}\n\n{}\n", $title, told($text)));)*
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($test), text);
            });
        }
    };
}

faults!(sections, {
    "an empty file": "",
    "unknown keys, all at once": "feedsdir = \"x\"\n[sources]\nurl = \"sqlite:a\"\n[source]\nurl = \"sqlite:a\"\ntime_zone = \"UTC\"\n[consumer.x]\n",
    "no url": "[source]\ntimezone = \"UTC\"\n",
    "a url and a file": "[source]\nurl = \"sqlite:a\"\nurl_file = \"source.url\"\n",
    "files that cannot be read": "[source]\nurl_file = \"none\"\n[masks]\nkey_file = \".\"\n",
    "other databases": "[source]\nurl = \"oracle://me:${PASSWORD}@host/shop\"\n[store]\nurl = \"sqllite:x.db\"\n",
    "a store on a server": "[source]\nurl = \"postgres://me:${PASSWORD}@host/shop\"\n[store]\nurl = \"postgres://me:${PASSWORD}@host/store\"\n",
    "options of a server's URL": "[source]\nurl = \"mysql://me:${PASSWORD}@host/shop?sslmodus=require\"\n",
    "certificates of servers": "[source]\nurl = \"postgres://host/shop?sslrootcert=none.pem\"\nca_file = \"empty.pem\"\n",
    "a certificate beside the URL's": "[source]\nurl = \"postgres://host/shop?sslrootcert=none.pem\"\n",
    "a password beside a file": "[source]\nurl = \"sqlite:a\"\npassword_file = \"token\"\n",
    "passwords given twice": "[source]\nurl = \"postgres://me:${PASSWORD}@host/shop\"\npassword_file = \"token\"\n",
    "paths that are none": "[source]\nurl = \"shop.db\"\n[store]\nurl = \"sqlite:\"\n",
    "a database in memory": "[source]\nurl = \"sqlite::memory:\"\n[store]\nurl = \"sqlite://feedmill.db\"\n",
    "one database for both": "[source]\nurl = \"sqlite:a.db\"\n[store]\nurl = \"sqlite:a.db\"\n",
    "a time zone": "[source]\nurl = \"sqlite:a\"\ntimezone = \"Europe/Berlim\"\n",
    "an empty key": "[source]\nurl = \"sqlite:a\"\n[masks]\nkey = \"\"\n",
    "ranges": "[source]\nurl = \"sqlite:a\"\n[defaults]\nthread_count = 0\nbatch_size = 1000000\nmax_deletes = -1\nmax_delete_percent = 200\n",
    "the environment": "[source]\nurl = \"sqlite:${NOWHERE}\"\ntimezone = \"${a b}\"\n[masks]\nkey = \"${SEARCH_TOKEN\"\n",
});

faults!(consumers, {
    "nothing said": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\n[consumers.b]\nformat = \"file\"\n",
    "no table": "[source]\nurl = \"sqlite:a\"\n[consumers]\na = \"https://x.example\"\n",
    "unknown keys": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nuri = \"https://x.example\"\nretries = 3\n",
    "formats": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nformat = \"elasticsearch \"\n[consumers.b]\nurl = \"https://x.example\"\nformat = \"jason\"\n",
    "keys of other formats": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nrouting = \"{a}\"\nprimary_key = \"id\"\n[consumers.b]\nurl = \"https://x.example\"\nformat = \"typesense\"\nmethod = \"PUT\"\n",
    "settings of search engines": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example/products/_bulk\"\nformat = \"elasticsearch\"\nindex = \"p-{lang\"\nversion = \"{a}{b}\"\n[consumers.b]\nurl = \"https://x.example\"\nformat = \"meilisearch\"\nindex = \"p-{lang}\"\nprimary_key = \"\"\ntask_timeout = \"0s\"\n[consumers.c]\nurl = \"https://x.example\"\nformat = \"algolia\"\nindex = \"a/b\"\n",
    "urls of items": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://{shop}.example/\"\nformat = \"rest\"\ndelete_url = \"https://x.example/{sku\"\ndelete_method = \"GET\"\n",
    "urls": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"ingest.example\"\ndelete_url = \"ftp://me:${PASSWORD}@x.example\"\n[consumers.b]\nurl = \"https://\"\n",
    "keys of the other kind": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nformat = \"file\"\npath = \"out\"\nurl = \"https://x.example\"\ntimeout = \"1s\"\n[consumers.b]\nurl = \"https://x.example\"\npath = \"out\"\n",
    "words": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nmethod = \"post\"\ncompression = \"brotli\"\n",
    "codings that a product does not take": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nformat = \"meilisearch\"\ncompression = \"zstd\"\n[consumers.b]\nurl = \"https://x.example\"\nformat = \"meilisearch\"\ncompression = \"gzip\"\n[consumers.c]\nurl = \"https://x.example\"\nformat = \"elasticsearch\"\ncompression = \"zstd\"\n",
    "quantities": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\ntimeout = 30\nconnect_timeout = \"0s\"\nretry_base = \"1 fortnight\"\nmax_request_bytes = \"5 apples\"\nrate_limit = \"10\"\nmax_attempts = 0\nrequest_retries = -1\n",
    "statuses": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nnon_retryable_status = [200, 99, \"400\", 422]\n",
    "headers": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nheaders = { \"X Y\" = \"a\", Content-Length = \"1\", X-A = \"${LINES}\", x-a = \"b\", X-B = 1, X-C = { file = \"none\" }, X-D = { path = \"token\" } }\n",
    "pointers": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nitem_errors = { list = \"errors\", index = \"/a~2\", state = \"/x\" }\n",
    "certificates": "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"https://x.example\"\nca_file = \"none.pem\"\n[consumers.b]\nurl = \"https://x.example\"\nca_file = \"empty.pem\"\n",
});

#[test]
fn no_secret_is_shown_in_a_problem() {
    for text in [
        "[source]\nurl = \"postgres://me:literal-password@host/shop?x=y\"\n",
        "[source]\nurl = \"postgres://me@host/shop?password=literal-password&x=y\"\n",
        "[source]\nurl = \"postgres://me@host/shop?x=y\"\npassword = \"literal-password\"\n",
        "[source]\nurl = \"sqlite:a\"\n[masks]\nkey = \"literal-password\"\nkeys = \"literal-password\"\n",
        "[source]\nurl = \"https://me:literal-password@host/shop\n",
        "[source]\nurl = \"sqlite:a\"\n[consumers.a]\nurl = \"htps://me:literal-password@x.example\"\n",
        "[source]\nurl = \"sqlite:a\"\ntimezone = \"${PASSWORD}\"\n[consumers.a]\nformat = \"${PASSWORD}\"\nmethod = \"${PASSWORD}\"\n",
    ] {
        let told = told(text);
        assert!(!told.contains("literal-password") && !told.contains("hunter2secret"), "{told}");
    }
}

#[test]
fn feeds_are_held_against_the_consumers() {
    let (config, _folder) = config("[source]\nurl = \"sqlite:a\"\n[consumers.search]\nurl = \"https://x.example\"\n");
    let feed = "name = \"shop\"\nconsumer = \"serch\"\nidentity = [\"id\"]\nentity = { table = \"t\", key = \"id\" }\n\
                [fields]\nid = \"id\"\nmail = { column = \"mail\", mask = \"hmac\" }\n\
                notes = { many = \"n\", on = { t = \"id\" }, value = { column = \"x\", default = { column = \"y\", mask = \"hmac\" } } }\n";
    let feed = parse(SourceFile::new("shop.toml", feed)).unwrap_or_else(|problems| panic!("{problems}"));
    let told: Vec<String> = check_consumer(&feed, &config)
        .into_iter()
        .map(|problem| format!("{} {} {}", problem.path, problem.message, problem.help.unwrap_or_default()))
        .collect();
    let missing = format!("add `[masks]` with `key` or `key_file` to {}", config.file.display());
    assert_eq!(
        told,
        [
            "consumer no consumer is named `serch` did you mean `search`?".to_owned(),
            format!("fields.mail.mask `hmac` needs a key {missing}"),
            format!("fields.notes.value.default.mask `hmac` needs a key {missing}"),
        ]
    );
}
