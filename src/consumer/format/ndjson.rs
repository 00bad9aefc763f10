//! `ndjson`: a document a line; a delete's line is its minimal payload with `"deleted": true`. What an answer says of
//! single items is found as for `json`.
//!
//! ClickHouse, whose format this is first of all, may have sent its 200 when a request fails: then the exception stands in
//! the body ("HTTP response codes caveats" of its HTTP interface).

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

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::with_capacity(self.framing(kind).body_of(items));
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
        match listed_errors::read(&self.pointers, body, items) {
            Results::Silent if has_exception(body) => Results::Failed,
            results => results,
        }
    }
}

/// A line as `Code: 241. DB::Exception: Memory limit exceeded`, whatever stands around it; `Code: 241, e.displayText() =
/// DB::Exception: Memory limit exceeded` in older versions.
fn has_exception(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).lines().any(|line| {
        let code = line.strip_prefix("Code: ").and_then(|line| line.split_once([',', '.']));
        code.is_some_and(|(code, rest)| code.parse::<u32>().is_ok() && rest.contains("DB::Exception: "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, request};

    #[test]
    fn an_exception_of_clickhouse_is_no_success() {
        let format = Ndjson::new(&http_config("http://h/")).expect("valid settings");
        for (body, expected) in [
            ("Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)\n", Results::Failed),
            ("\r\n__exception__\r\nabcd\r\nCode: 60. DB::Exception: no table\n", Results::Failed),
            (
                "Code: 27, e.displayText() = DB::Exception: Cannot parse input, e.what() = DB::Exception\n",
                Results::Failed,
            ),
            (r#"{"echo":"Code: 241. DB::Exception: x"}"#, Results::Silent),
            ("Code: none. DB::Exception: x", Results::Silent),
            ("Ok.\n", Results::Silent),
            ("", Results::Silent),
        ] {
            assert_eq!(format.read_results(ItemKind::Upsert, body.as_bytes(), 2), expected, "{body}");
        }
    }

    #[test]
    fn a_line_an_item() {
        let format = Ndjson::new(&http_config("http://h/")).expect("valid settings");
        for (kind, items, expected) in [
            (ItemKind::Upsert, [r#"{"a":1}"#, r#"{"a":2}"#], "{\"a\":1}\n{\"a\":2}\n"),
            (ItemKind::Delete, [r#"{"a":1}"#, "{\"a\":2}"], "{\"a\":1,\"deleted\":true}\n{\"a\":2,\"deleted\":true}\n"),
        ] {
            let message = encode(&format, &request(kind, &items)).expect("valid payloads");
            assert_eq!(String::from_utf8_lossy(&message.body), expected);
            let framing = format.framing(kind);
            let bytes: usize = items.iter().map(|item| item.len() + framing.item).sum();
            assert_eq!(message.body.len(), framing.body + bytes);
        }
    }
}
