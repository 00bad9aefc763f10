//! Rows that name values of the levels around them.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, brand_id INTEGER, host TEXT);
CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT);
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT);
CREATE TABLE tag (id INTEGER PRIMARY KEY, image_id INTEGER, store_id INTEGER, name TEXT);
INSERT INTO product VALUES (1, 'p1', 1, 'h1'), (2, 'p2', 1, 'h2');
INSERT INTO store VALUES (1, 'en'), (2, 'de');
INSERT INTO brand VALUES (1, 'Acme');
INSERT INTO image VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
INSERT INTO tag VALUES (1, 1, 1, 'red'), (2, 1, 2, 'rot'), (3, 3, 1, 'blue'), (4, 3, 0, 'any');
";

#[test]
fn one_row_in_several_contexts() {
    let shop = Shop::new(SCHEMA);
    // The brand is one row for both products, and reads differently in each.
    let documents = shop.build(&feed(
        r#"[let]
base = { template = "//{host}/" }
[fields]
id = "id"
brand = { one = "brand", on = { id = "brand_id" }, fields = { name = "name", url = { template = "{base}{brand.name}?of={sku}" }, of = "product.sku" } }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"brand":{"name":"Acme","url":"//h1/Acme?of=p1","of":"p1"}}
{"id":2,"brand":{"name":"Acme","url":"//h2/Acme?of=p2","of":"p2"}}
"#
    );
}

#[test]
fn through_a_level_that_does_not_care() {
    let shop = Shop::new(SCHEMA);
    // Two items a product: the tags of an image depend on the item's store, the images themselves do not.
    let feed = r#"name = "products"
consumer = "search"
identity = ["id", "store"]
[entity]
table = "product"
key = "id"
join = [{ table = "store" }]
[fields]
id = "id"
store = "store.code"
[fields.images]
many = "image"
on = { product_id = "id" }
fields.path = "path"
fields.tags = { many = "tag", on = { image_id = "id", store_id = "store.id" }, fields = { name = "name", in = { template = "{store.code}:{path}" } } }
"#;
    assert_eq!(
        shop.build(feed).text(),
        r#"{"id":1,"store":"en","images":[{"path":"a","tags":[{"name":"red","in":"en:a"}]},{"path":"b","tags":[]}]}
{"id":1,"store":"de","images":[{"path":"a","tags":[{"name":"rot","in":"de:a"}]},{"path":"b","tags":[]}]}
{"id":2,"store":"en","images":[{"path":"c","tags":[{"name":"blue","in":"en:c"}]}]}
{"id":2,"store":"de","images":[{"path":"c","tags":[]}]}
"#
    );
}

#[test]
fn the_innermost_name_wins() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(&feed(
        r#"[entity]
table = "product"
key = "id"
where_sql = "product.id = 1"
[let]
path = { value = "outer let" }
label = { template = "product {sku}" }
[fields]
id = "id"
[fields.images]
many = "image"
as = "img"
on = { product_id = "id" }
order_by = ["-label"]
[fields.images.let]
label = { template = "image {img.id}" }
[fields.images.fields]
column = "path"
let = { expr = "label" }
outer = { expr = "sku || '/' || path" }
object = { fields = { label = { value = "inner" }, seen = { expr = "label" } } }
"#,
    ));
    assert_eq!(
        documents.only(),
        r#"{"id":1,"images":[{"column":"b","let":"image 2","outer":"p1/b","object":{"label":"inner","seen":"inner"}},{"column":"a","let":"image 1","outer":"p1/a","object":{"label":"inner","seen":"inner"}}]}"#
    );
}
