//! `[scopes]` and `fallback`: a row of the store wins over one for all stores, column by column.

use super::{documents, fields_of};

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, code TEXT);
INSERT INTO thing VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT, lang TEXT);
INSERT INTO store VALUES (1, 'de', 'de'), (2, 'en', 'en'), (3, 'uk', 'en');
CREATE TABLE title (thing_id INTEGER, store_id INTEGER, title TEXT, subtitle TEXT, PRIMARY KEY (thing_id, store_id));
INSERT INTO title VALUES (1, 0, 'all', 'for all'), (1, 1, 'deutsch', NULL), (1, 2, NULL, 'english'), (2, 0, 'two', NULL), (3, 3, 'only uk', '');
";

const STORES: &str = "[scopes]
store = [{ store_id = \"store.id\" }, { store_id = 0 }]
[entity]
table = \"thing\"
key = \"id\"
join = [{ table = \"store\" }]
[fields]
id = { template = \"{thing.id}-{store.code}\" }
";

#[test]
fn each_column_comes_from_the_first_scope_that_has_it() {
    let feed = format!(
        "{STORES}titles = {{ one = \"title\", on = {{ thing_id = \"thing.id\" }}, fallback = \"store\", fields = {{ title = \"title\", subtitle = \"subtitle\", of = \"store_id\" }} }}\n"
    );
    let expected = [
        r#"{"id":"1-de","titles":{"title":"deutsch","subtitle":"for all","of":1}}"#,
        r#"{"id":"1-en","titles":{"title":"all","subtitle":"english","of":2}}"#,
        r#"{"id":"1-uk","titles":{"title":"all","subtitle":"for all","of":0}}"#,
        r#"{"id":"2-de","titles":{"title":"two","subtitle":null,"of":0}}"#,
        r#"{"id":"2-en","titles":{"title":"two","subtitle":null,"of":0}}"#,
        r#"{"id":"2-uk","titles":{"title":"two","subtitle":null,"of":0}}"#,
        r#"{"id":"3-de","titles":null}"#,
        r#"{"id":"3-en","titles":null}"#,
        r#"{"id":"3-uk","titles":{"title":"only uk","subtitle":"","of":3}}"#,
    ];
    assert_eq!(documents(TABLES, &feed), expected);
}

#[test]
fn a_value_may_be_named_and_has_its_default() {
    let feed = format!(
        "{STORES}title = {{ one = \"title\", on = {{ thing_id = \"thing.id\" }}, fallback = [{{ store_id = \"store.id\" }}], value = \"title\", default = \"none\" }}
loud = {{ expr = \"upper(title)\" }}
"
    );
    let documents = documents(TABLES, &feed);
    assert_eq!(
        documents[..3],
        [
            r#"{"id":"1-de","title":"deutsch","loud":"DEUTSCH"}"#,
            // A row without a value is no value.
            r#"{"id":"1-en","title":"none","loud":"NONE"}"#,
            r#"{"id":"1-uk","title":"none","loud":"NONE"}"#,
        ]
    );
    assert_eq!(documents[8], r#"{"id":"3-uk","title":"only uk","loud":"ONLY UK"}"#);
}

#[test]
fn scopes_of_several_columns_and_of_fields() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, site INTEGER, shop TEXT); INSERT INTO thing VALUES (1, 7, '9');
               CREATE TABLE setting (path TEXT, scope TEXT, scope_id INTEGER, value TEXT);
               INSERT INTO setting VALUES ('a', 'default', 0, 'A'), ('a', 'sites', 7, 'A7'), ('a', 'shops', 7, 'no'), ('b', 'default', 0, 'B'), ('b', 'shops', 9, 'B9'), ('b', 'sites', 7, 'B7'), ('c', 'default', 1, 'no')";
    // The shop's number is a text in one table and an integer in the other.
    let setting = |path: &str| {
        format!(
            "{path} = {{ one = \"setting\", on = {{ path = {{ value = \"{path}\" }} }}, fallback = [{{ scope = {{ value = \"shops\" }}, scope_id = \"number\" }}, {{ scope = {{ value = \"sites\" }}, scope_id = \"site\" }}, {{ scope = {{ value = \"default\" }}, scope_id = 0 }}], value = \"value\" }}\n"
        )
    };
    let fields = ["a", "b", "c"].map(setting).concat() + "number = { template = \"{shop}\", hidden = true }";
    assert_eq!(fields_of(sql, &fields), r#"{"a":"A7","b":"B9","c":null}"#);
}

#[test]
fn joins_order_keep_and_what_hangs_below() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
               CREATE TABLE file (id INTEGER PRIMARY KEY, thing_id INTEGER, store_id INTEGER, kind_id INTEGER, path TEXT, size INTEGER);
               INSERT INTO file VALUES (1, 1, 0, 1, 'old', NULL), (2, 1, 0, 2, 'new', NULL), (3, 1, 0, NULL, NULL, 5), (4, 1, 4, 1, 'other store', 9);
               CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO kind VALUES (1, 'one'), (2, 'two');
               CREATE TABLE tag (file_id INTEGER, name TEXT); INSERT INTO tag VALUES (2, 'x'), (2, 'y'), (1, 'z')";
    let file = |order: &str, keep: &str| {
        format!(
            "[fields.file]\none = \"file\"\non = {{ thing_id = \"id\" }}\nfallback = [{{ store_id = 3 }}, {{ store_id = 0 }}]\njoin = [{{ table = \"kind\", on = {{ id = \"kind_id\" }}, optional = true }}]\norder_by = [\"{order}\"]\nkeep = \"{keep}\"\nfields.path = \"path\"\nfields.kind = \"kind.name\"\nfields.size = \"size\"\nfields.tags = {{ many = \"tag\", on = {{ file_id = \"file.id\" }}, value = \"name\" }}\n"
        )
    };
    // Within one scope the first in order that has the column.
    let expected = r#"{"file":{"path":"new","kind":"two","size":5,"tags":[]}}"#;
    assert_eq!(fields_of(sql, &file("-id", "size = 5 and path = 'new'")), expected);
    let expected = r#"{"file":{"path":"old","kind":"one","size":5,"tags":["z"]}}"#;
    assert_eq!(fields_of(sql, &file("id", "true")), expected);
    assert_eq!(fields_of(sql, &file("id", "size > 5")), r#"{"file":null}"#);
}
