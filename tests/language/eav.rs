//! `[eav.NAME]`: values that stand in rows of their own, one by one and as a list.

use super::{HEAD, Workshop, documents};

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, parent INTEGER, path TEXT);
INSERT INTO thing VALUES (1, NULL, '1'), (2, 1, '1/2'), (3, 2, '1/2/3');
CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT, site INTEGER);
INSERT INTO store VALUES (1, 'de', 7), (2, 'en', 8);
CREATE TABLE attribute (id INTEGER PRIMARY KEY, code TEXT, of TEXT, backend TEXT, source TEXT, own INTEGER);
INSERT INTO attribute VALUES (1, 'name', 'thing', 'varchar', NULL, 0), (2, 'url', 'thing', 'varchar', NULL, 0),
  (3, 'colour', 'thing', 'int', 'table', 1), (4, 'used', 'thing', 'int', 'bool', 1), (5, 'cost', 'thing', 'decimal', NULL, 1),
  (6, 'tags', 'thing', 'varchar', 'table', 1), (7, 'name', 'other', 'varchar', NULL, 1);
CREATE TABLE thing_varchar (thing_id INTEGER, attribute_id INTEGER, store_id INTEGER, value TEXT, PRIMARY KEY (thing_id, attribute_id, store_id));
INSERT INTO thing_varchar VALUES (1, 1, 0, 'Root'), (1, 2, 0, 'root'), (2, 1, 0, 'Leaf'), (2, 1, 1, 'Blatt'), (2, 2, 0, 'leaf'),
  (2, 2, 1, 'blatt'), (3, 1, 0, 'Tip'), (3, 1, 1, NULL), (3, 2, 0, 'tip'), (2, 6, 0, '20,21'), (3, 7, 0, 'of another kind');
CREATE TABLE thing_int (thing_id INTEGER, attribute_id INTEGER, store_id INTEGER, value INTEGER, PRIMARY KEY (thing_id, attribute_id, store_id));
INSERT INTO thing_int VALUES (1, 3, 0, 10), (2, 3, 0, 10), (2, 4, 0, 1), (3, 4, 0, 0);
CREATE TABLE thing_decimal (thing_id INTEGER, attribute_id INTEGER, store_id INTEGER, value DECIMAL(20,6), PRIMARY KEY (thing_id, attribute_id, store_id));
INSERT INTO thing_decimal VALUES (2, 5, 0, 12), (2, 5, 2, 12.5);
CREATE TABLE choice (choice_id INTEGER PRIMARY KEY, attribute_id INTEGER);
INSERT INTO choice VALUES (10, 3), (20, 6), (21, 6);
CREATE TABLE choice_label (choice_id INTEGER, store_id INTEGER, label TEXT, PRIMARY KEY (choice_id, store_id));
INSERT INTO choice_label VALUES (10, 0, 'red'), (10, 1, 'rot'), (20, 0, 'new');
CREATE TABLE setting (path TEXT, scope TEXT, scope_id INTEGER, value TEXT, PRIMARY KEY (scope, scope_id, path));
INSERT INTO setting VALUES ('base/url', 'default', 0, 'https://all/'), ('base/url', 'sites', 7, 'https://seven/'), ('unit', 'stores', 2, 'lb');
";

const SETS: &str = "
[scopes]
store = [{ store_id = \"store.id\" }, { store_id = 0 }]
[eav.thing]
entity = \"id\"
tables = [\"thing_varchar\", \"thing_int\", \"thing_decimal\"]
columns = { entity = \"thing_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"id\", code = \"code\", type = \"backend\", where_sql = \"of = 'thing'\" }
fallback = \"store\"
[eav.setting]
tables = [\"setting\"]
columns = { attribute = \"path\", value = \"value\" }
fallback = [{ scope = { value = \"stores\" }, scope_id = \"store.id\" }, { scope = { value = \"sites\" }, scope_id = \"store.site\" }, { scope = { value = \"default\" }, scope_id = 0 }]
[entity]
table = \"thing\"
key = \"id\"
join = [{ table = \"store\" }]
[fields]
id = { template = \"{thing.id}-{store.code}\" }
";

#[test]
fn a_row_of_the_store_wins_over_one_for_all() {
    let feed = format!(
        "{SETS}name = {{ eav = \"thing\", attribute = \"name\" }}\ncost = {{ eav = \"thing\", attribute = \"cost\", type = \"decimal\" }}\n"
    );
    assert_eq!(
        documents(TABLES, &feed),
        [
            r#"{"id":"1-de","name":"Root","cost":null}"#,
            r#"{"id":"1-en","name":"Root","cost":null}"#,
            r#"{"id":"2-de","name":"Blatt","cost":12}"#,
            r#"{"id":"2-en","name":"Leaf","cost":12.5}"#,
            // Its value is null, and that is its word.
            r#"{"id":"3-de","name":null,"cost":null}"#,
            r#"{"id":"3-en","name":"Tip","cost":null}"#,
        ]
    );
}

#[test]
fn settings_and_the_values_of_other_rows() {
    let feed = format!(
        "{SETS}link = {{ template = \"{{base}}{{key}}.html\" }}
unit = {{ eav = \"setting\", attribute = \"unit\", default = \"kg\" }}
parent = {{ eav = \"thing\", of = \"parent\", attribute = \"name\", default = \"none\" }}
[let]
base = {{ eav = \"setting\", attribute = \"base/url\" }}
key = {{ eav = \"thing\", attribute = \"url\" }}
[fields.way]
many = \"thing\"
as = \"step\"
on = {{ id = {{ split = \"thing.path\", by = \"/\" }} }}
order_by = [\"step.id\"]
value = {{ eav = \"thing\", attribute = \"url\" }}
separator = \"/\"
[fields.kids]
many = \"thing\"
as = \"kid\"
on = {{ parent = \"thing.id\" }}
keep = \"used is not null\"
fields.name = {{ eav = \"thing\", of = \"kid.id\", attribute = \"name\" }}
let.used = {{ eav = \"thing\", of = \"kid.id\", attribute = \"used\", fallback = [{{ store_id = 0 }}] }}
"
    );
    assert_eq!(
        documents(TABLES, &feed)[2..5],
        [
            r#"{"id":"2-de","link":"https://seven/blatt.html","unit":"kg","parent":"Root","way":"root/blatt","kids":[{"name":null}]}"#,
            r#"{"id":"2-en","link":"https://all/leaf.html","unit":"lb","parent":"Root","way":"root/leaf","kids":[{"name":"Tip"}]}"#,
            r#"{"id":"3-de","link":"https://seven/tip.html","unit":"kg","parent":"Blatt","way":"root/blatt/tip","kids":[]}"#,
        ]
    );
}

#[test]
fn all_the_others_as_a_list() {
    let feed = format!(
        "empty = \"null\"\n{SETS}colour = {{ one = \"choice\", on = {{ choice_id = {{ eav = \"thing\", attribute = \"colour\" }} }}, value = \"choice_id\" }}
[fields.attributes]
eav = \"thing\"
where_sql = \"own = 1\"
except = [\"none\"]
as = {{ code = \"attributeCode\", values = \"value\" }}
order_by = [\"table_code\", \"key\"]
labels = {{ table = \"choice_label\", key = \"choice_id\", label = \"label\", owner = {{ table = \"choice\", attribute = \"attribute_id\" }}, fallback = \"store\" }}
map = [{{ where_sql = \"source = 'bool'\", values = {{ \"0\" = \"no\", \"1\" = \"yes\" }} }}]
"
    );
    assert_eq!(
        documents(TABLES, &feed)[..4],
        [
            r#"{"id":"1-de","colour":10,"attributes":[{"attributeCode":"colour","value":["rot"]}]}"#,
            r#"{"id":"1-en","colour":10,"attributes":[{"attributeCode":"colour","value":["red"]}]}"#,
            // The tables go by their first code: colour, cost, tags. An option without a label is its key.
            r#"{"id":"2-de","colour":10,"attributes":[{"attributeCode":"colour","value":["rot"]},{"attributeCode":"used","value":["yes"]},{"attributeCode":"cost","value":["12.000000"]},{"attributeCode":"tags","value":["new","21"]}]}"#,
            r#"{"id":"2-en","colour":10,"attributes":[{"attributeCode":"colour","value":["red"]},{"attributeCode":"used","value":["yes"]},{"attributeCode":"cost","value":["12.500000"]},{"attributeCode":"tags","value":["new","21"]}]}"#,
        ]
    );
}

#[test]
fn an_attribute_that_a_shop_does_not_have_is_null_and_told() {
    let feed = format!("{SETS}name = {{ eav = \"thing\", attribute = \"naem\", default = \"-\" }}\n");
    let workshop = Workshop::new(TABLES, &feed);
    let line = HEAD.lines().count() + SETS.lines().count() + 1;
    let report = workshop.project.run(&["check"]).exits(0).json();
    assert_eq!(report["ok"], true);
    let notice = &report["notices"][0];
    assert_eq!((notice["line"].as_u64(), notice["path"].as_str()), (Some(line as u64), Some("fields.name.attribute")));
    assert_eq!(notice["message"], "the source has no attribute `naem`: it is always null");
    assert_eq!(notice["help"], "did you mean `name`?");
    let text = workshop.project.run_text(&["check"]).exits(0).stdout.clone();
    assert!(text.starts_with("note: fields.name.attribute: the source has no attribute `naem`"), "{text}");
    assert!(text.ends_with("of the source\n"), "{text}");

    assert_eq!(workshop.documents(&[])[0], r#"{"id":"1-de","name":"-"}"#);
    let verbose = workshop.project.run(&["reindex", "things", "-v"]).exits(0).stderr.clone();
    assert!(
        verbose.contains("the source has no attribute `naem`: it is always null; did you mean `name`?"),
        "{verbose}"
    );
    let plain = workshop.project.run(&["reindex", "things"]).exits(0).stderr.clone();
    assert!(!plain.contains("naem"), "{plain}");
}

#[test]
fn a_new_value_sends_its_own_item_alone() {
    let feed = format!("{SETS}name = {{ eav = \"thing\", attribute = \"name\" }}\n");
    let workshop = Workshop::new(TABLES, &feed);
    assert_eq!(workshop.documents(&[]).len(), 6);
    workshop.receiver.new_items();
    workshop.project.sql(
        "UPDATE thing_varchar SET value = 'Zweig' WHERE thing_id = 2 AND attribute_id = 1 AND store_id = 1;
        INSERT INTO thing_varchar VALUES (3, 5, 1, 'in the table of another type')",
    );
    assert_eq!(workshop.documents(&[])[2], r#"{"id":"2-de","name":"Zweig"}"#);
    assert_eq!(workshop.receiver.new_items(), [r#"{"id":"2-de","name":"Zweig"}"#]);
}
