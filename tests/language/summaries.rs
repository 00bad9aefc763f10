//! One value of many rows: `sum`, `count`, `min`, `max`, and texts with a `separator`.

use super::{documents, fields_of};

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, sku TEXT, qty DECIMAL(12,4));
INSERT INTO thing VALUES (1, 'a', 10), (2, 'b', 0.5), (3, 'c', NULL);
CREATE TABLE booking (id INTEGER PRIMARY KEY, sku TEXT, kind_id INTEGER, quantity DECIMAL(12,4), pieces INTEGER, made DATETIME);
INSERT INTO booking VALUES
  (1, 'a', 1, 0.1, 1, '2024-01-02 10:00:00'), (2, 'a', 1, 0.2, 2, '2024-01-02 10:00:00.5'), (3, 'a', 2, -4, NULL, '2023-12-31 23:00:00'),
  (4, 'b', 1, NULL, NULL, NULL), (5, 'b', 9, 7, 7, NULL);
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO kind VALUES (1, 'order'), (2, 'return');
";

fn of(fields: &str) -> Vec<String> {
    documents(TABLES, &format!("[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\n{fields}\n"))
}

#[test]
fn a_sum_is_exact_and_that_of_nothing_is_0() {
    assert_eq!(
        of("sum = { sum = \"booking\", on = { sku = \"sku\" }, value = { column = \"quantity\", type = \"decimal\" } }
pieces = { sum = \"booking\", on = { sku = \"sku\" }, value = \"pieces\" }"),
        [r#"{"id":1,"sum":-3.7,"pieces":3}"#, r#"{"id":2,"sum":7,"pieces":7}"#, r#"{"id":3,"sum":0,"pieces":0}"#]
    );
}

#[test]
fn count_min_and_max() {
    assert_eq!(
        of("rows = { count = \"booking\", on = { sku = \"sku\" } }
values = { count = \"booking\", on = { sku = \"sku\" }, value = \"pieces\" }
least = { min = \"booking\", on = { sku = \"sku\" }, value = \"quantity\" }
last = { max = \"booking\", on = { sku = \"sku\" }, value = \"made\" }"),
        [
            r#"{"id":1,"rows":3,"values":2,"least":-4,"last":"2024-01-02T10:00:00.5Z"}"#,
            r#"{"id":2,"rows":2,"values":1,"least":7,"last":null}"#,
            r#"{"id":3,"rows":0,"values":0,"least":null,"last":null}"#
        ]
    );
}

#[test]
fn where_sql_joins_and_keep_say_which_rows() {
    let joined = "[fields.sum]\nsum = \"booking\"\non = { sku = \"sku\" }\njoin = [{ table = \"kind\", on = { id = \"kind_id\" } }]\n";
    assert_eq!(
        of(&format!("{joined}where_sql = \"kind.name = 'order'\"\nvalue = \"quantity\"")),
        [r#"{"id":1,"sum":0.3}"#, r#"{"id":2,"sum":0}"#, r#"{"id":3,"sum":0}"#]
    );
    assert_eq!(
        of(&format!(
            "{joined}keep = \"twice < 0\"\nlet.twice = {{ expr = \"quantity * 2\" }}\nvalue = {{ expr = \"twice\" }}"
        )),
        [r#"{"id":1,"sum":-8}"#, r#"{"id":2,"sum":0}"#, r#"{"id":3,"sum":0}"#]
    );
}

#[test]
fn a_summary_is_a_value_like_any_other() {
    assert_eq!(
        of("left = { expr = \"qty + booked\" }
booked = { sum = \"booking\", on = { sku = \"sku\" }, value = \"quantity\", hidden = true }
many = { when = \"qty > 0\", count = \"booking\", on = { sku = \"sku\" }, type = \"string\", map = { \"3\" = \"several\" }, default = \"few\" }
first = { min = \"booking\", on = { sku = \"sku\" }, value = \"made\", type = \"datetime\", format = \"%Y\", default = { count = \"kind\", on = { id = 1 } } }
inside = { fields = { total = { sum = \"booking\", on = { sku = \"sku\" }, value = \"pieces\", omit_null = true } } }"),
        [
            r#"{"id":1,"left":6.3,"many":"several","first":"2023","inside":{"total":3}}"#,
            r#"{"id":2,"left":7.5,"many":"few","first":1,"inside":{"total":7}}"#,
            r#"{"id":3,"left":null,"many":null,"first":1,"inside":{"total":0}}"#
        ]
    );
}

#[test]
fn rows_may_be_tied_by_a_summary() {
    assert_eq!(
        of(
            "[fields.kind]\none = \"kind\"\non = { id = \"newest\" }\nvalue = \"name\"\n[let]\nnewest = { max = \"booking\", on = { sku = \"sku\" }, value = \"kind_id\" }"
        ),
        [r#"{"id":1,"kind":"return"}"#, r#"{"id":2,"kind":null}"#, r#"{"id":3,"kind":null}"#]
    );
}

const TREE: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, path TEXT);
INSERT INTO thing VALUES (1, '1/2/3'), (2, '3/2'), (3, '1'), (4, '');
CREATE TABLE node (id INTEGER PRIMARY KEY, level INTEGER, slug TEXT);
INSERT INTO node VALUES (1, 0, NULL), (2, 1, 'men'), (3, 2, 'shirts');
";

#[test]
fn values_are_joined_to_one_text() {
    let feed = |more: &str| {
        format!(
            "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\npath = {{ many = \"node\", on = {{ id = {{ split = \"thing.path\", by = \"/\" }} }}, order_by = [\"level\"], value = \"slug\", separator = \"/\"{more} }}\nurl = {{ template = \"/{{path}}.html\" }}\n"
        )
    };
    // Nulls leave nothing behind.
    let expected = [
        r#"{"id":1,"path":"men/shirts","url":"/men/shirts.html"}"#,
        r#"{"id":2,"path":"men/shirts","url":"/men/shirts.html"}"#,
        r#"{"id":3,"path":"","url":"/.html"}"#,
        r#"{"id":4,"path":"","url":"/.html"}"#,
    ];
    assert_eq!(documents(TREE, &feed("")), expected);
    let documents_of = documents(TREE, &feed(", empty = \"null\""));
    assert_eq!(documents_of[2], r#"{"id":3,"path":null,"url":null}"#);
    let documents_of = documents(TREE, &feed(", empty = \"null\", default = \"none\", encode = \"base64\""));
    assert_eq!(documents_of[0], r#"{"id":1,"path":"bWVuL3NoaXJ0cw==","url":"/bWVuL3NoaXJ0cw==.html"}"#);
    assert_eq!(documents_of[3], r#"{"id":4,"path":"none","url":"/none.html"}"#);
}

#[test]
fn keep_may_ask_for_a_text_of_what_hangs_below() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
               CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER); INSERT INTO part VALUES (1, 1), (2, 1), (3, 1);
               CREATE TABLE tag (part_id INTEGER, name TEXT, size REAL); INSERT INTO tag VALUES (1, 'x', 0.5), (1, 'y', 0.25), (3, 'z', 1)";
    let parts = "[fields.parts]\nmany = \"part\"\non = { thing_id = \"id\" }\nkeep = \"tags <> ''\"\norder_by = [\"-size\"]\nfields.id = \"id\"\nfields.tags = { many = \"tag\", on = { part_id = \"part.id\" }, order_by = [\"name\"], value = \"name\", separator = \", \" }\nlet.size = { sum = \"tag\", on = { part_id = \"part.id\" }, value = \"size\" }";
    assert_eq!(fields_of(sql, parts), r#"{"parts":[{"id":3,"tags":"z"},{"id":1,"tags":"x, y"}]}"#);
}
