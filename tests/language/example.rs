//! The example of the first part of the language, as written, over a schema that fits.

use crate::harness::{Project, Receiver};

/// Ships as an example.
const FEED: &str = include_str!("../../feeds/example/products.toml");

const SHOP: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, status TEXT, tax_class_id INTEGER, weight DECIMAL(10,4),
    visibility INTEGER, price DECIMAL(10,2), shortName TEXT, urlKey TEXT, contact_email TEXT, created_at DATETIME,
    extra_json TEXT, width REAL, height REAL, brand_id INTEGER);
CREATE TABLE product_website (product_id INTEGER, website_id INTEGER, PRIMARY KEY (product_id, website_id));
CREATE TABLE store_view (store_id INTEGER PRIMARY KEY, website_id INTEGER, code TEXT, active INTEGER);
CREATE TABLE tax_class (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT, country_code TEXT);
CREATE TABLE product_image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT, label TEXT, position INTEGER, disabled INTEGER);
CREATE TABLE category (id INTEGER PRIMARY KEY, path TEXT);
CREATE TABLE category_product (category_id INTEGER, product_id INTEGER, position INTEGER, PRIMARY KEY (category_id, product_id));
CREATE TABLE product_option (id INTEGER PRIMARY KEY, product_id INTEGER, title TEXT, sort_order INTEGER);
CREATE TABLE product_option_value (id INTEGER PRIMARY KEY, option_id INTEGER, sku TEXT, price DECIMAL(10,2), sort_order INTEGER);
CREATE TABLE review (id INTEGER PRIMARY KEY, product_id INTEGER, stars INTEGER);

INSERT INTO product VALUES
    (1, 'A-1', '1', 7, 1.50, 4, 19.99, NULL, 'anvil', NULL, '2024-01-02 03:04:05', '{\"b\": 1, \"a\": [1, 2]}', 2.5, 3.25, 5),
    (2, 'B-2', '9', NULL, NULL, 1, NULL, 'Bolt', NULL, NULL, NULL, NULL, NULL, 1.5, NULL),
    (3, 'C-3', 'draft', 7, 1, 4, 1, NULL, 'cog', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO product_website VALUES (1, 1), (1, 2), (2, 1), (3, 1);
INSERT INTO store_view VALUES (1, 1, 'de', 1), (2, 1, 'fr', 0), (3, 2, 'us', 1);
INSERT INTO tax_class VALUES (7, 'full');
INSERT INTO brand VALUES (5, 'Acme', 'DE');
INSERT INTO product_image VALUES (1, 1, 'a.jpg', 'front', 2, 0), (2, 1, 'b.jpg', 'back', 1, 0), (3, 1, 'c.jpg', '', 0, 0),
    (4, 1, 'd.jpg', 'hidden', 0, 1), (5, 1, 'e.jpg', 'side', 1, 0), (6, 1, 'f.jpg', NULL, 1, 0);
INSERT INTO category VALUES (1, 'tools'), (2, 'tools/forge'), (3, 'new');
INSERT INTO category_product VALUES (1, 1, 1), (2, 1, 0), (3, 1, 1), (1, 2, 0);
INSERT INTO product_option VALUES (10, 1, 'Size', 2), (11, 1, 'Colour', 1);
INSERT INTO product_option_value VALUES (20, 10, 's', 0.10, 2), (21, 10, 'm', 5, 1), (22, 11, 'red', NULL, NULL);
INSERT INTO review VALUES (1, 1, 5), (2, 1, 4), (3, 1, 4);
";

/// The first product but for its store view.
fn anvil(store: &str) -> String {
    [
        r#"{"productId":1,"sku":"A-1","storeViewCode":""#,
        store,
        r#"","taxClass":"full","weight":1.5,"status":"enabled","visible":true,"gross":23.79,"label":"A-1","#,
        r#""url":"https://shop.example/anvil.html","uid":"cHJvZHVjdC8x","contactEmail":null,"currency":"EUR","#,
        r#""createdAt":"2024-01-02T03:04:05Z","extra":{"a":[1,2],"b":1},"size":{"width":2.5,"height":3.25},"#,
        r#""brand":{"name":"Acme","country":"DE"},"#,
        r#""images":[{"url":"https://shop.example/media/e.jpg","label":"side"},"#,
        r#"{"url":"https://shop.example/media/b.jpg","label":"back"},"#,
        r#"{"url":"https://shop.example/media/a.jpg","label":"front"}],"#,
        r#""categories":["tools/forge","new","tools"],"#,
        r#""options":[{"title":"Colour","values":[{"sku":"red","price":null}]},"#,
        r#"{"title":"Size","values":[{"sku":"m","price":5},{"sku":"s","price":0.1}]}],"#,
        r#""rating":{"reviews":3,"stars":4.33}}"#,
    ]
    .concat()
}

const BOLT: &str = concat!(
    r#"{"productId":2,"sku":"B-2","storeViewCode":"de","taxClass":"none","weight":null,"status":"unknown","#,
    r#""visible":false,"gross":null,"label":"Bolt","url":null,"uid":"cHJvZHVjdC8y","contactEmail":null,"#,
    r#""currency":"EUR","createdAt":null,"extra":null,"size":null,"brand":null,"images":[],"#,
    r#""categories":["tools"],"options":[],"rating":null}"#
);

#[test]
fn the_example_works_as_written() {
    let receiver = Receiver::with_identity(&["sku", "storeViewCode"]);
    let mut project = Project::new();
    project.consumer(&receiver, "");
    let config = project.read("feedmill.toml");
    project.write("feedmill.toml", &format!("{config}[masks]\nkey = \"a key for masks\"\n"));
    project.sql(SHOP).feed("products", FEED);
    project.run(&["check"]).exits(0);
    project.run(&["reindex", "products"]).exits(0).counts("products", "items=3 exported=3");
    assert_eq!(receiver.documents("products"), [anvil("de"), anvil("us"), BOLT.to_owned()]);

    // Each table that it reads can change it.
    for (edit, sent) in [
        ("UPDATE brand SET name = 'Apex'", 2),
        ("UPDATE tax_class SET name = 'half'", 2),
        ("UPDATE store_view SET active = 1 WHERE code = 'fr'", 2),
        ("UPDATE product_image SET disabled = 0 WHERE id = 4", 3),
        ("UPDATE category SET path = 'tool' WHERE id = 1", 5),
        ("UPDATE product_option_value SET price = 6 WHERE id = 21", 3),
        ("INSERT INTO review VALUES (4, 2, 1)", 2),
    ] {
        project.sql(edit);
        let run = project.run(&["reindex", "products"]);
        assert_eq!(run.exits(0).summary("products")["exported"], sent, "{edit}");
    }
    project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=5 requests=0");
}
