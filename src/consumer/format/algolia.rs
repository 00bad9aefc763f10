//! `algolia`: one batch of `updateObject` or `deleteObject` operations a request ("Batch indexing operations on one index"
//! in the Search API reference).
//!
//! An accepted batch is stored and applied in the order of acceptance; its task can only become published, never fail
//! ("Check task status"). So nothing is won by following it, and it is not followed.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use ureq::http::{Method, Uri};

use super::address::{below, index};
use super::id_member::{IdMember, json_string};
use super::naming::{IdRules, Naming};
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, write_separated};
use crate::config::HttpConfig;
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

/// Any string is an `objectID`; longer ones than this would count heavily against the size of a record.
const IDS: IdRules = IdRules { longest: 512, plain_only: false };

const OPENING: &str = r#"{"requests":["#;
const CLOSING: &str = "]}";

pub struct Algolia {
    uri: Uri,
    naming: Naming,
    key: IdMember,
}

impl Algolia {
    pub fn new(config: &HttpConfig, outline: &Outline) -> Result<Self, SettingFault> {
        Ok(Algolia {
            uri: below(&config.url, &["1", "indexes", index(config.index.as_ref(), outline), "batch"], None)?,
            naming: Naming::new(config.id.as_ref(), &outline.identity, IDS),
            key: IdMember::new("objectID", &outline.members, false),
        })
    }
}

impl Format for Algolia {
    fn framing(&self, kind: ItemKind) -> Framing {
        Framing { body: OPENING.len() + CLOSING.len(), item: 1 + operation(kind).len() + 1, alone: false }
    }

    fn item_bytes(&self, item: &Item) -> usize {
        match (self.naming.id(item), item.kind) {
            (Ok(id), ItemKind::Delete) => deleted_object(&id).len(),
            (Ok(id), ItemKind::Upsert) => item.json.len() + self.key.bytes(&id),
            (Err(_), _) => item.json.len(),
        }
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::with_capacity(self.framing(kind).body_of(items));
        body.extend_from_slice(OPENING.as_bytes());
        write_separated(&mut body, items, |body, item| {
            let id = self.naming.id(item)?;
            body.extend_from_slice(operation(kind).as_bytes());
            match kind {
                ItemKind::Upsert => self.key.write(body, &item.json, &id),
                ItemKind::Delete => body.extend_from_slice(deleted_object(&id).as_bytes()),
            }
            body.push(b'}');
            Ok(())
        })?;
        body.extend_from_slice(CLOSING.as_bytes());
        Ok(Message { method: Method::POST, uri: self.uri.clone(), content_type: "application/json", body })
    }

    fn must_tell(&self) -> bool {
        true
    }

    fn takes_any_delete(&self) -> bool {
        true
    }

    fn read_results(&self, _: ItemKind, body: &[u8], items: usize) -> Results {
        match serde_json::from_slice::<Accepted>(body) {
            Ok(accepted) if accepted.object_ids.len() == items => Results::Listed(Vec::new()),
            Ok(accepted) => Results::Nonsense(format!("it names {} objects of {items}", accepted.object_ids.len())),
            Err(error) if error.classify() == Category::Eof => Results::Torn,
            Err(_) => Results::Silent,
        }
    }
}

/// An operation up to its object.
fn operation(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Upsert => r#"{"action":"updateObject","body":"#,
        ItemKind::Delete => r#"{"action":"deleteObject","body":"#,
    }
}

fn deleted_object(id: &str) -> String {
    format!(r#"{{"objectID":{}}}"#, json_string(id))
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "taskID")]
    _task: u64,
    #[serde(rename = "objectIDs")]
    object_ids: Vec<IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, outline, request};

    fn format() -> Algolia {
        Algolia::new(&http_config("https://app.algolia.example"), &outline()).expect("valid settings")
    }

    #[test]
    fn operations() {
        for (kind, expected) in [
            (
                ItemKind::Upsert,
                r#"{"requests":[{"action":"updateObject","body":{"objectID":"A b","sku":"A b"}},{"action":"updateObject","body":{"objectID":"B","sku":"B"}}]}"#,
            ),
            (
                ItemKind::Delete,
                r#"{"requests":[{"action":"deleteObject","body":{"objectID":"A b"}},{"action":"deleteObject","body":{"objectID":"B"}}]}"#,
            ),
        ] {
            let request = request(kind, &[r#"{"sku":"A b"}"#, r#"{"sku":"B"}"#]);
            let message = encode(&format(), &request).expect("valid documents");
            assert_eq!(message.uri, "https://app.algolia.example/1/indexes/products/batch");
            assert_eq!(String::from_utf8_lossy(&message.body), expected);
            let framing = format().framing(kind);
            let most = |item: &Item| framing.item + format().item_bytes(item);
            // One comma less than items.
            assert_eq!(message.body.len() + 1, framing.body + request.items.iter().map(most).sum::<usize>());
        }
    }

    #[test]
    fn results_are_read() {
        for (body, expected) in [
            (r#"{"taskID":1,"objectIDs":["A","B"]}"#, Results::Listed(vec![])),
            (r#"{"taskID":1,"objectIDs":["A"]}"#, Results::Nonsense("it names 1 objects of 2".into())),
            (r#"{"taskID":1,"obj"#, Results::Torn),
            (r#"{"message":"x"}"#, Results::Silent),
            ("", Results::Torn),
        ] {
            assert_eq!(format().read_results(ItemKind::Upsert, body.as_bytes(), 2), expected, "{body}");
        }
    }
}
