//! What can be named of something that is no single value: the values of the row of a `one`, whether it is there, and
//! the text of its JSON.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, stock_id INTEGER, kind TEXT);
CREATE TABLE stock (id INTEGER PRIMARY KEY, qty DECIMAL(10,2), place_id INTEGER, since DATETIME);
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, open INTEGER);
CREATE TABLE part (id INTEGER PRIMARY KEY, product_id INTEGER, n INTEGER);
INSERT INTO product VALUES (1, 'a', 1, 'box'), (2, 'b', 2, NULL), (3, 'c', 99, 'file'), (4, 'd', NULL, NULL);
INSERT INTO stock VALUES (1, 5.50, 1, '2024-01-01 00:00:00'), (2, NULL, 2, '2024-01-01 00:00:00.5');
INSERT INTO place VALUES (1, 'Ulm', 1);
INSERT INTO part VALUES (1, 1, 1), (2, 1, 2), (3, 3, 3);
";

#[test]
fn values_of_the_row_of_a_one() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[let.stock]
one = "stock"
on = { id = "stock_id" }
fields.qty = { column = "qty", default = 0 }
fields.double = { expr = "qty * 2", hidden = true }
fields.box = { when = "qty > 1", fields = { half = { expr = "qty / 2" } } }
fields.place = { one = "place", on = { id = "place_id" }, fields = { name = "name", open = { column = "open", type = "bool" } } }
fields.city = { one = "place", as = "city", on = { id = "place_id" }, value = "name", default = "nowhere" }
[fields]
id = "id"
qty = { expr = "stock.qty" }
double = { expr = "stock.double + 1" }
half = { expr = "stock.box.half" }
at = { template = "{sku}@{stock.place.name}" }
open = { when = "stock.place.open", value = true }
city = { expr = "stock.city" }
inside = { fields = { qty = { expr = "stock.qty > 1" } } }
parts = { many = "part", on = { product_id = "id" }, fields = { n = { expr = "part.n * stock.qty" } } }
again = { one = "place", as = "again", on = { name = "stock.place.name" }, value = "id" }
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"qty":5.5,"double":12,"half":2.75,"at":"a@Ulm","open":true,"city":"Ulm","inside":{"qty":true},"parts":[{"n":5.5},{"n":11}],"again":1}"#,
            "\n",
            r#"{"id":2,"qty":0,"double":1,"half":null,"at":null,"open":null,"city":"nowhere","inside":{"qty":false},"parts":[],"again":null}"#,
            "\n",
            r#"{"id":3,"qty":null,"double":null,"half":null,"at":null,"open":null,"city":null,"inside":{"qty":null},"parts":[{"n":null}],"again":null}"#,
            "\n",
            r#"{"id":4,"qty":null,"double":null,"half":null,"at":null,"open":null,"city":null,"inside":{"qty":null},"parts":[],"again":null}"#,
            "\n",
        )
    );
}

#[test]
fn fields_of_objects_in_any_order_and_of_what_the_document_shows() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
early = { expr = "later.inner.n + size.n" }
stock = { one = "stock", on = { id = "stock_id" }, fields = { qty = "qty" } }
size = { fields = { n = { value = 1 } } }
later = { fields = { inner = { fields = { n = { expr = "stock.qty" } } } } }
"#,
    ));
    assert_eq!(
        documents.text().lines().next(),
        Some(r#"{"id":1,"early":6.5,"stock":{"qty":5.5},"size":{"n":1},"later":{"inner":{"n":5.5}}}"#)
    );
}

#[test]
fn rows_are_ordered_and_kept_by_what_is_named() {
    let documents = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY);
         CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER);
         CREATE TABLE label (image_id INTEGER PRIMARY KEY, text TEXT, position INTEGER, at DATETIME);
         INSERT INTO product VALUES (1), (2);
         INSERT INTO image VALUES (1, 1), (2, 1), (3, 1), (4, 1), (5, 2);
         INSERT INTO label VALUES (1, 'x', 3, '2024-01-01 00:00:00.5'), (2, 'y', 1, '2024-01-01 00:00:00'),
           (4, NULL, 2, '2023-01-01');",
    )
    .build(&feed(
        r#"[fields]
id = "id"
[fields.images]
many = "image"
on = { product_id = "id" }
keep = "here is not null"
order_by = ["-here.position"]
let.here = { one = "label", on = { image_id = "id" }, fields = { text = "text", position = "position" } }
fields = { id = "id", text = { expr = "here.text", default = "" } }
[fields.byTime]
many = "image"
as = "timed"
on = { product_id = "id" }
order_by = ["here.at"]
let.here = { one = "label", on = { image_id = "id" }, fields = { at = "at" } }
value = "id"
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"images":[{"id":1,"text":"x"},{"id":4,"text":""},{"id":2,"text":"y"}],"byTime":[3,4,2,1]}"#,
            "\n",
            r#"{"id":2,"images":[],"byTime":[5]}"#,
            "\n"
        )
    );
}

#[test]
fn whether_something_is_there() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[entity]
table = "product"
key = "id"
keep = "parts is not null or stock is null"
[fields]
id = "id"
parts = { many = "part", on = { product_id = "id" }, keep = "n > 1", fields = { n = "n" }, empty = "null" }
always = { many = "part", as = "p", on = { product_id = "id" }, value = "n" }
stock = { one = "stock", on = { id = "stock_id" }, fields = { qty = "qty" } }
sometimes = { when = "kind = 'box'", many = "part", as = "q", on = { product_id = "id" }, value = "n" }
size = { when = "kind is not null", fields = { k = "kind" } }
seen = { template = "{a}{b}{c}{d}{e}{f}{g}" }
a = { hidden = true, expr = "case when parts is null then 'p' else '' end" }
b = { hidden = true, expr = "case when always is null then 'a' else '' end" }
c = { hidden = true, expr = "case when stock is null then 's' else '' end" }
d = { hidden = true, expr = "case when sometimes is null then 'w' else '' end" }
e = { hidden = true, expr = "case when size is null then 'o' else '' end" }
f = { hidden = true, expr = "case when letters is null then 'l' else '' end" }
g = { hidden = true, expr = "case when mixed is null then 'm' else '' end" }
letters = { hidden = true, split = "kind", by = "o", empty = "null" }
[[fields.mixed]]
empty = "null"
hidden = true
when = "id = 4"
list = [{ value = 1 }]
[[fields.mixed]]
from = "parts"
value = "n"
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"parts":[{"n":2}],"always":[1,2],"stock":{"qty":5.5},"sometimes":[1,2],"size":{"k":"box"},"seen":""}"#,
            "\n",
            r#"{"id":3,"parts":[{"n":3}],"always":[3],"stock":null,"sometimes":null,"size":{"k":"file"},"seen":"sw"}"#,
            "\n",
            r#"{"id":4,"parts":null,"always":[],"stock":null,"sometimes":null,"size":null,"seen":"pswol"}"#,
            "\n",
        )
    );
}

#[test]
fn json_as_a_text() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
plain = { encode = "json", fields = { sku = "sku", kind = { column = "kind", omit_null = true } } }
parts = { encode = "json", many = "part", on = { product_id = "id" }, fields = { n = "n", of = { expr = "sku" } } }
stock = { encode = "json", one = "stock", on = { id = "stock_id" }, fields = { qty = "qty" } }
list = { encode = "json", list = ["sku", { value = 1 }] }
long = { template = "{hiddenText}|{parts}" }
hiddenText = { hidden = true, encode = "json", fields = { st = { one = "stock", as = "s", on = { id = "stock_id" }, fields = { qty = "qty" } }, size = { expr = "stock" } } }
[[fields.attributes]]
fields = { code = { value = "x" }, value = { list = [{ expr = "plain" }] } }
[[fields.attributes]]
when = "stock is null"
list = [{ encode = "json", fields = { id = "id" } }]
[[fields.text]]
encode = "json"
list = [{ value = "\"" }]
"#,
    ));
    assert_eq!(
        documents.text().lines().next(),
        Some(concat!(
            r#"{"id":1,"plain":"{\"sku\":\"a\",\"kind\":\"box\"}","parts":"[{\"n\":1,\"of\":\"a\"},{\"n\":2,\"of\":\"a\"}]","#,
            r#""stock":"{\"qty\":5.5}","list":"[\"a\",1]","#,
            r#""long":"{\"st\":{\"qty\":5.5},\"size\":\"{\\\"qty\\\":5.5}\"}|[{\"n\":1,\"of\":\"a\"},{\"n\":2,\"of\":\"a\"}]","#,
            r#""attributes":[{"code":"x","value":["{\"sku\":\"a\",\"kind\":\"box\"}"]}],"text":"[\"\\\"\"]"}"#,
        ))
    );
    assert_eq!(
        documents.text().lines().last(),
        Some(concat!(
            r#"{"id":4,"plain":"{\"sku\":\"d\"}","parts":"[]","stock":null,"list":"[\"d\",1]","#,
            r#""long":"{\"st\":null,\"size\":null}|[]","#,
            r#""attributes":[{"code":"x","value":["{\"sku\":\"d\"}"]},"{\"id\":4}"],"text":"[\"\\\"\"]"}"#,
        ))
    );
}

#[test]
fn a_json_text_may_be_the_identity_and_lies_in_the_hash_whole() {
    let shop = Shop::new(SCHEMA);
    let feed = r#"name = "products"
consumer = "search"
identity = ["key"]
exclude_from_hash = ["more"]
[entity]
table = "product"
key = "id"
where_sql = "id = 1"
[fields]
key = { encode = "json", fields = { id = "id", sku = "sku" } }
more = { encode = "json", fields = { kind = "kind" } }
"#;
    let before = shop.build(feed);
    assert_eq!(before.identities(), [r#"["{\"id\":1,\"sku\":\"a\"}"]"#]);
    shop.run("UPDATE product SET kind = 'bag'");
    assert_eq!(shop.build(feed).hashes(), before.hashes());
    shop.run("UPDATE product SET sku = 'z'");
    assert_ne!(shop.build(feed).hashes(), before.hashes());
}

#[test]
fn what_is_masked_is_quoted_nowhere_however_it_is_named() {
    let documents = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, owner_id INTEGER);
         CREATE TABLE owner (id INTEGER PRIMARY KEY, mail TEXT, pin TEXT);
         INSERT INTO product VALUES (1, 1), (2, 1);
         INSERT INTO owner VALUES (1, 'eve@example.org', 'none');",
    )
    .build(&feed(
        r#"[fields]
id = "id"
mail = { expr = "who.mail" }
text = { encode = "json", fields = { owner = { one = "owner", as = "o", on = { id = "owner_id" }, fields = { pin = { column = "pin", mask = "redact" } } } } }
wrong = { when = "id = 1", expr = "text", type = "int" }
pin = { expr = "who.pin", type = "int" }
[let.who]
one = "owner"
on = { id = "owner_id" }
fields = { mail = { column = "mail", mask = "email" }, pin = "pin" }
"#,
    ));
    assert_eq!(documents.text(), "");
    assert_eq!(
        documents.invalid(),
        "1: wrong: the value is not an integer\n2: pin (owner.pin): the value is not an integer\n"
    );
}

#[test]
fn values_with_fallbacks_sums_and_joined_texts_are_values_like_any_other() {
    let documents = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, lang INTEGER, codes TEXT);
         CREATE TABLE label (product_id INTEGER, lang INTEGER, text TEXT, note TEXT);
         CREATE TABLE part (id INTEGER PRIMARY KEY, product_id INTEGER, kind TEXT, n INTEGER);
         INSERT INTO product VALUES (1, 1, 'a,b'), (2, 2, 'b'), (3, 1, NULL);
         INSERT INTO label VALUES (1, 1, 'eins', NULL), (1, 0, 'one', 'n'), (2, 1, 'zwei', NULL);
         INSERT INTO part VALUES (1, 1, 'a', 1), (2, 1, 'b', 2), (3, 2, 'a', 3);",
    )
    .build(&feed(
        r#"[let.here]
one = "label"
on = { product_id = "id" }
fallback = [{ lang = "product.lang" }, { lang = 0 }]
fields.text = "text"
fields.note = "note"
fields.total = { sum = "part", as = "sums", on = { product_id = "label.product_id" }, value = "n" }
[fields]
id = "id"
text = { template = "{here.text}/{here.note}/{here.total}" }
there = { expr = "here is not null" }
kinds = { from = "parts", value = "kinds" }
json = { encode = "json", fields = { total = { sum = "part", as = "j", on = { product_id = "id" }, value = "n" }, text = { expr = "here.text" } } }
[[fields.parts]]
many = "part"
on = { product_id = "id", kind = { split = "codes", by = "," } }
order_by = ["-n"]
fields.kinds = { many = "part", as = "p", on = { product_id = "part.product_id" }, order_by = ["kind"], value = "kind", separator = "+" }
[[fields.parts]]
keep = "total > 2"
let = { total = { sum = "part", as = "t", on = { product_id = "id" }, value = "n" } }
fields = { kinds = { expr = "total" } }
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"text":"eins/n/3","there":true,"kinds":["a+b","a+b",3],"json":"{\"total\":3,\"text\":\"eins\"}","#,
            r#""parts":[{"kinds":"a+b"},{"kinds":"a+b"},{"kinds":3}]}"#,
            "\n",
            r#"{"id":2,"text":null,"there":false,"kinds":[3],"json":"{\"total\":3,\"text\":null}","parts":[{"kinds":3}]}"#,
            "\n",
            r#"{"id":3,"text":null,"there":false,"kinds":[],"json":"{\"total\":0,\"text\":null}","parts":[]}"#,
            "\n",
        )
    );
}
