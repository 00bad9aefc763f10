//! Keys of entities: ranges, lists, duplicates, and looking them up by other columns.

use super::{Shop, build, feed};
use crate::document::{Assembler, Built, EntityBatch};
use crate::entity::EntityKey;
use crate::plan::{FoundKey, KeyKind};

fn text_keys() -> Vec<EntityKey> {
    ["B", "a", "b", "é"].map(EntityKey::from).into()
}

#[test]
fn ranges_go_through_all_keys() {
    let shop =
        Shop::new("CREATE TABLE product (id TEXT PRIMARY KEY); INSERT INTO product VALUES ('b'),('a'),('é'),('B');");
    let plan = shop.plan(&feed("[fields]\nid = \"id\"\n"));
    assert_eq!((plan.key_kind(), plan.key_is_exact()), (KeyKind::Text, true));
    let mut reader = shop.reader();
    let mut after = None;
    let mut keys = Vec::new();
    let mut counts = Vec::new();
    while let Some(range) = plan.next_range(reader.as_mut(), after.as_ref(), 3).unwrap().range {
        counts.push(range.count);
        after = Some(range.last.clone());
        let batch = EntityBatch::Range { first: range.first, last: range.last };
        keys.extend(build(&plan, reader.as_mut(), &batch).entities.into_iter().map(|entity| entity.key));
    }
    assert_eq!((keys, counts), (text_keys(), vec![3, 1]));
}

#[test]
fn what_the_database_finds_equal_is_still_two_entities() {
    let shop = Shop::new(
        "CREATE TABLE product (id TEXT COLLATE NOCASE, n INTEGER);
         CREATE TABLE part (product_id TEXT COLLATE NOCASE, n INTEGER);
         INSERT INTO product VALUES ('b', 1), ('A', 2), ('B', 3), ('a', 4);
         INSERT INTO part VALUES ('a', 1), ('B', 2);",
    );
    let plan = shop.plan(&feed(
        "[fields]\nid = \"id\"\nn = \"n\"\nparts = { many = \"part\", on = { product_id = \"id\" }, value = \"n\" }\n",
    ));
    assert!(!plan.key_is_exact());
    let mut reader = shop.reader();
    let documents = |batch: EntityBatch| {
        let built = build(&plan, shop.reader().as_mut(), &batch);
        let texts: Vec<String> =
            built.items.iter().map(|item| String::from_utf8(built.bytes(&item.document).to_vec()).unwrap()).collect();
        texts.join("\n")
    };
    let all = r#"{"id":"A","n":2,"parts":[1]}
{"id":"B","n":3,"parts":[2]}
{"id":"a","n":4,"parts":[1]}
{"id":"b","n":1,"parts":[2]}"#;
    let range = plan.next_range(reader.as_mut(), None, 10).unwrap().range.unwrap();
    assert_eq!(documents(EntityBatch::Range { first: range.first, last: range.last }), all);
    assert_eq!(documents(EntityBatch::Listed(["a", "B", "b", "A", "nobody"].map(EntityKey::from).into())), all);
}

#[test]
fn rows_of_one_key_are_items_of_one_entity() {
    let shop = Shop::new(
        "CREATE TABLE base (id INTEGER, name TEXT); CREATE VIEW product AS SELECT id, name FROM base;
         INSERT INTO base VALUES (2, 'x'), (1, 'b'), (1, 'a');",
    );
    let documents = shop.build(&feed("[fields]\nid = \"id\"\nname = \"name\"\n"));
    assert_eq!(documents.built.entities.len(), 2);
    assert_eq!(documents.text(), "{\"id\":1,\"name\":\"a\"}\n{\"id\":1,\"name\":\"b\"}\n{\"id\":2,\"name\":\"x\"}\n");
}

#[test]
fn rows_whose_key_is_none_are_no_entities() {
    for (value, in_range) in [("1.5", 1), ("x'00'", 0), ("0.5", 0)] {
        let shop = Shop::new(&format!(
            "CREATE TABLE product (id INTEGER, n INTEGER); INSERT INTO product VALUES (1, 1), ({value}, 2), (9, 3);"
        ));
        let plan = shop.plan(&feed("[fields]\nid = \"id\"\n"));
        let mut reader = shop.reader();
        let next = plan.next_range(reader.as_mut(), None, 10).unwrap();
        let range = next.range.unwrap();
        assert_eq!((&range.first, &range.last, range.count), (&1.into(), &9.into(), 2 + in_range), "{value}");
        let beyond = plan.next_range(reader.as_mut(), Some(&range.last), 10).unwrap();
        assert!(beyond.range.is_none());
        let batch = EntityBatch::Range { first: range.first, last: range.last };
        let mut built = Built::default();
        Assembler::new(&plan).build(reader.as_mut(), &batch, &mut built).unwrap();
        assert_eq!(built.entities.iter().map(|entity| &entity.key).collect::<Vec<_>>(), [&1.into(), &9.into()]);
        assert_eq!(built.keyless_rows, in_range, "{value}");
        assert_eq!(next.keyless_rows + built.keyless_rows + beyond.keyless_rows, 1, "{value}");
    }
}

#[test]
fn keys_as_somebody_writes_them() {
    assert_eq!(KeyKind::Int.parse("7"), Some(7.into()));
    assert_eq!(KeyKind::Int.parse("x"), None);
    assert_eq!(KeyKind::Text.parse("7"), Some("7".into()));
    assert_eq!(KeyKind::Text.parse(""), None);
    assert_eq!(KeyKind::Any.parse("7"), Some(7.into()));
    assert_eq!(KeyKind::Any.parse("007"), Some("007".into()));
}

const SHOP: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT UNIQUE, kind TEXT);
CREATE TABLE website (product_id INTEGER, store_id INTEGER);
CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT, number INTEGER);
INSERT INTO product VALUES (1, 'a', 'k'), (2, 'b', 'k'), (3, 'c', 'x');
INSERT INTO website VALUES (1, 1), (1, 2), (2, 2);
INSERT INTO store VALUES (1, 'en', 10), (2, 'de', 20);";

fn lookup_feed(identity: &str, fields: &str) -> String {
    format!(
        r#"name = "products"
consumer = "search"
identity = {identity}
[entity]
table = "product"
key = "id"
join = [{{ table = "website", optional = true, on = {{ product_id = "id" }} }}, {{ table = "store", on = {{ id = "website.store_id" }} }}]
[fields]
{fields}
"#
    )
}

#[test]
fn entities_are_found_by_identity() {
    let shop = Shop::new(SHOP);
    let mut reader = shop.reader();
    let mut find = |identity: &str, fields: &str, values: serde_json::Value| {
        let plan = shop.plan(&lookup_feed(identity, fields));
        let identities: Vec<Vec<serde_json::Value>> = serde_json::from_value(values).unwrap();
        let lookup = plan.identity_lookup()?;
        let keys = lookup.find(reader.as_mut(), &identities).unwrap();
        Some(keys.iter().map(EntityKey::to_string).collect::<Vec<_>>().join(" "))
    };
    let by_sku = serde_json::json!([["c", "en"], ["a", "xx"], ["zz", "en"]]);
    assert_eq!(find(r#"["sku", "store"]"#, "sku = \"sku\"\nstore = \"store.code\"", by_sku.clone()).unwrap(), "1 3");
    let typed = "sku = { column = \"sku\", type = \"string\" }\nstore = \"store.code\"";
    assert_eq!(find(r#"["sku", "store"]"#, typed, by_sku).unwrap(), "1 3");
    // Only columns of a join: from there to the product.
    let by_store = serde_json::json!([["de"], [null]]);
    assert_eq!(find(r#"["store"]"#, "store = \"store.code\"", by_store).unwrap(), "1 2");
    let by_number = serde_json::json!([[10], ["10"], ["x"]]);
    assert_eq!(find(r#"["n"]"#, "n = \"store.number\"", by_number).unwrap(), "1");
    let computed = "sku = { expr = \"upper(product.sku)\" }";
    assert_eq!(find(r#"["sku"]"#, computed, serde_json::json!([["A"]])), None);
}

#[test]
fn entities_are_found_by_a_field() {
    let shop = Shop::new(SHOP);
    let plan = shop.plan(&lookup_feed(
        r#"["id"]"#,
        "id = \"id\"\nsku = \"sku\"\nkind = { fields = { of = \"kind\" } }\nupper = { expr = \"upper(sku)\" }",
    ));
    let mut reader = shop.reader();
    let mut find = |field: &str, values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let found = plan.keys_by_field(field).unwrap().find(reader.as_mut(), &values).unwrap();
        found.iter().map(|FoundKey { value, key }| format!("{value}={key}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find("sku", &["c", "zz", "a"]), "c=3 a=1");
    assert_eq!(find("kind.of", &["k"]), "k=1 k=2");
    assert_eq!(find("id", &["2", "x", "02"]), "2=2 02=2");
    let error = plan.keys_by_field("skus").unwrap_err().to_string();
    assert!(error.contains("`skus`") && error.contains("did you mean `sku`?"), "{error}");
    assert!(plan.keys_by_field("upper").is_err());
}
