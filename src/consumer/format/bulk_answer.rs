//! What an answer to a bulk request of Elasticsearch or OpenSearch says: a result for each action, in their order, or one
//! error for all of it.

use std::collections::HashMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;

use super::elasticsearch::verb;
use super::{ListedItem, Results, is_passing};
use crate::consumer::ItemKind;

/// What the body of an answer to a request of `items` items of one kind says of each.
pub(super) fn read(kind: ItemKind, body: &[u8], items: usize) -> Results {
    let brief: Brief = match serde_json::from_slice(body) {
        Ok(brief) => brief,
        Err(error) if error.classify() == Category::Eof => return Results::Torn,
        Err(_) => return refusal(body),
    };
    if brief.items.len() != items {
        return Results::Nonsense(format!("it has results for {} items of {items}", brief.items.len()));
    }
    if !brief.errors && brief.items.iter().all(ItemBrief::is_good) {
        return Results::Listed(Vec::new());
    }
    match serde_json::from_slice::<Full>(body) {
        Ok(full) => read_items(kind, full.items),
        Err(error) => Results::Nonsense(error.to_string()),
    }
}

/// Enough of an answer where nothing failed.
#[derive(Deserialize)]
struct Brief {
    errors: bool,
    items: Vec<ItemBrief>,
}

/// The statuses of an item's actions, of which there is one: `None` where it is not said.
struct ItemBrief(Option<i32>);

impl ItemBrief {
    fn is_good(&self) -> bool {
        self.0.is_none_or(|status| (200..300).contains(&status))
    }
}

impl<'de> Deserialize<'de> for ItemBrief {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Actions;
        impl<'de> Visitor<'de> for Actions {
            type Value = ItemBrief;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an action and what became of it")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut actions: A) -> Result<ItemBrief, A::Error> {
                let mut status = None;
                while let Some((IgnoredAny, action)) = actions.next_entry::<IgnoredAny, ActionBrief>()? {
                    status = status.max(action.status);
                }
                Ok(ItemBrief(status))
            }
        }
        deserializer.deserialize_map(Actions)
    }
}

#[derive(Deserialize)]
struct ActionBrief {
    status: Option<i32>,
}

#[derive(Deserialize)]
struct Full {
    /// By their action.
    items: Vec<HashMap<String, ItemAnswer>>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    status: i32,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Value,
}

fn read_items(kind: ItemKind, items: Vec<HashMap<String, ItemAnswer>>) -> Results {
    let count = items.len();
    let mut listed = Vec::new();
    for (index, mut item) in items.into_iter().enumerate() {
        let Some(answer) = item.remove(verb(kind)) else {
            return Results::Nonsense(format!("result {index} is none of the action `{}`", verb(kind)));
        };
        match answer.status {
            200..300 => {}
            300..600 => {
                let message = answer.error.map(|error| message(&error));
                let of_index = message.as_deref().is_some_and(speaks_of_index);
                let status = Some(answer.status).filter(|_| !of_index);
                listed.push(ListedItem { index, status, message, passing: is_passing(answer.status) });
            }
            status => return Results::Nonsense(format!("{status} is no status of an item")),
        }
    }
    let barred = listed.len() == count && listed.iter().all(|item| bars_all(kind, item.status));
    match listed.first().filter(|_| barred) {
        Some(ListedItem { status, message, .. }) => Results::Barred { status: *status, message: message.clone() },
        _ => Results::Listed(listed),
    }
}

/// A user without the right to write, an index that is closed to writers, or that is not there and is not to be made.
fn bars_all(kind: ItemKind, status: Option<i32>) -> bool {
    matches!((kind, status), (_, Some(401 | 403) | None) | (ItemKind::Upsert, Some(404)))
}

/// An index is blamed with the 400 of a bad document: it is closed, or cannot be made, as the cluster has all the shards that
/// it may have.
pub const UNAVAILABLE_INDEX: [&str; 2] = ["index_closed_exception: ", " shards open"];

/// So is the way that leads to it: what it is called, an alias (two wordings), a data stream, no `routing` where it wants
/// one, a pipeline that is not there.
pub const MISADDRESSED_INDEX: [&str; 6] = [
    "invalid_index_name_exception: ",
    "no write index is defined for alias [",
    ", can't execute a single index op",
    "only write ops with an op_type of create are allowed in data streams",
    "routing_missing_exception: ",
    "pipeline with id [",
];

fn speaks_of_index(message: &str) -> bool {
    UNAVAILABLE_INDEX.iter().chain(&MISADDRESSED_INDEX).any(|words| message.contains(words))
}

/// What is said of a request as a whole.
fn refusal(body: &[u8]) -> Results {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) if speaks_of_index(&message(&refusal.error)) => Results::Unable,
        _ => Results::Silent,
    }
}

fn message(error: &Value) -> String {
    match (error.get("type").and_then(Value::as_str), error.get("reason").and_then(Value::as_str)) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        _ => error.as_str().map_or_else(|| error.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let item = |index, status, message: Option<&str>, passing| ListedItem {
            index,
            status: Some(status),
            message: message.map(str::to_owned),
            passing,
        };
        let error = r#""error":{"type":"t","reason":"r"}"#;
        let nonsense = |reason: &str| Results::Nonsense(reason.to_owned());
        for (body, expected) in [
            (
                r#"{"took":1,"errors":false,"items":[{"index":{"status":201}},{"index":{}}]}"#.into(),
                Results::Listed(vec![]),
            ),
            (
                format!(
                    r#"{{"errors":true,"items":[{{"index":{{"status":400,{error}}}}},{{"index":{{"status":200}}}}]}}"#
                ),
                Results::Listed(vec![item(0, 400, Some("t: r"), false)]),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":429,"error":"full"}},{"index":{"status":409}}]}"#.into(),
                Results::Listed(vec![item(0, 429, Some("full"), true), item(1, 409, None, false)]),
            ),
            (
                r#"{"errors":false,"items":[{"index":{"status":201}}]}"#.into(),
                nonsense("it has results for 1 items of 2"),
            ),
            (
                format!(
                    r#"{{"errors":false,"items":[{{"index":{{"status":200}}}},{{"index":{{"status":400,{error}}}}}]}}"#
                ),
                Results::Listed(vec![item(1, 400, Some("t: r"), false)]),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":7}},{"index":{"status":200}}]}"#.into(),
                nonsense("7 is no status of an item"),
            ),
            (
                r#"{"errors":true,"items":[{"index":{"status":200}},{"delete":{"status":200}}]}"#.into(),
                nonsense("result 1 is none of the action `index`"),
            ),
            (r#"{"errors":false,"it"#.into(), Results::Torn),
            ("OK".into(), Results::Silent),
            (r#"{"acknowledged":true}"#.into(), Results::Silent),
        ] {
            assert_eq!(read(ItemKind::Upsert, String::as_bytes(&body), 2), expected, "{body}");
        }
    }

    #[test]
    fn a_400_that_speaks_of_the_index_is_no_items() {
        let bad = r#""error":{"type":"document_parsing_exception","reason":"r"}"#;
        let read = |body: &str| read(ItemKind::Upsert, body.as_bytes(), 2);
        for (kind, reason) in [
            ("index_closed_exception", "closed"),
            (
                "validation_exception",
                "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;",
            ),
            ("illegal_argument_exception", "no write index is defined for alias [products]. The write index may be"),
            ("illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams"),
            ("illegal_argument_exception", "pipeline with id [x] does not exist"),
            ("invalid_index_name_exception", "Invalid index name [Products], must be lowercase"),
            ("routing_missing_exception", "routing is required for [products]/[A]"),
        ] {
            let error = format!(r#""error":{{"type":"{kind}","reason":"{reason}"}}"#);
            let item = format!(r#"{{"index":{{"status":400,{error}}}}}"#);
            let all = read(&format!(r#"{{"errors":true,"items":[{item},{item}]}}"#));
            assert!(matches!(all, Results::Barred { status: None, .. }), "{all:?}");
            let one = read(&format!(r#"{{"errors":true,"items":[{{"index":{{"status":201}}}},{item}]}}"#));
            assert!(matches!(&one, Results::Listed(listed) if listed[0].status.is_none()), "{one:?}");
            assert_eq!(read(&format!(r#"{{{error},"status":400}}"#)), Results::Unable);
        }
        assert_eq!(read(&format!(r#"{{{bad},"status":400}}"#)), Results::Silent);
    }

    #[test]
    fn who_may_not_write_is_told_so_item_by_item() {
        let read = |kind: ItemKind, statuses: [i32; 2]| {
            let item =
                |status| format!(r#"{{"{}":{{"status":{status},"error":{{"type":"t","reason":"r"}}}}}}"#, verb(kind));
            let body = format!(r#"{{"errors":true,"items":[{}]}}"#, statuses.map(item).join(","));
            super::read(kind, body.as_bytes(), 2)
        };
        let barred = |status| Results::Barred { status: Some(status), message: Some("t: r".into()) };
        assert_eq!(read(ItemKind::Upsert, [403, 403]), barred(403));
        assert_eq!(read(ItemKind::Upsert, [404, 404]), barred(404));
        assert_eq!(read(ItemKind::Delete, [401, 401]), barred(401));
        for (kind, statuses) in
            [(ItemKind::Upsert, [403, 200]), (ItemKind::Upsert, [403, 400]), (ItemKind::Delete, [404, 404])]
        {
            assert!(matches!(read(kind, statuses), Results::Listed(_)), "{kind:?} {statuses:?}");
        }
    }
}
