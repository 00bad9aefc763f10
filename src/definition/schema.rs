//! The JSON Schema of a feed file, for editors. Generated from the shapes that read the file.

use schemars::generate::SchemaSettings;

use super::raw::RawFeed;

/// JSON Schema draft 07, which editors of TOML know.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<RawFeed>();
    schema.insert("title".to_owned(), "feedmill feed".into());
    let mut text = format!("{:#}", schema.as_value());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::schema;
    use crate::definition::tests::EXAMPLE;

    /// The keywords that the schema uses, as JSON Schema defines them.
    fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
        let all = |key: &str| schema[key].as_array().is_none_or(|all| all.iter().all(|one| accepts(root, one, value)));
        let any = |key: &str| schema[key].as_array().is_none_or(|any| any.iter().any(|one| accepts(root, one, value)));
        let reference = schema["$ref"].as_str().is_none_or(|pointer| {
            accepts(root, root.pointer(pointer.trim_start_matches('#')).expect("a definition"), value)
        });
        let kind = match &schema["type"] {
            Value::String(kind) => has_kind(value, kind),
            Value::Array(kinds) => kinds.iter().any(|kind| has_kind(value, kind.as_str().unwrap_or_default())),
            _ => true,
        };
        let listed = schema["enum"].as_array().is_none_or(|words| words.contains(value));
        let range = value.as_i64().is_none_or(|number| {
            schema["minimum"].as_i64().is_none_or(|least| number >= least)
                && schema["maximum"].as_i64().is_none_or(|most| number <= most)
        });
        let items = value.as_array().is_none_or(|items| {
            schema.get("items").is_none_or(|each| items.iter().all(|item| accepts(root, each, item)))
        });
        let keys = value.as_object().is_none_or(|keys| {
            let required = schema["required"]
                .as_array()
                .is_none_or(|required| required.iter().all(|key| keys.contains_key(key.as_str().unwrap_or_default())));
            required
                && keys.iter().all(|(key, value)| {
                    match (schema["properties"].get(key), &schema["additionalProperties"]) {
                        (Some(known), _) => accepts(root, known, value),
                        (None, Value::Bool(allowed)) => *allowed,
                        (None, Value::Null) => true,
                        (None, other) => accepts(root, other, value),
                    }
                })
        });
        all("allOf") && any("anyOf") && reference && kind && listed && range && items && keys
    }

    fn has_kind(value: &Value, kind: &str) -> bool {
        match kind {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("the schema uses `{other}`"),
        }
    }

    fn valid(text: &str) -> bool {
        let schema: Value = serde_json::from_str(&schema()).expect("the schema is JSON");
        let value: Value = toml::from_str(text).expect("TOML");
        accepts(&schema, &schema, &value)
    }

    #[test]
    fn the_shipped_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/feed.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, schema()).expect("the schema's file can be written");
        }
        let shipped = std::fs::read_to_string(path).unwrap_or_default();
        assert!(shipped == schema(), "run the tests with UPDATE_SCHEMA=1 and commit schema/feed.schema.json");
    }

    #[test]
    fn the_schema_accepts_the_example_and_refuses_slips() {
        assert!(valid(EXAMPLE));
        let parts = "[[fields.parts]]\nwhen = \"sku = 'a'\"\nlist = [\"sku\", { value = 1 }]\n[[fields.parts]]\nsplit = \"sku\"\nby = \",\"\n";
        assert!(valid(&format!("{EXAMPLE}\n{parts}")));
        for (right, wrong) in [
            ("entities_removable    = true", "entities_removeable = true"),
            ("thread_count = 4", "thread_count = 400"),
            ("type = \"datetime\"", "type = \"timestamp\""),
            ("key   = \"id\"", ""),
            ("optional = true", "optional = 1"),
            ("where_sql = \"disabled = 0\"", "where = \"disabled = 0\""),
            ("value    = \"category.path\"", "value = [1]"),
            ("currency      = {", "currency = [{ list = [1] }]\nmoney = {"),
        ] {
            assert!(EXAMPLE.contains(right), "{right}");
            assert!(!valid(&EXAMPLE.replacen(right, wrong, 1)), "{wrong}");
        }
    }
}
