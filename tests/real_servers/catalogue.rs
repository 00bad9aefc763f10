//! The shop whose products the servers are given, the feed that describes them, and what queries say that they are.

use crate::harness::Project;
use serde_json::Value;
use std::collections::BTreeMap;

/// SKUs that are no IDs everywhere, among them some that would become one another's if they were written carelessly.
const ODD: [&str; 9] = ["a b", "a_b", "a__b", "__a_20b", "a/b", "ä\"\\", "--a", "A", "a"];

const TABLES: &str = "
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, locale TEXT, name TEXT, price DECIMAL(10, 2), stock INTEGER,
    condition TEXT, added DATETIME, brand_id INTEGER, revision INTEGER DEFAULT 1);
CREATE TABLE tag (product_id INTEGER, position INTEGER, label TEXT);
INSERT INTO brand VALUES (1, 'Möbel & Söhne', 'DE'), (2, 'O''Neil \"Tools\"', NULL);";

/// Products with the ids 1 to 60, a third without a price, a third with two tags.
pub const PRODUCTS: usize = 60;

const FILLED: &str = "
UPDATE product SET locale = iif(id % 2, 'de', 'en'), name = 'Name ' || id || ' \u{1F6D2} <b>\t\"x\"</b>',
    price = iif(id % 3, id * 1.25, NULL), stock = id % 7, condition = iif(id % 5, 'new', 'used'),
    added = datetime('2026-01-02 03:04:05', id || ' hours'), brand_id = nullif(id % 3, 0);
INSERT INTO tag SELECT id, 1, 'tag ' || id FROM product WHERE id % 3 = 1;
INSERT INTO tag SELECT id, 0, 'first\n' || id FROM product WHERE id % 3 = 1;";

/// Documents without an object in them.
const FLAT: &str = r#"name = "$name"
consumer = "$consumer"
identity = ["sku"]
minimal_payload = $payload
entities_removable = true
thread_count = 3
batch_size = 20

[entity]
table = "product"
key = "id"

[fields]
sku = "sku"
locale = "locale"
name = "name"
price = { column = "price", type = "decimal" }
stock = "stock"
condition = "condition"
added = "added"
revision = "revision"

[fields.tags]
many = "tag"
on = { product_id = "id" }
order_by = ["position"]
value = "label"
"#;

const BRAND: &str = r#"
[fields.brand]
one = "brand"
on = { id = "brand_id" }
fields = { id = "id", name = "name", country = "country" }
"#;

/// Written for SQLite's own JSON functions.
const ORACLE: &str = "
SELECT sku, json_object('sku', sku, 'locale', locale, 'name', name, 'price', price, 'stock', stock, 'condition', condition,
    'added', strftime('%Y-%m-%dT%H:%M:%SZ', added), 'revision', revision,
    'tags', json((SELECT json_group_array(label ORDER BY position) FROM tag WHERE product_id = product.id)),
    'brand', json((SELECT json_object('id', id, 'name', name, 'country', country) FROM brand WHERE id = brand_id)))
FROM product";

/// Fills the source of a project with the shop.
pub fn fill(project: &Project) {
    project.sql(TABLES);
    let source = project.source();
    let usual = (ODD.len() + 1..=PRODUCTS).map(|id| format!("S{id:05}"));
    for (id, sku) in (1..).zip(ODD.map(str::to_owned).into_iter().chain(usual)) {
        source.execute("INSERT INTO product (id, sku) VALUES (?1, ?2)", (id, sku)).expect("the source can be written");
    }
    project.sql(FILLED);
}

/// The feed of this name; `payload` are the fields of its minimal payload.
pub fn feed(name: &str, consumer: &str, payload: &[&str], with_objects: bool) -> String {
    let flat = FLAT.replace("$name", name).replace("$consumer", consumer).replace("$payload", &format!("{payload:?}"));
    flat + if with_objects { BRAND } else { "" }
}

/// The documents by SKU.
pub fn expected(project: &Project, with_objects: bool) -> BTreeMap<String, Value> {
    let source = project.source();
    let mut query = source.prepare(ORACLE).expect("valid SQL");
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).expect("a query that can run");
    let document = |text: String| {
        let mut document: Value = serde_json::from_str(&text).expect("the database writes JSON");
        if !with_objects {
            document.as_object_mut().expect("a document is an object").remove("brand");
        }
        plain(document)
    };
    rows.map(|row| row.map(|(sku, text)| (sku, document(text))))
        .collect::<Result<_, _>>()
        .expect("rows that can be read")
}

/// The value with its numbers as one type has them: 7 and 7.0 are one value.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().expect("numbers of the shop are small").into(),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}
