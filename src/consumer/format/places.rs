//! Where a document stands at a consumer, for feeds in which that can change while the document stays the same: the index,
//! the shard or the URL is made of a value beside the identity. Pure.
//!
//! Invariant: two items never have the same place. Where the place is not made of the whole identity that could be, and a
//! delete of what has left could hit what has come; such documents are left where they were.

use super::values::filled;
use crate::config::{ConsumerConfig, ConsumerTarget, DocumentTemplate, HttpFormat};
use crate::consumer::outline::Outline;

/// Templates that a place is made of.
const KEYS: [&str; 4] = ["index", "id", "routing", "url"];

#[derive(Debug)]
pub struct Places {
    templates: Vec<DocumentTemplate>,
}

impl Places {
    /// `None` where the identity alone settles the place.
    pub fn of(config: &ConsumerConfig, outline: &Outline) -> Option<Self> {
        let ConsumerTarget::Http(http) = &config.target else { return None };
        let templates = http.templates().into_iter().filter(|(key, _)| KEYS.contains(key));
        let templates: Vec<_> = templates.map(|(_, template)| template).filter(|one| one.fixed().is_none()).collect();
        let is_made_of = |path| templates.iter().any(|template| template.paths.contains(path));
        let has_identity_as_id = http.id.is_none() && !matches!(http.format, HttpFormat::Rest(_));
        let is_whole = has_identity_as_id || outline.identity.iter().all(is_made_of);
        let can_change = templates.iter().flat_map(|one| &one.paths).any(|path| !outline.identity.contains(path));
        (is_whole && can_change).then_some(Places { templates })
    }

    /// The document, or what is stored of it, stands elsewhere than the other does. What lacks a value has no known place.
    pub fn differ(&self, one: &[u8], other: &[u8]) -> bool {
        self.templates.iter().any(|template| match (filled(template, one), filled(template, other)) {
            (Ok(one), Ok(other)) => one != other,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ElasticsearchSettings, HttpConfig, RestSettings};
    use crate::consumer::delivery::tests::{consumer_config, http_config, outline};

    fn template(text: &str) -> DocumentTemplate {
        DocumentTemplate::parse(text).expect("a template")
    }

    /// Of a feed whose identity is the SKU.
    fn places(http: HttpConfig) -> Option<Places> {
        let config = ConsumerConfig { target: ConsumerTarget::Http(Box::new(http)), ..consumer_config("http://h/") };
        Places::of(&config, &outline())
    }

    fn elasticsearch(index: &str, routing: Option<&str>, id: Option<&str>) -> HttpConfig {
        let settings = ElasticsearchSettings { routing: routing.map(template), version: None };
        HttpConfig {
            format: HttpFormat::Elasticsearch(settings),
            index: Some(template(index)),
            id: id.map(template),
            ..http_config("http://h/")
        }
    }

    fn rest(url: &str) -> HttpConfig {
        let settings = RestSettings { url: template(url), delete_url: None, delete_method: "DELETE".into() };
        HttpConfig { format: HttpFormat::Rest(settings), ..http_config("http://h/") }
    }

    #[test]
    fn a_place_changes_only_with_what_it_is_made_of() {
        let (old, new) = (br#"{"sku":"A","lang":"de","n":1}"#, br#"{"sku":"A","lang":"en","n":1}"#);
        for (http, changes) in [
            (elasticsearch("p-{lang}", None, None), Some(true)),
            (elasticsearch("p-{lang}", None, Some("{n}-{sku}")), Some(true)),
            (elasticsearch("p", Some("{lang}"), None), Some(true)),
            (elasticsearch("p-{n}", None, None), Some(false)),
            (rest("http://h/{lang}/{sku}"), Some(true)),
            // What is stored lacks it.
            (elasticsearch("p-{brand}", None, None), Some(false)),
            // The identity settles it.
            (elasticsearch("p", Some("{sku}"), None), None),
            (rest("http://h/p"), None),
            (rest("http://h/{sku}"), None),
            (http_config("http://h/"), None),
            // Two SKUs may share it.
            (elasticsearch("p", None, Some("{lang}")), None),
            (rest("http://h/{lang}"), None),
        ] {
            let what = format!("{:?} {:?}", http.format, http.index);
            assert_eq!(places(http).map(|places| places.differ(old, new)), changes, "{what}");
        }
    }
}
