//! What an author is told about each fault of a feed file: snapshots of the rendered problems, by theme.

use super::parse;
use super::problem::SourceFile;

/// A fault and the file that has it.
struct Case(&'static str, String);

fn told(cases: impl IntoIterator<Item = Case>) -> String {
    let mut text = String::new();
    for Case(title, file) in cases {
        let problems = match parse(SourceFile::new("feeds/shop.toml", file)) {
            Ok(_) => panic!("{title}: no problem was found"),
            Err(problems) => problems.to_string(),
        };
        text.push_str(&format!("## {title}\n\n{problems}\n"));
    }
    text
}

/// A whole file from its top, with an entity and fields that are right.
fn top(keys: &str) -> String {
    format!(
        "{keys}\n[entity]\ntable = \"product\"\nkey = \"id\"\n[fields]\nsku = \"sku\"\nbrand.one = \"brand\"\nbrand.on.id = \"brand_id\"\nbrand.fields.name = \"name\"\nimages.many = \"image\"\nimages.on.product_id = \"id\"\nimages.fields.url = \"url\"\nsecret = {{ column = \"x\", hidden = true }}\n"
    )
}

/// The right top, and these keys of the entity.
fn entity(keys: &str) -> String {
    format!("name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\n[entity]\n{keys}\n[fields]\nsku = \"sku\"\n")
}

/// The right top and entity, and these fields below `sku`.
fn fields(fields: &str) -> String {
    format!("{HEAD}[fields]\nsku = \"sku\"\n{fields}\n")
}

/// These keys of the feed, and arrays of several kinds.
fn parts(keys: &str) -> String {
    format!(
        "name = \"shop\"\nconsumer = \"search\"\n{keys}\n[entity]\ntable = \"product\"\nkey = \"id\"\n[fields]\nsku = \"sku\"\n\
         l = {{ list = [\"sku\"] }}\nj = {{ encode = \"json\", fields = {{ x = \"x\" }} }}\ns = {{ split = \"s\", by = \",\" }}\n\
         [[fields.a]]\nfields = {{ x = \"x\", y = \"y\", h = {{ column = \"h\", hidden = true }} }}\n\
         [[fields.a]]\nmany = \"t\"\non = {{ p = \"id\" }}\nfields.y.fields.z = \"z\"\n"
    )
}

const HEAD: &str =
    "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentity = { table = \"product\", key = \"id\" }\n";

macro_rules! faults {
    ($test:ident, $frame:expr, { $($title:literal: $text:expr),* $(,)? }) => {
        #[test]
        fn $test() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($test), told([$(Case($title, $frame($text))),*]));
            });
        }
    };
}

faults!(syntax, str::to_owned, {
    "an empty file": "",
    "only a comment": "# nothing\n",
    "no quotes": "name = shop\n",
    "several faults": "name = \"shop\nconsumer = = 1\n[fields\na = 1\n",
    "a key twice": "name = \"shop\"\nname = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentity = { table = \"product\", key = \"id\", key = \"sku\" }\nfields.sku = \"sku\"\n",
    "a table twice": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\n[entity]\ntable = \"product\"\nkey = \"id\"\n[fields]\nsku = \"sku\"\n[fields]\nname = \"name\"\n",
    "nothing of what a feed needs": "batch_size = 10\n",
    "line ends of Windows": "name = \"shop\"\r\nconsumer = \"search\"\r\nidentity = [\"sku\"]\r\n[entity]\r\ntable = \"product\"\r\nkey = \"id\"\r\n[fields]\r\nsku = { colum = \"sku\" }\r\n",
    "columns count characters": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentity = { table = \"product\", key = \"id\" }\nfields = { \"größe\" = \"a\", \"日本\" = { colum = \"x\" }, sku = \"sku\" }\n",
    "control characters in keys": "\"a\\u001b[31m\" = 1\nname = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentity = { table = \"product\", key = \"id\" }\nfields.sku = \"sku\"\n",
    "a key on several lines is shown by its first": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentity = { table = \"product\", key = \"id\" }\nfields.sku = \"sku\"\nbatch_size = [\n  1,\n]\n",
});

faults!(keys_of_the_feed, top, {
    "unknown keys, all at once": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nentitiesRemovable = true\nbatchsize = 3\nminimal = []\nfoo = 1",
    "wrong types, all at once": "name = 1\nconsumer = [\"search\"]\nidentity = \"sku\"\nentities_removable = \"yes\"\nthread_count = 1.5\nbatch_size = \"10\"\nmax_deletes = true\nempty = 0",
    "wrong ranges, all at once": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nthread_count = 0\nbatch_size = 100001\nmax_deletes = -1\nmax_delete_percent = 101",
    "a number beyond 64 bits": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nmax_deletes = 99999999999999999999",
    "a name that is not the file's": "name = \"store\"\nconsumer = \"search\"\nidentity = [\"sku\"]",
    "a name that cannot be one": "name = \"Shop-1\"\nconsumer = \"search\"\nidentity = [\"sku\"]",
    "a blank consumer": "name = \"shop\"\nconsumer = \" \"\nidentity = [\"sku\"]",
    "an unknown word": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nempty = \"nul\"",
});

faults!(paths_into_the_document, top, {
    "no identity": "name = \"shop\"\nconsumer = \"search\"\nidentity = []",
    "an identity that is no field": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"skuu\", \"brand.nam\", \"xyz.abc\"]",
    "an identity across an array": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"images.url\"]",
    "an identity that is no single value": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"brand\", \"images\"]",
    "an identity within a value": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku.x\"]",
    "a hidden identity": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"secret\"]",
    "an identity twice": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\", \"sku\"]",
    "a path that is not one": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\", \"\", \"brand.\", 3]",
    "a minimal payload without the identity": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\", \"brand.name\"]\nminimal_payload = [\"sku\"]",
    "a minimal payload across an array": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nminimal_payload = [\"sku\", \"images.url\"]",
    "one path within the other": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"brand.name\"]\nminimal_payload = [\"brand\", \"brand.name\"]",
    "an excluded path that is no field": "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nexclude_from_hash = [\"updatedAt\", \"images.ur\"]",
});

faults!(rows_of_the_entity, entity, {
    "nothing": "",
    "unknown keys": "tabel = \"product\"\nkey = \"id\"\nwhere = \"a = 1\"\non = { a = \"b\" }",
    "blank names": "table = \"\"\nkey = \" \"",
    "a key with its table": "table = \"product\"\nkey = \"product.id\"",
    "a query": "table = { sql = \"SELECT * FROM product\" }\nkey = \"id\"",
    "an alias that cannot be one": "table = \"product\"\nas = \"my product\"\nkey = \"id\"",
    "a join of nothing": "table = \"product\"\nkey = \"id\"\njoin = [{ on = { id = \"brand_id\" } }]",
    "a join of a table and a query": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"a\", sql = \"SELECT 1\" }]",
    "a joined query without a name": "table = \"product\"\nkey = \"id\"\njoin = [{ sql = \"SELECT 1 AS a\" }]",
    "a join that is no list": "table = \"product\"\nkey = \"id\"\njoin = { table = \"brand\" }",
    "a table used twice": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"shop.Product\", on = { id = \"parent_id\" } }]",
    "an alias used twice": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"a\", as = \"x\" }, { table = \"b\", as = \"x\" }]",
    "an alias that is not known": "table = \"product\"\nas = \"prod\"\nkey = \"id\"\njoin = [{ table = \"brand\", on = { id = \"product.brand_id\" } }]",
    "an alias that comes later": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"a\", on = { id = \"b.a_id\" } }, { table = \"b\", on = { id = \"b_id\" } }]",
    "values that cannot be joined on": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"a\", on = { x = true, y = 1.5, z = [1], \"a.b\" = \"id\", u.v = \"id\", w = { value = [] }, q = {} } }]",
    "names that are none": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"a\", on = { x = \"a.b.c\", y = \"\", z = \"product.\" } }]",
    "a watch that says nothing": "table = \"product\"\nkey = \"id\"\nwatch = [{ key = \"id\" }, 3, \"\"]",
    "an expression that decides over nothing": "table = \"product\"\nkey = \"id\"\nkeep = \"\"",
    "an expression that names no table": "table = \"product\"\nkey = \"id\"\nkeep = \"prodct.id > 1\"",
});

faults!(raw_sql, entity, {
    "keys outside of IN": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"id = :keys\"",
    "an unknown placeholder": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"until > :tody\"",
    "a semicolon": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"id > 1;\"",
    "parentheses": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"(a = 1) or b = 2)\"\njoin = [{ table = \"x\", where_sql = \"f((x)\" }]",
    "an open quote": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"name = 'x\"",
    "nothing": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"\"",
    "no query": "table = \"product\"\nkey = \"id\"\njoin = [{ sql = \"DELETE FROM product\", as = \"x\" }]",
    "in a text of several lines": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"\"\"\n  a = 1\n  AND b = :key\n\"\"\"",
    "in a text with escapes, underlined whole": "table = \"product\"\nkey = \"id\"\nwhere_sql = \"\\ta = :key\"",
});

faults!(kinds_of_fields, fields, {
    "literals": "a = 1\nb = true\nc = 2024-01-01\nd = 1.5",
    "lists": "a = [\"x\"]\n[[fields.b]]\ncolumn = \"x\"",
    "nothing": "a = {}\nb = { hidden = true }",
    "unknown keys": "a = { colum = \"x\" }\nb = { column = \"x\", defualt = 1 }\nc = { eav = \"product\", attribute = \"name\" }",
    "two inputs": "a = { column = \"x\", expr = \"y\" }\nb = { value = 1, template = \"z\", column = \"x\" }",
    "an object with an input": "a = { column = \"x\", fields = { b = \"b\" } }",
    "an object with a treatment": "a = { fields = { b = \"b\" }, type = \"int\", default = 1 }",
    "an empty object": "a = { fields = {} }",
    "keys of rows at a value": "a = { column = \"x\", order_by = [\"y\"], on = { a = \"b\" } }",
    "keys of rows alone": "a = { on = { product_id = \"id\" }, fields = { b = \"b\" } }\nb = { where_sql = \"x = 1\" }",
    "names": "a = \"\"\nb = \"x.y.z\"\nc = \"brand.name\"\nd = { column = \"prodct.name\" }",
    "a let that is written": "z = { expr = \"x\" }\n[let]\nx = { value = 1, hidden = false, omit_null = true }",
    "a name twice": "x = \"x\"\n[let]\nx = { value = 1 }",
});

faults!(values, fields, {
    "an unknown type": "a = { column = \"x\", type = \"intger\" }\nb = { column = \"x\", type = \"text\" }",
    "an unknown encoding and mask": "a = { column = \"x\", encode = \"sha-256\" }\nb = { column = \"x\", mask = \"hash\" }",
    "round": "a = { column = \"x\", type = \"int\", round = 2 }\nb = { column = \"x\", round = -1 }\nc = { column = \"x\", round = \"2\" }\nd = { template = \"{x}\", round = 2 }",
    "format": "a = { column = \"x\", type = \"date\", format = \"%Y\" }\nb = { column = \"x\", format = \"%Y-%!\" }\nc = { column = \"x\", format = \"\" }\nd = { expr = \"x\", format = \"unix\" }",
    "mask and encode": "a = { column = \"x\", mask = \"hmac\", encode = \"md5\" }",
    "map": "a = { column = \"x\", map = [\"a\"] }\nb = { column = \"x\", map = { a = [1], b = 2024-01-01 } }",
    "literals": "a = { value = [1] }\nb = { value = { column = \"x\" } }\nc = { value = 2024-01-01T00:00:00Z }\nd = { value = nan }\ne = { value = 9223372036854775808 }",
    "default": "a = { column = \"x\", default = { many = \"b\", on = { a = \"id\" }, value = \"c\" } }\nb = { column = \"x\", default = { column = \"y\", hidden = true, when = \"z\" } }\nc = { column = \"x\", default = {} }\nd = { column = \"x\", default = [] }",
});

faults!(expressions, fields, {
    "no expression": "a = { expr = \"\" }\nb = { expr = \"1 +\" }\nc = { expr = \"price * (2\" }",
    "what is not evaluated": "a = { expr = \"price * random()\" }\nb = { expr = \"(select 1)\" }\nc = { expr = \"sum(x)\" }",
    "an unknown table": "a = { expr = \"lower(prodct.name)\" }\nb = { template = \"x/{prodct.name}\" }\nc = { when = \"brand.x = 1\", column = \"x\" }\nd = { expr = \"a.b.c\" }",
    "templates": "a = { template = \"{name\" }\nb = { template = \"a}b\" }\nc = { template = \"{}\" }",
    "in a literal string": "a = { expr = 'prodct.name = \"x\"' }",
    "in a text of several lines": "a = { expr = \"\"\"\ncase when x = 1\n  then prodct.name end\"\"\" }",
    "a field that needs itself": "price = { expr = \"round(price * 1.19, 2)\" }",
    "a circle": "a = { expr = \"b || 'x'\" }\nb = { template = \"{c}\" }\nc = { column = \"x\", when = \"a = 1\" }\nd = { expr = \"a\" }",
    "a circle through a default": "a = { column = \"x\", default = { expr = \"b\" } }\nb = { expr = \"a\" }",
    "a circle of lets and fields": "a = { expr = \"x\" }\n[let]\nx = { expr = \"y\" }\ny = { expr = \"a\" }",
    "what is no value": "a = { fields = { x = \"x\" } }\nb = { many = \"t\", on = { p = \"id\" }, value = \"v\" }\nc = { expr = \"a || b\" }\nd = { template = \"{a}\" }",
});

faults!(relations, fields, {
    "one and many": "a = { one = \"x\", many = \"y\", on = { p = \"id\" }, value = \"v\" }",
    "fields and value": "a = { many = \"x\", on = { p = \"id\" }, fields = { b = \"b\" }, value = \"v\" }",
    "neither fields nor value": "a = { many = \"x\", on = { p = \"id\" } }",
    "no on": "a = { many = \"x\", value = \"v\" }\nb = { one = \"x\", on = {}, value = \"v\" }",
    "keys of a value": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", type = \"int\", round = 2 }\nb = { one = \"x\", on = { p = \"id\" }, column = \"v\", fields = { c = \"c\" } }",
    "default": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", default = 1 }\nb = { one = \"x\", on = { p = \"id\" }, fields = { c = \"c\" }, default = 1 }\nc = { one = \"x\", on = { p = \"id\" }, value = { column = \"v\", default = 1 }, default = 2 }",
    "empty of one": "a = { one = \"x\", on = { p = \"id\" }, value = \"v\", empty = \"null\" }",
    "values": "a = { many = \"x\", on = { p = \"id\" }, value = 1 }\nb = { many = \"x\", on = { p = \"id\" }, value = { fields = { c = \"c\" } } }\nc = { many = \"x\", on = { p = \"id\" }, value = { column = \"v\", hidden = true } }\nd = { many = \"x\", on = { p = \"id\" }, value = {} }",
    "order": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", order_by = \"v\" }\nb = { many = \"x\", on = { p = \"id\" }, value = \"v\", order_by = [\"v DESC\", \"-\", \"y.v\", 1] }",
    "order by what is no value": "a = { many = \"x\", on = { p = \"id\" }, order_by = [\"b\"], fields = { b = { fields = { c = \"c\" } } } }",
    "first per": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", first_per = \"v\" }\nb = { many = \"x\", on = { p = \"id\" }, value = \"v\", first_per = [\"y.v\", \"\", 1] }\nc = { one = \"x\", on = { p = \"id\" }, value = \"v\", first_per = [\"v\"] }\nd = { many = \"x\", on = { p = \"id\" }, first_per = [\"b\"], fields = { b = { fields = { c = \"c\" } } } }\ne = { column = \"v\", first_per = [\"v\"] }",
    "tables": "a = { many = 1, on = { p = \"id\" }, value = \"v\" }\nb = { many = { query = \"SELECT 1\" }, on = { p = \"id\" }, value = \"v\" }\nc = { many = \"\", on = { p = \"id\" }, value = \"v\" }",
    "a table used twice": "a = { many = \"product\", on = { parent_id = \"id\" }, value = \"sku\" }\nproduct = { one = { sql = \"SELECT 1 AS x\" }, on = { x = \"id\" }, value = \"x\" }",
    "an alias of another relation": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\" }\nb = { many = \"y\", on = { p = \"x.id\" }, value = \"x.v\" }",
    "a query that is none, deep down": "[fields.a]\nmany = \"x\"\non = { p = \"id\" }\nfields.b = { many = \"y\", on = { x = \"x.id\" }, fields.c = { one = { sql = \"UPDATE z\" }, on = { y = \"y.id\" }, value = \"v\" } }",
    "lets": "[fields.a]\nmany = \"x\"\non = { p = \"id\" }\nkeep = \"l and\"\nlet = { l = { expr = \"v\" }, v = \"v\" }\nfields = { v = \"v\" }",
    "keep names what is no value": "a = { many = \"x\", on = { p = \"id\" }, keep = \"b > 1\", fields = { b = { one = \"y\", on = { x = \"x.id\" }, fields = { c = \"c\" } } } }",
    "no fields": "a = { many = \"x\", on = { p = \"id\" }, fields = {} }",
});

faults!(arrays, fields, {
    "parts that are none": "a = []\n[[fields.b]]\ncolumn = \"x\"\n[[fields.b]]\none = \"x\"\non = { p = \"id\" }\nvalue = \"v\"\n[[fields.b]]\nwhen = \"sku\"\n[[fields.b]]\nfileds = { c = \"c\" }",
    "tables and others": "a = [{ fields = { b = \"b\" } }, \"sku\"]",
    "what belongs to the first part": "[[fields.a]]\nhidden = true\nomit_null = true\nempty = \"null\"\nencode = \"json\"\nfields = { b = \"b\" }\n[[fields.a]]\nhidden = true\nomit_null = true\nempty = \"null\"\nencode = \"json\"\nfields = { b = \"b\" }",
    "in the parts": "[[fields.a]]\nwhen = \"x y\"\nmany = \"t\"\nfields = { b = { colum = \"b\" } }\n[[fields.a]]\nkeep = \"b +\"\nfields = { b = { expr = \"t.x\" }, c = { fields = { d = \"u.d\" } } }\n[[fields.a]]\nkeep = \"x = 1\"\nlist = [{ value = 1 }]",
    "names of the parts": "x = { expr = \"a\" }\n[[fields.a]]\nkeep = \"d = 1 and c is null\"\nlet = { e = \"e\", f = \"f\" }\nfields = { b = { expr = \"c\" }, c = { expr = \"b\" }, f = \"f\", d = { fields = { e = { expr = \"d\" } } } }",
    "two ways at once": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", list = [], from = \"b\" }\nb = { list = [], split = \"x\", by = \",\", fields = { c = \"c\" }, value = 1 }\nc = { from = \"a\", value = \"v\", column = \"c\" }",
    "lists": "a = { list = \"sku\" }\nb = { list = [1, { }, [\"x\"], { column = \"x\", hidden = true }, { fields = {} }, { expr = \"c.\" }] }\nc = { list = [\"sku\"], type = \"int\", order_by = [\"sku\"], as = \"x\" }",
    "cut texts": "a = { split = \"sku\" }\nb = { by = \",\" }\nc = { split = \"sku\", by = \"\", round = 2, format = \"%Q\" }\nd = { split = \"x.y\", by = \",\", default = { value = 1, list = [] } }\ne = { split = 1, by = 2, on = { p = \"id\" } }\nf = { column = \"sku\", by = \",\" }",
    "fields of other arrays": "a = { from = \"images\" }\nb = { from = \"imags\", value = \"url\" }\nc = { from = \"images\", value = \"ur\" }\nd = { from = \"images\", value = { column = \"url\" }, map = { x = 1 }, keep = \"x\" }\ne = { from = \"sku\", value = \"x\" }\nf = { from = \"images\", value = \"size\" }\ng = { from = \"names\", value = \"x\" }\nh = { from = \"a\", value = \"url\" }\ni = { from = \"h\", value = \"i\" }\nnames = { many = \"n\", on = { p = \"id\" }, value = \"v\" }\nimages = { many = \"image\", on = { p = \"id\" }, fields = { url = \"url\", size = { fields = { w = \"w\" } } } }",
    "fields of arrays with parts": "b = { from = \"a\", value = \"x\" }\nc = { from = \"a\", value = \"y\" }\nd = { from = \"m\", value = \"x\" }\n[[fields.a]]\nfields = { x = \"x\" }\n[[fields.a]]\nlist = [{ fields = { x = \"x\", y = \"y\" } }]\n[[fields.m]]\nfields = { x = \"x\" }\n[[fields.m]]\nlist = [\"x\"]",
    "JSON of a single value": "a = { column = \"sku\", encode = \"json\" }\nb = { one = \"x\", on = { p = \"id\" }, value = \"v\", encode = \"json\" }\nc = { many = \"x\", on = { p = \"id\" }, value = { column = \"v\", encode = \"json\" } }\nd = { fields = { e = \"e\" }, encode = \"md5\" }\ne = { expr = \"f\" }\nf = { encode = \"json\", fields = { e = { expr = \"f\" } } }",
    "objects with keys of arrays": "a = { fields = { b = \"b\" }, keep = \"b = 1\", empty = \"null\" }\nb = { column = \"x\", let = { y = \"y\" } }",
    "arrays as values of rows": "a = { many = \"x\", on = { p = \"id\" }, value = { split = \"v\" } }\nb = { one = \"x\", on = { p = \"id\" }, value = { list = [\"v\"] }, default = 1 }\nc = { many = \"x\", on = { p = \"id\" }, value = { list = [\"v\"], hidden = true, encode = \"json\" } }",
    "null and more": "a = { fields = { b = \"b\" } }\nc = { expr = \"a is null and a = 1\" }\nd = { template = \"{a}\" }\ne = { expr = \"(a) is not null\" }\nf = { expr = \"coalesce(a, 1) is null\" }",
});

faults!(paths_across_parts, parts, {
    "an identity in a part": "identity = [\"a.x\"]",
    "an identity that is a list": "identity = [\"l\"]",
    "an identity within a text": "identity = [\"j.x\"]",
    "excluded paths": "identity = [\"sku\"]\nexclude_from_hash = [\"a.x\", \"a.y.z\", \"a.w\", \"a.h\", \"l.x\", \"j.x\", \"s.x\"]",
});
mod eav;
mod keys;
mod named_tables;
mod row_sets;
mod scopes;
mod summaries;

#[test]
fn many_faults_are_told_in_the_order_of_the_file() {
    let file = "name = \"shop\"\nconsumer = \"search\"\nidentity = [\"sku\", \"stor\"]\nbatch_size = 0\n\
                [entity]\ntable = \"product\"\nkey = \"id\"\njoin = [{ table = \"store\", optional = 1 }]\n\
                [fields]\nsku = \"sku\"\nstore = \"stor.code\"\nsize = { when = \"width >\", fields = { width = \"width\" } }\nx = 1\n";
    let problems = parse(SourceFile::new("shop.toml", file)).expect_err("it is full of faults");
    let lines: Vec<String> = problems
        .reports()
        .iter()
        .map(|report| format!("{}:{}:{} {}: {}", report.file, report.line, report.column, report.path, report.message))
        .collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("many_faults", lines.join("\n"));
    });
}

#[test]
fn what_is_no_text_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.toml");
    for (bytes, told) in [
        (&b"name = \"shop\"\nconsumer = \"a\xFFb\"\n"[..], "2:14: not UTF-8"),
        (b"\xFF\xFEn\0a\0", "1:1: the file is UTF-16, not UTF-8"),
    ] {
        std::fs::write(&path, bytes).expect("written");
        let Err(super::LoadError::Problems(problems)) = super::load(&path) else { panic!("no problem was found") };
        let report = &problems.reports()[0];
        assert_eq!(format!("{}:{}: {}", report.line, report.column, report.message), told);
    }
    assert!(matches!(super::load(&folder.path().join("none.toml")), Err(super::LoadError::Unreadable { .. })));
}
