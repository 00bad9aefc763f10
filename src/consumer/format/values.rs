//! Single values of a document, read from its bytes: nothing else of it is parsed, and nothing behind the last of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::EncodeError;
use crate::config::DocumentTemplate;
use crate::definition::feed::DocumentPath;

/// The texts of the values at `paths`, in their order: strings as they mean, numbers and booleans as they are written.
pub fn texts<'d>(json: &'d [u8], paths: &[DocumentPath]) -> Result<Vec<Cow<'d, str>>, EncodeError> {
    let keys: Vec<&str> = paths.iter().map(|path| path.0.first().map_or("", String::as_str)).collect();
    let found = members(json, &keys);
    paths.iter().zip(found).map(|(path, raw)| text_below(raw, path)).collect()
}

/// A template's text for a document.
pub fn filled(template: &DocumentTemplate, json: &[u8]) -> Result<String, EncodeError> {
    let values = texts(json, &template.paths)?;
    Ok(template.filled(values.iter().map(AsRef::as_ref)))
}

/// The value of a document's own key, as it stands there.
pub fn member<'d>(json: &'d [u8], key: &str) -> Option<&'d RawValue> {
    members(json, &[key]).into_iter().next().flatten()
}

fn text_below<'d>(raw: Option<&'d RawValue>, path: &DocumentPath) -> Result<Cow<'d, str>, EncodeError> {
    let missing = || EncodeError::Value { path: path.0.join("."), what: "is not there" };
    let mut raw = raw.ok_or_else(missing)?;
    for key in path.0.iter().skip(1) {
        raw = member(raw.get().as_bytes(), key).ok_or_else(missing)?;
    }
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') if !text.contains('\\') => Ok(Cow::Borrowed(&text[1..text.len() - 1])),
        Some(b'"') => Ok(Cow::Owned(serde_json::from_str(text)?)),
        Some(b'{' | b'[') => Err(EncodeError::Value { path: path.0.join("."), what: "is no single value" }),
        _ if text == "null" => Err(EncodeError::Value { path: path.0.join("."), what: "is null" }),
        _ => Ok(Cow::Borrowed(text)),
    }
}

fn members<'d>(json: &'d [u8], keys: &[&str]) -> Vec<Option<&'d RawValue>> {
    let mut found = vec![None; keys.len()];
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    // Once everything is found, reading ends with an error. What is no JSON object has no members.
    let _ = deserializer.deserialize_map(Members { keys, found: &mut found });
    found
}

struct Members<'k, 'f, 'd> {
    keys: &'k [&'k str],
    found: &'f mut [Option<&'d RawValue>],
}

impl<'d> Visitor<'d> for Members<'_, '_, 'd> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<(), A::Error> {
        let mut left = self.keys.iter().enumerate().filter(|(place, key)| !self.keys[..*place].contains(key)).count();
        while left > 0 {
            let Some(places) = map.next_key_seed(Key(self.keys))? else { return Ok(()) };
            if places.is_empty() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &'d RawValue = map.next_value()?;
            for place in places {
                self.found[place] = Some(value);
            }
            left -= 1;
        }
        Err(A::Error::custom(""))
    }
}

/// Which of some keys a key is.
struct Key<'k>(&'k [&'k str]);

impl<'d> DeserializeSeed<'d> for Key<'_> {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Vec<usize>, E> {
        Ok(self.0.iter().enumerate().filter(|(_, wanted)| **wanted == key).map(|(place, _)| place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> DocumentPath {
        DocumentPath(text.split('.').map(str::to_owned).collect())
    }

    fn read(json: &str, paths: &[&str]) -> Result<Vec<String>, String> {
        let paths: Vec<DocumentPath> = paths.iter().map(|text| path(text)).collect();
        let texts = texts(json.as_bytes(), &paths).map_err(|error| error.to_string())?;
        Ok(texts.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn values_are_read() {
        let json = r#"{"n":17,"sku":"A-1","d":1.50,"ok":true,"brand":{"name":"x","id":7},"e":"ä\"\n","k\"":"q"}"#;
        for (paths, expected) in [
            (&["sku"][..], Ok(vec!["A-1"])),
            (&["brand.id", "n", "d", "ok", "brand.name"], Ok(vec!["7", "17", "1.50", "true", "x"])),
            (&["e", "e", "k\""], Ok(vec!["ä\"\n", "ä\"\n", "q"])),
            (&["no"], Err("its `no` is not there")),
            (&["brand.no"], Err("its `brand.no` is not there")),
            (&["brand"], Err("its `brand` is no single value")),
            (&["sku.x"], Err("its `sku.x` is not there")),
        ] {
            let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(read(json, paths), expected.map_err(str::to_owned), "{paths:?}");
        }
        assert_eq!(read(r#"{"a":null}"#, &["a"]), Err("its `a` is null".to_owned()));
        assert_eq!(read("broken", &["a"]), Err("its `a` is not there".to_owned()));
    }

    #[test]
    fn what_stands_behind_the_last_value_is_not_looked_at() {
        assert_eq!(read(r#"{"sku":"A","rest": not json at all"#, &["sku"]), Ok(vec!["A".to_owned()]));
    }

    #[test]
    fn templates_are_filled() {
        let template = DocumentTemplate::parse("p/{sku}/{n}").expect("a template");
        let filled = filled(&template, br#"{"sku":"a","n":1}"#);
        assert_eq!(filled.expect("all is there"), "p/a/1");
    }
}
