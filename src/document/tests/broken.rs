//! Definitions that do not fit their source: every problem, at its place.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, price DECIMAL(10,2), brand_id INTEGER, picture BLOB, ratio REAL);
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE a (product_id INTEGER, note TEXT); CREATE TABLE b (product_id INTEGER, note TEXT);
CREATE TABLE translation (id INTEGER, lang TEXT, text TEXT, PRIMARY KEY (id, lang));
";

#[test]
fn unknown_names_with_the_nearest_right_one() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed(
        r#"[entity]
table = "product"
key = "id"
keep = "prise > 0"
join = [{ table = "a", on = { product_idd = "id" } }, { table = "b", on = { product_id = "product.idd" } }]
[fields]
id = "id"
sku = "skuu"
gross = { expr = "pricee * 2 + product.skku" }
url = { template = "{sku}/{pruduct}" }
note = "note"
brand = { one = "brnd", on = { id = "brand_id" }, fields = { name = "name" } }
other = { one = "brand", on = { idd = "brandid" }, order_by = ["nam"], fields = { name = "nme" } }
"#,
    ));
    for expected in [
        "entity.keep: prise: `prise` is neither a field nor a column here (did you mean `price`?)",
        "entity.join[0].on: product_idd: `a` has no column `product_idd` (did you mean `product_id`?)",
        "product.idd\": `product` has no column `idd` (did you mean `id`?)",
        "fields.sku: \"skuu\": `product` has no column `skuu` (did you mean `sku`?)",
        "fields.gross.expr: pricee: `pricee` is neither a field nor a column here (did you mean `price`?)",
        "fields.gross.expr: product.skku: `product` has no column `skku` (did you mean `sku`?)",
        "fields.url.template: pruduct: `pruduct` is neither",
        "fields.note: \"note\": `note` is ambiguous: `a` and `b` have it (write `a.note`)",
        "fields.brand: \"brnd\": the source has no table `brnd` (did you mean `brand`?)",
        "idd: `brand` has no column `idd` (did you mean `id`?)",
        "fields.other.on.idd: \"brandid\": `brandid` is neither",
        "fields.other.order_by: \"nam\": `nam` is neither a field nor a column here (did you mean `name`?)",
        "fields.other.fields.name: \"nme\": `brand` has no column `nme` (did you mean `name`?)",
    ] {
        assert!(problems.contains(expected), "missing: {expected}\nin:\n{problems}");
    }
    assert_eq!(problems.lines().count(), 13, "{problems}");
}

#[test]
fn raw_sql_that_the_database_refuses() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed(
        r#"[entity]
table = "product"
key = "id"
where_sql = "product.absent = 1"
join = [{ table = "a", on = { product_id = "id" }, where_sql = "a.note = frobnicate(1)" }, { table = "b", on = { product_id = "id" }, where_sql = "b.note = 'fine'" }]
[fields]
id = "id"
brand = { one = "brand", on = { id = "brand_id" }, where_sql = "brand.nam = 'x'", value = "name" }
stock = { one = { sql = "SELECT product_id FROM nowhere WHERE product_id IN (:keys)" }, on = { product_id = "id" }, value = "product_id" }
"#,
    ));
    assert_eq!(
        problems,
        "entity.where_sql: \"product.absent = 1\": the database refuses this condition: no such column: product.absent\n\
         entity.join[0].where_sql: \"a.note = frobnicate(1)\": the database refuses this condition: no such function: frobnicate\n\
         fields.brand.where_sql: \"brand.nam = 'x'\": the database refuses this condition: no such column: brand.nam\n\
         fields.stock.sql: \"SELECT product_id FROM nowhere WHERE product_id IN (:keys)\": the database refuses this query: no such table: nowhere\n"
    );
}

#[test]
fn keys_that_cannot_be_keys() {
    let shop = Shop::new(SCHEMA);
    let with_key = |table: &str, key: &str| {
        shop.problems(&feed(&format!(
            "[entity]\ntable = \"{table}\"\nkey = \"{key}\"\n[fields]\nid = {{ value = 1 }}\n"
        )))
    };
    assert_eq!(with_key("product", "sku"), "");
    assert_eq!(with_key("product", "SKU"), "");
    assert_eq!(
        with_key("product", "picture"),
        "entity.key: \"picture\": a key is integer, text or uuid; `picture` is BLOB\n"
    );
    assert_eq!(
        with_key("product", "ratio"),
        "entity.key: \"ratio\": a key is integer, text or uuid; `ratio` is REAL\n"
    );
    assert_eq!(with_key("product", "idd"), "entity.key: \"idd\": `product` has no column `idd` (did you mean `id`?)\n");
    assert_eq!(
        with_key("translation", "id"),
        "entity.key: \"id\": `id` alone is not unique in `translation` (the primary key is (id, lang); name a column that is unique)\n"
    );
}

#[test]
fn what_is_no_value_cannot_be_computed_with() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed(
        r#"[fields]
id = "id"
brand = { one = "brand", on = { id = "brand_id" }, fields = { name = "name" } }
size = { fields = { w = { value = 1 } } }
loop = { one = "brand", as = "b", on = { id = "loop" }, value = "name" }
picture = { column = "picture", type = "int" }
at = { column = "ratio", format = "unix" }
[fields.list]
many = "brand"
as = "l"
on = { id = "brand_id" }
watch = [{ table = "brands", key = "id" }, { table = "brand", key = "ident" }]
fields = { outer = { expr = "brand || 1" }, part = { expr = "size" } }
"#,
    ));
    assert_eq!(
        problems,
        "fields.loop.on.id: \"loop\": `loop` needs itself \
         (a field goes before a column of the same name; `ALIAS.NAME` names the column)\n\
         fields.picture.type: \"int\": a column of the kind binary cannot be read as this type\n\
         fields.at.format: \"unix\": a column of the kind float is no date-time\n\
         fields.list.watch: \"brands\": the source has no table `brands` (did you mean `brand`?)\n\
         fields.list.watch: \"ident\": `brand` has no column `ident` (known: `id` and `name`)\n\
         fields.list.fields.outer.expr: brand: `brand` is an object here, not a value \
         (a field goes before a column of the same name; `ALIAS.NAME` names the column)\n\
         fields.list.fields.part.expr: size: `size` is an object here, not a value \
         (a field goes before a column of the same name; `ALIAS.NAME` names the column)\n"
    );
}

#[test]
fn a_plain_string_is_a_column_and_the_way_to_a_field_is_told() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed(
        r#"[fields]
id = "id"
label = { expr = "upper(sku)" }
again = "label"
maker = { one = "brand", on = { id = "brand_id" }, value = "name" }
[fields.list]
many = "brand"
as = "l"
on = { id = "brand_id" }
fields = { of = "maker", other = "list" }
"#,
    ));
    assert_eq!(
        problems.lines().take(2).collect::<Vec<_>>(),
        [
            "fields.again: \"label\": `product` has no column `label` (write `{ expr = \"label\" }` for the field `label`)",
            "fields.list.fields.of: \"maker\": `brand` has no column `maker` (write `{ expr = \"maker\" }` for the field `maker`)",
        ]
    );
    // An array is no value: that way is not shown.
    assert!(!problems.contains("expr = \"list\""), "{problems}");
}

#[test]
fn a_field_of_a_missing_column_is_no_way_to_itself() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed("[fields]\nid = \"id\"\nskus = \"skus\"\nidd = { column = \"idd\" }\n"));
    assert_eq!(
        problems.lines().collect::<Vec<_>>(),
        [
            "fields.skus: \"skus\": `product` has no column `skus` (did you mean `sku`?)",
            "fields.idd: \"idd\": `product` has no column `idd` (did you mean `id`?)",
        ]
    );
}

#[test]
fn what_cannot_be_named_of_objects_and_arrays() {
    let shop = Shop::new(SCHEMA);
    let problems = shop.problems(&feed(
        r#"[let.here]
one = "brand"
as = "own"
on = { id = "brand_id" }
fields = { name = "name", box = { fields = { id = "id" } }, whole = { encode = "json", fields = { id = "id" } } }
[fields]
id = "id"
a = { expr = "here.nam" }
b = { template = "{list.name}{size.w.x}" }
c = { expr = "here.box" }
d = { expr = "here.whole || here.box.id || size.w" }
size = { fields = { w = { value = 1 } } }
e = { expr = "text" }
text = { encode = "json", fields = { y = { expr = "e" } } }
f = { split = "skuu", by = "," }
g = { split = "list", by = "," }
[fields.list]
many = "brand"
as = "l"
on = { id = "brand_id" }
keep = "list is null"
fields = { name = "name" }
"#,
    ));
    let way = "(a field goes before a column of the same name; `ALIAS.NAME` names the column)";
    let expected = format!(
        "fields.a.expr: here.nam: `here` has no field `nam` (did you mean `name`?)\n\
         fields.b.template: list.name: `list` is an array; no field of it can be named\n\
         fields.b.template: size.w.x: `size` has no field `w.x` (known: `w`)\n\
         fields.c.expr: here.box: `here.box` is an object here, not a value {way}\n\
         fields.text.fields.y.expr: e: `e` needs itself {way}\n\
         fields.f.split: \"skuu\": `skuu` is neither a field nor a column here (did you mean `sku`?)\n\
         fields.g.split: \"list\": `list` is an array here, not a value {way}\n\
         fields.list.keep: list: `list` needs itself {way}\n"
    );
    assert_eq!(problems, expected);
}
