//! A list of failed items in an answer's JSON, found by the configured pointers.

use serde_json::Value;
use serde_json::error::Category;

use super::surrogates::mended;
use super::{ListedItem, Results};
use crate::config::ItemErrorPointers;

/// Some servers begin JSON with a byte order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What UTF-16 and UTF-32 have in JSON besides its characters, read as UTF-8: zeros, and a byte order mark.
const NOT_OF_UTF_8: [char; 2] = ['\0', char::REPLACEMENT_CHARACTER];

/// What the list in the body of an answer to a request of `items` items says.
pub fn read(pointers: &ItemErrorPointers, body: &[u8], items: usize) -> Results {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    // One message in another charset must not hide the list it stands in.
    let text = String::from_utf8_lossy(body);
    if text.trim_ascii().is_empty() {
        return Results::Silent;
    }
    let read = serde_json::from_str(&text).or_else(|_| serde_json::from_str(&mended(&text)));
    let answer: Value = match read {
        Ok(answer) => answer,
        Err(error) if error.classify() == Category::Eof => return Results::Torn,
        Err(_) if text.contains('\0') && seems_listed(pointers, &text.replace(NOT_OF_UTF_8, "")) => {
            return Results::Nonsense("it is not in UTF-8".into());
        }
        Err(error) if seems_listed(pointers, &text) => return Results::Nonsense(error.to_string()),
        Err(_) => return Results::Silent,
    };
    match answer.pointer(&pointers.list) {
        None => Results::Silent,
        // No list, a flag that is down, a count of none.
        Some(Value::Null | Value::Bool(false)) => Results::Listed(Vec::new()),
        Some(Value::Number(count)) if count.as_u64() == Some(0) => Results::Listed(Vec::new()),
        Some(Value::Array(elements)) => {
            match elements.iter().map(|element| listed(pointers, element, items)).collect() {
                Ok(listed) => Results::Listed(listed),
                Err(reason) => Results::Nonsense(reason),
            }
        }
        Some(_) => Results::Nonsense(format!("what stands at {:?} is no array", pointers.list)),
    }
}

/// A list stands in what is almost JSON. A page for people may have any words in it.
fn seems_listed(pointers: &ItemErrorPointers, text: &str) -> bool {
    let text = text.trim_start();
    match pointers.list.rsplit_once('/') {
        Some((_, name)) => {
            let name = Value::from(name.replace("~1", "/").replace("~0", "~"));
            !text.starts_with('<') && text.contains(&name.to_string())
        }
        None => text.starts_with('['),
    }
}

fn listed(pointers: &ItemErrorPointers, element: &Value, items: usize) -> Result<ListedItem, String> {
    let index = element.pointer(&pointers.index).ok_or("an element has no item index")?;
    let index = whole_number(index).ok_or_else(|| format!("{index} is no item index"))?;
    let index = usize::try_from(index).ok().filter(|index| *index < items);
    let index = index.ok_or_else(|| format!("an item index is not within the {items} items of the request"))?;
    let status = element.pointer(&pointers.status).and_then(whole_number);
    Ok(ListedItem {
        passing: false,
        index,
        status: status.and_then(|status| i32::try_from(status).ok()).filter(|status| (300..=599).contains(status)),
        message: Some(match element.pointer(&pointers.message) {
            Some(Value::String(message)) => message.clone(),
            Some(Value::Null) | None => element.to_string(),
            Some(other) => other.to_string(),
        }),
    })
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

    fn item(index: usize, status: Option<i32>, message: &str) -> ListedItem {
        ListedItem { index, status, message: Some(message.into()), passing: false }
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
            (r#"{"errors":false}"#, Results::Listed(vec![])),
            (r#"{"errors":0}"#, Results::Listed(vec![])),
            (r#"{"errors":true}"#, Results::Nonsense(r#"what stands at "/errors" is no array"#.into())),
            (r#"{"errors":1}"#, Results::Nonsense(r#"what stands at "/errors" is no array"#.into())),
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
            assert_eq!(read(&ItemErrorPointers::default(), body.as_bytes(), 3), *expected, "{body}");
        }
    }

    #[test]
    fn a_message_in_another_charset_hides_no_list() {
        let body = b"{\"errors\":[{\"itemIndex\":0,\"status\":422,\"message\":\"caf\xe9\"}]}";
        assert_eq!(
            read(&ItemErrorPointers::default(), body, 1),
            Results::Listed(vec![item(0, Some(422), "caf\u{fffd}")])
        );
    }

    #[test]
    fn a_list_in_another_encoding_is_not_passed_over() {
        let in_utf_16 =
            |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let read = |list: &str, body: &[u8]| {
            let pointers = ItemErrorPointers { list: list.into(), ..ItemErrorPointers::default() };
            read(&pointers, body, 3)
        };
        let listed = r#"{"errors":[{"itemIndex":0,"message":"größer"}]}"#;
        for (list, text, is_nonsense) in [
            ("/errors", listed, true),
            ("", r#"[{"itemIndex":0}]"#, true),
            ("/errors", r#"{"ok":true}"#, false),
            ("/errors", "<p>\"errors\"</p>", false),
            ("", "OK", false),
        ] {
            for mark in ["\u{feff}", ""] {
                for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                    let results = read(list, &in_utf_16(&format!("{mark}{text}"), bytes));
                    let expected =
                        if is_nonsense { Results::Nonsense("it is not in UTF-8".into()) } else { Results::Silent };
                    assert_eq!(results, expected, "{list} {text} {mark:?}");
                }
            }
        }
        let in_utf_32: Vec<u8> = listed.chars().flat_map(|character| u32::from(character).to_be_bytes()).collect();
        assert_eq!(read("/errors", &in_utf_32), Results::Nonsense("it is not in UTF-8".into()));
    }

    #[test]
    fn half_a_character_hides_no_list() {
        let body = r#"{"errors":[{"itemIndex":0,"status":422,"message":"cut \ud83d"}]}"#;
        let listed = Results::Listed(vec![item(0, Some(422), "cut \u{fffd}")]);
        assert_eq!(read(&ItemErrorPointers::default(), body.as_bytes(), 1), listed);
    }

    #[test]
    fn a_list_in_what_is_almost_json_is_not_passed_over() {
        let read = |list: &str, body: &str| {
            let pointers = ItemErrorPointers { list: list.into(), ..ItemErrorPointers::default() };
            read(&pointers, body.as_bytes(), 3)
        };
        for (list, body, is_nonsense) in [
            ("/errors", r#"{"took":NaN,"errors":[{"itemIndex":0}]}"#, true),
            ("/errors", r#"{"errors":[{"itemIndex":0}],}"#, true),
            ("/errors", r#"{} {"errors":[{"itemIndex":0}]}"#, true),
            ("/errors", r#")]}', {"errors":[{"itemIndex":0}]}"#, true),
            ("/a~1b/x", r#"{"a/b":{"x":[1],}"#, true),
            ("/errors", r#"{"took":NaN}"#, false),
            ("/errors", r#"<script>{"errors":[]}</script>"#, false),
            ("", "[{},]", true),
            ("", "OK", false),
        ] {
            let results = read(list, body);
            assert_eq!(matches!(results, Results::Nonsense(_)), is_nonsense, "{list} {body}: {results:?}");
            assert!(is_nonsense || results == Results::Silent, "{list} {body}: {results:?}");
        }
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
        assert_eq!(read(&pointers, body, 2), Results::Listed(vec![item(1, Some(409), "stale")]));
    }
}
