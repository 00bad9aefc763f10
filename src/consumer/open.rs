//! The consumer that the configuration asks for.

use std::sync::Arc;

use url::Position;

use super::circuit::Circuit;
use super::delivery::HttpConsumer;
use super::file::{FileConsumer, FileError};
use super::line::Line;
use super::transport::CertificateError;
use super::{Consumer, Outline};
use crate::config::redact::{Redactor, printable_url};
use crate::config::{ConsumerConfig, ConsumerTarget};
use crate::run::stop::Stop;

/// Blanks known secrets in a text.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A consumer that cannot be used as it is configured. No message quotes a header's value.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    #[error("consumer {consumer}: {key} {reason}")]
    Setting { consumer: String, key: String, reason: String },
    #[error("consumer {consumer}: {source}")]
    Certificate { consumer: String, source: CertificateError },
    #[error("consumer {consumer}: {source}")]
    File { consumer: String, source: FileError },
}

/// Makes the consumer of a feed's run, to be called under the feed's lock: a file that a killed run left with a torn last
/// line is repaired at once. `line` is the same for all feeds of the consumer. Connects to nothing and creates nothing yet. Not
/// for dry runs.
pub fn open_consumer(
    config: &ConsumerConfig,
    outline: &Outline,
    line: Arc<Line>,
    circuit: Arc<Circuit>,
    stop: Stop,
    redact: Redact,
) -> Result<Box<dyn Consumer>, ConsumerError> {
    match &config.target {
        ConsumerTarget::Http(_) => Ok(Box::new(HttpConsumer::new(config, outline, line, circuit, stop, redact)?)),
        ConsumerTarget::File { path } => {
            let consumer = FileConsumer::new(path, &outline.feed, circuit, redact);
            consumer.repair().map_err(|source| ConsumerError::File { consumer: config.name.clone(), source })?;
            Ok(Box::new(consumer))
        }
    }
}

/// Where a consumer is, for people and for telling one consumer from another: its URL without userinfo, query and
/// fragment, with the index, id and routing in it that were configured, since documents stand elsewhere under others; or its
/// folder. What the environment has put into the URL's path (a hook's token) is only marked.
pub fn location(config: &ConsumerConfig, redactor: &Redactor) -> String {
    match &config.target {
        ConsumerTarget::Http(http) => {
            let url = printable_url(&http.url);
            let mut path = url[Position::BeforePath..].to_owned();
            for (key, template) in http.templates() {
                let names: Vec<_> = template.paths.iter().map(|path| format!("{{{}}}", path.0.join("."))).collect();
                let text = template.filled(names.iter().map(String::as_str));
                match key {
                    "index" | "id" => path = format!("{}/{text}", path.trim_end_matches('/')),
                    "routing" => path = format!("{path}?routing={text}"),
                    _ => {}
                }
            }
            format!("{}{}", &url[..Position::BeforePath], redactor.marked(&path))
        }
        ConsumerTarget::File { path } => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DocumentTemplate, ElasticsearchSettings, HttpConfig, HttpFormat, Secret};
    use crate::consumer::delivery::tests::{consumer_config, http_config};

    fn template(text: &str) -> DocumentTemplate {
        DocumentTemplate::parse(text).expect("a template")
    }

    #[test]
    fn locations_have_no_secrets() {
        let redactor = Redactor::new(&[Secret::new("h.example"), Secret::new("t0ken")]);
        let at = |url: &str| location(&consumer_config(url), &redactor);
        assert_eq!(at("https://user:pass@h.example:8443/v1/p?key=secret#x"), "https://h.example:8443/v1/p");
        let hook = at("https://user:pass@h.example/hooks/t0ken?key=secret");
        assert!(hook.starts_with("https://h.example/hooks/***") && !hook.contains("t0ken"), "{hook}");
        let settings = ElasticsearchSettings { routing: Some(template("{lang}")), version: None };
        let engine = HttpConfig {
            index: Some(template("p-{lang}")),
            id: Some(template("x-{sku}")),
            format: HttpFormat::Elasticsearch(settings),
            ..http_config("http://h.example:9200/")
        };
        let target = ConsumerTarget::Http(Box::new(engine));
        let place = location(&ConsumerConfig { target, ..consumer_config("http://h/") }, &redactor);
        assert_eq!(place, "http://h.example:9200/p-{lang}/x-{sku}?routing={lang}");
        let target = ConsumerTarget::File { path: "/srv/out".into() };
        assert_eq!(location(&ConsumerConfig { target, ..consumer_config("http://h/") }, &redactor), "/srv/out");
    }
}
