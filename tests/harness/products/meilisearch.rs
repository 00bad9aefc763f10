//! Meilisearch: documents are added or replaced and deleted by tasks, which are processed in their order when somebody
//! asks after one for the second time.

use super::{Call, Documents, Product};
use serde_json::{Value, json};
use std::collections::VecDeque;

#[derive(Default)]
pub struct Meilisearch {
    documents: Documents,
    primary_key: Option<String>,
    tasks: Vec<Task>,
    /// How the next tasks end in spite of what they ask for: status and code.
    pub failures: VecDeque<(&'static str, &'static str)>,
}

struct Task {
    change: Change,
    asked: usize,
    /// Once it has been processed: its status, and the error's code and type.
    ended: Option<(&'static str, &'static str, &'static str)>,
}

enum Change {
    Add { key: String, documents: Vec<Value> },
    Delete(Vec<Value>),
}

impl Product for Meilisearch {
    fn answer(&mut self, call: &Call) -> (u16, String) {
        if call.header("authorization") != "Bearer master" {
            return (403, json!({ "code": "invalid_api_key", "type": "auth" }).to_string());
        }
        let list = || call.json().as_array().expect("the body is an array").clone();
        match call.route() {
            ("POST", path) if path == ["indexes", "products", "documents"] => {
                let key = call.query["primaryKey"].clone();
                self.enqueue(Change::Add { key, documents: list() })
            }
            ("POST", path) if path == ["indexes", "products", "documents", "delete-batch"] => {
                self.enqueue(Change::Delete(list()))
            }
            ("GET", path) if path.len() == 2 && path[0] == "tasks" => self.task(path[1].parse().expect("a number")),
            (method, path) => panic!("{method} {path:?} is no route that feedmill needs"),
        }
    }

    fn documents(&self) -> &Documents {
        &self.documents
    }
}

impl Meilisearch {
    fn enqueue(&mut self, change: Change) -> (u16, String) {
        self.tasks.push(Task { change, asked: 0, ended: None });
        let uid = self.tasks.len() - 1;
        (202, json!({ "taskUid": uid, "indexUid": "products", "status": "enqueued" }).to_string())
    }

    fn task(&mut self, uid: usize) -> (u16, String) {
        self.tasks[uid].asked += 1;
        if self.tasks[uid].asked > 1 {
            (0..=uid).for_each(|uid| self.process(uid));
        }
        let answer = match self.tasks[uid].ended {
            None => json!({ "uid": uid, "status": "enqueued", "error": null }),
            Some(("succeeded", ..)) => json!({ "uid": uid, "status": "succeeded", "error": null }),
            Some((status, code, kind)) => {
                json!({ "uid": uid, "status": status, "error": { "message": "why", "code": code, "type": kind } })
            }
        };
        (200, answer.to_string())
    }

    fn process(&mut self, uid: usize) {
        if self.tasks[uid].ended.is_some() {
            return;
        }
        let failure = self.failures.pop_front().map(|(status, code)| (status, code, "internal"));
        self.tasks[uid].ended = Some(match (failure, &self.tasks[uid].change) {
            (Some(failure), _) => failure,
            (None, Change::Add { key, documents }) => {
                let known = self.primary_key.get_or_insert_with(|| key.clone());
                if known != key {
                    ("failed", "index_primary_key_already_exists", "invalid_request")
                } else if documents.iter().any(|document| id(&document[key]).is_none()) {
                    ("failed", "invalid_document_id", "invalid_request")
                } else {
                    let named =
                        documents.iter().map(|document| (id(&document[key]).expect("looked at"), document.clone()));
                    self.documents.extend(named);
                    ("succeeded", "", "")
                }
            }
            (None, Change::Delete(_)) if self.primary_key.is_none() => ("failed", "index_not_found", "invalid_request"),
            (None, Change::Delete(ids)) => {
                self.documents.retain(|known, _| !ids.iter().any(|gone| id(gone).as_ref() == Some(known)));
                ("succeeded", "", "")
            }
        });
    }
}

/// An integer, or a string of letters, digits, hyphens and underscores of at most 511 bytes.
fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.as_i64()?.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((1..=511).contains(&text.len()) && text.bytes().all(fits)).then_some(text)
}
