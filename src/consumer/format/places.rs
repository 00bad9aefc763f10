//! Where a document stands at a consumer, for feeds in which that can change while the document stays the same: the index,
//! the shard or the URL is made of a value beside the identity. Pure.
//!
//! Invariant: two items never have the same place. Where the place is not made of the whole identity that could be, and a
//! delete of what has left could hit what has come; such documents are left where they were.

use super::values::filled;
use super::{Format, open};
use crate::config::{ConsumerConfig, ConsumerTarget, DocumentTemplate, HttpFormat};
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

/// Templates that a place is made of.
const KEYS: [&str; 4] = ["index", "id", "routing", "url"];

pub struct Places {
    templates: Vec<DocumentTemplate>,
    format: Box<dyn Format>,
}

impl Places {
    /// `None` where the identity alone settles the place, and for a consumer that cannot be opened either.
    pub fn of(config: &ConsumerConfig, outline: &Outline) -> Option<Self> {
        let ConsumerTarget::Http(http) = &config.target else { return None };
        let templates = http.templates().into_iter().filter(|(key, _)| KEYS.contains(key));
        let templates: Vec<_> = templates.map(|(_, template)| template).filter(|one| one.fixed().is_none()).collect();
        let is_made_of = |path| templates.iter().any(|template| template.paths.contains(path));
        let has_identity_as_id = http.id.is_none() && !matches!(http.format, HttpFormat::Rest(_));
        let is_whole = has_identity_as_id || outline.identity.iter().all(is_made_of);
        let can_change = templates.iter().flat_map(|one| &one.paths).any(|path| !outline.identity.contains(path));
        let format = open(http, outline).ok()?;
        (is_whole && can_change).then_some(Places { templates, format })
    }

    /// What `delete` would delete stands elsewhere than the document would, or that has no place any more. Never true where
    /// the delete cannot be sent: such a place has never had anything.
    pub fn differ(&self, delete: &Item, document: &[u8]) -> bool {
        let place =
            |json| self.templates.iter().map(|template| filled(template, json).ok()).collect::<Option<Vec<_>>>();
        let standing = place(&delete.json).filter(|_| self.format.encode(ItemKind::Delete, &[delete], 0).is_ok());
        standing.is_some_and(|standing| place(document) != Some(standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ElasticsearchSettings, HttpConfig, RestSettings};
    use crate::consumer::delivery::tests::{consumer_config, http_config, outline, request};

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

    fn differ(places: &Places, stored: &str, document: &str) -> bool {
        places.differ(&request(ItemKind::Delete, &[stored]).items[0], document.as_bytes())
    }

    fn rest(url: &str) -> HttpConfig {
        let settings = RestSettings { url: template(url), delete_url: None, delete_method: "DELETE".into() };
        HttpConfig { format: HttpFormat::Rest(settings), ..http_config("http://h/") }
    }

    #[test]
    fn a_place_changes_only_with_what_it_is_made_of() {
        let (old, new) = (r#"{"sku":"A","lang":"de","n":1}"#, r#"{"sku":"A","lang":"en","n":1}"#);
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
            assert_eq!(places(http).map(|places| differ(&places, old, new)), changes, "{what}");
        }
    }

    #[test]
    fn only_a_place_that_can_be_addressed_is_left() {
        let rest = places(rest("http://h/{lang}/{sku}")).expect("the language may change");
        let engine = places(elasticsearch("p-{lang}", None, None)).expect("the language may change");
        let in_language = |lang: &str| format!(r#"{{"sku":"A","lang":{lang}}}"#);
        for (old, new, of_rest, of_engine) in [
            (r#""de""#, r#""de""#, false, false),
            (r#""de""#, "null", true, true),
            ("null", r#""de""#, false, false),
            (r#""de""#, r#""""#, true, true),
            (r#""""#, r#""de""#, false, true),
            (r#""..""#, r#""de""#, false, true),
        ] {
            let (before, now) = (in_language(old), in_language(new));
            assert_eq!(differ(&rest, &before, &now), of_rest, "{old} {new}");
            assert_eq!(differ(&engine, &before, &now), of_engine, "{old} {new}");
        }
    }
}
