//! What a delete sends: cut from the stored JSON, never rebuilt, because the rows it came from are gone.

use indexmap::IndexMap;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::definition::feed::DocumentPath;

type Object<'a> = IndexMap<String, &'a RawValue>;

/// The members of `stored` at `paths`. When one of them is not there (the definition was edited since), what is stored
/// goes as it is: it names the item as the consumer knows it.
pub fn delete_payload(stored: &[u8], paths: &[DocumentPath]) -> Box<[u8]> {
    cut(stored, paths).map_or_else(|| stored.into(), Vec::into_boxed_slice)
}

fn cut(stored: &[u8], paths: &[DocumentPath]) -> Option<Vec<u8>> {
    let paths: Vec<&[String]> = paths.iter().map(|path| path.0.as_slice()).collect();
    let mut out = Vec::new();
    write_object(stored, &paths, &mut out)?;
    Some(out)
}

fn write_object(stored: &[u8], paths: &[&[String]], out: &mut Vec<u8>) -> Option<()> {
    let object: Object<'_> = serde_json::from_slice(stored).ok()?;
    let mut below: IndexMap<&str, Vec<&[String]>> = IndexMap::new();
    for path in paths {
        let (first, rest) = path.split_first()?;
        below.entry(first).or_default().push(rest);
    }
    out.push(b'{');
    for (index, (name, rests)) in below.iter().enumerate() {
        let value = object.get(*name)?;
        if index > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, name).ok()?;
        out.push(b':');
        if rests.iter().any(|rest| rest.is_empty()) {
            out.extend_from_slice(value.get().as_bytes());
        } else {
            write_object(value.get().as_bytes(), rests, out)?;
        }
    }
    out.push(b'}');
    Some(())
}

/// The values at `paths`; null for those that are not there.
pub fn values_at(stored: &[u8], paths: &[DocumentPath]) -> Vec<Value> {
    let stored: Value = serde_json::from_slice(stored).unwrap_or_default();
    let value_at = |path: &DocumentPath| path.0.iter().try_fold(&stored, |value, key| value.get(key)).cloned();
    paths.iter().map(|path| value_at(path).unwrap_or_default()).collect()
}

/// Whether what both have is the same: an item may stand elsewhere with other values (those that its hash leaves out).
pub fn agree(stored: &[u8], kept: &[u8]) -> bool {
    let [stored, kept] = [stored, kept].map(serde_json::from_slice::<Value>);
    stored.is_ok_and(|stored| kept.is_ok_and(|kept| values_agree(&stored, &kept)))
}

fn values_agree(stored: &Value, kept: &Value) -> bool {
    match (stored, kept) {
        (Value::Object(stored), Value::Object(kept)) => {
            kept.iter().all(|(key, kept)| stored.get(key).is_none_or(|stored| values_agree(stored, kept)))
        }
        _ => stored == kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_is_the_same() {
        for (stored, kept, expected) in [
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, true),
            (r#"{"a":1,"b":{"c":[1],"d":2}}"#, r#"{"b":{"c":[1],"e":3}}"#, true),
            (r#"{"a":1}"#, r#"{"a":2,"b":2}"#, false),
            (r#"{"b":{"c":[1]}}"#, r#"{"b":{"c":[2]}}"#, false),
            (r#"{"b":{"c":1}}"#, r#"{"b":null}"#, false),
            ("{", "{}", false),
        ] {
            assert_eq!(agree(stored.as_bytes(), kept.as_bytes()), expected, "{stored} {kept}");
        }
    }

    fn path(text: &str) -> DocumentPath {
        DocumentPath(text.split('.').map(str::to_owned).collect())
    }

    fn payload(stored: &str, paths: &[&str]) -> String {
        let paths: Vec<DocumentPath> = paths.iter().map(|text| path(text)).collect();
        String::from_utf8(delete_payload(stored.as_bytes(), &paths).into_vec()).unwrap()
    }

    #[test]
    fn only_the_payload_is_cut_from_a_document() {
        let stored = r#"{"sku":"A","price":1.50000000000000000001,"brand":{"id":7,"name":"x"}}"#;
        assert_eq!(payload(stored, &["sku", "brand.id"]), r#"{"sku":"A","brand":{"id":7}}"#);
        assert_eq!(payload(stored, &["price"]), r#"{"price":1.50000000000000000001}"#);
    }

    #[test]
    fn what_lacks_a_path_goes_as_it_is() {
        assert_eq!(payload(r#"{"id":7}"#, &["sku"]), r#"{"id":7}"#);
    }

    #[test]
    fn values_are_found_below_objects() {
        let stored = br#"{"sku":"A","brand":{"id":7}}"#;
        let values = values_at(stored, &[path("brand.id"), path("sku"), path("x")]);
        assert_eq!(values, [Value::from(7), Value::from("A"), Value::Null]);
    }
}
