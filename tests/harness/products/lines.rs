//! A service that takes JSON Lines: the last of the lines with one SKU counts, and a line may say that it is gone.

use super::{Call, Documents, Product};
use serde_json::json;

#[derive(Default)]
pub struct Lines {
    documents: Documents,
    /// Lines of this name are refused in the list of errors.
    pub unfit: Option<String>,
}

impl Product for Lines {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        assert_eq!((call.method.as_str(), call.header("content-type")), ("POST", "application/x-ndjson"));
        assert!(call.body.ends_with(b"\n"), "each line ends");
        let mut errors = Vec::new();
        for (index, document) in call.lines().into_iter().enumerate() {
            let sku = document["sku"].as_str().expect("a line has its SKU").to_owned();
            if self.unfit.is_some() && document["name"].as_str() == self.unfit.as_deref() {
                errors.push(json!({ "itemIndex": index, "status": 400, "message": "unfit" }));
            } else if document["deleted"] == true {
                self.documents.remove(&sku);
            } else {
                self.documents.insert(sku, document);
            }
        }
        (200, json!({ "errors": errors }).to_string())
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}
