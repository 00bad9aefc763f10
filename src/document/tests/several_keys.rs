//! Rows tied by several values each: what is shared, and what is refused.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, tags TEXT, style TEXT);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE bad (product_id INTEGER, name TEXT);
INSERT INTO product VALUES (1, 'p1', '1,2', 'x'), (2, 'p2', '2,1', 'x'), (3, 'p3', '1,2', 'y'), (4, 'p4', '02,nonsense,2', 'x'), (5, 'p5', NULL, 'x');
INSERT INTO tag VALUES (1, 'one'), (2, 'two');
INSERT INTO bad VALUES (1, CAST(X'FF' AS TEXT)), (2, 'two');
";

#[test]
fn the_order_of_the_pieces_is_not_that_of_the_rows() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
tags = { many = "tag", on = { id = { split = "tags", by = "," } }, fields = { name = "name", style = "product.style", text = "product.tags" } }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"tags":[{"name":"one","style":"x","text":"1,2"},{"name":"two","style":"x","text":"1,2"}]}
{"id":2,"tags":[{"name":"one","style":"x","text":"2,1"},{"name":"two","style":"x","text":"2,1"}]}
{"id":3,"tags":[{"name":"one","style":"y","text":"1,2"},{"name":"two","style":"y","text":"1,2"}]}
{"id":4,"tags":[{"name":"two","style":"x","text":"02,nonsense,2"}]}
{"id":5,"tags":[]}
"#
    );
}

#[test]
fn an_element_that_cannot_be_read_spoils_the_item_that_is_tied_by_it() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[let]
names = { many = "bad", on = { product_id = "id" }, value = "name" }
[fields]
id = "id"
tags = { many = "tag", on = { name = { list = "names" } }, value = "id" }
"#,
    ));
    assert_eq!(
        documents.text(),
        "{\"id\":2,\"tags\":[2]}\n{\"id\":3,\"tags\":[]}\n{\"id\":4,\"tags\":[]}\n{\"id\":5,\"tags\":[]}\n"
    );
    assert_eq!(documents.invalid(), "1: names (bad.name): the text is not valid UTF-8\n");
}

#[test]
fn what_is_refused() {
    let problems = Shop::new(SCHEMA).problems(&feed(
        r#"[let]
names = { many = "tag", on = { id = { list = "names" } }, value = "id" }
[entity]
table = "product"
key = "id"
join = [{ table = "bad", on = { product_id = "id", name = { list = "ids" } } }]
[fields]
id = "id"
size = { fields = { sku = "sku" } }
ids = { many = "tag", on = { id = { split = "tag", by = "," } }, value = "id" }
rows = { many = "tag", on = { id = { list = "objects" } }, value = "id" }
objects = { many = "tag", on = { id = 1 }, fields = { id = "id" } }
a = { many = "tag", on = { id = { list = "id" } }, value = "id" }
b = { many = "tag", on = { id = { list = "size" } }, value = "id" }
c = { many = "tag", on = { id = { list = "idz" } }, value = "id" }
d = { many = "tag", on = { id = { split = "objects", by = "," } }, value = "id" }
"#,
    ));
    insta::assert_snapshot!(problems);
}
