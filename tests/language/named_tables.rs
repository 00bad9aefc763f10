//! A table per scope: its name is made of a row's values.

use super::Workshop;

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, sku TEXT);
INSERT INTO thing VALUES (1, 'a'), (2, 'b');
CREATE TABLE stock (id INTEGER PRIMARY KEY);
INSERT INTO stock VALUES (1), (2), (3);
CREATE TABLE stock_1 (sku TEXT, qty DECIMAL(12,4));
CREATE TABLE stock_2 (sku TEXT, qty DECIMAL(12,4));
CREATE TABLE stock_log (id INTEGER, message TEXT);
INSERT INTO stock_1 VALUES ('a', 1), ('b', 2);
INSERT INTO stock_2 VALUES ('a', 2.5);
";

#[test]
fn a_table_for_each_stock() {
    let feed = |join: &str, fields: &str| {
        format!(
            "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{{ table = \"stock\" }}{join}]\n[fields]\nid = {{ template = \"{{thing.id}}-{{stock.id}}\" }}\n{fields}\n"
        )
    };
    let joined = feed(
        ", { table = \"stock_{stock.id}\", as = \"status\", on = { sku = \"thing.sku\" } }",
        "qty = \"status.qty\"",
    );
    let expected = [r#"{"id":"1-1","qty":1}"#, r#"{"id":"1-2","qty":2.5}"#, r#"{"id":"2-1","qty":2}"#];
    let workshop = Workshop::new(TABLES, &joined);
    assert_eq!(workshop.documents(&["--ids", "1"]), expected[..2]);
    assert_eq!(workshop.documents(&[]), expected);

    // As a relation: what names no table has no rows.
    let related =
        feed("", "qty = { one = \"stock_{stock.id}\", on = { sku = \"sku\" }, value = \"qty\", default = 0 }");
    let expected = [
        r#"{"id":"1-1","qty":1}"#,
        r#"{"id":"1-2","qty":2.5}"#,
        r#"{"id":"1-3","qty":0}"#,
        r#"{"id":"2-1","qty":2}"#,
        r#"{"id":"2-2","qty":0}"#,
        r#"{"id":"2-3","qty":0}"#,
    ];
    let workshop = Workshop::new(TABLES, &related);
    assert_eq!(workshop.documents(&["--ids", "2"]), expected[3..]);
    assert_eq!(workshop.documents(&[]), expected);
}
