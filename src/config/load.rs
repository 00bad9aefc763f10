//! feedmill.toml -> [`Config`]: the file found, read, filled from the environment and checked; all problems at once.

use std::io;
use std::path::{Path, PathBuf};

use super::environment::{self, Lookup};
use super::raw::{RawConfig, RawConsumers, RawDefaults, RawMasks, RawSource, RawStore};
use super::redact::Redactor;
use super::server::Beside;
use super::{Config, DatabaseUrl, Defaults, Secret, SourceConfig, consumer, database};
use crate::definition::LoadError;
use crate::definition::problem::{Located, Problem, Problems, SourceFile, nearest};
use crate::definition::reader::{Given, Reader, located, value};
use crate::definition::tree::{self, Kind};

/// Shorter texts are no secrets: blanking them would blank half of what is printed.
const SHORTEST_SECRET: usize = 4;
/// Bytes of a `*_file`; whatever is larger was meant for something else.
const LARGEST_SECRET_FILE: u64 = 64 * 1024;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "there is no configuration file {}\n`feedmill init --source URL` drafts one from a database; `feedmill demo` makes a shop to try things on",
        path.display()
    )]
    Missing { path: PathBuf },
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Problems(Problems),
}

impl Config {
    /// The file meant: the flag's, else FEEDMILL_CONFIG's, else `feedmill.toml`.
    pub fn find(flag: Option<&Path>) -> PathBuf {
        let named = || std::env::var_os("FEEDMILL_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        flag.map(Path::to_owned).or_else(named).unwrap_or_else(|| PathBuf::from("feedmill.toml"))
    }

    /// With the environment of the process.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        Self::load_with(path, &|name| std::env::var(name).ok())
    }

    /// `lookup` stands for the environment.
    pub fn load_with(path: &Path, lookup: &Lookup<'_>) -> Result<Config, ConfigError> {
        let file = crate::definition::read(path).map_err(|error| match error {
            LoadError::Unreadable { path, source } if source.kind() == io::ErrorKind::NotFound => {
                ConfigError::Missing { path }
            }
            LoadError::Unreadable { path, source } => ConfigError::Unreadable { path, source },
            LoadError::Problems(problems) => ConfigError::Problems(problems),
        })?;
        Self::parse_with(file, lookup)
    }

    /// Of a text that may stand in no file yet; its path says where it belongs.
    pub fn parse_with(file: SourceFile, lookup: &Lookup<'_>) -> Result<Config, ConfigError> {
        // A relative path of today must not mean another file after a change of the working directory.
        let absolute = std::path::absolute(&file.path)
            .map_err(|source| ConfigError::Unreadable { path: file.path.clone(), source })?;
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        parse(file, folder, lookup).map_err(ConfigError::Problems)
    }
}

/// What the sections are checked with.
pub struct Setting<'r> {
    pub reader: &'r mut Reader,
    /// The configuration file's folder, absolute.
    pub folder: PathBuf,
    pub secrets: Vec<String>,
}

fn parse(file: SourceFile, folder: PathBuf, lookup: &Lookup<'_>) -> Result<Config, Problems> {
    let tree::Parsed { mut root, mut problems, trustworthy } = tree::parse(&file);
    let mut reader = Reader::default();
    let mut secrets = environment::fill(&mut root, lookup, &mut reader);
    let unfilled: Vec<Problem> = std::mem::take(&mut reader.problems);
    let mut config = None;
    if let (Kind::Table(entries), true) = (&root.kind, trustworthy) {
        let raw = RawConfig::read_entries(entries, &(0..0), &mut reader);
        let mut setting = Setting { reader: &mut reader, folder, secrets };
        config = setting.config(raw, &file);
        secrets = setting.secrets;
    }
    // What is said of a value that could not be filled in is said of nothing.
    reader.problems.retain(|problem| !unfilled.iter().any(|earlier| earlier.span == problem.span));
    problems.extend(unfilled);
    problems.append(&mut reader.problems);
    match config {
        Some(config) if problems.is_empty() => Ok(Config { secrets: known_secrets(secrets), ..config }),
        _ => {
            // Where the syntax is at fault, URLs may not have been read.
            secrets.extend(database::passwords_within(&file.text));
            Err(without_secrets(file, problems, &Redactor::new(&known_secrets(secrets))))
        }
    }
}

fn known_secrets(texts: Vec<String>) -> Vec<Secret> {
    let mut texts: Vec<String> = texts.into_iter().filter(|text| text.chars().count() >= SHORTEST_SECRET).collect();
    texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    texts.dedup();
    texts.into_iter().map(Secret::new).collect()
}

/// Problems quote the file and its values; secrets are blanked in both.
fn without_secrets(file: SourceFile, list: Vec<Problem>, redactor: &Redactor) -> Problems {
    let file = SourceFile::new(file.path, redactor.mask_in_place(&file.text));
    let list = list
        .into_iter()
        .map(|problem| Problem {
            message: redactor.block(&problem.message),
            help: problem.help.as_deref().map(|help| redactor.block(help)),
            ..problem
        })
        .collect();
    Problems::new(file, list)
}

impl Setting<'_> {
    fn config(&mut self, raw: RawConfig, file: &SourceFile) -> Option<Config> {
        let source = self.source(value(&raw.source), &raw);
        let store = self.store(value(&raw.store).unwrap_or_default());
        if let (Some(source), Some(store)) = (&source, &store)
            && source.url == DatabaseUrl::Sqlite(store.clone())
        {
            let place = raw.store.as_ref().or(None).map(|store| store.key.clone());
            let place = place.or_else(|| raw.source.as_ref().map(|source| source.key.clone())).unwrap_or(0..0);
            let help = "feedmill writes into its store and never into the source; give the store a file of its own";
            self.reader.problem_with_help(&place, "the source and the store are one database", help);
        }
        let feeds_dir = located(&raw.feeds_dir).map_or_else(|| "feeds".to_owned(), |folder| folder.value);
        let mask_key = self.masks(value(&raw.masks).unwrap_or_default());
        let defaults = defaults(value(&raw.defaults).unwrap_or_default());
        let consumers = self.consumers(value(&raw.consumers).unwrap_or(RawConsumers(Vec::new())));
        Some(Config {
            file: file.path.clone(),
            source: source?,
            store: store?,
            feeds_dir: self.folder.join(feeds_dir),
            mask_key,
            defaults,
            consumers,
            secrets: Vec::new(),
        })
    }

    fn source(&mut self, raw: Option<RawSource>, config: &RawConfig) -> Option<SourceConfig> {
        let raw = raw?;
        let owner = config.source.as_ref()?.key.clone();
        self.under("source", |setting| {
            let given = setting.text_or_file("url", &raw.url, &raw.url_file);
            if raw.url.is_none() && raw.url_file.is_none() && !raw.has_unknown {
                let help = "write `url = \"sqlite:PATH\"`, or a URL such as \"postgres://USER@HOST/DATABASE\"";
                setting.reader.problem_with_help(&owner, "`url` is missing", help);
            }
            let password = setting.text_or_file("password", &raw.password, &raw.password_file);
            setting.secrets.extend(password.iter().map(|password| password.value.clone()));
            let beside = Beside {
                password: password.map(|password| Secret::new(password.value)),
                ca_file: setting.ca_file(located(&raw.ca_file)),
            };
            let url = given.and_then(|url| setting.database(&url, &beside));
            let timezone = match located(&raw.timezone) {
                Some(name) => setting.timezone(&name),
                None => Some(jiff::tz::TimeZone::UTC),
            };
            Some(SourceConfig { url: url?, timezone: timezone? })
        })
    }

    fn store(&mut self, raw: RawStore) -> Option<PathBuf> {
        self.under("store", |setting| {
            if raw.url.is_none() && raw.url_file.is_none() {
                return Some(setting.folder.join("feedmill.db"));
            }
            let url = setting.text_or_file("url", &raw.url, &raw.url_file)?;
            match setting.database(&url, &Beside::default())? {
                DatabaseUrl::Sqlite(path) => Some(path),
                DatabaseUrl::Postgres(_) | DatabaseUrl::MySql(_) => {
                    let message = "a feed store on a server is not supported by this version";
                    let help = "the store is an SQLite file: \"sqlite:PATH\"";
                    setting.under("url", |setting| setting.reader.problem_with_help(&url.span, message, help));
                    None
                }
            }
        })
    }

    fn database(&mut self, url: &Located<String>, beside: &Beside) -> Option<DatabaseUrl> {
        self.secrets.extend(database::passwords(&url.value));
        let parsed = database::parse(&url.value, &self.folder, beside).and_then(with_certificate);
        let fault = match parsed {
            Ok(url) => return Some(url),
            Err(fault) => fault,
        };
        self.under("url", |setting| setting.reader.note(&url.span, fault.message, fault.help));
        None
    }

    fn timezone(&mut self, name: &Located<String>) -> Option<jiff::tz::TimeZone> {
        // The one zone that needs no database of zones, which a bare machine may lack.
        if name.value.eq_ignore_ascii_case("utc") {
            return Some(jiff::tz::TimeZone::UTC);
        }
        if let Ok(zone) = jiff::tz::TimeZone::get(&name.value) {
            return Some(zone);
        }
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let help = match nearest(&name.value, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => {
                "this machine has no time zones installed (tzdata); UTC works always".to_owned()
            }
            None => "write an IANA name such as `Europe/Berlin`".to_owned(),
        };
        self.under("timezone", |setting| {
            let message = format!("`{}` is not a time zone", name.value);
            setting.reader.problem_with_help(&name.span, message, help);
        });
        None
    }

    fn masks(&mut self, raw: RawMasks) -> Option<Secret> {
        self.under("masks", |setting| {
            let key = setting.text_or_file("key", &raw.key, &raw.key_file)?;
            if key.value.is_empty() {
                setting.under("key", |setting| setting.reader.problem(&key.span, "is empty"));
                return None;
            }
            setting.secrets.push(key.value.clone());
            Some(Secret::new(key.value))
        })
    }

    fn consumers(&mut self, raw: RawConsumers) -> indexmap::IndexMap<String, super::ConsumerConfig> {
        let mut consumers = indexmap::IndexMap::new();
        for (name, raw) in raw.0 {
            let Some(raw) = raw else { continue };
            let consumer = self.under("consumers", |setting| {
                setting.under(&name.value, |setting| consumer::check(setting, &name, raw))
            });
            consumers.extend(consumer.map(|consumer| (name.value, consumer)));
        }
        consumers
    }

    /// `KEY`, or what stands in the file that `KEY_file` names.
    fn text_or_file(
        &mut self,
        key: &str,
        text: &Option<Given<String>>,
        file: &Option<Given<String>>,
    ) -> Option<Located<String>> {
        match (text, file) {
            (Some(_), Some(file)) => {
                let message = format!("`{key}_file` beside `{key}`");
                self.reader.problem_with_help(&file.key, message, "keep one of the two");
                None
            }
            (Some(text), None) => text.located(),
            (None, Some(file)) => {
                let name = file.located()?;
                self.under(&format!("{key}_file"), |setting| setting.secret_file(&name))
            }
            (None, None) => None,
        }
    }

    /// The content of a file without the line end at its end; known as a secret from now on.
    pub fn secret_file(&mut self, name: &Located<String>) -> Option<Located<String>> {
        match read_secret(&self.folder.join(&name.value)) {
            Ok(text) => {
                self.secrets.push(text.clone());
                Some(Located::new(text, name.span.clone()))
            }
            Err(why) => {
                self.reader.problem(&name.span, format!("cannot read `{}`: {why}", name.value));
                None
            }
        }
    }

    pub fn under<T>(&mut self, key: &str, work: impl FnOnce(&mut Setting<'_>) -> T) -> T {
        let folder = self.folder.clone();
        let secrets = &mut self.secrets;
        self.reader.under(key, |reader| {
            let mut inner = Setting { reader, folder, secrets: std::mem::take(secrets) };
            let result = work(&mut inner);
            *secrets = inner.secrets;
            result
        })
    }
}

/// Says what is wrong with a root certificate before a server is asked for anything.
fn with_certificate(url: DatabaseUrl) -> Result<DatabaseUrl, database::UrlFault> {
    let ca_file = match &url {
        DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => server.ca_file.as_deref(),
        DatabaseUrl::Sqlite(_) => None,
    };
    match ca_file.and_then(consumer::certificate_fault) {
        None => Ok(url),
        Some(why) => Err(database::UrlFault {
            message: format!("cannot use the root certificate: {why}"),
            help: Some("it is the `sslrootcert` of the URL, relative to this file".to_owned()),
        }),
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_SECRET_FILE {
        return Err(format!("it has {size} bytes; {LARGEST_SECRET_FILE} at most are read"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn defaults(raw: RawDefaults) -> Defaults {
    let standard = Defaults::default();
    Defaults {
        thread_count: value(&raw.thread_count)
            .and_then(|count| usize::try_from(count.0).ok())
            .unwrap_or(standard.thread_count),
        batch_size: value(&raw.batch_size).and_then(|size| usize::try_from(size.0).ok()).unwrap_or(standard.batch_size),
        max_deletes: value(&raw.max_deletes)
            .and_then(|count| u64::try_from(count.0).ok())
            .unwrap_or(standard.max_deletes),
        max_delete_percent: value(&raw.max_delete_percent)
            .and_then(|percent| u8::try_from(percent.0).ok())
            .unwrap_or(standard.max_delete_percent),
    }
}
