//! `elasticsearch`: the bulk API of Elasticsearch and OpenSearch ("Bulk API" in the documentation of both).
//!
//! A line with the action (`index` or `delete`, the ID, what else says where it goes) and, for an upsert, a line with the
//! document. The answer has a result for each action, in the order of the request.
//!
//! With `version`, items go as `version_type = "external_gte"`: the server keeps a document against a request that arrives
//! late with a lower version, and takes another try of the same request. A conflict (409) then means that it has something
//! newer than what was sent, so what was sent has not been delivered: it is a failure that a later run tries again, with
//! the number that it has by then.

use std::collections::HashMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;
use ureq::http::{Method, Uri};

use super::address::{below, index};
use super::id_member::json_string;
use super::naming::{IdRules, Naming};
use super::values::{filled, texts};
use super::{EncodeError, Format, Framing, ListedItem, Message, Results, SettingFault, is_passing};
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

    fn read_results(&self, kind: ItemKind, body: &[u8], items: usize) -> Results {
        let brief: Brief = match serde_json::from_slice(body) {
            Ok(brief) => brief,
            Err(error) if error.classify() == Category::Eof => return Results::Torn,
            Err(_) => return refusal(body),
        };
        if brief.items.len() != items {
            return Results::Nonsense(format!("it has results for {} items of {items}", brief.items.len()));
        }
        if !brief.errors && brief.items.iter().all(ItemBrief::is_good) {
            return Results::Listed(Vec::new());
        }
        match serde_json::from_slice::<Full>(body) {
            Ok(full) => read_items(kind, full.items),
            Err(error) => Results::Nonsense(error.to_string()),
        }
    }
}

fn verb(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Upsert => "index",
        ItemKind::Delete => "delete",
    }
}

/// Enough of an answer where nothing failed.
#[derive(Deserialize)]
struct Brief {
    errors: bool,
    items: Vec<ItemBrief>,
}

/// The statuses of an item's actions, of which there is one: `None` where it is not said.
struct ItemBrief(Option<i32>);

impl ItemBrief {
    fn is_good(&self) -> bool {
        self.0.is_none_or(|status| (200..300).contains(&status))
    }
}

impl<'de> Deserialize<'de> for ItemBrief {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Actions;
        impl<'de> Visitor<'de> for Actions {
            type Value = ItemBrief;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an action and what became of it")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut actions: A) -> Result<ItemBrief, A::Error> {
                let mut status = None;
                while let Some((IgnoredAny, action)) = actions.next_entry::<IgnoredAny, ActionBrief>()? {
                    status = status.max(action.status);
                }
                Ok(ItemBrief(status))
            }
        }
        deserializer.deserialize_map(Actions)
    }
}

#[derive(Deserialize)]
struct ActionBrief {
    status: Option<i32>,
}

#[derive(Deserialize)]
struct Full {
    /// By their action.
    items: Vec<HashMap<String, ItemAnswer>>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    status: i32,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Value,
}

fn read_items(kind: ItemKind, items: Vec<HashMap<String, ItemAnswer>>) -> Results {
    let count = items.len();
    let mut listed = Vec::new();
    for (index, mut item) in items.into_iter().enumerate() {
        let Some(answer) = item.remove(verb(kind)) else {
            return Results::Nonsense(format!("result {index} is none of the action `{}`", verb(kind)));
        };
        match answer.status {
            200..300 => {}
            300..600 => {
                let message = answer.error.map(|error| message(&error));
                let of_index = message.as_deref().is_some_and(speaks_of_index);
                let status = Some(answer.status).filter(|_| !of_index);
                listed.push(ListedItem { index, status, message, passing: is_passing(answer.status) });
            }
            status => return Results::Nonsense(format!("{status} is no status of an item")),
        }
    }
    let barred = listed.len() == count && listed.iter().all(|item| bars_all(kind, item.status));
    match listed.first().filter(|_| barred) {
        Some(ListedItem { status, message, .. }) => Results::Barred { status: *status, message: message.clone() },
        _ => Results::Listed(listed),
    }
}

/// A user without the right to write, an index that is closed to writers, or that is not there and is not to be made.
fn bars_all(kind: ItemKind, status: Option<i32>) -> bool {
    matches!((kind, status), (_, Some(401 | 403) | None) | (ItemKind::Upsert, Some(404)))
}

/// An index is blamed with the 400 of a bad document: it is closed, or cannot be made, as the cluster has all the shards that
/// it may have.
pub const UNAVAILABLE_INDEX: [&str; 2] = ["index_closed_exception: ", " shards open"];

/// So is the way that leads to it: what it is called, an alias (two wordings), a data stream, no `routing` where it wants
/// one, a pipeline that is not there.
pub const MISADDRESSED_INDEX: [&str; 6] = [
    "invalid_index_name_exception: ",
    "no write index is defined for alias [",
    ", can't execute a single index op",
    "only write ops with an op_type of create are allowed in data streams",
    "routing_missing_exception: ",
    "pipeline with id [",
];

fn speaks_of_index(message: &str) -> bool {
    UNAVAILABLE_INDEX.iter().chain(&MISADDRESSED_INDEX).any(|words| message.contains(words))
}

/// What is said of a request as a whole.
fn refusal(body: &[u8]) -> Results {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) if speaks_of_index(&message(&refusal.error)) => Results::Unable,
        _ => Results::Silent,
    }
}

fn message(error: &Value) -> String {
    match (error.get("type").and_then(Value::as_str), error.get("reason").and_then(Value::as_str)) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        _ => error.as_str().map_or_else(|| error.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{http_config, outline, request};

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
        let message = format.encode(kind, &request.items.iter().collect::<Vec<_>>(), 5).expect("valid documents");
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
        let line = r#"{"delete":{"_id":"B","_index":"p-en","routing":"en","version":5,"version_type":"external_gte"}}"#;
        assert_eq!(body.lines().nth(1), Some(line));
        let path = |name: &str| VersionSource::Field(crate::definition::feed::DocumentPath(vec![name.into()]));
        let (_, body) = encoded(&format(None, version(path("v"))), ItemKind::Upsert);
        let line = r#"{"index":{"_id":"B","routing":"en","version":8,"version_type":"external_gte"}}"#;
        assert_eq!(body.lines().nth(2), Some(line));
        let request = request(ItemKind::Upsert, &DOCUMENTS);
        let wrong =
            format(None, version(path("lang"))).encode(ItemKind::Upsert, &request.items.iter().collect::<Vec<_>>(), 5);
        assert_eq!(wrong.expect_err("no number").to_string(), "its `lang` is no version: a whole number from 0");
    }

    #[test]
    fn results_are_read() {
        let item = |index, status, message: Option<&str>, passing| ListedItem {
            index,
            status: Some(status),
            message: message.map(str::to_owned),
            passing,
        };
        let error = r#""error":{"type":"t","reason":"r"}"#;
        let nonsense = |reason: &str| Results::Nonsense(reason.to_owned());
        for (body, expected) in [
            (
                r#"{"took":1,"errors":false,"items":[{"index":{"status":201}},{"index":{}}]}"#.into(),
                Results::Listed(vec![]),
            ),
            (
                format!(
                    r#"{{"errors":true,"items":[{{"index":{{"status":400,{error}}}}},{{"index":{{"status":200}}}}]}}"#
                ),
                Results::Listed(vec![item(0, 400, Some("t: r"), false)]),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":429,"error":"full"}},{"index":{"status":409}}]}"#.into(),
                Results::Listed(vec![item(0, 429, Some("full"), true), item(1, 409, None, false)]),
            ),
            (
                r#"{"errors":false,"items":[{"index":{"status":201}}]}"#.into(),
                nonsense("it has results for 1 items of 2"),
            ),
            (
                format!(
                    r#"{{"errors":false,"items":[{{"index":{{"status":200}}}},{{"index":{{"status":400,{error}}}}}]}}"#
                ),
                Results::Listed(vec![item(1, 400, Some("t: r"), false)]),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":7}},{"index":{"status":200}}]}"#.into(),
                nonsense("7 is no status of an item"),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":200}},{"delete":{"status":200}}]}"#.into(),
                nonsense("result 1 is none of the action `index`"),
            ),
            (r#"{"errors":false,"it"#.into(), Results::Torn),
            ("OK".into(), Results::Silent),
            (r#"{"acknowledged":true}"#.into(), Results::Silent),
        ] {
            let format = format(None, Default::default());
            assert_eq!(format.read_results(ItemKind::Upsert, String::as_bytes(&body), 2), expected, "{body}");
        }
    }

    #[test]
    fn a_400_that_speaks_of_the_index_is_no_items() {
        let bad = r#""error":{"type":"document_parsing_exception","reason":"r"}"#;
        let read = |body: &str| format(None, Default::default()).read_results(ItemKind::Upsert, body.as_bytes(), 2);
        for (kind, reason) in [
            ("index_closed_exception", "closed"),
            (
                "validation_exception",
                "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;",
            ),
            ("illegal_argument_exception", "no write index is defined for alias [products]. The write index may be"),
            ("illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams"),
            ("illegal_argument_exception", "pipeline with id [x] does not exist"),
            ("invalid_index_name_exception", "Invalid index name [Products], must be lowercase"),
            ("routing_missing_exception", "routing is required for [products]/[A]"),
        ] {
            let error = format!(r#""error":{{"type":"{kind}","reason":"{reason}"}}"#);
            let item = format!(r#"{{"index":{{"status":400,{error}}}}}"#);
            let all = read(&format!(r#"{{"errors":true,"items":[{item},{item}]}}"#));
            assert!(matches!(all, Results::Barred { status: None, .. }), "{all:?}");
            let one = read(&format!(r#"{{"errors":true,"items":[{{"index":{{"status":201}}}},{item}]}}"#));
            assert!(matches!(&one, Results::Listed(listed) if listed[0].status.is_none()), "{one:?}");
            assert_eq!(read(&format!(r#"{{{error},"status":400}}"#)), Results::Unable);
        }
        assert_eq!(read(&format!(r#"{{{bad},"status":400}}"#)), Results::Silent);
    }

    #[test]
    fn who_may_not_write_is_told_so_item_by_item() {
        let read = |kind: ItemKind, statuses: [i32; 2]| {
            let item =
                |status| format!(r#"{{"{}":{{"status":{status},"error":{{"type":"t","reason":"r"}}}}}}"#, verb(kind));
            let body = format!(r#"{{"errors":true,"items":[{}]}}"#, statuses.map(item).join(","));
            format(None, Default::default()).read_results(kind, body.as_bytes(), 2)
        };
        let barred = |status| Results::Barred { status: Some(status), message: Some("t: r".into()) };
        assert_eq!(read(ItemKind::Upsert, [403, 403]), barred(403));
        assert_eq!(read(ItemKind::Upsert, [404, 404]), barred(404));
        assert_eq!(read(ItemKind::Delete, [401, 401]), barred(401));
        for (kind, statuses) in
            [(ItemKind::Upsert, [403, 200]), (ItemKind::Upsert, [403, 400]), (ItemKind::Delete, [404, 404])]
        {
            assert!(matches!(read(kind, statuses), Results::Listed(_)), "{kind:?} {statuses:?}");
        }
    }
}
