//! Where drafts go: a project that is begun with a new feedmill.toml, or one that is there and gets more feeds.

use std::io;
use std::path::{Path, PathBuf};

use super::super::Failure;
use super::address::{Address, PASSWORD_VARIABLE};
use super::files::{self, NewFile};
use crate::config::{Config, ConsumerTarget};
use crate::definition::problem::SourceFile;
use crate::draft::FeedDraft;
use crate::draft::toml::quoted;

/// The consumer of a new project.
const CONSUMER: &str = "archive";

pub struct Project {
    /// With the URL that was given, password and all.
    pub config: Config,
    /// The consumer that drafts name.
    pub consumer: String,
    /// The text of a new feedmill.toml; none where there is one.
    config_text: Option<String>,
    /// The environment variable that must be set from now on.
    pub variable: Option<&'static str>,
}

/// What was written, as it is shown: relative to the working directory where it lies below it.
pub struct Written {
    pub config: Option<PathBuf>,
    /// In the order of the drafts.
    pub feeds: Vec<PathBuf>,
}

impl Project {
    /// With a source, `file` must be new; without, it must be there and names one.
    pub fn begin(file: &Path, source: Option<&str>) -> Result<Project, Failure> {
        let is_there = file.symlink_metadata().is_ok();
        match (source, is_there) {
            (Some(_), true) => Err(Failure::usage(format!(
                "{} is there already, and nothing is overwritten\n  without --source, `feedmill init` drafts more feeds \
                 from the source that it names\n  with --config FILE, it begins another project",
                file.display()
            ))),
            (Some(source), false) => Project::new(file, source),
            (None, true) => Project::existing(file),
            (None, false) => Err(Failure::usage(format!(
                "there is no {} that names a source database: say which one with --source URL\n  such as \
                 `feedmill init --source sqlite:shop.db` or `feedmill init --source postgres://USER:PASSWORD@HOST/DATABASE`",
                file.display()
            ))),
        }
    }

    fn new(file: &Path, source: &str) -> Result<Project, Failure> {
        let failed = |cause: io::Error| Failure::machine("cannot tell the working directory", cause);
        let here = std::env::current_dir().map_err(failed)?;
        let absolute = std::path::absolute(file).map_err(failed)?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let address = Address::of(source, &here, folder);
        let text = config_text(&address.url);
        let lookup = |name: &str| match &address.password {
            Some(password) if name == PASSWORD_VARIABLE => Some(password.clone()),
            _ => std::env::var(name).ok(),
        };
        let config = Config::parse_with(SourceFile::new(file, text.as_str()), &lookup).map_err(|error| {
            Failure::usage(format!("{error}\nthis is what --source would give; nothing was written"))
        })?;
        let variable = address.password.is_some().then_some(PASSWORD_VARIABLE);
        Ok(Project { config, consumer: CONSUMER.to_owned(), config_text: Some(text), variable })
    }

    fn existing(file: &Path) -> Result<Project, Failure> {
        let config = Config::load(file).map_err(|error| Failure::usage(error.to_string()))?;
        let is_file = |target: &ConsumerTarget| matches!(target, ConsumerTarget::File { .. });
        let consumers = || config.consumers.values();
        // Files first: what goes there disturbs nobody.
        let consumer = consumers().find(|consumer| is_file(&consumer.target)).or_else(|| consumers().next());
        let Some(consumer) = consumer.map(|consumer| consumer.name.clone()) else {
            return Err(Failure::usage(format!(
                "{} has no consumer that a feed could go to: add one, such as\n\n[consumers.{CONSUMER}]\nformat = \"file\"\npath   = \"out\"\n",
                file.display()
            )));
        };
        Ok(Project { config, consumer, config_text: None, variable: None })
    }

    /// As it is shown.
    pub fn feeds_dir(&self) -> PathBuf {
        shortened(&self.config.feeds_dir)
    }

    /// Writes the feeds, and feedmill.toml where it is new.
    pub fn write(&self, feeds: &[FeedDraft]) -> Result<Written, Failure> {
        let folder = self.feeds_dir();
        let mut new: Vec<NewFile> = feeds
            .iter()
            .map(|feed| NewFile { path: folder.join(format!("{}.toml", feed.name)), text: feed.text.clone() })
            .collect();
        let feeds: Vec<PathBuf> = new.iter().map(|file| file.path.clone()).collect();
        // Last: where it is, the feeds are.
        let config =
            self.config_text.as_ref().map(|text| NewFile { path: self.config.file.clone(), text: text.clone() });
        let written = Written { config: config.as_ref().map(|file| file.path.clone()), feeds };
        new.extend(config);
        let there = files::existing(&written.feeds);
        if !there.is_empty() {
            let names: Vec<String> = there.iter().map(|path| format!("  {}", path.display())).collect();
            return Err(Failure::usage(format!(
                "these files are there already, and nothing is overwritten; nothing was written\n{}\n  move them away, or name \
                 the tables to draft with --table",
                names.join("\n")
            )));
        }
        files::write_all(&new)?;
        Ok(written)
    }
}

/// Relative to the working directory where it lies below it.
fn shortened(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).to_owned()
}

fn config_text(url: &str) -> String {
    format!(
        r#"# Where feedmill reads and where it sends. Paths are relative to this file; `${{NAME}}` is the environment variable NAME.

[source]
url = {}
# timezone = "Europe/Berlin"        # how times without a zone are read; UTC when nothing is said

[store]
url = "sqlite:feedmill.db"          # feedmill's own tables: what was sent, and what was answered

# Files, a line of JSON an item: out/FEED.ndjson. Good for a first look.
[consumers.{CONSUMER}]
format = "file"
path   = "out"

# An HTTP endpoint. Take out the `#`, and write `consumer = "search"` into the file of a feed that is to go there.
# [consumers.search]
# url     = "https://ingest.example/v1/items"
# format  = "json"            # or ndjson, elasticsearch, meilisearch, typesense, algolia, rest
# headers = {{ Authorization = "Bearer ${{SEARCH_TOKEN}}" }}
"#,
        quoted(url)
    )
}
