//! Algolia: batches of operations on one index.

use super::{Call, Documents, Product};
use serde_json::json;

#[derive(Default)]
pub struct Algolia {
    documents: Documents,
    tasks: u64,
    /// Records of this name are too big, and their batch is refused whole.
    pub too_big: Option<String>,
}

impl Product for Algolia {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        if (call.header("x-algolia-application-id"), call.header("x-algolia-api-key")) != ("app", "key") {
            return (403, json!({ "message": "Invalid Application-ID or API key", "status": 403 }).to_string());
        }
        assert_eq!(call.route(), ("POST", vec!["1", "indexes", "products", "batch"]));
        let batch = call.json();
        let requests = batch["requests"].as_array().expect("a batch has requests");
        let place = requests
            .iter()
            .position(|request| self.too_big.is_some() && request["body"]["name"].as_str() == self.too_big.as_deref());
        if let Some(place) = place {
            let message = format!("Record at the position {place} is too big");
            return (400, json!({ "message": message, "status": 400 }).to_string());
        }
        let mut ids = Vec::new();
        for request in requests {
            let id = request["body"]["objectID"].as_str().expect("an objectID is a string").to_owned();
            match request["action"].as_str() {
                Some("updateObject") => drop(self.documents.insert(id.clone(), request["body"].clone())),
                Some("deleteObject") => drop(self.documents.remove(&id)),
                other => panic!("{other:?} is no action that feedmill needs"),
            }
            ids.push(id);
        }
        self.tasks += 1;
        (200, json!({ "taskID": self.tasks, "objectIDs": ids }).to_string())
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}
