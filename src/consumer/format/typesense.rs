//! `typesense`: upserts are imported as JSON Lines with `action=upsert`, as the "Documents" page of its API reference says;
//! the answer has a line for each document, in their order. A delete is a request of its own, `DELETE` of the document:
//! there is no other way to delete by ID that says what became of each.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use ureq::http::{Method, Uri};

use super::address::{below, escaped, index};
use super::id_member::IdMember;
use super::naming::{IdRules, Naming};
use super::{EncodeError, Format, Framing, ListedItem, Message, Results, SettingFault, is_passing};
use crate::config::HttpConfig;
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

/// An `id` is a string without characters that a URL would have to escape.
const IDS: IdRules = IdRules { longest: 511, plain_only: true };

/// How a server begins that is out of memory or disk ("Tips for importing documents"), or told to take no writes. It says
/// so with a 422, to the whole of a request; what is wrong with a document is said in a line of a 200.
const UNABLE: [&str; 2] = ["Rejecting write", "Skipping write"];

pub struct Typesense {
    upserts: Uri,
    /// The URL of a document without its ID.
    documents: String,
    naming: Naming,
    key: IdMember,
}

impl Typesense {
    pub fn new(config: &HttpConfig, outline: &Outline) -> Result<Self, SettingFault> {
        let collection = ["collections", index(config.index.as_ref(), outline), "documents"];
        let import = [&collection[..], &["import"]].concat();
        Ok(Typesense {
            upserts: below(&config.url, &import, Some("action=upsert"))?,
            documents: below(&config.url, &collection, None)?.to_string(),
            naming: Naming::new(config.id.as_ref(), &outline.identity, IDS),
            key: IdMember::new("id", &outline.members, false),
        })
    }
}

impl Format for Typesense {
    fn framing(&self, kind: ItemKind) -> Framing {
        Framing { body: 0, item: 1, alone: kind == ItemKind::Delete }
    }

    fn item_bytes(&self, item: &Item) -> usize {
        item.json.len() + self.naming.id(item).map_or(0, |id| self.key.bytes(&id))
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let mut message = Message {
            method: Method::POST,
            uri: self.upserts.clone(),
            content_type: "text/plain",
            body: Vec::with_capacity(self.framing(kind).body_of(items)),
        };
        for item in items {
            let id = self.naming.id(item)?;
            if kind == ItemKind::Delete {
                let uri = format!("{}/{}", self.documents, escaped(&id)).parse::<Uri>();
                (message.method, message.uri) =
                    (Method::DELETE, uri.map_err(|fault| EncodeError::Url(fault.to_string()))?);
            } else {
                self.key.write(&mut message.body, &item.json, &id);
                message.body.push(b'\n');
            }
        }
        Ok(message)
    }

    fn must_tell(&self) -> bool {
        true
    }

    fn read_results(&self, kind: ItemKind, body: &[u8], items: usize) -> Results {
        let refusal = serde_json::from_slice::<Refusal>(body);
        if refusal.is_ok_and(|refusal| UNABLE.iter().any(|words| refusal.message.starts_with(words))) {
            return Results::Unable;
        }
        if kind == ItemKind::Delete {
            // The document that was.
            return match serde_json::from_slice::<HashMap<String, IgnoredAny>>(body) {
                Ok(_) => Results::Listed(Vec::new()),
                Err(error) if error.is_eof() && !body.is_empty() => Results::Torn,
                Err(_) => Results::Silent,
            };
        }
        let body = String::from_utf8_lossy(body);
        let mut listed = Vec::new();
        let mut lines = 0;
        for (index, line) in body.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            lines += 1;
            match serde_json::from_str::<Imported>(line) {
                Ok(Imported { success: true, .. }) => {}
                Ok(Imported { code, error, .. }) => listed.push(ListedItem {
                    index,
                    status: code.filter(|code| (300..600).contains(code)),
                    message: error,
                    passing: code.is_some_and(is_passing),
                }),
                Err(_) if index == 0 => return Results::Silent,
                Err(error) if error.is_eof() => return Results::Torn,
                Err(error) => return Results::Nonsense(format!("line {}: {error}", index + 1)),
            }
        }
        match lines {
            0 => Results::Silent,
            _ if lines != items => Results::Nonsense(format!("it has {lines} lines for {items} documents")),
            _ => Results::Listed(listed),
        }
    }
}

#[derive(Deserialize)]
struct Imported {
    success: bool,
    error: Option<String>,
    code: Option<i32>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, outline, request};

    fn format() -> Typesense {
        Typesense::new(&http_config("http://h:8108"), &outline()).expect("valid settings")
    }

    #[test]
    fn documents_are_imported() {
        let request = request(ItemKind::Upsert, &[r#"{"sku":"A b","n":1}"#, r#"{"sku":"B"}"#]);
        let message = encode(&format(), &request).expect("valid documents");
        assert_eq!(message.uri, "http://h:8108/collections/products/documents/import?action=upsert");
        let lines = [r#"{"id":"__A_20b","sku":"A b","n":1}"#, r#"{"id":"B","sku":"B"}"#];
        assert_eq!(String::from_utf8_lossy(&message.body), format!("{}\n", lines.join("\n")));
        let framing = format().framing(ItemKind::Upsert);
        let most: usize = request.items.iter().map(|item| framing.item + format().item_bytes(item)).sum();
        assert!(message.body.len() <= most);
    }

    #[test]
    fn a_delete_is_a_request_of_its_own() {
        assert!(format().framing(ItemKind::Delete).alone);
        let request = request(ItemKind::Delete, &[r#"{"sku":"A/b"}"#]);
        let message = encode(&format(), &request).expect("a valid payload");
        assert_eq!((message.method, message.body.len()), (Method::DELETE, 0));
        assert_eq!(message.uri, "http://h:8108/collections/products/documents/__A_2Fb");
    }

    #[test]
    fn results_are_read() {
        let item = |index, status, message: &str, passing| ListedItem {
            index,
            status,
            message: Some(message.into()),
            passing,
        };
        for (body, expected) in [
            (r#"{"id":"A","sku":"A"}"#, Results::Listed(vec![])),
            (r#"{"id":"A","#, Results::Torn),
            ("<html>Sign in</html>", Results::Silent),
            ("", Results::Silent),
        ] {
            assert_eq!(format().read_results(ItemKind::Delete, body.as_bytes(), 1), expected, "{body}");
        }
        let success = r#"{"success":true}"#;
        for (lines, expected) in [
            (vec![success, success], Results::Listed(vec![])),
            (
                vec![success, r#"{"success":false,"error":"bad","document":"{}","code":400}"#],
                Results::Listed(vec![item(1, Some(400), "bad", false)]),
            ),
            (
                vec![r#"{"success":false,"error":"busy","code":503}"#, r#"{"success":false,"error":"?"}"#],
                Results::Listed(vec![item(0, Some(503), "busy", true), item(1, None, "?", false)]),
            ),
            (vec![success], Results::Nonsense("it has 1 lines for 2 documents".into())),
            (vec![success, "{\"succ"], Results::Torn),
            (vec![r#"{"message": "Rejecting write: running out of resource type: OUT_OF_DISK"}"#], Results::Unable),
            (vec![r#"{"message": "Skipping writes."}"#], Results::Unable),
            (vec![r#"{"message": "Bad JSON."}"#], Results::Silent),
            (vec!["<html>"], Results::Silent),
            (vec![], Results::Silent),
        ] {
            assert_eq!(format().read_results(ItemKind::Upsert, lines.join("\n").as_bytes(), 2), expected, "{lines:?}");
        }
    }
}
