//! One value of many rows: what is invalid, what is secret, what is shared.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, shelf INTEGER);
CREATE TABLE stock (id INTEGER PRIMARY KEY, product_id INTEGER, shelf INTEGER, qty, mail TEXT);
INSERT INTO product VALUES (1, 7), (2, 7), (3, 8), (4, NULL);
INSERT INTO stock VALUES (1, 1, 7, 1.5, 'a@x'), (2, 1, 7, 9223372036854775807, 'b@x'), (3, 2, 8, 'many', 'c@x'), (4, 3, 8, 1, 'd@x'), (5, 3, 8, 9223372036854775807, 'd@x');
";

#[test]
fn what_is_no_number_spoils_its_own_item() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
qty = { sum = "stock", on = { product_id = "id" }, value = "qty" }
"#,
    ));
    // An integer that grows too large becomes a decimal; beside a float there are no exact digits.
    assert_eq!(
        documents.text(),
        "{\"id\":1,\"qty\":9223372036854776000}\n{\"id\":3,\"qty\":9223372036854775808}\n{\"id\":4,\"qty\":0}\n"
    );
    assert_eq!(documents.invalid(), "2: qty (stock.qty): `many` is not a number that could be added up\n");
}

#[test]
fn masked_columns_are_not_quoted_by_a_sum() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
qty = { sum = "stock", on = { product_id = "id" }, value = "qty" }
mails = { many = "stock", on = { product_id = "id" }, value = { column = "mail", mask = "redact" }, separator = "," }
hidden = { one = "stock", on = { product_id = "id" }, value = { column = "qty", mask = "redact" } }
"#,
    ));
    assert_eq!(documents.invalid(), "2: qty (stock.qty): the value is not a number that could be added up\n");
    assert!(
        documents.text().starts_with("{\"id\":1,\"qty\":9223372036854776000,\"mails\":\"***,***\""),
        "{}",
        documents.text()
    );
}

#[test]
fn rows_that_ask_for_the_same_share_the_value() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"exclude_from_hash = ["count"]
[entity]
table = "product"
key = "id"
[fields]
id = "id"
count = { count = "stock", on = { shelf = "shelf" }, keep = "qty > 0 and stock.id <> product.id" }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"count":1}
{"id":2,"count":1}
{"id":3,"count":2}
{"id":4,"count":0}
"#
    );
}

#[test]
fn a_summary_may_be_an_identity() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(
        r#"name = "products"
consumer = "search"
identity = ["first"]
[entity]
table = "product"
key = "id"
where_sql = "id > 2"
[fields]
first = { min = "stock", on = { product_id = "id" }, value = "id" }
"#,
    );
    assert_eq!(documents.identities(), ["[4]"]);
    assert_eq!(documents.invalid(), "4: first (stock.id): identity `first` is null\n");
}
