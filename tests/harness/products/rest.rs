//! A REST service: a resource a document, below `/shop/`.

use super::{Call, Documents, Product};
use serde_json::json;

#[derive(Default)]
pub struct Rest {
    documents: Documents,
    /// Resources of this name are not processable.
    pub unfit: Option<String>,
}

impl Product for Rest {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        let id = match call.path.as_slice() {
            [shop, rest @ ..] if shop == "shop" && !rest.is_empty() => rest.join("/"),
            path => panic!("{path:?} is no resource"),
        };
        match call.method.as_str() {
            "PUT" => {
                assert_eq!(call.header("content-type"), "application/json");
                let document = call.json();
                if self.unfit.is_some() && document["name"].as_str() == self.unfit.as_deref() {
                    return (400, json!({ "title": "unfit" }).to_string());
                }
                let known = self.documents.insert(id, document).is_some();
                (if known { 200 } else { 201 }, String::new())
            }
            "DELETE" => {
                assert!(call.body.is_empty() && call.header("content-type").is_empty(), "a DELETE has no content");
                (if self.documents.remove(&id).is_some() { 204 } else { 404 }, String::new())
            }
            method => panic!("{method} is no method of a resource"),
        }
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}
