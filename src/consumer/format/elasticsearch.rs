//! `elasticsearch`: the bulk API of Elasticsearch and OpenSearch ("Bulk API" in the documentation of both).
//!
//! A line with the action (`index` or `delete`, the ID, what else says where it goes) and, for an upsert, a line with the
//! document. [`bulk_answer`] reads what became of each.
//!
//! With `version`, items go as `version_type = "external_gte"`: the server keeps a document against a request that arrives
//! late with a lower version, and takes another try of the same request. A conflict (409) then means that it has something
//! newer than what was sent, so what was sent has not been delivered: it is a failure that a later run tries again, with
//! the number that it has by then.

use ureq::http::{Method, Uri};

use super::address::{below, index};
use super::id_member::json_string;
use super::naming::{IdRules, Naming};
use super::values::{filled, texts};
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, bulk_answer};
use crate::config::{DocumentTemplate, ElasticsearchSettings, HttpConfig, VersionSource};
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

/// An `_id` has at most 512 bytes ("_id field").
const IDS: IdRules = IdRules { longest: 512, plain_only: false };

/// Of an answer only what is read ("Response filtering"): all of it would be as long as many a request.
const WANTED: &str = "filter_path=errors,items.*.status,items.*.error";

/// Digits of the longest sequence number.
const LONGEST_SEQUENCE: u64 = u64::MAX;

pub struct Elasticsearch {
    uri: Uri,
    naming: Naming,
    /// Only one that differs from document to document stands in the actions: some servers refuse it there.
    index: Option<DocumentTemplate>,
    settings: ElasticsearchSettings,
}

impl Elasticsearch {
    pub fn new(config: &HttpConfig, settings: &ElasticsearchSettings, outline: &Outline) -> Result<Self, SettingFault> {
        let varying = config.index.clone().filter(|index| index.fixed().is_none());
        let fixed = index(config.index.as_ref(), outline);
        let segments = if varying.is_some() { vec!["_bulk"] } else { vec![fixed, "_bulk"] };
        Ok(Elasticsearch {
            uri: below(&config.url, &segments, Some(WANTED))?,
            naming: Naming::new(config.id.as_ref(), &outline.identity, IDS),
            index: varying,
            settings: settings.clone(),
        })
    }

    fn action(&self, item: &Item, sequence: u64) -> Result<String, EncodeError> {
        let verb = verb(item.kind);
        let mut action = format!("{{\"{verb}\":{{\"_id\":{}", json_string(&self.naming.id(item)?));
        for (key, template) in [("_index", &self.index), ("routing", &self.settings.routing)] {
            if let Some(template) = template {
                let text = filled(template, &item.json)?;
                action.push_str(&format!(",\"{key}\":{}", json_string(&text)));
            }
        }
        let version = match &self.settings.version {
            None => None,
            Some(VersionSource::Sequence) => Some(sequence.to_string()),
            Some(VersionSource::Field(path)) => {
                let text = texts(&item.json, std::slice::from_ref(path))?.swap_remove(0);
                if text.parse::<i64>().ok().filter(|version| *version >= 0).is_none() {
                    return Err(EncodeError::Value {
                        path: path.0.join("."),
                        what: "is no version: a whole number from 0",
                    });
                }
                Some(text.into_owned())
            }
        };
        if let Some(version) = version {
            action.push_str(&format!(",\"version\":{version},\"version_type\":\"external_gte\""));
        }
        action.push_str("}}\n");
        Ok(action)
    }
}

impl Format for Elasticsearch {
    fn framing(&self, kind: ItemKind) -> Framing {
        let line_end = if kind == ItemKind::Upsert { 1 } else { 0 };
        Framing { body: 0, item: line_end, alone: false }
    }

    fn item_bytes(&self, item: &Item) -> usize {
        match (self.action(item, LONGEST_SEQUENCE), item.kind) {
            (Ok(action), ItemKind::Delete) => action.len(),
            (Ok(action), ItemKind::Upsert) => action.len() + item.json.len(),
            (Err(_), _) => item.json.len(),
        }
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], sequence: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::with_capacity(self.framing(kind).body_of(items));
        for item in items {
            body.extend_from_slice(self.action(item, sequence)?.as_bytes());
            if item.kind == ItemKind::Upsert {
                body.extend_from_slice(&item.json);
                body.push(b'\n');
            }
        }
        Ok(Message { method: Method::POST, uri: self.uri.clone(), content_type: "application/x-ndjson", body })
    }

    fn must_tell(&self) -> bool {
        true
    }

    fn takes_any_delete(&self) -> bool {
        true
    }

    fn read_results(&self, kind: ItemKind, body: &[u8], items: usize) -> Results {
        bulk_answer::read(kind, body, items)
    }
}

/// The action of a bulk request.
pub(super) fn verb(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Upsert => "index",
        ItemKind::Delete => "delete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, outline, request};

    const DOCUMENTS: [&str; 2] = [r#"{"sku":"A\"","lang":"de","v":7}"#, r#"{"sku":"B","lang":"en","v":8}"#];

    fn template(text: &str) -> Option<DocumentTemplate> {
        Some(DocumentTemplate::parse(text).expect("a template"))
    }

    fn format(index: Option<DocumentTemplate>, settings: ElasticsearchSettings) -> Elasticsearch {
        let config = HttpConfig { index, ..http_config("http://u:p@h:9200") };
        Elasticsearch::new(&config, &settings, &outline()).expect("valid settings")
    }

    fn encoded(format: &Elasticsearch, kind: ItemKind) -> (String, String) {
        let request = request(kind, &DOCUMENTS);
        let message = encode(format, &request).expect("valid documents");
        let framing = format.framing(kind);
        let most: usize = request.items.iter().map(|item| framing.item + format.item_bytes(item)).sum();
        assert!(message.body.len() <= most);
        assert!(most - message.body.len() <= 2 * 20, "close to what it is");
        (message.uri.to_string(), String::from_utf8(message.body).expect("UTF-8"))
    }

    #[test]
    fn actions_and_documents() {
        let plain = format(None, ElasticsearchSettings::default());
        let (uri, body) = encoded(&plain, ItemKind::Upsert);
        assert_eq!(uri, format!("http://h:9200/products/_bulk?{WANTED}"));
        let lines = [r#"{"index":{"_id":"A\""}}"#, DOCUMENTS[0], r#"{"index":{"_id":"B"}}"#, DOCUMENTS[1]];
        assert_eq!(body, format!("{}\n", lines.join("\n")));
        let (_, body) = encoded(&plain, ItemKind::Delete);
        assert_eq!(body, "{\"delete\":{\"_id\":\"A\\\"\"}}\n{\"delete\":{\"_id\":\"B\"}}\n");
        assert_eq!(
            encoded(&format(template("shop"), Default::default()), ItemKind::Upsert).0,
            format!("http://h:9200/shop/_bulk?{WANTED}")
        );
    }

    #[test]
    fn indexes_routing_and_versions() {
        let version = |version| ElasticsearchSettings { routing: template("{lang}"), version: Some(version) };
        let (uri, body) = encoded(&format(template("p-{lang}"), version(VersionSource::Sequence)), ItemKind::Delete);
        assert_eq!(uri, format!("http://h:9200/_bulk?{WANTED}"));
        let line =
            r#"{"delete":{"_id":"B","_index":"p-en","routing":"en","version":100,"version_type":"external_gte"}}"#;
        assert_eq!(body.lines().nth(1), Some(line));
        let path = |name: &str| VersionSource::Field(crate::definition::feed::DocumentPath(vec![name.into()]));
        let (_, body) = encoded(&format(None, version(path("v"))), ItemKind::Upsert);
        let line = r#"{"index":{"_id":"B","routing":"en","version":8,"version_type":"external_gte"}}"#;
        assert_eq!(body.lines().nth(2), Some(line));
        let request = request(ItemKind::Upsert, &DOCUMENTS);
        let wrong = encode(&format(None, version(path("lang"))), &request);
        assert_eq!(wrong.expect_err("no number").to_string(), "its `lang` is no version: a whole number from 0");
    }
}
