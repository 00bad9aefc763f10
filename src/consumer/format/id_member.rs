//! The key under which a document tells its own ID: Meilisearch's primary key, `objectID`, `id`. Pure.

use serde_json::value::RawValue;

use super::values::member;

#[derive(Debug)]
pub struct IdMember {
    name: String,
    /// The document has this key already, with the ID as its value.
    is_own: bool,
    /// The product takes integers as they are.
    integers: bool,
}

impl IdMember {
    /// `members` are the keys that documents have.
    pub fn new(name: &str, members: &[String], integers: bool) -> Self {
        IdMember { name: name.to_owned(), is_own: members.iter().any(|member| member == name), integers }
    }

    /// Bytes that it adds to a document, at most.
    pub fn bytes(&self, id: &str) -> usize {
        json_string(&self.name).len() + json_string(id).len() + 2
    }

    /// The document with its ID: as the value of its own key, else as a first one.
    pub fn write(&self, out: &mut Vec<u8>, document: &[u8], id: &str) {
        if self.is_own
            && let Some(value) = member(document, &self.name)
        {
            let start = value.get().as_ptr() as usize - document.as_ptr() as usize;
            out.extend_from_slice(&document[..start]);
            if self.integers && is_integer(value) {
                out.extend_from_slice(value.get().as_bytes());
            } else {
                out.extend_from_slice(json_string(id).as_bytes());
            }
            out.extend_from_slice(&document[start + value.get().len()..]);
            return;
        }
        out.push(b'{');
        out.extend_from_slice(json_string(&self.name).as_bytes());
        out.push(b':');
        out.extend_from_slice(json_string(id).as_bytes());
        let rest = document.strip_prefix(b"{").unwrap_or(document);
        if rest != b"}" {
            out.push(b',');
        }
        out.extend_from_slice(rest);
    }
}

/// A text as JSON.
pub fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_integer(value: &RawValue) -> bool {
    let digits = value.get().strip_prefix('-').unwrap_or(value.get());
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_put_in() {
        let own = ["sku".to_owned(), "id".to_owned()];
        for (members, integers, document, id, expected) in [
            (&[][..], false, r#"{"sku":"A"}"#, "a\"b", r#"{"id":"a\"b","sku":"A"}"#),
            (&[], false, "{}", "x", r#"{"id":"x"}"#),
            (&own, false, r#"{"sku":"A","id":17,"n":1}"#, "17", r#"{"sku":"A","id":"17","n":1}"#),
            (&own, true, r#"{"sku":"A","id":17}"#, "17", r#"{"sku":"A","id":17}"#),
            (&own, true, r#"{"sku":"A","id":1.5}"#, "__1_2E5", r#"{"sku":"A","id":"__1_2E5"}"#),
            (&own, true, r#"{"id":"A"}"#, "A", r#"{"id":"A"}"#),
        ] {
            let member = IdMember::new("id", members, integers);
            let mut out = Vec::new();
            member.write(&mut out, document.as_bytes(), id);
            assert_eq!(String::from_utf8_lossy(&out), expected);
            assert!(out.len() <= document.len() + member.bytes(id), "{document}");
        }
    }
}
