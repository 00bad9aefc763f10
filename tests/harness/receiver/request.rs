//! A request as it was received, and the items in it.

use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub wire_length: usize,
    /// After decompression.
    pub body: Vec<u8>,
    pub items: Vec<Item>,
}

/// One element of the body.
#[derive(Clone)]
pub struct Item {
    /// The canonical JSON array of the identity's values.
    pub identity: String,
    /// The document's bytes as they stand in the body.
    pub raw: String,
    pub document: Value,
    pub deleted: bool,
}

impl Request {
    /// The value of a header; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn key(&self) -> &str {
        self.header("idempotency-key").unwrap_or_default()
    }

    pub fn sequence(&self) -> u64 {
        self.header("x-feedmill-sequence").and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    pub fn feed(&self) -> &str {
        self.header("x-feedmill-feed").unwrap_or_default()
    }

    pub fn skus(&self) -> Vec<&str> {
        self.items.iter().map(Item::sku).collect()
    }

    pub fn has(&self, sku: &str) -> bool {
        self.items.iter().any(|item| item.sku() == sku)
    }

    pub fn has_deletes(&self) -> bool {
        self.items.iter().any(|item| item.deleted)
    }
}

impl Item {
    pub fn sku(&self) -> &str {
        self.document["sku"].as_str().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.document["name"].as_str().unwrap_or_default()
    }
}

/// The items of a body: a JSON array of objects.
pub fn items(body: &[u8], identity: &[String]) -> Result<Vec<Item>, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the body is not UTF-8: {error}"))?;
    let elements: Vec<Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| format!("the body is no JSON array: {error}: {text}"))?;
    let item = |raw: &RawValue| {
        let document: Value = serde_json::from_str(raw.get()).map_err(|error| format!("{error}: {}", raw.get()))?;
        if !document.is_object() {
            return Err(format!("an item is no object: {}", raw.get()));
        }
        let at = |path: &String| path.split('.').fold(&document, |value, key| &value[key]).clone();
        let identity = Value::Array(identity.iter().map(at).collect()).to_string();
        let deleted = document["deleted"] == true;
        Ok(Item { identity, raw: raw.get().to_owned(), document, deleted })
    };
    elements.iter().map(|element| item(element)).collect()
}
