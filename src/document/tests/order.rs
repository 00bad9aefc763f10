//! Order within arrays, and what breaks ties.

use super::{Shop, feed};

fn ordered(rows: &str, order_by: &str) -> String {
    let shop = Shop::new(&format!(
        "CREATE TABLE product (id INTEGER PRIMARY KEY);
         CREATE TABLE item (id INTEGER PRIMARY KEY, product_id INTEGER, n INTEGER, t TEXT, d DECIMAL(9,2), at DATETIME);
         INSERT INTO product VALUES (1);
         INSERT INTO item VALUES {rows};"
    ));
    let documents = shop.build(&feed(&format!(
        "[fields]\nid = \"id\"\nitems = {{ many = \"item\", on = {{ product_id = \"id\" }}, order_by = {order_by}, \
         fields = {{ id = \"id\", len = {{ expr = \"length(t)\" }} }} }}\n"
    )));
    let document: serde_json::Value = serde_json::from_str(&documents.only()).unwrap();
    let ids: Vec<String> = document["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()).collect();
    ids.join(" ")
}

#[test]
fn by_kind_of_value() {
    let rows = "(1,1,10,'b',10,NULL),(2,1,9,'B',9.5,'2024-01-01 00:00:00.5'),(3,1,NULL,'ä','100','2024-01-01 00:00:00'),\
                (4,1,-1,NULL,NULL,'2024-01-01 00:00:01'),(5,1,10,'ab',-3,'2023-12-31 23:59:59')";
    assert_eq!(ordered(rows, r#"["n"]"#), "3 4 2 1 5");
    assert_eq!(ordered(rows, r#"["-n"]"#), "1 5 2 4 3");
    assert_eq!(ordered(rows, r#"["t"]"#), "4 2 5 1 3");
    assert_eq!(ordered(rows, r#"["d"]"#), "4 5 2 1 3");
    assert_eq!(ordered(rows, r#"["at"]"#), "1 5 3 2 4");
    assert_eq!(ordered(rows, r#"["-at"]"#), "4 2 3 5 1");
    assert_eq!(ordered(rows, r#"["len", "-id"]"#), "4 3 2 1 5");
    assert_eq!(ordered(rows, r#"["-n", "t"]"#), "5 1 2 4 3");
    assert_eq!(ordered(rows, "[]"), "1 2 3 4 5");
}

#[test]
fn without_a_primary_key_all_that_is_read_breaks_ties() {
    let build = |rows: &str| {
        let shop = Shop::new(&format!(
            "CREATE TABLE product (id INTEGER PRIMARY KEY);
             CREATE TABLE item (product_id INTEGER, n INTEGER, t TEXT);
             INSERT INTO product VALUES (1);
             INSERT INTO item VALUES {rows};"
        ));
        shop.build(&feed(
            r#"[fields]
id = "id"
items = { many = "item", on = { product_id = "id" }, order_by = ["n"], fields = { n = "n", t = "t" } }
first = { one = "item", as = "other", on = { product_id = "id" }, value = "t" }
"#,
        ))
        .only()
    };
    let expected = r#"{"id":1,"items":[{"n":1,"t":"a"},{"n":1,"t":"b"},{"n":2,"t":"A"}],"first":"A"}"#;
    assert_eq!(build("(1,1,'b'),(1,2,'A'),(1,1,'a')"), expected);
    assert_eq!(build("(1,1,'a'),(1,1,'b'),(1,2,'A')"), expected);
}

#[test]
fn items_of_an_entity_are_ordered_by_the_keys_of_its_tables() {
    let build = |rows: &str| {
        let shop = Shop::new(&format!(
            "CREATE TABLE product (id INTEGER PRIMARY KEY);
             CREATE TABLE shop (product_id INTEGER, code TEXT, PRIMARY KEY (product_id, code));
             INSERT INTO product VALUES (1);
             INSERT INTO shop VALUES {rows};"
        ));
        shop.build(&feed(
            "[entity]\ntable = \"product\"\nkey = \"id\"\njoin = [{ table = \"shop\", \
             on = { product_id = \"id\" } }]\n[fields]\nid = \"id\"\nshop = \"shop.code\"\n",
        ))
        .text()
    };
    let expected = "{\"id\":1,\"shop\":\"a\"}\n{\"id\":1,\"shop\":\"b\"}\n{\"id\":1,\"shop\":\"c\"}\n";
    assert_eq!(build("(1,'c'),(1,'a'),(1,'b')"), expected);
    assert_eq!(build("(1,'a'),(1,'b'),(1,'c')"), expected);
}

#[test]
fn what_follows_from_other_ties_is_not_read_and_the_order_stays() {
    let feed = feed(
        r#"[fields]
id = "id"
[fields.values]
many = "value"
on = { product_id = "id" }
join = [{ table = "attribute", on = { id = "attribute_id" } }, { table = "label", on = { attribute_id = "attribute.id" } }]
order_by = ["attribute.code"]
value = "label.text"
"#,
    );
    let build = |labels: &str| {
        let shop = Shop::new(&format!(
            "CREATE TABLE product (id INTEGER PRIMARY KEY);
             CREATE TABLE attribute (id INTEGER PRIMARY KEY, code TEXT);
             CREATE TABLE label (attribute_id INTEGER, lang TEXT, text TEXT, PRIMARY KEY (attribute_id, lang));
             CREATE TABLE value (product_id INTEGER, attribute_id INTEGER, PRIMARY KEY (product_id, attribute_id));
             INSERT INTO product VALUES (1);
             INSERT INTO attribute VALUES (1, 'z'), (2, 'z'), (3, 'a');
             INSERT INTO label VALUES {labels};
             INSERT INTO value VALUES (1, 2), (1, 1), (1, 3);"
        ));
        // The attribute's key follows from the value's, whose product is the same for all; a label's does not.
        assert_eq!(shop.plan(&feed).root.children[0].level.ties.len(), 3);
        shop.build(&feed).only()
    };
    let expected = r#"{"id":1,"values":["3a","1a","1b","2a"]}"#;
    assert_eq!(build("(2,'a','2a'),(1,'b','1b'),(1,'a','1a'),(3,'a','3a')"), expected);
    assert_eq!(build("(3,'a','3a'),(1,'a','1a'),(1,'b','1b'),(2,'a','2a')"), expected);
}
