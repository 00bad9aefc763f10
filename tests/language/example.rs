//! The example of the first part of the language, as written, over a schema that fits.

use crate::harness::{Project, Receiver};

const FEED: &str = r##"#:schema ../schema/feed.schema.json
name     = "products"                         # the file's stem, [a-z][a-z0-9_]{0,40}
consumer = "search"                           # a [consumers.NAME] of feedmill.toml
identity = ["sku", "storeViewCode"]           # paths into the document, no arrays on the way
minimal_payload   = ["sku", "storeViewCode"]  # contains the identity; what a delete sends, and all the feed table keeps of a sent document
exclude_from_hash = ["modifiedAt", "updatedAt"]   # the default; setting it replaces it; dotted paths, crossing arrays (each element)
entities_removable    = true                  # default false: deletes are not sent
persist_exported_feed = false                 # true keeps the whole document in feed_data
thread_count = 4                              # default 1; batch_size, max_deletes, max_delete_percent likewise:
batch_size   = 200                            # feed file over [defaults] of feedmill.toml; flags over both

[entity]
table = "product"
key   = "id"                                  # integer, text or uuid; unique in the table
where_sql = "product.status <> 'draft'"       # raw SQL of the source's dialect
join = [                                      # an item per product and active store view
  { table = "product_website", on = { product_id = "id" } },
  { table = "store_view", as = "store", on = { website_id = "product_website.website_id" }, where_sql = "store.active = 1" },
  { table = "tax_class", optional = true, on = { id = "tax_class_id" } },
]

[let]                                         # computed like fields, not written
base = { value = "https://shop.example/" }

[fields]                                      # the document's keys, in this order
productId     = "id"
sku           = "sku"
storeViewCode = "store.code"
taxClass      = { column = "tax_class.name", default = "none" }
weight        = { column = "weight", type = "decimal" }
status        = { column = "status", map = { "1" = "enabled", "2" = "disabled" }, default = "unknown" }
visible       = { expr = "status = 'enabled' and product.visibility in (2, 4)" }
gross         = { expr = "round(price * 1.19, 2)", type = "decimal" }
label         = { expr = "coalesce(shortName, sku)" }
url           = { template = "{base}{urlKey}.html" }
uid           = { template = "product/{productId}", encode = "base64" }   # md5, sha1, sha256, blake3 (hex), base64
contactEmail  = { column = "contact_email", mask = "hmac" }               # also "redact", "email" (keeps the domain)
currency      = { value = "EUR" }
createdAt     = { column = "created_at", type = "datetime" }              # format = "%Y-%m-%d %H:%M:%S" or "unix" on request
extra         = { column = "extra_json", type = "json" }
size          = { when = "width is not null", fields = { width = "width", height = "height" } }   # an object of the same row
brand         = { one = "brand", on = { id = "brand_id" }, fields = { name = "name", country = "country_code" } }

[fields.images]                               # an array of objects
many     = "product_image"
as       = "img"
on       = { product_id = "id" }
where_sql = "disabled = 0"
keep     = "label <> ''"                      # over the fields made, evaluated by feedmill
order_by = ["position", "-id"]
fields   = { url = { template = "{base}media/{img.path}" }, label = "label" }

[fields.categories]                           # through a link table: an array of plain values
many     = "category_product"
on       = { product_id = "id" }
join     = [{ table = "category", on = { id = "category_id" } }]
order_by = ["position", "category.path"]
value    = "category.path"                    # or a whole field: value = { column = "...", type = "..." }

[fields.options]                              # relations nest to any depth
many   = "product_option"
on     = { product_id = "id" }
order_by = ["sort_order"]
fields.title  = "title"
fields.values = { many = "product_option_value", on = { option_id = "id" }, order_by = ["sort_order"], fields = { sku = "sku", price = { column = "price", type = "decimal" } } }

[fields.rating]                               # the hatch: wherever a table may stand, a query may
one    = { sql = "SELECT product_id, COUNT(*) AS reviews, AVG(stars) AS stars FROM review WHERE product_id IN (:keys) GROUP BY product_id" }
on     = { product_id = "id" }
fields = { reviews = "reviews", stars = { column = "stars", type = "decimal", round = 2 } }
watch  = [{ table = "review", key = "product_id" }]    # what change tracking should look at
"##;

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
