//! `meilisearch`: documents are added or replaced, and deleted in batches, as the "Documents" page of its API reference
//! says; each request makes a task, which is followed to its end ("Tasks" there).
//!
//! Tasks of an index are processed in the order in which they were taken in. So a request whose task was given up may
//! still be applied, but only before whatever is sent later.

use serde::Deserialize;
use serde_json::error::Category;
use ureq::http::{Method, Uri};
use url::Url;

use super::address::{below, escaped, index};
use super::id_member::{IdMember, json_string};
use super::naming::{IdRules, Naming};
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, TaskState, write_separated};
use crate::config::{HttpConfig, MeilisearchSettings};
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

/// "Primary key" of its documentation: integers, and strings of these characters.
const IDS: IdRules = IdRules { longest: 511, plain_only: true };

pub struct Meilisearch {
    server: Url,
    upserts: Uri,
    deletes: Uri,
    naming: Naming,
    key: IdMember,
}

impl Meilisearch {
    pub fn new(config: &HttpConfig, settings: &MeilisearchSettings, outline: &Outline) -> Result<Self, SettingFault> {
        let index = index(config.index.as_ref(), outline);
        let key = format!("primaryKey={}", escaped(&settings.primary_key));
        Ok(Meilisearch {
            server: config.url.clone(),
            upserts: below(&config.url, &["indexes", index, "documents"], Some(&key))?,
            deletes: below(&config.url, &["indexes", index, "documents", "delete-batch"], None)?,
            naming: Naming::new(config.id.as_ref(), &outline.identity, IDS),
            key: IdMember::new(&settings.primary_key, &outline.members, true),
        })
    }

    fn write(&self, body: &mut Vec<u8>, item: &Item) -> Result<(), EncodeError> {
        let id = self.naming.id(item)?;
        match item.kind {
            ItemKind::Upsert => self.key.write(body, &item.json, &id),
            ItemKind::Delete => body.extend_from_slice(json_string(&id).as_bytes()),
        }
        Ok(())
    }
}

impl Format for Meilisearch {
    fn framing(&self, _: ItemKind) -> Framing {
        Framing { body: 1, item: 1, alone: false }
    }

    fn item_bytes(&self, item: &Item) -> usize {
        match (self.naming.id(item), item.kind) {
            (Ok(id), ItemKind::Delete) => json_string(&id).len(),
            (Ok(id), ItemKind::Upsert) => item.json.len() + self.key.bytes(&id),
            (Err(_), _) => item.json.len(),
        }
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let mut body = Vec::with_capacity(self.framing(kind).body_of(items));
        body.push(b'[');
        write_separated(&mut body, items, |body, item| self.write(body, item))?;
        body.push(b']');
        let uri = match kind {
            ItemKind::Upsert => self.upserts.clone(),
            ItemKind::Delete => self.deletes.clone(),
        };
        // POST replaces documents; PUT would merge into them.
        Ok(Message { method: Method::POST, uri, content_type: "application/json", body })
    }

    fn must_tell(&self) -> bool {
        true
    }

    fn takes_any_delete(&self) -> bool {
        true
    }

    fn read_results(&self, _: ItemKind, body: &[u8], _: usize) -> Results {
        let enqueued: Enqueued = match serde_json::from_slice(body) {
            Ok(enqueued) => enqueued,
            Err(error) if error.classify() == Category::Eof => return Results::Torn,
            Err(_) => return refusal(body),
        };
        match below(&self.server, &["tasks", &enqueued.task_uid.to_string()], None) {
            Ok(uri) => Results::Pending(uri),
            Err(fault) => Results::Nonsense(fault.reason),
        }
    }

    fn read_task(&self, kind: ItemKind, body: &[u8]) -> TaskState {
        let task: Task = match serde_json::from_slice(body) {
            Ok(task) => task,
            Err(error) => return TaskState::Nonsense(error.to_string()),
        };
        let error = task.error.unwrap_or_default();
        let said = format!("the task {}: {}: {}", task.status, error.code, error.message);
        match (task.status.as_str(), error.code.as_str(), error.r#type.as_str()) {
            ("enqueued" | "processing", ..) => TaskState::Running,
            ("succeeded", ..) => TaskState::Done,
            ("canceled", ..) => TaskState::Failed("the task was canceled".into()),
            // There is nothing to delete where there is no index.
            ("failed", "index_not_found", _) if kind == ItemKind::Delete => TaskState::Done,
            // Another primary key than the index has, an index that cannot be: no document is to blame.
            ("failed", code, _) if code.starts_with("index_") || code == "invalid_index_uid" => {
                TaskState::Hopeless(said)
            }
            ("failed", code, "invalid_request") if !is_of_server(code, &error.message) => TaskState::Refused(said),
            ("failed", ..) => TaskState::Failed(said),
            (status, ..) => TaskState::Nonsense(format!("{status:?} is no status of a task")),
        }
    }
}

/// An error object says itself whose fault it is: a full disk or task queue comes with a 422, as a bad document might.
fn refusal(body: &[u8]) -> Results {
    match serde_json::from_slice::<TaskError>(body) {
        Ok(error) if matches!(error.r#type.as_str(), "internal" | "system") => Results::Unable,
        Ok(error) if is_of_server(&error.code, &error.message) => Results::Unable,
        _ => Results::Silent,
    }
}

/// An `invalid_request` that no document is to blame for: the index, its settings, who leads a network of servers, or the
/// service that its embeddings come from, which may be out.
fn is_of_server(code: &str, message: &str) -> bool {
    // These two are said of documents: one brings no vectors, or is nothing that can be embedded.
    let of_document = ["no vectors provided for document", "sent a bad request to embedding server"];
    match code {
        "vector_embedding_error" => !of_document.iter().any(|words| message.contains(words)),
        "not_leader" | "unprocessed_network_task" | "invalid_settings_embedders" => true,
        code => ["index_", "invalid_index_", "network_"].iter().any(|beginning| code.starts_with(beginning)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enqueued {
    task_uid: u64,
}

#[derive(Deserialize)]
struct Task {
    status: String,
    error: Option<TaskError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TaskError {
    message: String,
    code: String,
    r#type: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, outline, request};

    fn format(key: &str) -> Meilisearch {
        let settings = MeilisearchSettings { primary_key: key.into(), ..Default::default() };
        Meilisearch::new(&http_config("http://h:7700/"), &settings, &outline()).expect("valid settings")
    }

    fn encoded(format: &Meilisearch, kind: ItemKind, documents: &[&str]) -> (String, String) {
        let request = request(kind, documents);
        let message = encode(format, &request).expect("valid documents");
        let framing = format.framing(kind);
        let most = |item: &Item| framing.item + format.item_bytes(item);
        let most = framing.body + request.items.iter().map(most).sum::<usize>();
        assert!(message.body.len() <= most);
        assert!(kind == ItemKind::Upsert || message.body.len() == most, "of a delete the ID alone is sent");
        (message.uri.to_string(), String::from_utf8(message.body).expect("UTF-8"))
    }

    #[test]
    fn documents_have_their_id() {
        let documents = [r#"{"sku":"A b","n":1}"#, r#"{"sku":"B"}"#];
        let (uri, body) = encoded(&format("id"), ItemKind::Upsert, &documents);
        assert_eq!(uri, "http://h:7700/indexes/products/documents?primaryKey=id");
        assert_eq!(body, r#"[{"id":"__A_20b","sku":"A b","n":1},{"id":"B","sku":"B"}]"#);
        let (uri, body) = encoded(&format("id"), ItemKind::Delete, &documents);
        assert_eq!(uri, "http://h:7700/indexes/products/documents/delete-batch");
        assert_eq!(body, r#"["__A_20b","B"]"#);
        let (_, body) = encoded(&format("sku"), ItemKind::Upsert, &[documents[0], documents[1], r#"{"sku":17}"#]);
        assert_eq!(body, r#"[{"sku":"__A_20b","n":1},{"sku":"B"},{"sku":17}]"#);
    }

    #[test]
    fn a_request_is_pending() {
        let read = |body: &str| format("id").read_results(ItemKind::Upsert, body.as_bytes(), 2);
        let task = r#"{"taskUid":12,"indexUid":"products","status":"enqueued"}"#;
        assert_eq!(read(task), Results::Pending(Uri::from_static("http://h:7700/tasks/12")));
        for (body, expected) in [("{\"taskU", Results::Torn), ("{}", Results::Silent), ("OK", Results::Silent)] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn a_refusal_says_whose_fault_it_is() {
        for (code, kind, expected) in [
            ("no_space_left_on_device", "system", Results::Unable),
            ("internal", "internal", Results::Unable),
            ("malformed_payload", "invalid_request", Results::Silent),
            ("not_leader", "invalid_request", Results::Unable),
            ("invalid_index_uid", "invalid_request", Results::Unable),
        ] {
            let body = format!(r#"{{"message":"m","code":"{code}","type":"{kind}","link":"l"}}"#);
            assert_eq!(format("id").read_results(ItemKind::Upsert, body.as_bytes(), 2), expected, "{body}");
        }
    }

    #[test]
    fn tasks_end() {
        let failed = |code: &str, kind: &str| {
            format!(r#"{{"uid":1,"status":"failed","error":{{"message":"m","code":"{code}","type":"{kind}"}}}}"#)
        };
        let said = |code: &str| format!("the task failed: {code}: m");
        for (body, kind, expected) in [
            (r#"{"status":"enqueued","error":null}"#.into(), ItemKind::Upsert, TaskState::Running),
            (r#"{"status":"processing"}"#.into(), ItemKind::Upsert, TaskState::Running),
            (r#"{"status":"succeeded","error":null}"#.into(), ItemKind::Upsert, TaskState::Done),
            (r#"{"status":"canceled"}"#.into(), ItemKind::Upsert, TaskState::Failed("the task was canceled".into())),
            (
                failed("invalid_document_id", "invalid_request"),
                ItemKind::Upsert,
                TaskState::Refused(said("invalid_document_id")),
            ),
            (failed("internal", "internal"), ItemKind::Upsert, TaskState::Failed(said("internal"))),
            (
                failed("invalid_settings_embedders", "invalid_request"),
                ItemKind::Upsert,
                TaskState::Failed(said("invalid_settings_embedders")),
            ),
            (
                failed("index_primary_key_already_exists", "invalid_request"),
                ItemKind::Upsert,
                TaskState::Hopeless(said("index_primary_key_already_exists")),
            ),
            (failed("index_not_found", "invalid_request"), ItemKind::Delete, TaskState::Done),
            (
                r#"{"status":"lost"}"#.into(),
                ItemKind::Upsert,
                TaskState::Nonsense("\"lost\" is no status of a task".into()),
            ),
        ] {
            assert_eq!(format("id").read_task(kind, String::as_bytes(&body)), expected, "{body}");
        }
    }

    #[test]
    fn who_makes_no_embeddings_blames_no_document() {
        for (message, of_document) in [
            ("runtime error: could not reach embedding server", false),
            ("user error: could not authenticate against OpenAI server", false),
            ("runtime error: sent too many requests to embedding server", false),
            ("user error: sent a bad request to embedding server", true),
            ("no vectors provided for document `40` and at least 4 other document(s)", true),
        ] {
            let message = format!("While embedding documents for embedder `default`: {message}");
            let error =
                format!(r#"{{"message":"{message}","code":"vector_embedding_error","type":"invalid_request"}}"#);
            let state = format("id")
                .read_task(ItemKind::Upsert, format!(r#"{{"status":"failed","error":{error}}}"#).as_bytes());
            let said = format!("the task failed: vector_embedding_error: {message}");
            assert_eq!(state, if of_document { TaskState::Refused(said) } else { TaskState::Failed(said) });
        }
    }
}
