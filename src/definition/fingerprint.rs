//! What a definition says, as one hash: it changes with everything that may change a document, and with nothing else.

use serde_json::{Map, Value, json};

use super::tree::{Entry, Kind, Node};

/// Keys of the file's top that have no part in any document.
const WITHOUT_PART: [&str; 5] = ["thread_count", "batch_size", "max_deletes", "max_delete_percent", "consumer"];

/// Hex blake3 of the file's content in one normal form. The order of keys counts where it is the document's, in `fields`.
pub fn fingerprint(root: &Node) -> String {
    let mut content = normal(root, false);
    if let Value::Object(keys) = &mut content {
        keys.retain(|key, _| !WITHOUT_PART.contains(&key.as_str()));
    }
    blake3::hash(content.to_string().as_bytes()).to_hex().to_string()
}

fn normal(node: &Node, ordered: bool) -> Value {
    match &node.kind {
        Kind::Text(text) => json!(text),
        Kind::Int(number) => json!(number),
        Kind::Bool(value) => json!(value),
        // Tagged, so that no number is taken for the text of its digits.
        Kind::HugeInt(digits) | Kind::Float(digits) => json!({ "number": digits }),
        Kind::DateTime(text) => json!({ "time": text }),
        Kind::Array(items) => items.iter().map(|item| normal(item, false)).collect(),
        Kind::Table(entries) if ordered => entries.iter().map(|entry| json!([entry.key, child(entry)])).collect(),
        Kind::Table(entries) => {
            let mut sorted: Vec<&Entry> = entries.iter().collect();
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            Value::Object(sorted.into_iter().map(|entry| (entry.key.clone(), child(entry))).collect::<Map<_, _>>())
        }
    }
}

fn child(entry: &Entry) -> Value {
    normal(&entry.value, entry.key == "fields")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::problem::SourceFile;
    use crate::definition::tree::parse;

    fn of(text: &str) -> String {
        fingerprint(&parse(&SourceFile::new("f.toml", text)).root)
    }

    #[test]
    fn changes_with_the_document_and_with_nothing_else() {
        let plain = "name = \"a\"\nconsumer = \"x\"\n[entity]\ntable = \"t\"\nkey = \"id\"\n[fields]\na = \"a\"\nb = { column = \"b\", type = \"int\" }\n";
        let same = "# why\nthread_count = 9\nconsumer = \"y\"\nname = 'a'\nentity = { key = \"id\", table = \"t\" }\nfields.a = \"a\"\nfields.b = { type = \"int\", column = \"b\" }\n";
        assert_eq!(of(plain), of(same));
        for (from, to) in [("\"t\"", "\"u\""), ("a = \"a\"\n", ""), ("\"int\"", "\"string\"")] {
            assert_ne!(of(plain), of(&plain.replacen(from, to, 1)), "{from} -> {to}");
        }
        let swapped = plain.replace(
            "a = \"a\"\nb = { column = \"b\", type = \"int\" }",
            "b = { column = \"b\", type = \"int\" }\na = \"a\"",
        );
        assert_ne!(of(plain), of(&swapped));
    }
}
