//! `json`: a JSON array of documents; an answer may list failed items where JSON pointers find them.

use indexmap::IndexMap;
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::{RawValue, to_raw_value};

use super::{EncodeError, Format, Framing, ListedItem, Results};
use crate::config::ItemErrorPointers;
use crate::consumer::ItemKind;

/// What a delete adds to its minimal payload, at most.
const DELETED_MEMBER: &str = r#","deleted":true"#;

/// Some servers begin JSON with a byte order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub struct Json {
    pointers: ItemErrorPointers,
}

impl Json {
    pub fn new(pointers: ItemErrorPointers) -> Self {
        Json { pointers }
    }

    fn listed(&self, element: &Value, items: usize) -> Result<ListedItem, String> {
        let index = element.pointer(&self.pointers.index).ok_or("an element has no item index")?;
        let index = whole_number(index).ok_or_else(|| format!("{index} is no item index"))?;
        let index = usize::try_from(index).ok().filter(|index| *index < items);
        let index = index.ok_or_else(|| format!("an item index is not within the {items} items of the request"))?;
        let status = element.pointer(&self.pointers.status).and_then(whole_number);
        Ok(ListedItem {
            index,
            status: status.and_then(|status| i32::try_from(status).ok()).filter(|status| (300..=599).contains(status)),
            message: Some(match element.pointer(&self.pointers.message) {
                Some(Value::String(message)) => message.clone(),
                Some(Value::Null) | None => element.to_string(),
                Some(other) => other.to_string(),
            }),
        })
    }
}

impl Format for Json {
    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn framing(&self, kind: ItemKind) -> Framing {
        // n items: two brackets and n - 1 commas, so one byte an item and one more.
        let deleted = if kind == ItemKind::Delete { DELETED_MEMBER.len() } else { 0 };
        Framing { body: 1, item: 1 + deleted }
    }

    fn encode(&self, kind: ItemKind, items: &mut dyn Iterator<Item = &[u8]>) -> Result<Vec<u8>, EncodeError> {
        let mut body = vec![b'['];
        for (position, item) in items.enumerate() {
            if position > 0 {
                body.push(b',');
            }
            match kind {
                ItemKind::Upsert => body.extend_from_slice(item),
                ItemKind::Delete => body.extend_from_slice(&deletion(item)?),
            }
        }
        body.push(b']');
        Ok(body)
    }

    fn read_results(&self, body: &[u8], items: usize) -> Results {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        // One message in another charset must not hide the list it stands in.
        let text = String::from_utf8_lossy(body);
        if text.trim_ascii().is_empty() {
            return Results::Silent;
        }
        let answer: Value = match serde_json::from_str(&text) {
            Ok(answer) => answer,
            Err(error) if error.classify() == Category::Eof => return Results::Torn,
            Err(_) => return Results::Silent,
        };
        match answer.pointer(&self.pointers.list) {
            None => Results::Silent,
            Some(Value::Null) => Results::Listed(Vec::new()),
            Some(Value::Array(elements)) => {
                match elements.iter().map(|element| self.listed(element, items)).collect() {
                    Ok(listed) => Results::Listed(listed),
                    Err(reason) => Results::Nonsense(reason),
                }
            }
            Some(_) => Results::Nonsense(format!("what stands at {:?} is no array", self.pointers.list)),
        }
    }
}

/// A delete's line or element: its minimal payload with `"deleted": true`, in the place of a member of that name if the
/// payload has one, else at the end. The other members keep their bytes.
pub fn deletion(payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let mut members: IndexMap<String, Box<RawValue>> = serde_json::from_slice(payload)?;
    members.insert("deleted".into(), to_raw_value(&true)?);
    Ok(serde_json::to_vec(&members)?)
}

/// 3 and 3.0, but neither 3.5 nor "3".
fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        // Beyond 2^53 a float does not name one whole number.
        (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json() -> Json {
        Json::new(ItemErrorPointers::default())
    }

    fn encoded(kind: ItemKind, items: &[&str]) -> String {
        let body = json().encode(kind, &mut items.iter().map(|item| item.as_bytes())).expect("valid payloads");
        String::from_utf8(body).expect("UTF-8")
    }

    fn item(index: usize, status: Option<i32>, message: &str) -> ListedItem {
        ListedItem { index, status, message: Some(message.into()) }
    }

    #[test]
    fn upserts_are_joined_as_they_are() {
        assert_eq!(encoded(ItemKind::Upsert, &[r#"{"a":1.50}"#]), r#"[{"a":1.50}]"#);
        assert_eq!(encoded(ItemKind::Upsert, &["{ }", "not json"]), "[{ },not json]");
    }

    #[test]
    fn a_delete_says_so() {
        for (payload, expected) in [
            (r#"{"sku":"a"}"#, r#"{"sku":"a","deleted":true}"#),
            (r#"{"deleted":false,"n":1.5000000000000000001}"#, r#"{"deleted":true,"n":1.5000000000000000001}"#),
            ("{}", r#"{"deleted":true}"#),
            (r#"{"a":{"deleted":0},"k\"":"é"}"#, r#"{"a":{"deleted":0},"k\"":"é","deleted":true}"#),
        ] {
            assert_eq!(encoded(ItemKind::Delete, &[payload]), format!("[{expected}]"), "{payload}");
        }
        assert!(json().encode(ItemKind::Delete, &mut [b"[1]".as_slice()].into_iter()).is_err());
    }

    #[test]
    fn framing_is_what_encoding_adds() {
        for kind in [ItemKind::Upsert, ItemKind::Delete] {
            let framing = json().framing(kind);
            for items in [vec![r#"{"a":1}"#], vec![r#"{"a":1}"#; 7]] {
                let bytes: usize = items.iter().map(|item| item.len() + framing.item).sum();
                assert_eq!(encoded(kind, &items).len(), framing.body + bytes, "{kind:?}");
            }
        }
    }

    #[test]
    fn results_are_read() {
        let table: &[(&str, Results)] = &[
            ("", Results::Silent),
            ("  \n", Results::Silent),
            ("<html>", Results::Silent),
            ("{}", Results::Silent),
            ("[1,2]", Results::Silent),
            (r#"{"errors":null}"#, Results::Listed(vec![])),
            (r#"{"errors":[]}"#, Results::Listed(vec![])),
            ("\u{feff}{\"errors\":[]}", Results::Listed(vec![])),
            (r#"{"errors":[{"itemInd"#, Results::Torn),
            (r#"{"errors":"all"}"#, Results::Nonsense(r#"what stands at "/errors" is no array"#.into())),
            (r#"{"errors":[{"status":422}]}"#, Results::Nonsense("an element has no item index".into())),
            (r#"{"errors":[{"itemIndex":"0"}]}"#, Results::Nonsense(r#""0" is no item index"#.into())),
            (r#"{"errors":[{"itemIndex":0.5}]}"#, Results::Nonsense("0.5 is no item index".into())),
            (
                r#"{"errors":[{"itemIndex":-1}]}"#,
                Results::Nonsense("an item index is not within the 3 items of the request".into()),
            ),
            (
                r#"{"errors":[{"itemIndex":0},{"itemIndex":3}]}"#,
                Results::Nonsense("an item index is not within the 3 items of the request".into()),
            ),
            (
                r#"{"errors":[{"itemIndex":2.0,"status":422,"message":"bad"},{"itemIndex":0,"status":503,"message":7}]}"#,
                Results::Listed(vec![item(2, Some(422), "bad"), item(0, Some(503), "7")]),
            ),
            (
                r#"{"errors":[{"itemIndex":1,"why":"x"},{"itemIndex":1,"status":200,"message":"m"}]}"#,
                Results::Listed(vec![item(1, None, r#"{"itemIndex":1,"why":"x"}"#), item(1, None, "m")]),
            ),
            (r#"{"errors":[{"itemIndex":1,"status":"422","message":""}]}"#, Results::Listed(vec![item(1, None, "")])),
        ];
        for (body, expected) in table {
            assert_eq!(json().read_results(body.as_bytes(), 3), *expected, "{body}");
        }
    }

    #[test]
    fn a_message_in_another_charset_hides_no_list() {
        let body = b"{\"errors\":[{\"itemIndex\":0,\"status\":422,\"message\":\"caf\xe9\"}]}";
        assert_eq!(json().read_results(body, 1), Results::Listed(vec![item(0, Some(422), "caf\u{fffd}")]));
    }

    #[test]
    fn pointers_are_configured() {
        let pointers = ItemErrorPointers {
            list: String::new(),
            index: "/at/0".into(),
            status: "/code".into(),
            message: "/why/text".into(),
        };
        let body = br#"[{"at":[1],"code":409,"why":{"text":"stale"}}]"#;
        assert_eq!(Json::new(pointers).read_results(body, 2), Results::Listed(vec![item(1, Some(409), "stale")]));
    }
}
