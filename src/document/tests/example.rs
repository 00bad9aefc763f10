//! The example of the language's description, as written.

use super::Shop;

const SCHEMA: &str = "
CREATE TABLE product (
  id INTEGER PRIMARY KEY, sku TEXT UNIQUE, status INTEGER, visibility INTEGER, price DECIMAL(10,2), short_name TEXT,
  url_key TEXT, contact_email TEXT, created_at DATETIME, extra_json JSON, width INTEGER, height INTEGER, weight DECIMAL,
  tax_class_id INTEGER, brand_id INTEGER);
CREATE TABLE product_website (product_id INTEGER, website_id INTEGER, PRIMARY KEY (product_id, website_id));
CREATE TABLE store_view (id INTEGER PRIMARY KEY, website_id INTEGER, code TEXT, active INTEGER);
CREATE TABLE tax_class (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT, country_code TEXT);
CREATE TABLE product_image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT, label TEXT, position INTEGER,
  disabled INTEGER);
CREATE TABLE category (id INTEGER PRIMARY KEY, path TEXT);
CREATE TABLE category_product (category_id INTEGER, product_id INTEGER, position INTEGER,
  PRIMARY KEY (category_id, product_id));
CREATE TABLE product_option (id INTEGER PRIMARY KEY, product_id INTEGER, title TEXT, sort_order INTEGER);
CREATE TABLE product_option_value (id INTEGER PRIMARY KEY, option_id INTEGER, sku TEXT, price DECIMAL(10,2),
  sort_order INTEGER);
CREATE TABLE review (id INTEGER PRIMARY KEY, product_id INTEGER, stars INTEGER);
INSERT INTO product VALUES
 (1,'A-1',1,4,10.5,NULL,'a-one','jane@example.com','2024-01-02 03:04:05','{\"b\": 1, \"a\": [1.50]}',3,4,1.5,1,7),
 (2,'B-2',2,1,3,'Bee','b-two',NULL,NULL,NULL,NULL,4,NULL,NULL,7),
 (3,'C-3','draft',1,3,'C','c',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (4,'D-4',9,2,99999999.99,'D','d','x','0000-00-00 00:00:00','null',0,0,0,2,8);
INSERT INTO product_website VALUES (1,1),(1,2),(2,1),(3,1),(4,2);
INSERT INTO store_view VALUES (1,1,'en',1),(2,1,'de',1),(3,2,'fr',1),(4,2,'off',0);
INSERT INTO tax_class VALUES (1,'full');
INSERT INTO brand VALUES (7,'Acme','DE');
INSERT INTO product_image VALUES (1,1,'a.jpg','front',2,0),(2,1,'b.jpg','back',1,0),(3,1,'c.jpg','',0,0),
 (4,1,'d.jpg','hidden',0,1),(5,1,'e.jpg','also back',1,0),(6,1,'f.jpg',NULL,0,0),(7,99,'z.jpg','nobody',0,0);
INSERT INTO category VALUES (1,'men/shirts'),(2,'sale'),(3,'new');
INSERT INTO category_product VALUES (1,1,2),(2,1,1),(3,1,1),(2,2,1);
INSERT INTO product_option VALUES (1,1,'Size',2),(2,1,'Colour',1);
INSERT INTO product_option_value VALUES (1,1,'S',1.10,2),(2,1,'M',2,1),(3,2,'red',0,1);
INSERT INTO review VALUES (1,1,5),(2,1,4),(3,1,4),(4,2,1);
";

const FEED: &str = r#"
name     = "products"
consumer = "search"
identity = ["sku", "storeViewCode"]
minimal_payload   = ["sku", "storeViewCode"]
entities_removable    = true
persist_exported_feed = false
thread_count = 4
batch_size   = 200

[entity]
table = "product"
key   = "id"
where_sql = "product.status <> 'draft'"
join = [
  { table = "product_website", on = { product_id = "id" } },
  { table = "store_view", as = "store", on = { website_id = "product_website.website_id" }, where_sql = "store.active = 1" },
  { table = "tax_class", optional = true, on = { id = "tax_class_id" } },
]

[let]
base = { value = "https://shop.example/" }
shortName = "short_name"
urlKey = "url_key"

[fields]
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
uid           = { template = "product/{productId}", encode = "base64" }
contactEmail  = { column = "contact_email", mask = "email" }
currency      = { value = "EUR" }
createdAt     = { column = "created_at", type = "datetime" }
extra         = { column = "extra_json", type = "json" }
size          = { when = "width is not null", fields = { width = "width", height = "height" } }
brand         = { one = "brand", on = { id = "brand_id" }, fields = { name = "name", country = "country_code" } }

[fields.images]
many     = "product_image"
as       = "img"
on       = { product_id = "id" }
where_sql = "disabled = 0"
keep     = "label <> ''"
order_by = ["position", "-id"]
fields   = { url = { template = "{base}media/{img.path}" }, label = "label" }

[fields.categories]
many     = "category_product"
on       = { product_id = "id" }
join     = [{ table = "category", on = { id = "category_id" } }]
order_by = ["position", "category.path"]
value    = "category.path"

[fields.options]
many   = "product_option"
on     = { product_id = "id" }
order_by = ["sort_order"]
fields.title  = "title"
fields.values = { many = "product_option_value", on = { option_id = "id" }, order_by = ["sort_order"], fields = { sku = "sku", price = { column = "price", type = "decimal" } } }

[fields.rating]
one    = { sql = "SELECT product_id, COUNT(*) AS reviews, AVG(stars) AS stars FROM review WHERE product_id IN (:keys) GROUP BY product_id" }
on     = { product_id = "id" }
fields = { reviews = "reviews", stars = { column = "stars", type = "decimal", round = 2 } }
watch  = [{ table = "review", key = "product_id" }]
"#;

#[test]
fn the_whole_example() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(FEED);
    let one = |store: &str| {
        format!(
            r#"{{"productId":1,"sku":"A-1","storeViewCode":"{store}","taxClass":"full","weight":1.5,"status":"enabled","visible":true,"gross":12.5,"label":"A-1","url":"https://shop.example/a-one.html","uid":"cHJvZHVjdC8x","contactEmail":"***@example.com","currency":"EUR","createdAt":"2024-01-02T03:04:05Z","extra":{{"a":[1.5],"b":1}},"size":{{"width":3,"height":4}},"brand":{{"name":"Acme","country":"DE"}},"images":[{{"url":"https://shop.example/media/e.jpg","label":"also back"}},{{"url":"https://shop.example/media/b.jpg","label":"back"}},{{"url":"https://shop.example/media/a.jpg","label":"front"}}],"categories":["new","sale","men/shirts"],"options":[{{"title":"Colour","values":[{{"sku":"red","price":0}}]}},{{"title":"Size","values":[{{"sku":"M","price":2}},{{"sku":"S","price":1.1}}]}}],"rating":{{"reviews":3,"stars":4.33}}}}
"#
        )
    };
    let two = |store: &str| {
        format!(
            r#"{{"productId":2,"sku":"B-2","storeViewCode":"{store}","taxClass":"none","weight":null,"status":"disabled","visible":false,"gross":3.57,"label":"Bee","url":"https://shop.example/b-two.html","uid":"cHJvZHVjdC8y","contactEmail":null,"currency":"EUR","createdAt":null,"extra":null,"size":null,"brand":{{"name":"Acme","country":"DE"}},"images":[],"categories":["sale"],"options":[],"rating":{{"reviews":1,"stars":1}}}}
"#
        )
    };
    let four = r#"{"productId":4,"sku":"D-4","storeViewCode":"fr","taxClass":"none","weight":0,"status":"unknown","visible":false,"gross":118999999.99,"label":"D","url":"https://shop.example/d.html","uid":"cHJvZHVjdC80","contactEmail":"***","currency":"EUR","createdAt":null,"extra":null,"size":{"width":0,"height":0},"brand":null,"images":[],"categories":[],"options":[],"rating":null}
"#;
    let expected = [one("en"), one("de"), one("fr"), two("en"), two("de"), four.to_owned()].concat();
    assert_eq!(documents.text(), expected);
    assert_eq!(documents.invalid(), "");
    assert_eq!(documents.minimal(), r#"{"sku":"A-1","storeViewCode":"en"}"#);
    assert_eq!(documents.identities()[1], r#"["A-1","de"]"#);
    assert_eq!(documents.built.entities.len(), 3);
}
