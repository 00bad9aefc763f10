//! `json`: a JSON array of documents; an answer may list failed items where JSON pointers find them.

use indexmap::IndexMap;
use serde_json::value::{RawValue, to_raw_value};

use super::address::Addresses;
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, listed_errors, write_separated};
use crate::config::{HttpConfig, ItemErrorPointers};
use crate::consumer::{Item, ItemKind};

/// What a delete adds to its minimal payload, at most.
const DELETED_MEMBER: &str = r#","deleted":true"#;

pub struct Json {
    addresses: Addresses,
    pointers: ItemErrorPointers,
}

impl Json {
    pub fn new(config: &HttpConfig) -> Result<Self, SettingFault> {
        Ok(Json { addresses: Addresses::new(config)?, pointers: config.item_errors.clone() })
    }
}

impl Format for Json {
    fn framing(&self, kind: ItemKind) -> Framing {
        // n items: two brackets and n - 1 commas, so one byte an item and one more.
        Framing { body: 1, item: 1 + deleted_bytes(kind), alone: false }
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::with_capacity(self.framing(kind).body_of(items));
        body.push(b'[');
        write_separated(&mut body, items, write_item)?;
        body.push(b']');
        let Addresses { method, .. } = &self.addresses;
        Ok(Message { method: method.clone(), uri: self.addresses.uri(kind), content_type: "application/json", body })
    }

    fn read_results(&self, _: ItemKind, body: &[u8], items: usize) -> Results {
        listed_errors::read(&self.pointers, body, items)
    }
}

/// What a delete's bytes may be longer than its payload's.
pub fn deleted_bytes(kind: ItemKind) -> usize {
    if kind == ItemKind::Delete { DELETED_MEMBER.len() } else { 0 }
}

/// An upsert's document as it is; a delete's payload, marked as one.
pub fn write_item(body: &mut Vec<u8>, item: &Item) -> Result<(), EncodeError> {
    match item.kind {
        ItemKind::Upsert => body.extend_from_slice(&item.json),
        ItemKind::Delete => body.extend_from_slice(&deletion(&item.json)?),
    }
    Ok(())
}

/// A delete's line or element: its minimal payload with `"deleted": true`, in the place of a member of that name if the
/// payload has one, else at the end. The other members keep their bytes.
fn deletion(payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut members: IndexMap<String, Box<RawValue>> = serde_json::from_slice(payload)?;
    members.insert("deleted".into(), to_raw_value(&true)?);
    Ok(serde_json::to_vec(&members)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, request};

    fn json() -> Json {
        Json::new(&http_config("http://h/")).expect("valid settings")
    }

    fn encoded(kind: ItemKind, items: &[&str]) -> Result<String, EncodeError> {
        let request = request(kind, items);
        let message = encode(&json(), &request)?;
        Ok(String::from_utf8(message.body).expect("UTF-8"))
    }

    #[test]
    fn upserts_are_joined_as_they_are() {
        assert_eq!(encoded(ItemKind::Upsert, &[r#"{"a":1.50}"#]).expect("valid payloads"), r#"[{"a":1.50}]"#);
        assert_eq!(encoded(ItemKind::Upsert, &["{ }", "not json"]).expect("valid payloads"), "[{ },not json]");
    }

    #[test]
    fn a_delete_says_so() {
        for (payload, expected) in [
            (r#"{"sku":"a"}"#, r#"{"sku":"a","deleted":true}"#),
            (r#"{"deleted":false,"n":1.5000000000000000001}"#, r#"{"deleted":true,"n":1.5000000000000000001}"#),
            ("{}", r#"{"deleted":true}"#),
            (r#"{"a":{"deleted":0},"k\"":"é"}"#, r#"{"a":{"deleted":0},"k\"":"é","deleted":true}"#),
        ] {
            assert_eq!(
                encoded(ItemKind::Delete, &[payload]).expect("valid payloads"),
                format!("[{expected}]"),
                "{payload}"
            );
        }
        assert!(encoded(ItemKind::Delete, &["[1]"]).is_err());
    }

    #[test]
    fn framing_is_what_encoding_adds() {
        for kind in [ItemKind::Upsert, ItemKind::Delete] {
            let framing = json().framing(kind);
            for items in [vec![r#"{"a":1}"#], vec![r#"{"a":1}"#; 7]] {
                let bytes: usize = items.iter().map(|item| item.len() + framing.item).sum();
                assert_eq!(encoded(kind, &items).expect("valid payloads").len(), framing.body + bytes, "{kind:?}");
            }
        }
    }
}
