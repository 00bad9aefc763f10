//! `on` with several values: the pieces of a text, the elements of a list.

use super::documents;

const TREE: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, path TEXT, name TEXT, level INTEGER);
INSERT INTO thing VALUES (1, '1', 'root', 0), (2, '1/2', 'men', 1), (4, '1/2/4', 'shirts', 2), (12, '1/12', 'women', 1), (13, '', 'lost', 9), (14, NULL, 'loose', 9);
CREATE TABLE shop (id INTEGER PRIMARY KEY, root INTEGER, code TEXT);
INSERT INTO shop VALUES (1, 1, 'all'), (2, 2, 'men'), (3, 12, 'women'), (4, 12, 'women too');
";

#[test]
fn rows_are_named_by_the_pieces_of_a_text() {
    let feed = "[entity]\ntable = \"thing\"\nas = \"t\"\nkey = \"id\"\n[fields]\nid = \"id\"
[fields.way]
many = \"thing\"
on = { id = { split = \"t.path\", by = \"/\" } }
where_sql = \"level < 9\"
order_by = [\"level\"]
value = \"name\"
";
    let expected = [
        r#"{"id":12,"way":["root","women"]}"#,
        r#"{"id":13,"way":[]}"#,
        r#"{"id":14,"way":[]}"#,
        r#"{"id":1,"way":["root"]}"#,
        r#"{"id":2,"way":["root","men"]}"#,
        r#"{"id":4,"way":["root","men","shirts"]}"#,
    ];
    assert_eq!(documents(TREE, feed), expected);
}

#[test]
fn a_join_of_the_entity_by_the_pieces_of_a_text() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{ table = \"shop\", on = { root = { split = \"thing.path\", by = \"/\" } } }]
[fields]\nid = { template = \"{thing.id}-{shop.id}\" }\nshop = \"shop.code\"\n";
    let expected = [
        r#"{"id":"1-1","shop":"all"}"#,
        r#"{"id":"12-1","shop":"all"}"#,
        r#"{"id":"12-3","shop":"women"}"#,
        r#"{"id":"12-4","shop":"women too"}"#,
        r#"{"id":"2-1","shop":"all"}"#,
        r#"{"id":"2-2","shop":"men"}"#,
        r#"{"id":"4-1","shop":"all"}"#,
        r#"{"id":"4-2","shop":"men"}"#,
    ];
    assert_eq!(documents(TREE, feed), expected);
    // An optional one keeps the rows that it finds nothing for.
    let optional =
        feed.replace("{ table = \"shop\"", "{ optional = true, table = \"shop\"").replace("{shop.id}", "{shop}");
    let optional = optional.replace("shop = \"shop.code\"", "shop = { column = \"shop.code\", default = \"none\" }");
    let documents = documents(TREE, &optional);
    assert_eq!(documents.len(), 10);
    assert_eq!(documents[4], r#"{"id":"13-none","shop":"none"}"#);
}

#[test]
fn a_relation_may_join_by_pieces_of_its_own_rows_and_of_those_around() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\nwhere_sql = \"thing.id = 4\"\n[fields]\nid = \"id\"
own = { many = \"thing\", as = \"up\", on = { id = 2 }, join = [{ table = \"shop\", on = { root = { split = \"up.path\", by = \"/\" } } }], value = \"shop.code\" }
around = { many = \"thing\", as = \"up\", on = { id = 1 }, join = [{ table = \"shop\", on = { root = { split = \"thing.path\", by = \"/\" } } }], value = \"shop.code\" }
both = { many = \"shop\", on = { root = { split = \"path\", by = \"/\" }, id = { split = \"choice\", by = \", \" } }, value = \"code\" }
choice = { value = \"2, 3, 02\" }
";
    assert_eq!(
        documents(TREE, feed),
        [r#"{"id":4,"own":["all","men"],"around":["all","men"],"both":["men"],"choice":"2, 3, 02"}"#]
    );
}

const CODES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, codes TEXT);
INSERT INTO thing VALUES (1, 'a%b'), (2, 'A'), (3, 'x::y:::z'), (4, ' a'), (5, 'a,''b'), (6, '::');
CREATE TABLE code (name TEXT COLLATE NOCASE, PRIMARY KEY (name));
INSERT INTO code VALUES ('a'), ('b'), ('x'), ('y'), (':z'), ('z'), ('%'), ('a%b'), ('a_b'), (''), ('a,''b');
";

#[test]
fn pieces_are_compared_whole_and_as_the_column_compares() {
    let relation = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\ncodes = { many = \"code\", on = { name = { split = \"codes\", by = \"::\" } }, order_by = [\"name\"], value = \"name\" }\n";
    let expected = [
        r#"{"id":1,"codes":["a%b"]}"#,
        r#"{"id":2,"codes":["a"]}"#,
        r#"{"id":3,"codes":[":z","x","y"]}"#,
        r#"{"id":4,"codes":[]}"#,
        r#"{"id":5,"codes":["a,'b"]}"#,
        r#"{"id":6,"codes":[""]}"#,
    ];
    assert_eq!(documents(CODES, relation), expected);
    // The database cuts the text as feedmill does.
    let join = "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{ table = \"code\", on = { name = { split = \"codes\", by = \"::\" } } }]\n[fields]\nid = { template = \"{thing.id}-{code.name}\" }\n";
    assert_eq!(
        documents(CODES, join),
        [
            r#"{"id":"1-a%b"}"#,
            r#"{"id":"2-a"}"#,
            r#"{"id":"3-:z"}"#,
            r#"{"id":"3-x"}"#,
            r#"{"id":"3-y"}"#,
            r#"{"id":"5-a,'b"}"#,
            r#"{"id":"6-"}"#
        ]
    );
}

const OPTIONS: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, kind TEXT);
INSERT INTO thing VALUES (1, 'a'), (2, 'b'), (3, 'a');
CREATE TABLE child (id INTEGER PRIMARY KEY, thing_id INTEGER, option_id INTEGER, active INTEGER);
INSERT INTO child VALUES (1, 1, 30, 1), (2, 1, 10, 1), (3, 1, 20, 0), (4, 1, 30, 1), (5, 2, 20, 1), (6, 2, NULL, 1);
CREATE TABLE option (id INTEGER PRIMARY KEY, name TEXT, kind TEXT);
INSERT INTO option VALUES (10, 'red', 'a'), (20, 'green', 'b'), (30, 'blue', 'a');
";

#[test]
fn rows_are_named_by_the_elements_of_a_list() {
    let feed = |keep: &str| {
        format!(
            "[let]\ninUse = {{ when = \"kind = 'a' or thing.id = 2\", many = \"child\", on = {{ thing_id = \"id\" }}, {keep} value = \"option_id\" }}
[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
options = {{ many = \"option\", on = {{ id = {{ list = \"inUse\" }} }}, order_by = [\"id\"], value = \"name\" }}
",
        )
    };
    let expected =
        [r#"{"id":1,"options":["red","green","blue"]}"#, r#"{"id":2,"options":["green"]}"#, r#"{"id":3,"options":[]}"#];
    assert_eq!(documents(OPTIONS, &feed("")), expected);
    let kept = documents(OPTIONS, &feed("keep = \"active = 1\","));
    assert_eq!(kept[0], r#"{"id":1,"options":["red","blue"]}"#);
}

#[test]
fn a_list_may_be_a_field_and_belong_to_a_level_further_out() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\nwhere_sql = \"thing.id = 1\"\n[fields]\nid = \"id\"
ids = { many = \"child\", on = { thing_id = \"id\" }, value = { column = \"option_id\", type = \"string\" } }
[fields.kinds]
many = \"thing\"
as = \"same\"
on = { kind = \"kind\" }
fields.id = \"id\"
fields.options = { many = \"option\", on = { kind = \"same.kind\", id = { list = \"ids\" } }, value = \"name\" }
";
    assert_eq!(
        documents(OPTIONS, feed),
        [
            r#"{"id":1,"ids":["30","10","20","30"],"kinds":[{"id":1,"options":["red","blue"]},{"id":3,"options":["red","blue"]}]}"#
        ]
    );
}
