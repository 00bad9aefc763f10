//! Arrays made of parts, of literal elements, of the pieces of a text, and of fields of other arrays.

use super::{Shop, feed};

const SCHEMA: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, kind TEXT, tags TEXT, width INTEGER);
CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT, main INTEGER);
CREATE TABLE link (id INTEGER PRIMARY KEY, product_id INTEGER, url TEXT);
CREATE TABLE tag (id INTEGER PRIMARY KEY, image_id INTEGER, name TEXT);
INSERT INTO product VALUES (1, 'a', 'file', 'x,y,,z', 3), (2, 'b', 'box', '', NULL), (3, 'c', NULL, NULL, 9);
INSERT INTO image VALUES (1, 1, 'one', 1), (2, 1, 'two', 0), (3, 2, 'three', 0);
INSERT INTO link VALUES (7, 1, 'l7'), (8, 2, 'l8'), (9, 1, 'l9');
INSERT INTO tag VALUES (1, 1, 'red'), (2, 1, 'blue'), (3, 3, 'green');
";

#[test]
fn parts_follow_each_other_and_each_may_be_left_out() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
[[fields.media]]
many = "image"
on = { product_id = "id" }
keep = "path <> 'two'"
fields = { kind = { value = "image" }, at = "path" }
[[fields.media]]
when = "product.kind = 'file'"
many = "link"
on = { product_id = "id" }
order_by = ["-id"]
fields = { kind = { value = "link" }, at = "url" }
[[fields.media]]
keep = "size is not null and big"
let = { big = { expr = "size > 5" }, mark = { template = "{sku}!" } }
fields = { kind = { value = "size" }, size = "width", note = { expr = "mark" } }
[[fields.media]]
when = "sku <> 'c'"
list = [{ value = "end" }, "sku", { fields = { of = { expr = "sku" } } }, { when = "sku = 'a'", value = 1 }]
[[fields.media]]
split = "tags"
by = ","
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"media":[{"kind":"image","at":"one"},{"kind":"link","at":"l9"},{"kind":"link","at":"l7"},"#,
            r#""end","a",{"of":"a"},1,"x","y","","z"]}"#,
            "\n",
            r#"{"id":2,"media":[{"kind":"image","at":"three"},"end","b",{"of":"b"},null]}"#,
            "\n",
            r#"{"id":3,"media":[{"kind":"size","size":9,"note":"c!"}]}"#,
            "\n",
        )
    );
}

#[test]
fn without_elements_an_array_is_empty_or_null() {
    let parts = r#"[fields]
id = "id"
kept = { split = "tags", by = ",", empty = "[]", omit_null = false }
[[fields.media]]
many = "link"
on = { product_id = "id" }
where_sql = "id = 8"
value = "url"
[[fields.media]]
when = "sku = 'c'"
fields = { id = "id" }
"#;
    let shop = Shop::new(SCHEMA);
    assert_eq!(
        shop.build(&feed(parts)).text(),
        "{\"id\":1,\"kept\":[\"x\",\"y\",\"\",\"z\"],\"media\":[]}\n{\"id\":2,\"kept\":[],\"media\":[\"l8\"]}\n{\"id\":3,\"kept\":[],\"media\":[{\"id\":3}]}\n"
    );
    let null = shop.build(&format!("empty = \"null\"\n{}", feed(parts)));
    assert_eq!(null.text().lines().next(), Some(r#"{"id":1,"kept":["x","y","","z"],"media":null}"#));
    let omitted = shop.build(&format!("empty = \"null\"\nomit_null = true\n{}", feed(parts)));
    assert_eq!(omitted.text().lines().next(), Some(r#"{"id":1,"kept":["x","y","","z"]}"#));
    let by_part = parts.replace("[[fields.media]]\nmany", "[[fields.media]]\nempty = \"null\"\nhidden = false\nmany");
    assert_eq!(shop.build(&feed(&by_part)).text(), null.text());
}

#[test]
fn what_is_done_to_a_cut_text_is_done_to_each_piece() {
    let documents = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sizes TEXT, flags TEXT, number INTEGER);
         INSERT INTO product VALUES (1, '1, 2.50,3', '1--3--1', 1203), (2, NULL, '3', NULL), (3, 'x', '', 7);",
    )
    .build(&feed(
        r#"[let]
doubled = { template = "{product.flags}--{product.flags}" }
[fields]
id = "id"
sizes = { split = "sizes", by = ",", type = "decimal" }
flags = { split = "flags", by = "--", map = { "1" = "new", "2" = "old" }, default = "?" }
twice = { split = "doubled", by = "--", encode = "md5", when = "id = 2" }
number = { split = "product.number", by = "0", type = "int" }
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"sizes":[1,2.5,3],"flags":["new","?","new"],"twice":null,"number":[12,3]}"#,
            "\n",
            r#"{"id":2,"sizes":[],"flags":["?"],"twice":["eccbc87e4b5ce2fe28308fd9f2a7baf3","eccbc87e4b5ce2fe28308fd9f2a7baf3"],"number":[]}"#,
            "\n",
        )
    );
    assert_eq!(documents.invalid(), "3: sizes (product.sizes): `x` is not a decimal number\n");
}

#[test]
fn an_array_of_another_arrays_field() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[fields]
id = "id"
paths = { from = "images", value = "path" }
firstTags = { from = "images", value = "tag", empty = "null" }
kinds = { from = "media", value = "kind" }
[fields.images]
hidden = true
many = "image"
on = { product_id = "id" }
keep = "path <> 'two'"
order_by = ["-path"]
fields.path = { template = "/{image.path}" }
fields.tag = { hidden = true, one = "tag", on = { image_id = "id" }, order_by = ["name"], value = "name" }
[[fields.media]]
when = "kind = 'file'"
many = "link"
on = { product_id = "id" }
fields = { kind = { expr = "url" } }
[[fields.media]]
keep = "kind <> 'box'"
fields = { kind = { column = "kind", hidden = true }, id = "id" }
[[fields.media]]
list = [{ fields = { kind = { value = "x" } } }, { when = "sku = 'b'", fields = { kind = "sku" } }]
[[fields.all]]
list = [{ value = "first" }]
[[fields.all]]
when = "sku = 'a'"
from = "media"
value = "kind"
"#,
    ));
    // An element that is null has no field to take.
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"paths":["/two","/one"],"firstTags":[null,"blue"],"kinds":["l7","l9","file","x"],"#,
            r#""media":[{"kind":"l7"},{"kind":"l9"},{"id":1},{"kind":"x"},null],"all":["first","l7","l9","file","x"]}"#,
            "\n",
            r#"{"id":2,"paths":["/three"],"firstTags":["green"],"kinds":["x","b"],"media":[{"kind":"x"},{"kind":"b"}],"all":["first"]}"#,
            "\n",
            r#"{"id":3,"paths":[],"firstTags":null,"kinds":["x"],"media":[{"kind":"x"},null],"all":["first"]}"#,
            "\n",
        )
    );
}

#[test]
fn arrays_within_objects_relations_lets_and_elements() {
    let documents = Shop::new(SCHEMA).build(&feed(
        r#"[let]
words = { split = "tags", by = "," }
[fields]
id = "id"
[[fields.box.fields.inner]]
list = [{ value = 1 }]
[[fields.box.fields.inner]]
when = "sku = 'b'"
list = [{ value = 2 }]
[fields.images]
many = "image"
on = { product_id = "id" }
fields.path = "path"
[[fields.images.fields.roles]]
when = "image.main = 1"
list = [{ value = "main" }]
[[fields.images.fields.roles]]
many = "tag"
on = { image_id = "id" }
value = { template = "{sku}:{tag.name}" }
[fields.pairs]
many = "link"
on = { product_id = "id" }
value = { list = ["url", { expr = "sku" }] }
[fields.letters]
one = "link"
as = "first"
on = { product_id = "id" }
value = { split = "url", by = "l" }
[fields.tagged]
many = "image"
as = "i"
on = { product_id = "id" }
let.marks = { many = "tag", as = "mark", on = { image_id = "i.id" }, fields = { name = "name" } }
value = { from = "marks", value = "name", empty = "null" }
"#,
    ));
    assert_eq!(
        documents.text(),
        concat!(
            r#"{"id":1,"box":{"inner":[1]},"images":[{"path":"one","roles":["main","a:red","a:blue"]},{"path":"two","roles":[]}],"#,
            r#""pairs":[["l7","a"],["l9","a"]],"letters":["","7"],"tagged":[["red","blue"],null]}"#,
            "\n",
            r#"{"id":2,"box":{"inner":[1,2]},"images":[{"path":"three","roles":["b:green"]}],"pairs":[["l8","b"]],"letters":["","8"],"tagged":[["green"]]}"#,
            "\n",
            r#"{"id":3,"box":{"inner":[1]},"images":[],"pairs":[],"letters":null,"tagged":[]}"#,
            "\n",
        )
    );
}

#[test]
fn what_the_hash_leaves_out_is_left_out_of_every_part() {
    let shop = Shop::new(SCHEMA);
    let feed = format!(
        "exclude_from_hash = [\"media.at\", \"media.deep.at\", \"plain\"]\nminimal_payload = [\"id\", \"roles\"]\n{}",
        feed(
            r#"[fields]
id = "id"
plain = { list = ["sku"] }
roles = { list = [{ value = "r" }, { fields = { at = "id" } }] }
[[fields.media]]
many = "image"
on = { product_id = "id" }
fields = { at = "path", id = "id" }
[[fields.media]]
fields = { id = "id", at = "sku", deep = { fields = { at = "sku", n = "id" } } }
[[fields.media]]
list = [{ fields = { at = "sku" } }]
"#,
        )
    );
    let before = shop.build(&feed);
    assert_eq!(before.minimal(), r#"{"id":1,"roles":["r",{"at":1}]}"#);
    shop.run("UPDATE image SET path = path || '!'; UPDATE product SET sku = sku || '!';");
    let after = shop.build(&feed);
    assert_ne!(before.text(), after.text());
    assert_eq!(before.hashes(), after.hashes());
    shop.run("UPDATE image SET id = id + 10 WHERE id = 1;");
    let changed = shop.build(&feed);
    assert_ne!(after.hashes()[0], changed.hashes()[0]);
    assert_eq!(after.hashes()[1..], changed.hashes()[1..]);
}

#[test]
fn a_bad_value_in_a_part_spoils_its_own_item() {
    let documents = Shop::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, n INTEGER, secret TEXT);
         CREATE TABLE part (id INTEGER PRIMARY KEY, product_id INTEGER, n INTEGER);
         INSERT INTO product VALUES (1, 1, '1'), (2, 'bad', '2'), (3, 3, '3'), (4, 4, 'mine'), (5, 5, '5');
         INSERT INTO part VALUES (1, 1, 1), (2, 3, 'worse'), (3, 5, 5);",
    )
    .build(&feed(
        r#"[fields]
id = "id"
masked = { split = "secret", by = ",", mask = "redact" }
taken = { from = "all", value = "n", when = "id <> 3" }
[[fields.all]]
fields = { n = "n" }
[[fields.all]]
when = "id <> 5"
many = "part"
on = { product_id = "id" }
fields = { n = "n" }
[[fields.numbers]]
split = "secret"
by = ","
type = "int"
"#,
    ));
    assert_eq!(
        documents.text(),
        "{\"id\":1,\"masked\":[\"***\"],\"taken\":[1,1],\"all\":[{\"n\":1},{\"n\":1}],\"numbers\":[1]}\n\
         {\"id\":5,\"masked\":[\"***\"],\"taken\":[5],\"all\":[{\"n\":5}],\"numbers\":[5]}\n"
    );
    assert_eq!(
        documents.invalid(),
        "2: all.n (product.n): `bad` is not an integer\n\
         3: all.n (part.n): `worse` is not an integer\n\
         4: numbers (product.secret): the value is not an integer\n"
    );
}
