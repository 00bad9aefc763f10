//! Values that are looked up in a table of more rows than are read at once, which a full run holds in memory: in the order
//! of its keys, as the server orders them.

use super::Agreement;
use super::batches::{code, insert, literal};

const LABELS: usize = 25_000;

/// Entities: too few to need most of the labels.
const MANY: usize = 500;

/// The label of an entity; of every seventh one that is not there, or none.
fn label(i: usize) -> Option<usize> {
    match i % 14 {
        6 => Some(LABELS + i),
        13 => None,
        _ => Some(i * 7_919 % LABELS),
    }
}

#[test]
fn labels_by_integers_and_by_texts() {
    let id = |label: usize| (label as i64 - 9_000) * 3;
    let name = |label: usize| format!("label \"{label}\"");
    let null = || "NULL".to_owned();
    let labels = (0..LABELS).map(|i| format!("({}, {}, {})", id(i), literal(&code(i)), literal(&name(i))));
    let things = (0..MANY).map(|i| {
        let id = label(i).map_or_else(null, |label| id(label).to_string());
        format!("({i}, {id}, {})", label(i).map_or_else(null, |label| literal(&code(label))))
    });
    let tables = format!(
        "CREATE TABLE label (id INTEGER PRIMARY KEY, code VARCHAR(50) <exact> NOT NULL UNIQUE, name VARCHAR(50));
         CREATE TABLE thing (id INTEGER PRIMARY KEY, label_id INTEGER, label_code VARCHAR(50) <exact>);
         {}{}",
        insert("label", labels),
        insert("thing", things)
    );
    let expected = |i: usize| label(i).filter(|label| *label < LABELS);
    let json = |text: String| serde_json::Value::from(text);
    let objects = (0..MANY).map(|i| match expected(i) {
        Some(label) => format!(
            r#"{{"id":{i},"by_id":{{"id":{id},"name":{name}}},"by_code":{{"code":{code},"name":{name}}}}}"#,
            id = id(label),
            code = json(code(label)),
            name = json(name(label))
        ),
        None => format!(r#"{{"id":{i},"by_id":null,"by_code":null}}"#),
    });
    let joined = (0..MANY).map(|i| match expected(i) {
        Some(label) => format!(r#"{{"id":{i},"name":{},"label":{}}}"#, json(name(label)), id(label)),
        None => format!(r#"{{"id":{i},"name":null,"label":null}}"#),
    });
    let (objects, joined): (Vec<String>, Vec<String>) = (objects.collect(), joined.collect());
    Agreement::over(&tables)
        .fields(
            "objects",
            "by_id = { one = \"label\", on = { id = \"thing.label_id\" }, fields = { id = \"id\", name = \"name\" } }
             by_code = { one = \"label\", on = { code = \"thing.label_code\" }, fields = { code = \"code\", name = \"name\" } }",
            &objects,
        )
        .case(
            "joined",
            "[entity]\ntable = \"thing\"\nkey = \"id\"\n
             join = [{ table = \"label\", optional = true, on = { id = \"thing.label_id\" } }]
             [fields]\nid = \"thing.id\"\nname = \"label.name\"\nlabel = \"label.id\"\n",
            &joined,
        )
        .holds();
}
