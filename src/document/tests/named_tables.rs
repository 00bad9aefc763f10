//! Tables that values name: which rows come from which, and what is refused.

use super::{Shop, build, feed};
use crate::document::EntityBatch;
use crate::entity::EntityKey;

/// Two stores with a table each, one without, and a table that is named alike by chance.
const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, home INTEGER);
CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT);
INSERT INTO product VALUES (1, 'p1', 1), (2, 'p2', 2), (3, 'p3', NULL);
INSERT INTO store VALUES (1, 'en'), (2, 'de'), (3, 'fr');
CREATE TABLE rank_store1 (product_id INTEGER, category_id INTEGER, position INTEGER, PRIMARY KEY (product_id, category_id));
CREATE TABLE rank_store2 (category_id INTEGER, product_id INTEGER, position INTEGER, extra TEXT, PRIMARY KEY (product_id, category_id));
CREATE TABLE rank_store_log (id INTEGER PRIMARY KEY, message TEXT);
INSERT INTO rank_store1 VALUES (1, 7, 10), (1, 8, 5), (2, 7, 1);
INSERT INTO rank_store2 VALUES (7, 1, 99, 'x'), (9, 3, 3, 'y');
CREATE TABLE stock_1 (sku TEXT PRIMARY KEY, qty DECIMAL(9,2));
CREATE VIEW stock_2 AS SELECT sku, id * 1 AS qty FROM product WHERE id > 1;
INSERT INTO stock_1 VALUES ('p1', 1.50), ('p3', 3);
CREATE TABLE rank_store1_tag (category_id INTEGER, name TEXT); INSERT INTO rank_store1_tag VALUES (7, 'seven');
CREATE TABLE rank_store2_tag (category_id INTEGER, name TEXT); INSERT INTO rank_store2_tag VALUES (7, 'sieben'), (9, 'neun');
";

const STORES: &str = r#"name = "products"
consumer = "search"
identity = ["id", "store"]
[entity]
table = "product"
key = "id"
join = [{ table = "store" }]
[fields]
id = "id"
store = "store.code"
"#;

#[test]
fn each_row_asks_the_table_that_it_names() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(&format!(
        r#"{STORES}
[fields.ranks]
many = "rank_store{{store.id}}"
on = {{ product_id = "id" }}
order_by = ["position"]
fields.category = "category_id"
fields.position = "ranks.position"
fields.tags = {{ many = "RANK_store{{store.id}}_tag", on = {{ category_id = "ranks.category_id" }}, value = "name" }}
"#
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"store":"en","ranks":[{"category":8,"position":5,"tags":[]},{"category":7,"position":10,"tags":["seven"]}]}
{"id":1,"store":"de","ranks":[{"category":7,"position":99,"tags":["sieben"]}]}
{"id":1,"store":"fr","ranks":[]}
{"id":2,"store":"en","ranks":[{"category":7,"position":1,"tags":["seven"]}]}
{"id":2,"store":"de","ranks":[]}
{"id":2,"store":"fr","ranks":[]}
{"id":3,"store":"en","ranks":[]}
{"id":3,"store":"de","ranks":[{"category":9,"position":3,"tags":["neun"]}]}
{"id":3,"store":"fr","ranks":[]}
"#
    );
}

#[test]
fn by_a_value_that_may_be_null_and_by_several() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(&feed(
        r#"[let]
what = { value = "rank" }
[fields]
id = "id"
qty = { one = "stock_{home}", on = { sku = "sku" }, value = "qty", default = 0 }
best = { min = "{what}_store{home}", on = { product_id = "id" }, value = "position" }
"#,
    ));
    // The view's column has no declared type: it is a decimal as in the table.
    assert_eq!(
        documents.text(),
        r#"{"id":1,"qty":1.5,"best":5}
{"id":2,"qty":2,"best":null}
{"id":3,"qty":0,"best":null}
"#
    );
}

#[test]
fn a_join_by_a_column_of_the_same_rows() {
    let shop = Shop::new(SCHEMA);
    let joined = |optional: bool| {
        STORES.replace(
            r#"join = [{ table = "store" }]"#,
            &format!(r#"join = [{{ table = "store" }}, {{ table = "stock_{{store.id}}", as = "stock", on = {{ sku = "product.sku" }}, optional = {optional} }}]"#),
        ) + "qty = \"stock.qty\"\n"
    };
    assert_eq!(
        shop.build(&joined(false)).text(),
        r#"{"id":1,"store":"en","qty":1.5}
{"id":2,"store":"de","qty":2}
{"id":3,"store":"en","qty":3}
{"id":3,"store":"de","qty":3}
"#
    );
    let mut all: Vec<String> = shop.build(&joined(true)).text().lines().map(str::to_owned).collect();
    all.sort();
    assert_eq!(
        all.join("\n"),
        r#"{"id":1,"store":"de","qty":null}
{"id":1,"store":"en","qty":1.5}
{"id":1,"store":"fr","qty":null}
{"id":2,"store":"de","qty":2}
{"id":2,"store":"en","qty":null}
{"id":2,"store":"fr","qty":null}
{"id":3,"store":"de","qty":3}
{"id":3,"store":"en","qty":3}
{"id":3,"store":"fr","qty":null}"#
    );
}

#[test]
fn a_join_within_a_relation_by_its_own_rows_beside_one_by_the_rows_around() {
    let shop = Shop::new(SCHEMA);
    let documents = shop.build(&feed(
        r#"[fields]
id = "id"
[fields.stores]
many = "store"
on = { id = { list = "ids" } }
order_by = ["-id"]
join = [
  { table = "stock_{id}", as = "own", on = { sku = "product.sku" }, optional = true },
  { table = "stock_{home}", as = "homes", on = { sku = "product.sku" } },
]
fields = { code = "code", qty = "own.qty", home = "homes.qty" }
[let]
ids = { many = "store", as = "each", on = { code = { split = "codes", by = " " } }, value = "id" }
codes = { value = "en de fr" }
"#,
    ));
    assert_eq!(
        documents.text(),
        r#"{"id":1,"stores":[{"code":"fr","qty":null,"home":1.5},{"code":"de","qty":null,"home":1.5},{"code":"en","qty":1.5,"home":1.5}]}
{"id":2,"stores":[{"code":"fr","qty":null,"home":2},{"code":"de","qty":2,"home":2},{"code":"en","qty":null,"home":2}]}
{"id":3,"stores":[]}
"#
    );
}

#[test]
fn lookups_do_not_lead_through_a_table_that_values_name() {
    let shop = Shop::new(SCHEMA);
    let plan = shop.plan(
        r#"name = "products"
consumer = "search"
identity = ["id", "qty"]
[entity]
table = "product"
key = "id"
join = [{ table = "store" }, { table = "stock_{store.id}", as = "stock", on = { sku = "sku" } }]
[fields]
id = "id"
sku = "stock.sku"
qty = "stock.qty"
"#,
    );
    let mut reader = shop.reader();
    assert!(plan.keys_by_field("sku").is_err());
    let found = plan.keys_by_field("id").unwrap().find(reader.as_mut(), &["2".to_owned()]).unwrap();
    assert_eq!(found.len(), 1);
    let built = build(&plan, reader.as_mut(), &EntityBatch::Listed(vec![EntityKey::Int(3), EntityKey::Int(9)]));
    assert_eq!(built.items.len(), 2);
}

#[test]
fn what_is_refused() {
    let shop = Shop::new(SCHEMA);
    let in_joins = shop.problems(&feed(
        r#"[entity]
table = "product"
key = "id"
join = [
  { table = "store" },
  { table = "stok_{store.id}", as = "a", on = { sku = "product.sku" } },
  { table = "stock_{code}", as = "b", on = { skuu = "product.sku" } },
  { table = "stock_{store.cod}", as = "c" },
]
[fields]
id = "id"
"#,
    ));
    let in_relations = shop.problems(&feed(
        r#"[entity]
table = "product"
key = "id"
join = [{ table = "store" }]
[fields]
id = "id"
none = { many = "rank_shop{store.id}", on = { product_id = "id" }, value = "position" }
column = { many = "rank_store{store.id}", on = { product_id = "id" }, value = "extra" }
left = { many = "rank_store{store.id}", on = { productid = "id" }, value = "position" }
name = { many = "rank_store{store.idd}", on = { product_id = "id" }, value = "position" }
two = { many = "rank_store{store.id}", as = "r", on = { product_id = "id" }, join = [{ table = "stock_{home}", as = "s" }], value = "position" }
mixed = { many = "store", as = "m", on = { id = "home" }, join = [{ table = "{m.code}_{home}", as = "s" }], value = "code" }
own = { many = "store", as = "m", on = { id = "home" }, join = [{ table = "stock_{m.idd}", as = "s" }], value = "code" }
sql = { many = "rank_store{store.id}", on = { product_id = "id" }, where_sql = "positon > 1", value = "position" }
"#,
    ));
    insta::assert_snapshot!(format!("{in_joins}\n{in_relations}"));
}
