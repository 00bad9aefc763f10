//! `ndjson`: a document a line; a delete's line is its minimal payload with `"deleted": true`. What an answer says of
//! single items is found as for `json`.

use super::address::Addresses;
use super::json::{deleted_bytes, write_item};
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, listed_errors};
use crate::config::{HttpConfig, ItemErrorPointers};
use crate::consumer::{Item, ItemKind};

pub struct Ndjson {
    addresses: Addresses,
    pointers: ItemErrorPointers,
}

impl Ndjson {
    pub fn new(config: &HttpConfig) -> Result<Self, SettingFault> {
        Ok(Ndjson { addresses: Addresses::new(config)?, pointers: config.item_errors.clone() })
    }
}

impl Format for Ndjson {
    fn framing(&self, kind: ItemKind) -> Framing {
        Framing { body: 0, item: 1 + deleted_bytes(kind), alone: false }
    }

    fn encode(&self, kind: ItemKind, items: &mut dyn Iterator<Item = &Item>, _: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::new();
        for item in items {
            write_item(&mut body, item)?;
            body.push(b'\n');
        }
        let Addresses { method, .. } = &self.addresses;
        Ok(Message {
            method: method.clone(),
            uri: self.addresses.uri(kind),
            content_type: "application/x-ndjson",
            body,
        })
    }

    fn read_results(&self, _: ItemKind, body: &[u8], items: usize) -> Results {
        listed_errors::read(&self.pointers, body, items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{http_config, request};

    #[test]
    fn a_line_an_item() {
        let format = Ndjson::new(&http_config("http://h/")).expect("valid settings");
        for (kind, items, expected) in [
            (ItemKind::Upsert, [r#"{"a":1}"#, r#"{"a":2}"#], "{\"a\":1}\n{\"a\":2}\n"),
            (ItemKind::Delete, [r#"{"a":1}"#, "{\"a\":2}"], "{\"a\":1,\"deleted\":true}\n{\"a\":2,\"deleted\":true}\n"),
        ] {
            let message = format.encode(kind, &mut request(kind, &items).items.iter(), 1).expect("valid payloads");
            assert_eq!(String::from_utf8_lossy(&message.body), expected);
            let framing = format.framing(kind);
            let bytes: usize = items.iter().map(|item| item.len() + framing.item).sum();
            assert_eq!(message.body.len(), framing.body + bytes);
        }
    }
}
