//! Items as they are compared: null is absent, numbers are numbers however they are written, and what the data's
//! README calls a set has no order.

use super::Feed;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Items by their identity, as one text.
pub type Items = BTreeMap<String, Map<String, Value>>;

/// The items of a feed, a document a line.
pub fn read(feed: &Feed, lines: &str) -> Items {
    let mut items = Items::new();
    for line in lines.lines() {
        let item: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", feed.name));
        let Value::Object(mut item) = comparable(item) else { panic!("{}: not an object: {line}", feed.name) };
        leave_out(feed, &mut item);
        unordered(feed, &mut item);
        let identity = feed.identity.iter().map(|name| item[*name].to_string()).collect::<Vec<_>>().join(" ");
        assert!(items.insert(identity, item).is_none(), "{}: an identity twice: {line}", feed.name);
    }
    items
}

/// When an item was sent is no part of it.
fn leave_out(feed: &Feed, item: &mut Map<String, Value>) {
    item.remove("modifiedAt");
    if ["prices", "stock"].contains(&feed.name) {
        item.remove("updatedAt");
    }
}

fn unordered(feed: &Feed, item: &mut Map<String, Value>) {
    let sets: &[&str] = match feed.name {
        "products" => &["links", "samples"],
        "variants" => &["optionValues"],
        _ => &[],
    };
    for name in sets {
        item.get_mut(*name).into_iter().for_each(sort);
    }
    let attributes = item.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten();
    for attribute in attributes.filter(|attribute| attribute["attributeCode"] == "ac_downloadable") {
        let text = attribute["value"][0].as_str().unwrap_or_else(|| panic!("not a text in {attribute}"));
        let mut downloads = comparable(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")));
        for name in ["links", "samples"] {
            sort(&mut downloads[name]);
        }
        attribute["value"] = downloads;
    }
}

fn sort(list: &mut Value) {
    if let Value::Array(elements) = list {
        elements.sort_by_key(Value::to_string);
    }
}

fn comparable(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut present: Vec<(String, Value)> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
            present.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(present.into_iter().map(|(name, value)| (name, comparable(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(comparable).collect()),
        Value::Number(number) => Value::from(number.as_f64()),
        other => other,
    }
}
