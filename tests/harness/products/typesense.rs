//! Typesense: documents are imported as JSON Lines, and deleted one by one.

use super::{Call, Documents, Product};
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Default)]
pub struct Typesense {
    documents: Documents,
    /// How often an ID is still answered with 503.
    pub busy: HashMap<String, usize>,
    /// Documents with this name do not fit the schema.
    pub unfit: Option<String>,
}

impl Product for Typesense {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        if call.header("x-typesense-api-key") != "xyz" {
            return (
                401,
                json!({ "message": "Forbidden - a valid `x-typesense-api-key` header must be sent." }).to_string(),
            );
        }
        match call.route() {
            ("POST", path) if path == ["collections", "products", "documents", "import"] => {
                assert_eq!(call.query["action"], "upsert");
                let results: Vec<String> = call.lines().into_iter().map(|document| self.import(document)).collect();
                (200, results.join("\n"))
            }
            ("DELETE", path) if path.len() == 4 && path[..3] == ["collections", "products", "documents"] => {
                match self.documents.remove(path[3]) {
                    Some(document) => (200, document.to_string()),
                    None => (
                        404,
                        json!({ "message": format!("Could not find a document with id: {}", path[3]) }).to_string(),
                    ),
                }
            }
            (_, path) if path.first() == Some(&"collections") => (404, json!({ "message": "Not Found" }).to_string()),
            (method, path) => panic!("{method} {path:?} is no route that feedmill needs"),
        }
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}

impl Typesense {
    fn import(&mut self, document: Value) -> String {
        let refused = |code: u16, error: &str| {
            json!({ "success": false, "error": error, "code": code, "document": document.to_string() }).to_string()
        };
        let Some(id) = document["id"].as_str().map(str::to_owned) else {
            return refused(400, "Document's `id` field should be a string.");
        };
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)), "{id} needs escaping");
        if let Some(left) = self.busy.get_mut(&id).filter(|left| **left > 0) {
            *left -= 1;
            return refused(503, "Not ready or lagging");
        }
        if self.unfit.is_some() && document["name"].as_str() == self.unfit.as_deref() {
            return refused(400, "Field `name` must be something else.");
        }
        self.documents.insert(id, document);
        json!({ "success": true }).to_string()
    }
}
