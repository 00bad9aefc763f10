//! Joins of the entity and of relations.

use super::{Workshop, documents};

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, kind INTEGER);
INSERT INTO thing VALUES (1, 10), (2, 20), (3, NULL);
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT, active INTEGER);
INSERT INTO kind VALUES (10, 'ten', 1), (20, 'twenty', 0);
CREATE TABLE lang (id INTEGER PRIMARY KEY, code TEXT, active INTEGER);
INSERT INTO lang VALUES (1, 'de', 1), (2, 'en', 1), (3, 'fr', 0);
CREATE TABLE title (thing_id INTEGER, lang_id INTEGER, text TEXT, PRIMARY KEY (thing_id, lang_id));
INSERT INTO title VALUES (1, 1, 'eins'), (1, 2, 'one'), (2, 1, 'zwei');
";

#[test]
fn a_join_is_inner_and_an_optional_one_is_left() {
    let feed = |join: &str| {
        format!(
            "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{join}]\n[fields]\nid = \"id\"\nname = \"kind.name\"\n"
        )
    };
    assert_eq!(
        documents(TABLES, &feed("{ table = \"kind\", on = { id = \"kind\" } }")),
        [r#"{"id":1,"name":"ten"}"#, r#"{"id":2,"name":"twenty"}"#]
    );
    assert_eq!(
        documents(TABLES, &feed("{ table = \"kind\", optional = true, on = { id = \"kind\" } }")),
        [r#"{"id":1,"name":"ten"}"#, r#"{"id":2,"name":"twenty"}"#, r#"{"id":3,"name":null}"#]
    );
    // The condition of an optional join belongs to the join, not to the rows.
    assert_eq!(
        documents(
            TABLES,
            &feed("{ table = \"kind\", optional = true, on = { id = \"kind\" }, where_sql = \"kind.active = 1\" }")
        ),
        [r#"{"id":1,"name":"ten"}"#, r#"{"id":2,"name":null}"#, r#"{"id":3,"name":null}"#]
    );
    assert_eq!(
        documents(TABLES, &feed("{ table = \"kind\", on = { id = \"kind\" }, where_sql = \"kind.active = 1\" }")),
        [r#"{"id":1,"name":"ten"}"#]
    );
}

#[test]
fn a_cross_join_makes_an_item_per_pair() {
    let sql = format!("{TABLES} DELETE FROM thing WHERE id > 2");
    let workshop = Workshop::new(
        &sql,
        "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{ table = \"lang\", where_sql = \"lang.active = 1\" }, { table = \"title\", optional = true, on = { thing_id = \"thing.id\", lang_id = \"lang.id\" } }]
[fields]\nid = { template = \"{thing.id}-{lang.code}\" }\ntext = \"title.text\"\n",
    );
    assert_eq!(
        workshop.documents(&[]),
        [
            r#"{"id":"1-de","text":"eins"}"#,
            r#"{"id":"1-en","text":"one"}"#,
            r#"{"id":"2-de","text":"zwei"}"#,
            r#"{"id":"2-en","text":null}"#
        ]
    );
}

#[test]
fn the_right_side_may_be_a_literal() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{ table = \"lang\", on = { code = { value = \"en\" } } }, { table = \"title\", on = { thing_id = \"thing.id\", lang_id = 2 } }]
[fields]\nid = \"id\"\ncode = \"lang.code\"\ntext = \"title.text\"\n";
    assert_eq!(documents(TABLES, feed), [r#"{"id":1,"code":"en","text":"one"}"#]);
}

#[test]
fn a_relation_may_lean_on_any_enclosing_row() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
[fields.langs]
many = \"lang\"
on = { active = 1 }
order_by = [\"-code\"]
fields.code = \"code\"
fields.text = { one = \"title\", on = { thing_id = \"thing.id\", lang_id = \"lang.id\" }, value = \"text\" }
";
    let expected = [
        r#"{"id":1,"langs":[{"code":"en","text":"one"},{"code":"de","text":"eins"}]}"#,
        r#"{"id":2,"langs":[{"code":"en","text":null},{"code":"de","text":"zwei"}]}"#,
        r#"{"id":3,"langs":[{"code":"en","text":null},{"code":"de","text":null}]}"#,
    ];
    assert_eq!(documents(TABLES, feed), expected);
}

#[test]
fn text_keys_are_equal_as_the_database_says() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE); INSERT INTO thing VALUES (1, 'ABC'), (2, 'abc');
               CREATE TABLE part (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE, name TEXT); INSERT INTO part VALUES (1, 'aBc', 'x'), (2, 'ABC', 'y')";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nparts = { many = \"part\", on = { code = \"code\" }, value = \"name\" }\n";
    assert_eq!(documents(sql, feed), [r#"{"id":1,"parts":["x","y"]}"#, r#"{"id":2,"parts":["x","y"]}"#]);
}
