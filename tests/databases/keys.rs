//! Keys of every type: those of the entities, and those that rows name each other by.

use super::Agreement;
use crate::harness::Kind;

const WORDS: &str = r#"
CREATE TABLE thing (code VARCHAR(50) <nocase> PRIMARY KEY, name VARCHAR(50));
INSERT INTO thing VALUES ('b', 'one'), ('A', 'two'), ('c d', 'three'), ('it''s', 'four'), ('back\slash', 'five'), ('%_', 'six'), ('', 'seven'), ('"q"', 'eight'), ('Zz', 'nine');
CREATE TABLE part (id INTEGER PRIMARY KEY, code VARCHAR(50) <nocase>, name VARCHAR(50));
INSERT INTO part VALUES (1, 'B', 'p1'), (2, 'a', 'p2'), (3, 'b', 'p3'), (4, 'C D', 'p4'), (5, 'IT''S', 'p5'), (6, 'BACK\SLASH', 'p6'), (7, '%_', 'p7'), (8, '', 'p8'),
    (9, '"Q"', 'p9'), (10, NULL, 'p10'), (11, 'x', 'p11'), (12, 'zZ', 'p12');
CREATE TABLE strict (code VARCHAR(50) <exact> PRIMARY KEY, name VARCHAR(50));
INSERT INTO strict VALUES ('a', 'one'), ('A', 'two'), ('a ', 'three'), (' a', 'four'), ('á', 'five'), ('😀', 'six'), ('😁', 'seven'), ('ß', 'eight'), ('ss', 'nine');
CREATE TABLE strict_part (id INTEGER PRIMARY KEY, code VARCHAR(50) <exact>);
INSERT INTO strict_part VALUES (1, 'a'), (2, 'A'), (3, 'a '), (4, ' a'), (5, 'á'), (6, '😀'), (7, '😁'), (8, 'ß'), (9, 'ss'), (10, 'S');
"#;

#[test]
fn text_keys_equal_as_their_collation_says() {
    Agreement::over(WORDS)
        .case(
            "regardless_of_case",
            "[entity]\ntable = \"thing\"\nkey = \"code\"\n[fields]\nid = \"code\"\nname = \"name\"\nparts = { many = \"part\", on = { code = \"code\" }, value = \"name\" }",
            &[
                r#"{"id":"","name":"seven","parts":["p8"]}"#,
                r#"{"id":"\"q\"","name":"eight","parts":["p9"]}"#,
                r#"{"id":"%_","name":"six","parts":["p7"]}"#,
                r#"{"id":"A","name":"two","parts":["p2"]}"#,
                r#"{"id":"Zz","name":"nine","parts":["p12"]}"#,
                r#"{"id":"b","name":"one","parts":["p1","p3"]}"#,
                r#"{"id":"back\\slash","name":"five","parts":["p6"]}"#,
                r#"{"id":"c d","name":"three","parts":["p4"]}"#,
                r#"{"id":"it's","name":"four","parts":["p5"]}"#,
            ],
        )
        .case(
            "from_the_parts",
            "[entity]\ntable = \"part\"\nkey = \"id\"\njoin = [{ table = \"thing\", on = { code = \"part.code\" } }]\n[fields]\nid = \"part.id\"\ncode = \"thing.code\"\nsame = { one = \"thing\", as = \"other\", on = { code = \"part.code\" }, value = \"name\" }",
            &[
                r#"{"id":1,"code":"b","same":"one"}"#,
                r#"{"id":2,"code":"A","same":"two"}"#,
                r#"{"id":3,"code":"b","same":"one"}"#,
                r#"{"id":4,"code":"c d","same":"three"}"#,
                r#"{"id":5,"code":"it's","same":"four"}"#,
                r#"{"id":6,"code":"back\\slash","same":"five"}"#,
                r#"{"id":7,"code":"%_","same":"six"}"#,
                r#"{"id":8,"code":"","same":"seven"}"#,
                r#"{"id":9,"code":"\"q\"","same":"eight"}"#,
                r#"{"id":12,"code":"Zz","same":"nine"}"#,
            ],
        )
        .case(
            "by_every_byte",
            "[entity]\ntable = \"strict\"\nkey = \"code\"\n[fields]\nid = \"code\"\nname = \"name\"\nparts = { many = \"strict_part\", on = { code = \"code\" }, value = \"id\" }",
            &[
                r#"{"id":" a","name":"four","parts":[4]}"#,
                r#"{"id":"A","name":"two","parts":[2]}"#,
                r#"{"id":"a","name":"one","parts":[1]}"#,
                r#"{"id":"a ","name":"three","parts":[3]}"#,
                r#"{"id":"ss","name":"nine","parts":[9]}"#,
                r#"{"id":"ß","name":"eight","parts":[8]}"#,
                r#"{"id":"á","name":"five","parts":[5]}"#,
                r#"{"id":"😀","name":"six","parts":[6]}"#,
                r#"{"id":"😁","name":"seven","parts":[7]}"#,
            ],
        )
        .holds();
}

#[test]
fn keys_of_other_types() {
    let tables = "
        CREATE TABLE thing (id UUID PRIMARY KEY, big BIGINT, price DECIMAL(12,2), day DATE, at <datetime>, moment <zoned>, bin <blob>, code CHAR(5), yes BOOLEAN);
        INSERT INTO thing VALUES
            ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', -9223372036854775808, 1.50, '2024-02-29', '2024-01-02 03:04:05.5', '2024-01-02 03:04:05.5', <bytes 00ff27>, 'ab', TRUE),
            ('00000000-0000-4000-8000-000000000001', 1, 2, '0001-01-01', '2024-01-02 03:04:05', '2024-01-02 03:04:05', <bytes >, 'abc', FALSE),
            ('ffffffff-ffff-4fff-bfff-ffffffffffff', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE part (id INTEGER PRIMARY KEY, thing UUID, big BIGINT, price DECIMAL(14,4), day DATE, at <datetime>, moment <zoned>, bin <blob>, code VARCHAR(10), yes BOOLEAN);
        INSERT INTO part VALUES
            (1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', -9223372036854775808, 1.5000, '2024-02-29', '2024-01-02 03:04:05.500', '2024-01-02 03:04:05.500', <bytes 00ff27>, 'ab', TRUE),
            (2, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1, 2, '0001-01-01', '2024-01-02 03:04:05', '2024-01-02 03:04:05', <bytes >, 'abc', FALSE),
            (3, '00000000-0000-4000-8000-000000000001', 2, 1.5001, '2024-03-01', '2024-01-02 03:04:06', '2024-01-02 03:04:06', <bytes 00ff28>, 'abd', TRUE),
            (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    ";
    let of = |column: &str| {
        format!("{column} = {{ many = \"part\", on = {{ {column} = \"{column}\" }}, value = \"id\" }}\n")
    };
    let each = ["big", "price", "day", "at", "moment", "bin", "code", "yes"].map(of).concat();
    Agreement::over(tables)
        // SQLite compares texts: the same moment must be written alike.
        .on(Kind::Sqlite, "UPDATE part SET at = '2024-01-02 03:04:05.5', moment = '2024-01-02 03:04:05.5' WHERE id = 1")
        .case(
            "uuid",
            &format!("[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nparts = {{ many = \"part\", on = {{ thing = \"id\" }}, value = \"id\" }}\n{each}"),
            &[
                r#"{"id":"00000000-0000-4000-8000-000000000001","parts":[3],"big":[2],"price":[2],"day":[2],"at":[2],"moment":[2],"bin":[2],"code":[2],"yes":[2]}"#,
                r#"{"id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","parts":[1,2],"big":[1],"price":[1],"day":[1],"at":[1],"moment":[1],"bin":[1],"code":[1],"yes":[1,3]}"#,
                r#"{"id":"ffffffff-ffff-4fff-bfff-ffffffffffff","parts":[],"big":[],"price":[],"day":[],"at":[],"moment":[],"bin":[],"code":[],"yes":[]}"#,
            ],
        )
        .case(
            "one_of_each",
            "[entity]\ntable = \"part\"\nkey = \"id\"\n[fields]\nid = \"id\"\nday = { one = \"thing\", on = { id = \"thing\" }, value = \"day\" }\nbig = { one = \"thing\", on = { bin = \"bin\", day = \"day\" }, value = \"big\" }",
            &[
                r#"{"id":1,"day":"2024-02-29","big":-9223372036854775808}"#,
                r#"{"id":2,"day":"2024-02-29","big":1}"#,
                r#"{"id":3,"day":"0001-01-01","big":null}"#,
                r#"{"id":4,"day":null,"big":null}"#,
            ],
        )
        .holds();
}

#[test]
fn keys_that_the_other_column_cannot_hold() {
    let tables = "
        CREATE TABLE thing (id INTEGER PRIMARY KEY, code VARCHAR(50), big BIGINT, price DECIMAL(12,2), size DOUBLE PRECISION);
        INSERT INTO thing VALUES (1, '1', 1, 1.00, 1), (2, 'abc', 9223372036854775807, 2.50, 2.5), (3, '', NULL, NULL, NULL), (4, '99999999999999999999', -2147483649, 3, 3), (5, '2024-01-02', 40000, 70000, 1e300);
        CREATE TABLE part (id INTEGER PRIMARY KEY, n INTEGER, small SMALLINT, words VARCHAR(50), day DATE, token UUID, price DECIMAL(9,2), yes BOOLEAN);
        INSERT INTO part VALUES (1, 1, 1, '1', '2024-01-02', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1, TRUE), (2, 2, 2, 'abc', '2024-01-03', '00000000-0000-0000-0000-000000000000', 2.5, FALSE),
            (3, 3, 3, '', NULL, NULL, 3, NULL), (4, 0, 0, '5', NULL, NULL, 0, NULL), (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    ";
    let on = |name: &str, column: &str, key: &str| {
        format!("{name} = {{ many = \"part\", on = {{ {column} = \"thing.{key}\" }}, value = \"part.id\" }}\n")
    };
    let thing = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\n";
    Agreement::over(tables)
        .case(
            "text_to_integer",
            &format!("{thing}{}{}", on("n", "n", "code"), on("small", "small", "code")),
            &[
                r#"{"id":1,"n":[1],"small":[1]}"#,
                r#"{"id":2,"n":[],"small":[]}"#,
                r#"{"id":3,"n":[],"small":[]}"#,
                r#"{"id":4,"n":[],"small":[]}"#,
                r#"{"id":5,"n":[],"small":[]}"#,
            ],
        )
        .case(
            "text_to_others",
            &format!("{thing}{}{}{}", on("day", "day", "code"), on("token", "token", "code"), on("price", "price", "code")),
            &[
                r#"{"id":1,"day":[],"token":[],"price":[1]}"#,
                r#"{"id":2,"day":[],"token":[],"price":[]}"#,
                r#"{"id":3,"day":[],"token":[],"price":[]}"#,
                r#"{"id":4,"day":[],"token":[],"price":[]}"#,
                r#"{"id":5,"day":[1],"token":[],"price":[]}"#,
            ],
        )
        .case(
            "integer_to_text",
            &format!("{thing}{}", on("words", "words", "id")),
            &[r#"{"id":1,"words":[1]}"#, r#"{"id":2,"words":[]}"#, r#"{"id":3,"words":[]}"#, r#"{"id":4,"words":[]}"#, r#"{"id":5,"words":[4]}"#],
        )
        .case(
            "numbers_too_large",
            &format!("{thing}{}{}{}{}", on("small", "small", "big"), on("n", "n", "big"), on("price", "price", "big"), on("whole", "n", "price")),
            &[
                r#"{"id":1,"small":[1],"n":[1],"price":[1],"whole":[1]}"#,
                r#"{"id":2,"small":[],"n":[],"price":[],"whole":[]}"#,
                r#"{"id":3,"small":[],"n":[],"price":[],"whole":[]}"#,
                r#"{"id":4,"small":[],"n":[],"price":[],"whole":[3]}"#,
                r#"{"id":5,"small":[],"n":[],"price":[],"whole":[]}"#,
            ],
        )
        .case(
            "floats",
            &format!("{thing}{}{}", on("n", "n", "size"), on("price", "price", "size")),
            &[
                r#"{"id":1,"n":[1],"price":[1]}"#,
                r#"{"id":2,"n":[],"price":[2]}"#,
                r#"{"id":3,"n":[],"price":[]}"#,
                r#"{"id":4,"n":[3],"price":[3]}"#,
                r#"{"id":5,"n":[],"price":[]}"#,
            ],
        )
        .case(
            "columns_of_two_types_in_a_join",
            "[entity]\ntable = \"thing\"\nkey = \"id\"\njoin = [{ table = \"part\", on = { words = \"thing.id\" } }]\n[fields]\nid = \"thing.id\"\npart = \"part.id\"\n",
            &[r#"{"id":1,"part":1}"#, r#"{"id":5,"part":4}"#],
        )
        .case(
            "literals_of_another_type",
            &format!("{thing}words = {{ many = \"part\", on = {{ words = 1 }}, value = \"part.id\" }}\nn = {{ many = \"part\", on = {{ n = {{ value = \"1\" }} }}, value = \"part.id\" }}\n"),
            &[
                r#"{"id":1,"words":[1],"n":[1]}"#,
                r#"{"id":2,"words":[1],"n":[1]}"#,
                r#"{"id":3,"words":[1],"n":[1]}"#,
                r#"{"id":4,"words":[1],"n":[1]}"#,
                r#"{"id":5,"words":[1],"n":[1]}"#,
            ],
        )
        .holds();
}

#[test]
fn computed_keys() {
    let tables = "
        CREATE TABLE thing (id INTEGER PRIMARY KEY, kind VARCHAR(20), n INTEGER);
        INSERT INTO thing VALUES (1, 'a', 1), (2, 'B', 2), (3, NULL, NULL);
        CREATE TABLE part (id INTEGER PRIMARY KEY, code VARCHAR(20), n INTEGER);
        INSERT INTO part VALUES (1, 'x-a', 10), (2, 'x-B', 20), (3, 'x-', 30);
    ";
    Agreement::over(tables)
        .case(
            "by_lets",
            "[entity]\ntable = \"thing\"\nkey = \"id\"\n[let]\ncode = { template = \"x-{thing.kind}\" }\nten = { expr = \"thing.n * 10\" }\n[fields]\nid = \"id\"\ncodes = { many = \"part\", on = { code = \"thing.kind\" }, value = \"part.id\" }\nby_code = { many = \"part\", on = { code = \"code\" }, value = \"part.id\" }\nby_ten = { many = \"part\", on = { n = \"ten\" }, value = \"part.id\" }\n",
            &[
                r#"{"id":1,"codes":[],"by_code":[1],"by_ten":[1]}"#,
                r#"{"id":2,"codes":[],"by_code":[2],"by_ten":[2]}"#,
                r#"{"id":3,"codes":[],"by_code":[],"by_ten":[]}"#,
            ],
        )
        .holds();
}
