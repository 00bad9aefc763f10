//! What cannot be written spoils its own item alone; what is excluded does not reach the hash.

use super::{Shop, feed};

#[test]
fn an_invalid_value_spoils_the_items_that_contain_it() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, qty INTEGER, brand_id INTEGER, secret TEXT, at DATETIME);
         CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, width INTEGER);
         INSERT INTO product VALUES (1, 1, 1, NULL, NULL), (2, 'many', 1, NULL, NULL), (3, 3, 2, NULL, NULL),
           (4, 4, 1, NULL, NULL), (5, 1.5, 1, NULL, NULL), (6, 6, 1, 'jane@example.com', NULL), (7, 7, 1, NULL, 'soon');
         INSERT INTO brand VALUES (1, 'fine'), (2, CAST(x'ff' AS TEXT));
         INSERT INTO image VALUES (1, 1, 10), (2, 4, 10), (3, 4, 'wide'), (4, 4, 'also wide');",
    );
    let documents = shop.build(&feed(
        r#"[fields]
id = "id"
qty = "qty"
brand = { one = "brand", on = { id = "brand_id" }, fields = { name = "name" } }
images = { many = "image", on = { product_id = "id" }, value = "width" }
masked = { column = "secret", mask = "hmac" }
number = { column = "secret", type = "int", default = 0 }
at = "at"
"#,
    ));
    let masked = r#""masked":null,"number":0,"at":null}"#;
    assert_eq!(
        documents.text(),
        format!(r#"{{"id":1,"qty":1,"brand":{{"name":"fine"}},"images":[10],{masked}"#) + "\n"
    );
    assert_eq!(
        documents.invalid(),
        "2: qty (product.qty): `many` is not an integer\n\
         3: brand.name (brand.name): the text is not valid UTF-8\n\
         4: images (image.width): `wide` is not an integer\n\
         5: qty (product.qty): `1.5` is not an integer\n\
         6: number (product.secret): the value is not an integer\n\
         7: at (product.at): `soon` is not a date-time\n"
    );
}

#[test]
fn what_is_filtered_out_spoils_nothing() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, shown INTEGER, qty INTEGER);
         CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, ok INTEGER, width INTEGER);
         INSERT INTO product VALUES (1, 0, 'bad'), (2, 1, 2), (3, 1, 3), (4, 'odd', 4);
         INSERT INTO image VALUES (1, 2, 0, 'bad'), (2, 2, 1, 20), (3, 3, 'odd', 5);",
    );
    let documents = shop.build(&feed(
        r#"[entity]
table = "product"
key = "id"
keep = "shown = 1"
[fields]
id = "id"
shown = { column = "shown", hidden = true }
qty = "qty"
images = { many = "image", on = { product_id = "id" }, keep = "ok = 1", value = "width" }
"#,
    ));
    assert_eq!(documents.text(), "{\"id\":2,\"qty\":2,\"images\":[20]}\n");
    assert_eq!(
        documents.invalid(),
        "3: images.keep (image.ok): `odd` is not an integer\n4: entity.keep (product.shown): `odd` is not an integer\n"
    );
    assert_eq!(documents.built.entities.len(), 4);
}

#[test]
fn a_null_identity_is_invalid() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, brand_id INTEGER);
         CREATE TABLE brand (id INTEGER PRIMARY KEY, code TEXT);
         INSERT INTO product VALUES (1, 'a', 1), (2, NULL, 1), (3, 'c', NULL);
         INSERT INTO brand VALUES (1, 'b');",
    );
    let feed = r#"name = "products"
consumer = "search"
identity = ["brand.code", "sku"]
minimal_payload = ["sku", "id", "brand.code", "brand.size.w"]
[entity]
table = "product"
key = "id"
[fields]
id = "id"
brand = { one = "brand", on = { id = "brand_id" }, fields = { code = "code", size = { fields = { w = { value = 1.50 } } } } }
sku = { column = "sku", omit_null = true }
"#;
    let documents = shop.build(feed);
    assert_eq!(documents.text(), "{\"id\":1,\"brand\":{\"code\":\"b\",\"size\":{\"w\":1.5}},\"sku\":\"a\"}\n");
    assert_eq!(documents.identities(), [r#"["b","a"]"#]);
    assert_eq!(documents.minimal(), r#"{"sku":"a","id":1,"brand":{"code":"b","size":{"w":1.5}}}"#);
    assert_eq!(
        documents.invalid(),
        "2: sku (product.sku): identity `sku` is null\n3: brand.code (brand.code): identity `brand.code` is null\n"
    );
}

/// The hash must not tell where an excluded member stood, what it held, or whether it was there.
#[test]
fn excluded_members_leave_no_trace_in_the_hash() {
    let shop = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, a TEXT, z TEXT);
         CREATE TABLE part (id INTEGER PRIMARY KEY, product_id INTEGER, n INTEGER, x TEXT, y TEXT);
         INSERT INTO product VALUES (1, 'same', NULL, NULL), (2, 'same', 'A', NULL), (3, 'same', NULL, 'Z'),
           (4, 'same', 'AA', 'ZZ'), (5, 'other', NULL, NULL), (6, NULL, 'A', 'Z');
         INSERT INTO part SELECT id, id, 1, a, z FROM product UNION ALL SELECT id + 10, id, NULL, z, a FROM product;",
    );
    let fields = |excluded: &str, members: &str, element: &str| {
        format!(
            r#"name = "products"
consumer = "search"
identity = ["id"]
exclude_from_hash = ["id", {excluded}]
omit_null = true
[entity]
table = "product"
key = "id"
[fields]
id = "id"
{members}
parts = {{ many = "part", on = {{ product_id = "id" }}, order_by = ["n"], fields = {{ {element} }} }}
"#
        )
    };
    let a = r#"a = "a""#;
    let z = r#"z = "z""#;
    let name = r#"name = "name""#;
    let object = |inner: &[&str]| format!("o = {{ fields = {{ {} }} }}", inner.join(", "));
    let layouts = [
        (
            vec![a.to_owned(), name.to_owned(), z.to_owned()],
            r#"x = "x", n = "n", y = "y""#,
            r#""a", "z", "parts.x", "parts.y""#,
        ),
        (
            vec![name.to_owned(), a.to_owned(), z.to_owned()],
            r#"n = "n", x = "x", y = "y""#,
            r#""a", "z", "parts.x", "parts.y""#,
        ),
        (
            vec![a.to_owned(), z.to_owned(), name.to_owned()],
            r#"x = "x", y = "y", n = "n""#,
            r#""a", "z", "parts.x", "parts.y""#,
        ),
        (vec![object(&[a, name, z])], r#"x = "x", y = "y", n = "n""#, r#""o.a", "o.z", "parts.x", "parts.y""#),
        (vec![name.to_owned(), object(&[a, z])], r#"x = "x", y = "y""#, r#""o", "parts.x", "parts.y""#),
        (vec![name.to_owned(), object(&[a, z])], r#"x = "x", y = "y""#, r#""o.a", "o.z", "parts""#),
    ];
    for (members, element, excluded) in layouts {
        let feed = fields(excluded, &members.join("\n"), element);
        let hashes = shop.build(&feed).hashes();
        for i in 1..4 {
            assert_eq!(hashes[0], hashes[i], "product {} of\n{feed}", i + 1);
        }
        assert_ne!(hashes[0], hashes[4], "{feed}");
        assert_ne!(hashes[0], hashes[5], "{feed}");
    }
}
