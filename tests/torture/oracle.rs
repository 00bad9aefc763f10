//! What the consumer must have, computed from the source with code of its own: plain SQL per product, documents as
//! trees of values.

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Documents by the canonical JSON array of their identity; the fields outside the hash are left out.
pub fn documents(source: &Connection) -> BTreeMap<String, String> {
    let mut documents = BTreeMap::new();
    let products = "SELECT id, sku, name, price, state, brand_id FROM product WHERE state <> 'draft'";
    each(source, products, 0, |row| {
        let (id, sku, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (price, state): (Option<f64>, String) = (row.get(3)?, row.get(4)?);
        let brand = brand(source, row.get(5)?);
        let stores = "SELECT code, label FROM store_view, product_store
            WHERE store_id = id AND active = 1 AND product_id = ?1";
        each(source, stores, id, |row| {
            let (store, label): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let document = json!({
                "sku": sku, "store": store, "name": name, "label": label,
                "title": label.clone().unwrap_or(name.clone()),
                "price": decimal(price),
                "state": if state == "on" { "enabled" } else { "disabled" },
                "brand": brand, "categories": categories(source, id), "options": options(source, id),
            });
            documents.insert(json!([sku, store]).to_string(), document.to_string());
            Ok(())
        });
        Ok(())
    });
    documents
}

/// A document without the fields outside the hash.
pub fn hashed(document: &str) -> String {
    let mut document: Map<String, Value> = serde_json::from_str(document).expect("a document is a JSON object");
    document.shift_remove("modifiedAt");
    Value::Object(document).to_string()
}

fn each(
    source: &Connection,
    query: &str,
    parameter: i64,
    mut look: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) {
    let mut statement = source.prepare(query).expect("valid SQL");
    let mut rows = if query.contains("?1") { statement.query(params![parameter]) } else { statement.query([]) }
        .expect("a query that can run");
    while let Some(row) = rows.next().expect("a row that can be read") {
        look(row).expect("columns of the expected types");
    }
}

/// Two decimals at most, no zeros at the end.
fn decimal(price: Option<f64>) -> Value {
    let Some(price) = price else { return Value::Null };
    let cents = (price * 100.0).round();
    if cents % 100.0 == 0.0 { json!((cents / 100.0) as i64) } else { json!(cents / 100.0) }
}

fn brand(source: &Connection, id: Option<i64>) -> Value {
    let mut brand = Value::Null;
    each(source, "SELECT name, country FROM brand WHERE id = ?1", id.unwrap_or(-1), |row| {
        brand = json!({"name": row.get::<_, String>(0)?, "country": row.get::<_, Option<String>>(1)?});
        Ok(())
    });
    brand
}

fn categories(source: &Connection, product: i64) -> Vec<String> {
    let mut links: Vec<(i64, String, i64)> = Vec::new();
    let query = "SELECT position, path, category_id FROM category_product, category
        WHERE category.id = category_id AND product_id = ?1";
    each(source, query, product, |row| {
        links.push((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(())
    });
    links.sort();
    links.into_iter().map(|(_, path, _)| path).collect()
}

fn options(source: &Connection, product: i64) -> Vec<Value> {
    // None sorts before Some: NULL first.
    let mut options: Vec<(Option<i64>, i64, Value)> = Vec::new();
    each(source, "SELECT sort_order, id, title FROM product_option WHERE product_id = ?1", product, |row| {
        let id = row.get(1)?;
        let title: Option<String> = row.get(2)?;
        options.push((row.get(0)?, id, json!({"title": title, "values": values(source, id)})));
        Ok(())
    });
    options.sort_by_key(|(order, id, _)| (*order, *id));
    options.into_iter().map(|(_, _, option)| option).collect()
}

/// Order, SKU, key, price.
type OptionValue = (Option<i64>, Option<String>, i64, Option<f64>);

fn values(source: &Connection, option: i64) -> Vec<Value> {
    let mut values: Vec<OptionValue> = Vec::new();
    let query = "SELECT sort_order, sku, id, price FROM product_option_value WHERE option_id = ?1";
    each(source, query, option, |row| {
        values.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        Ok(())
    });
    // Descending by the order, so NULL comes last; then the SKU's bytes, then the key.
    values.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
    let value = |(_, sku, id, price): (_, Option<String>, i64, Option<f64>)| json!({"sku": sku, "price": decimal(price), "labels": labels(source, id)});
    values.into_iter().map(value).collect()
}

fn labels(source: &Connection, value: i64) -> Vec<String> {
    let mut labels = Vec::new();
    each(source, "SELECT text FROM value_label WHERE value_id = ?1", value, |row| {
        labels.push(row.get::<_, String>(0)?);
        Ok(())
    });
    labels.sort();
    labels
}

#[test]
fn the_oracle_reads_a_small_shop() {
    let source = Connection::open_in_memory().expect("a database in memory");
    source.execute_batch(super::catalogue::SCHEMA).expect("valid SQL");
    source
        .execute_batch(
            "INSERT INTO brand VALUES (1, 'Acme', NULL);
             INSERT INTO store_view VALUES (1, 'de', 1), (2, 'fr', 0);
             INSERT INTO category VALUES (1, 'b'), (2, 'a');
             INSERT INTO product VALUES (7, 'S', 'Saw', 12.50, 1, 'on', 3), (8, 'T', 'Tap', 1, 1, 'draft', 3);
             INSERT INTO product_store VALUES (7, 1, NULL), (7, 2, 'x'), (8, 1, NULL);
             INSERT INTO category_product VALUES (1, 7, 0), (2, 7, 0);
             INSERT INTO product_option VALUES (1, 7, 'Size', 2), (2, 7, 'Colour', NULL);
             INSERT INTO product_option_value VALUES (1, 1, 'm', 3, 1), (2, 1, 'l', NULL, 1), (3, 1, 's', 0.05, 2), (4, 1, 'z', 1, NULL);
             INSERT INTO value_label VALUES (1, 3, 'b'), (2, 3, 'B');",
        )
        .expect("valid SQL");
    let expected = r#"{"sku":"S","store":"de","name":"Saw","label":null,"title":"Saw","price":12.5,"state":"enabled","brand":{"name":"Acme","country":null},"categories":["a","b"],"options":[{"title":"Colour","values":[]},{"title":"Size","values":[{"sku":"s","price":0.05,"labels":["B","b"]},{"sku":"l","price":null,"labels":[]},{"sku":"m","price":3,"labels":[]},{"sku":"z","price":1,"labels":[]}]}]}"#;
    assert_eq!(documents(&source), BTreeMap::from([(r#"["S","de"]"#.to_owned(), expected.to_owned())]));
}
