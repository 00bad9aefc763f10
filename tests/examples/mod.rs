//! The feeds that ship as examples, over the databases that they were written for: each gives the documents that a query of
//! SQLite's own, in the `.sql` file of its name, makes of the same rows.
//!
//! The databases are those of `../shared/data`; a test whose database is not there says so and passes.

mod dialects;
mod shops;

use crate::harness::{Kind, Project, samples};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection;
use serde_json::{Number, Value};
use sha2::Sha256;

const MASK_KEY: &str = "a key for masks";

/// An example: its folder, its feed, the fields of its identity, and the oracle.
struct Example {
    folder: &'static str,
    feed: &'static str,
    text: &'static str,
    oracle: &'static str,
}

macro_rules! example {
    ($folder:literal, $feed:literal) => {
        Example {
            folder: $folder,
            feed: $feed,
            text: include_str!(concat!("../../feeds/", $folder, "/", $feed, ".toml")),
            oracle: include_str!(concat!($folder, "/", $feed, ".sql")),
        }
    };
}
use example;

/// A project with a sample as its source and these feeds, sent to files.
fn project(kind: Kind, packed: &str, examples: &[Example]) -> Option<Project> {
    let project = Project::on(kind);
    if !samples::unpack(&project, packed) {
        return None;
    }
    project
        .config(&format!("[masks]\nkey = \"{MASK_KEY}\"\n\n[consumers.search]\nformat = \"file\"\npath = \"out\"\n"));
    for example in examples {
        project.feed(example.feed, example.text);
    }
    Some(project)
}

/// What each feed sends, a line a document, in the order of the lines.
#[track_caller]
fn sent(project: &Project, examples: &[Example]) -> Vec<Vec<String>> {
    project.run(&["check"]).exits(0);
    project.run(&["reindex", "--all"]).exits(0);
    let lines = |example: &Example| {
        let mut lines: Vec<String> =
            project.read(&format!("out/{}.ndjson", example.feed)).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    examples.iter().map(lines).collect()
}

/// Compares what was sent with what the oracles say.
#[track_caller]
fn assert_oracles_agree(database: &Connection, examples: &[Example], sent: &[Vec<String>]) {
    for (example, sent) in examples.iter().zip(sent) {
        let name = format!("{}/{}", example.folder, example.feed);
        let mut query = database.prepare(example.oracle).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rows = query.query_map([], |row| row.get::<_, String>(0)).expect("the oracle runs");
        let expected: Vec<Value> = rows.map(|row| document(&row.expect("a document of the oracle"))).collect();
        let got: Vec<Value> = sent.iter().map(|line| document(line)).collect();
        assert!(!expected.is_empty(), "{name}: the oracle has no documents");
        assert_eq!(got.len(), expected.len(), "{name}: documents");
        for document in &expected {
            // Whatever names an item is in the whole of it.
            assert!(got.contains(document), "{name}: not sent:\n{document}\n{}", nearest(document, &got));
        }
    }
}

/// The document that was sent under the same first value.
fn nearest(wanted: &Value, got: &[Value]) -> String {
    let first = |value: &Value| value.as_object().and_then(|fields| fields.values().next().cloned());
    let same = got.iter().filter(|value| first(value) == first(wanted));
    format!("but:\n{}", same.map(Value::to_string).collect::<Vec<_>>().join("\n"))
}

/// JSON with one way to write a number: SQLite says 25.0 where a decimal is 25. An oracle's `{"hmac": text}` is masked.
fn document(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    unify(&mut value);
    value
}

fn unify(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15);
            if let Some(whole) = float {
                *number = Number::from(whole as i64);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(unify),
        Value::Object(fields) => {
            if let (Some(Value::String(text)), 1) = (fields.get("hmac"), fields.len()) {
                *value = Value::String(masked(text));
                return;
            }
            fields.values_mut().for_each(unify);
        }
        _ => {}
    }
}

fn masked(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(MASK_KEY.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
