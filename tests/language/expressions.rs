//! What expressions give.

use super::{documents, fields_of};

const THING: &str = "CREATE TABLE thing (id INTEGER PRIMARY KEY, a INTEGER, t TEXT, d DECIMAL(9,2), n TEXT);
                     INSERT INTO thing VALUES (1, 7, 'Hello', 0.10, NULL)";

#[test]
fn each_construct() {
    let expected = [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-a + 1", "-6"),
        ("a % 4", "3"),
        ("d + 0.2", "0.3"),
        ("d * 3", "0.3"),
        ("7.0 / 2", "3.5"),
        ("t || '-' || a", "\"Hello-7\""),
        ("t || n", "null"),
        ("a = 7", "true"),
        ("a <> 7", "false"),
        ("a != 8", "true"),
        ("a < 8 and a >= 7", "true"),
        ("n = 'x'", "null"),
        ("n is null", "true"),
        ("t is not null", "true"),
        ("n = 'x' or a = 7", "true"),
        ("n = 'x' and a = 7", "null"),
        ("n = 'x' and a = 8", "false"),
        ("not (a = 7)", "false"),
        ("a in (1, 7)", "true"),
        ("a not in (1, 2)", "true"),
        ("a in (1, null)", "null"),
        ("a between 7 and 9", "true"),
        ("a not between 8 and 9", "true"),
        ("t like 'He%'", "true"),
        ("t like 'H_llo'", "true"),
        ("t not like '%x%'", "true"),
        ("case when a > 5 then 'big' else 'small' end", "\"big\""),
        ("case a when 7 then 'seven' end", "\"seven\""),
        ("case a when 8 then 'eight' end", "null"),
        ("coalesce(n, t)", "\"Hello\""),
        ("nullif(a, 7)", "null"),
        ("nullif(a, 8)", "7"),
        ("lower(t)", "\"hello\""),
        ("upper(t)", "\"HELLO\""),
        ("trim('  x ')", "\"x\""),
        ("replace(t, 'l', 'L')", "\"HeLLo\""),
        ("substr(t, 2, 3)", "\"ell\""),
        ("substr(t, 2)", "\"ello\""),
        ("length('äöü')", "3"),
        ("round(2.567, 1)", "2.6"),
        ("abs(-3)", "3"),
        ("split_part('a/b/c', '/', 2)", "\"b\""),
        ("cast('12' as integer)", "12"),
        ("cast(a as text)", "\"7\""),
        ("'it''s'", "\"it's\""),
        ("null", "null"),
    ];
    let fields: Vec<String> = expected
        .iter()
        .enumerate()
        .map(|(place, (expression, _))| format!("e{place} = {{ expr = \"{expression}\" }}"))
        .collect();
    let document = fields_of(THING, &fields.join("\n"));
    let values: Vec<(String, Box<serde_json::value::RawValue>)> = {
        let map: indexmap::IndexMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_str(&document).expect("a document");
        map.into_iter().collect()
    };
    for ((expression, expected), (_, found)) in expected.iter().zip(&values) {
        assert_eq!(found.get(), *expected, "{expression}");
    }
    assert_eq!(values.len(), expected.len());
}

#[test]
fn what_cannot_be_evaluated_is_refused_when_the_file_is_loaded() {
    for expression in ["random()", "(select 1)", "a + ", "nothing", "a; drop table thing", "count(*)", "a = 1 = 2 ="] {
        let workshop = super::Workshop::new(
            THING,
            &format!(
                "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\ne = {{ expr = \"{expression}\" }}\n"
            ),
        );
        workshop.project.run(&["reindex", "things"]).exits(2);
        assert_eq!(workshop.receiver.request_count(), 0, "{expression}");
    }
}

#[test]
fn names_are_looked_up_from_the_inside_out() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, label TEXT); INSERT INTO thing VALUES (1, 'outer');
               CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, label TEXT, size INTEGER); INSERT INTO part VALUES (5, 1, 'inner', 2)";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[let]\nfactor = { value = 10 }\n[fields]\nid = \"id\"
[fields.parts]\nmany = \"part\"\non = { thing_id = \"id\" }
fields = { label = \"label\", both = { template = \"{label}/{thing.label}\" }, size = { expr = \"part.size * factor\" }, owner = { expr = \"thing.id\" } }
";
    assert_eq!(
        documents(sql, feed),
        [r#"{"id":1,"parts":[{"label":"inner","both":"inner/outer","size":20,"owner":1}]}"#]
    );
}

#[test]
fn when_makes_a_field_null_unless_true() {
    let sql =
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO thing VALUES (1, 1), (2, 0), (3, NULL);
               CREATE TABLE part (thing_id INTEGER PRIMARY KEY); INSERT INTO part VALUES (1), (2), (3)";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
o = { when = \"a = 1\", fields = { a = \"a\" } }
v = { when = \"a = 1\", value = \"yes\" }
m = { when = \"a = 1\", many = \"part\", on = { thing_id = \"id\" }, value = \"thing_id\" }
";
    assert_eq!(
        documents(sql, feed),
        [
            r#"{"id":1,"o":{"a":1},"v":"yes","m":[1]}"#,
            r#"{"id":2,"o":null,"v":null,"m":null}"#,
            r#"{"id":3,"o":null,"v":null,"m":null}"#
        ]
    );
}
