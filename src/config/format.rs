//! What a format needs to be told, and which keys of a consumer's table mean something to it.

use std::time::Duration;

use url::Url;

use super::consumer::TASK_TIMEOUT;
use super::load::Setting;
use super::raw::{Method, RawConsumer};
use super::{Compression, DocumentTemplate, HttpConfig};
use crate::definition::feed::DocumentPath;
use crate::definition::problem::{Located, listed};
use crate::definition::reader::{Given, located, value};

#[derive(Debug, Clone, PartialEq)]
pub enum HttpFormat {
    Json,
    Ndjson,
    Elasticsearch(ElasticsearchSettings),
    Meilisearch(MeilisearchSettings),
    Typesense,
    Algolia,
    Rest(RestSettings),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElasticsearchSettings {
    pub routing: Option<DocumentTemplate>,
    pub version: Option<VersionSource>,
}

/// Where a document's external version comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum VersionSource {
    /// The number of the request, which only grows.
    Sequence,
    Field(DocumentPath),
}

#[derive(Debug, Clone, PartialEq)]
pub struct MeilisearchSettings {
    /// The key that holds a document's ID.
    pub primary_key: String,
    /// From a request's acceptance to the end of its task.
    pub task_timeout: Duration,
}

impl Default for MeilisearchSettings {
    fn default() -> Self {
        MeilisearchSettings { primary_key: "id".into(), task_timeout: TASK_TIMEOUT }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RestSettings {
    pub url: DocumentTemplate,
    pub delete_url: Option<DocumentTemplate>,
    pub delete_method: String,
}

/// The words of `format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatName {
    Json,
    Ndjson,
    Elasticsearch,
    Meilisearch,
    Typesense,
    Algolia,
    Rest,
    File,
}

pub const FORMATS: [(&str, FormatName); 8] = [
    ("json", FormatName::Json),
    ("ndjson", FormatName::Ndjson),
    ("elasticsearch", FormatName::Elasticsearch),
    ("meilisearch", FormatName::Meilisearch),
    ("typesense", FormatName::Typesense),
    ("algolia", FormatName::Algolia),
    ("rest", FormatName::Rest),
    ("file", FormatName::File),
];

/// Keys that mean something to some HTTP formats alone, and to which.
const OF_SOME: [(&str, &[FormatName]); 10] = {
    use FormatName::{Algolia, Elasticsearch, Json, Meilisearch, Ndjson, Rest, Typesense};
    [
        ("method", &[Json, Ndjson, Rest]),
        ("delete_url", &[Json, Ndjson, Rest]),
        ("delete_method", &[Rest]),
        ("item_errors", &[Json, Ndjson, Rest]),
        ("index", &[Elasticsearch, Meilisearch, Typesense, Algolia]),
        ("id", &[Elasticsearch, Meilisearch, Typesense, Algolia]),
        ("routing", &[Elasticsearch]),
        ("version", &[Elasticsearch]),
        ("primary_key", &[Meilisearch]),
        ("task_timeout", &[Meilisearch]),
    ]
};

impl FormatName {
    pub fn word(self) -> &'static str {
        FORMATS.into_iter().find(|(_, name)| *name == self).map_or("", |(word, _)| word)
    }

    /// A part of the path that only a URL of one of its API's functions has; `url` is the server's.
    fn function(self) -> Option<&'static str> {
        match self {
            FormatName::Elasticsearch => Some("_bulk"),
            FormatName::Meilisearch | FormatName::Algolia => Some("indexes"),
            FormatName::Typesense => Some("collections"),
            _ => None,
        }
    }
}

impl HttpConfig {
    /// Every template that is filled in from documents, by its key.
    pub fn templates(&self) -> Vec<(&'static str, DocumentTemplate)> {
        let mut templates: Vec<(&'static str, DocumentTemplate)> = Vec::new();
        let given = [("index", &self.index), ("id", &self.id)];
        templates.extend(given.into_iter().filter_map(|(key, template)| Some((key, template.clone()?))));
        match &self.format {
            HttpFormat::Elasticsearch(ElasticsearchSettings { routing, version }) => {
                templates.extend(routing.clone().map(|routing| ("routing", routing)));
                if let Some(VersionSource::Field(path)) = version {
                    let around = vec![String::new(); 2];
                    templates.push(("version", DocumentTemplate { around, paths: vec![path.clone()] }));
                }
            }
            HttpFormat::Rest(RestSettings { url, delete_url, .. }) => {
                templates.push(("url", url.clone()));
                templates.extend(delete_url.clone().map(|url| ("delete_url", url)));
            }
            _ => {}
        }
        templates
    }

    /// The key under which documents tell their ID, where they do.
    pub fn id_member(&self) -> Option<&str> {
        match &self.format {
            HttpFormat::Meilisearch(settings) => Some(&settings.primary_key),
            HttpFormat::Typesense => Some("id"),
            HttpFormat::Algolia => Some("objectID"),
            _ => None,
        }
    }

    pub fn task_timeout(&self) -> Duration {
        match &self.format {
            HttpFormat::Meilisearch(settings) => settings.task_timeout,
            _ => TASK_TIMEOUT,
        }
    }
}

impl Setting<'_> {
    pub fn refuse_keys_of_other_formats(&mut self, raw: &RawConsumer, format: FormatName) {
        for (key, span) in raw.given() {
            let Some((_, formats)) = OF_SOME.iter().find(|(some, _)| *some == key) else { continue };
            if !formats.contains(&format) {
                let words: Vec<&str> = formats.iter().map(|format| format.word()).collect();
                self.under(key, |setting| {
                    let message = format!("`{key}` means nothing to the format `{}`", format.word());
                    setting.reader.problem_with_help(&span, message, format!("it is for {}", listed(&words)));
                });
            }
        }
    }

    pub fn http_format(&mut self, raw: &RawConsumer, format: FormatName) -> Option<HttpFormat> {
        Some(match format {
            FormatName::Ndjson => HttpFormat::Ndjson,
            FormatName::Elasticsearch => HttpFormat::Elasticsearch(ElasticsearchSettings {
                routing: self.document_template("routing", &raw.routing),
                version: self.version(&raw.version),
            }),
            FormatName::Meilisearch => HttpFormat::Meilisearch(MeilisearchSettings {
                primary_key: self.primary_key(&raw.primary_key),
                task_timeout: self.duration("task_timeout", &raw.task_timeout, TASK_TIMEOUT, true),
            }),
            FormatName::Typesense => HttpFormat::Typesense,
            FormatName::Algolia => HttpFormat::Algolia,
            FormatName::Rest => HttpFormat::Rest(RestSettings {
                url: self.document_template("url", &raw.url)?,
                delete_url: self.document_template("delete_url", &raw.delete_url),
                delete_method: value(&raw.delete_method).unwrap_or(Method::Delete).name().to_owned(),
            }),
            FormatName::Json => HttpFormat::Json,
            FormatName::File => return None,
        })
    }

    /// What a product is documented not to unpack is refused: it would take every request for a bad one, and every item with
    /// it. Meilisearch names gzip, deflate and Brotli ("Content encoding" of its API reference); where documentation names
    /// nothing, anything may be tried.
    pub fn compression(&mut self, given: &Option<Given<Compression>>, format: FormatName) -> Compression {
        let Some(given) = located(given) else { return Compression::None };
        if (format, given.value) == (FormatName::Meilisearch, Compression::Zstd) {
            self.under("compression", |setting| {
                let message = "Meilisearch does not take requests in `zstd`";
                setting.reader.problem_with_help(&given.span, message, "write \"gzip\", or leave it out");
            });
        }
        given.value
    }

    /// A text with `{field}`s in it.
    pub fn document_template(&mut self, key: &str, given: &Option<Given<String>>) -> Option<DocumentTemplate> {
        let given = located(given)?;
        match DocumentTemplate::parse(&given.value) {
            Ok(template) => return Some(template),
            Err(fault) => self.under(key, |setting| setting.reader.note(&given.span, fault.message, fault.help)),
        }
        None
    }

    /// What stands for a template's values must leave the URL the same server's.
    pub fn templated_url(&mut self, key: &str, given: Option<Located<String>>) -> Option<Url> {
        let given = given?;
        // A template that cannot be read has been spoken of already.
        let template = DocumentTemplate::parse(&given.value).ok()?;
        let filled = |with: &'static str| template.filled(std::iter::repeat(with));
        let url = self.http_url(key, Some(Located::new(filled("*"), given.span.clone())))?;
        let other = Url::parse(&filled("x")).ok();
        if other.is_none_or(|other| other.origin() != url.origin() || other.username() != url.username()) {
            self.under(key, |setting| {
                let help = "write `{field}` in the path or the query alone";
                setting.reader.problem_with_help(&given.span, "its server depends on the document", help);
            });
            return None;
        }
        Some(url)
    }

    /// The index of a search engine. Only bulk requests of Elasticsearch may go to several at once.
    pub fn index(&mut self, given: &Option<Given<String>>, format: FormatName) -> Option<DocumentTemplate> {
        let template = self.document_template("index", given)?;
        let span = located(given)?.span;
        let fault = match template.fixed() {
            None if format == FormatName::Elasticsearch => None,
            None => Some("a request goes to one index, so its name cannot depend on documents"),
            Some("" | "." | "..") => Some("is no name of an index"),
            Some(name) if name.contains(['/', '\\', '?', '#']) || name.chars().any(char::is_whitespace) => {
                Some("is no name of an index")
            }
            Some(_) => None,
        };
        if let Some(fault) = fault {
            self.under("index", |setting| setting.reader.problem(&span, fault));
            return None;
        }
        Some(template)
    }

    /// A URL with an API's function in it would get the function a second time.
    pub fn refuse_function(&mut self, raw: &RawConsumer, url: &Url, format: FormatName) {
        let (Some(function), Some(given)) = (format.function(), located(&raw.url)) else { return };
        if url.path_segments().is_some_and(|mut segments| segments.any(|segment| segment == function)) {
            self.under("url", |setting| {
                let help = "write the server's own URL, and the index or collection as `index`";
                setting.reader.problem_with_help(&given.span, format!("`{function}` is added by feedmill"), help);
            });
        }
    }

    fn version(&mut self, given: &Option<Given<String>>) -> Option<VersionSource> {
        let text = located(given)?;
        if text.value == "sequence" {
            return Some(VersionSource::Sequence);
        }
        let template = self.document_template("version", given)?;
        if let Some(path) = template.sole() {
            return Some(VersionSource::Field(path.clone()));
        }
        self.under("version", |setting| {
            let help =
                "write \"sequence\" for the number of the request, or a field that only grows, such as \"{revision}\"";
            setting.reader.problem_with_help(&text.span, format!("`{}` is no version", text.value), help);
        });
        None
    }

    fn primary_key(&mut self, given: &Option<Given<String>>) -> String {
        let standard = MeilisearchSettings::default().primary_key;
        let Some(given) = located(given) else { return standard };
        if given.value.is_empty() {
            self.under("primary_key", |setting| setting.reader.problem(&given.span, "is empty"));
            return standard;
        }
        given.value
    }
}
