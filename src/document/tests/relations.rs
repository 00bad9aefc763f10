//! Relations within relations, link tables, composite keys, what is shared and what is missing.

use super::{Shop, feed};

#[test]
fn three_levels_deep_with_shared_rows_and_empty_ends() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, brand_id INTEGER);
         CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT, country_id INTEGER);
         CREATE TABLE country (id INTEGER PRIMARY KEY, code TEXT);
         CREATE TABLE city (id INTEGER PRIMARY KEY, country_id INTEGER, name TEXT);
         INSERT INTO product VALUES (1, 1), (2, 2), (3, 1), (4, NULL), (5, 77);
         INSERT INTO brand VALUES (1, 'A', 1), (2, 'B', 1), (3, 'C', 2);
         INSERT INTO country VALUES (1, 'DE'), (2, 'FR');
         INSERT INTO city VALUES (1, 1, 'Ulm'), (2, 1, 'Bonn'), (3, 2, 'Nice');",
    );
    let documents = shop.build(&feed(
        r#"[fields]
id = "id"
[fields.brand]
one = "brand"
on = { id = "brand_id" }
fields.name = "name"
fields.country = { one = "country", on = { id = "country_id" }, fields = { code = "code", cities = { many = "city", on = { country_id = "id" }, order_by = ["name"], value = "name" } } }
"#,
    ));
    let country = r#"{"code":"DE","cities":["Bonn","Ulm"]}"#;
    let a = format!(r#"{{"name":"A","country":{country}}}"#);
    let b = format!(r#"{{"name":"B","country":{country}}}"#);
    assert_eq!(
        documents.text(),
        format!(
            "{{\"id\":1,\"brand\":{a}}}\n{{\"id\":2,\"brand\":{b}}}\n{{\"id\":3,\"brand\":{a}}}\n\
             {{\"id\":4,\"brand\":null}}\n{{\"id\":5,\"brand\":null}}\n"
        )
    );
}

#[test]
fn composite_keys_and_literals() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
         CREATE TABLE part (a INTEGER, b TEXT, kind INTEGER, lang TEXT, n INTEGER, PRIMARY KEY (a, b, kind, lang));
         INSERT INTO product VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, NULL, 'x'), (5, 1, 'x');
         INSERT INTO part VALUES (1, 'x', 7, 'en', 10), (1, 'x', 8, 'en', 11), (1, 'x', 7, 'de', 12),
           (1, 'y', 7, 'en', 20), (2, 'y', 7, 'en', 30);",
    );
    let documents = shop.build(&feed(
        r#"[fields]
id = "id"
parts = { many = "part", on = { a = "a", b = "b", kind = 7, lang = { value = "en" } }, value = "n" }
none = { many = "part", on = { a = "a" }, where_sql = "n > 100", value = "n", empty = "null" }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"parts":[10],"none":null}
{"id":2,"parts":[20],"none":null}
{"id":3,"parts":[],"none":null}
{"id":4,"parts":[],"none":null}
{"id":5,"parts":[10],"none":null}
"#
    );
}

#[test]
fn plain_values_of_a_one_and_their_default() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, stock_id INTEGER);
         CREATE TABLE stock (id INTEGER PRIMARY KEY, qty INTEGER);
         INSERT INTO product VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 99), (4, 'd', NULL);
         INSERT INTO stock VALUES (1, 5), (2, NULL);",
    );
    let documents = shop.build(&feed(
        r#"[let]
name = "sku"
[fields]
id = "id"
bare = { one = "stock", as = "s1", on = { id = "stock_id" }, value = "qty" }
literal = { one = "stock", as = "s2", on = { id = "stock_id" }, value = "qty", default = 0 }
made = { one = "stock", as = "s3", on = { id = "stock_id" }, value = "qty", default = { template = "none of {name}" } }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"bare":5,"literal":5,"made":5}
{"id":2,"bare":null,"literal":0,"made":"none of b"}
{"id":3,"bare":null,"literal":0,"made":"none of c"}
{"id":4,"bare":null,"literal":0,"made":"none of d"}
"#
    );
}

#[test]
fn when_and_omit_null_of_objects_and_relations() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, kind TEXT, a INTEGER);
         CREATE TABLE link (id INTEGER PRIMARY KEY, product_id INTEGER, url TEXT);
         INSERT INTO product VALUES (1, 'file', 1), (2, 'box', NULL), (3, NULL, 3);
         INSERT INTO link VALUES (1, 1, 'u'), (2, 2, 'v');",
    );
    let documents = shop.build(&feed(
        r#"omit_null = true
[entity]
table = "product"
key = "id"
[fields]
id = "id"
a = "a"
links = { when = "kind = 'file'", many = "link", on = { product_id = "id" }, value = "url" }
size = { when = "a = 1", fields = { a = "a", b = { when = "a > 1", column = "a" } } }
kept = { column = "a", omit_null = false }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"a":1,"links":["u"],"size":{"a":1},"kept":1}
{"id":2,"kept":null}
{"id":3,"a":3,"kept":3}
"#
    );
}

#[test]
fn a_relation_on_a_computed_value() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, ref TEXT);
         CREATE TABLE page (id INTEGER PRIMARY KEY, code TEXT, title TEXT);
         INSERT INTO product VALUES (1, 'page-7'), (2, 'page-8'), (3, NULL);
         INSERT INTO page VALUES (7, '7', 'seven'), (8, '8', 'eight');",
    );
    let documents = shop.build(&feed(
        r#"[let]
number = { expr = "cast(split_part(ref, '-', 2) as integer)" }
code = { expr = "split_part(ref, '-', 2)" }
[fields]
id = "id"
page = { one = "page", on = { id = "number" }, value = "title" }
again = { one = "page", as = "other", on = { code = "code" }, value = "title" }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"page":"seven","again":"seven"}
{"id":2,"page":"eight","again":"eight"}
{"id":3,"page":null,"again":null}
"#
    );
}

#[test]
fn key_equality_is_the_databases() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE, n TEXT);
         CREATE TABLE label (code TEXT COLLATE NOCASE, text TEXT);
         CREATE TABLE number (n INTEGER, text TEXT);
         INSERT INTO product VALUES (1, 'Ab', '1'), (2, 'aB', '01'), (3, 'x', 'y');
         INSERT INTO label VALUES ('AB', 'l'); INSERT INTO number VALUES (1, 'one');",
    );
    let documents = shop.build(&feed(
        r#"[fields]
id = "id"
label = { one = "label", on = { code = "code" }, value = "text" }
number = { one = "number", on = { n = "n" }, value = "text" }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"label":"l","number":"one"}
{"id":2,"label":"l","number":"one"}
{"id":3,"label":null,"number":null}
"#
    );
}

#[test]
fn today_is_the_runs_date() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY);
         CREATE TABLE price (product_id INTEGER, since DATE, amount INTEGER);
         INSERT INTO product VALUES (1);
         INSERT INTO price VALUES (1, '2024-01-01', 5), (1, '2024-06-01', 6), (1, '2024-06-02', 7);",
    );
    let documents = shop.build(&feed(
        "[fields]\nid = \"id\"\nprice = { one = \"price\", on = { product_id = \"id\" }, where_sql = \"since <= :today\", \
         order_by = [\"-since\"], value = \"amount\" }\n",
    ));
    assert_eq!(documents.only(), r#"{"id":1,"price":6}"#);
}

#[test]
fn the_value_of_a_one_can_be_computed_with() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, stock_id INTEGER);
         CREATE TABLE stock (id INTEGER PRIMARY KEY, qty INTEGER, place_id INTEGER);
         CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, min INTEGER);
         INSERT INTO product VALUES (1, 1), (2, 2), (3, 99), (4, NULL), (5, 3);
         INSERT INTO stock VALUES (1, 5, 1), (2, 1, 2), (3, 'bad', 1);
         INSERT INTO place VALUES (1, 'Ulm', 2), (2, 'Bonn', 3);",
    );
    let documents = shop.build(&feed(
        r#"[entity]
table = "product"
key = "id"
keep = "qty is null or qty < 100"
[let]
qty = { one = "stock", on = { id = "stock_id" }, value = "qty", default = 0 }
where = { one = "stock", as = "s2", on = { id = "stock_id" }, value = "place_id" }
[fields]
id = "id"
inStock = { expr = "qty > 0" }
twice = { expr = "qty * 2" }
[fields.place]
one = "place"
on = { id = "where" }
fields = { name = "name", enough = { expr = "qty >= min" } }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"inStock":true,"twice":10,"place":{"name":"Ulm","enough":true}}
{"id":2,"inStock":true,"twice":2,"place":{"name":"Bonn","enough":false}}
{"id":3,"inStock":false,"twice":0,"place":null}
{"id":4,"inStock":false,"twice":0,"place":null}
"#
    );
    assert_eq!(documents.invalid(), "5: qty (stock.qty): `bad` is not an integer\n");
}

#[test]
fn rows_that_literals_alone_tie_belong_to_everybody() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY);
         CREATE TABLE setting (path TEXT, value TEXT);
         INSERT INTO product VALUES (1), (2); INSERT INTO setting VALUES ('a', 'A'), ('b', 'B');",
    );
    let documents = shop.build(&feed(
        r#"[let]
path = { value = "b" }
[fields]
id = "id"
a = { one = "setting", on = { path = { value = "a" } }, value = "value" }
b = { one = "setting", as = "s", on = { path = "path" }, value = "value" }
"#,
    ));
    assert_eq!(documents.text(), "{\"id\":1,\"a\":\"A\",\"b\":\"B\"}\n{\"id\":2,\"a\":\"A\",\"b\":\"B\"}\n");
}
