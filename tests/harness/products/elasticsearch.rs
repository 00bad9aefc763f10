//! The bulk API of Elasticsearch and OpenSearch: `POST /_bulk` and `POST /{index}/_bulk`.

use super::{Call, Documents, Product};
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Default)]
pub struct Elasticsearch {
    /// By index, routing and `_id`, with slashes between them.
    documents: Documents,
    versions: HashMap<String, u64>,
    /// How often an `_id` is still turned away with 429.
    pub busy: HashMap<String, usize>,
    /// Documents with this name do not fit the mapping.
    pub unfit: Option<String>,
}

impl Product for Elasticsearch {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        let index = match call.route() {
            ("POST", path) if path == ["_bulk"] => None,
            ("POST", path) if path.len() == 2 && path[1] == "_bulk" => Some(path[0].to_owned()),
            (method, path) => panic!("{method} {path:?} is no bulk request"),
        };
        assert_eq!(call.header("content-type"), "application/x-ndjson");
        assert!(call.body.ends_with(b"\n"), "a bulk request ends with a newline");
        let lines = call.lines();
        let mut lines = lines.iter();
        let mut items = Vec::new();
        while let Some(action) = lines.next() {
            let action = action.as_object().expect("an action is an object");
            assert_eq!(action.len(), 1, "an action has one verb");
            let (verb, meta) = action.iter().next().expect("there is one");
            let source = (verb == "index").then(|| lines.next().expect("an index action has a source"));
            let index = meta["_index"].as_str().or(index.as_deref()).expect("an index is named");
            let (status, error) = self.apply(verb, index, meta, source);
            let mut item = json!({ "_index": index, "_id": meta["_id"], "status": status });
            if let Some(error) = error {
                item["error"] = json!({ "type": error, "reason": format!("[{}]: {error}", meta["_id"]) });
            }
            items.push(json!({ (verb): item }));
        }
        let failed =
            |item: &Value| item.as_object().is_some_and(|item| item.values().any(|item| !item["error"].is_null()));
        let errors = items.iter().any(failed);
        (200, json!({ "took": 1, "errors": errors, "items": items }).to_string())
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}

impl Elasticsearch {
    fn apply(&mut self, verb: &str, index: &str, meta: &Value, source: Option<&Value>) -> (u16, Option<&'static str>) {
        let id = meta["_id"].as_str().expect("an ID is a string");
        assert!(!id.is_empty() && id.len() <= 512, "an ID has 1 to 512 bytes");
        if let Some(left) = self.busy.get_mut(id).filter(|left| **left > 0) {
            *left -= 1;
            return (429, Some("es_rejected_execution_exception"));
        }
        if self.unfit.is_some() && source.map(|source| source["name"].as_str()) == Some(self.unfit.as_deref()) {
            return (400, Some("document_parsing_exception"));
        }
        let place = format!("{index}/{}/{id}", meta["routing"].as_str().unwrap_or_default());
        if let Some(version) = meta["version"].as_u64() {
            assert_eq!(meta["version_type"], "external_gte");
            if self.versions.get(&place).is_some_and(|known| version < *known) {
                return (409, Some("version_conflict_engine_exception"));
            }
            self.versions.insert(place.clone(), version);
        }
        match (verb, source) {
            ("index", Some(source)) => match self.documents.insert(place, source.clone()) {
                None => (201, None),
                Some(_) => (200, None),
            },
            ("delete", None) => match self.documents.remove(&place) {
                None => (404, None),
                Some(_) => (200, None),
            },
            (verb, _) => panic!("{verb} is no action that replaces or deletes"),
        }
    }
}
