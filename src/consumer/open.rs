//! The consumer that the configuration asks for.

use std::sync::Arc;

use url::Url;

use super::circuit::Circuit;
use super::delivery::HttpConsumer;
use super::file::{FileConsumer, FileError};
use super::line::Line;
use super::transport::CertificateError;
use super::{Consumer, Outline};
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
/// line is repaired at once. `line` is the same for all feeds of the consumer. Connects to nothing and creates nothing yet. Not for dry runs.
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
/// fragment, with the index in it that was configured; or its folder.
pub fn location(config: &ConsumerConfig) -> String {
    match &config.target {
        ConsumerTarget::Http(http) => match &http.index {
            Some(index) => {
                let names = index.paths.iter().map(|path| format!("{{{}}}", path.0.join(".")));
                let index = index.filled(names.collect::<Vec<_>>().iter().map(String::as_str));
                format!("{}/{index}", printable(&http.url).trim_end_matches('/'))
            }
            None => printable(&http.url),
        },
        ConsumerTarget::File { path } => path.display().to_string(),
    }
}

fn printable(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails for URLs that cannot have a user, which then has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::consumer_config;

    #[test]
    fn locations_have_no_secrets() {
        let config = consumer_config("https://user:pass@h.example:8443/v1/p?key=secret#x");
        assert_eq!(location(&config), "https://h.example:8443/v1/p");
        let file = ConsumerConfig { target: ConsumerTarget::File { path: "/srv/out".into() }, ..config };
        assert_eq!(location(&file), "/srv/out");
    }
}
