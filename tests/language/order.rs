//! The order of arrays is part of the document: NULL first, text by bytes, ties by the primary key.

use super::documents;

fn ordered(rows: &str, declared: &str, order_by: &str) -> String {
    let sql = format!(
        "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
         CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER DEFAULT 1, {declared}, other INTEGER DEFAULT 0);
         INSERT INTO part (id, sort) VALUES {rows}"
    );
    let feed = format!(
        "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nparts = {{ many = \"part\", on = {{ thing_id = \"id\" }}, {order_by} value = \"id\" }}\n"
    );
    documents(&sql, &feed)[0].replacen("{\"id\":1,\"parts\":", "", 1).trim_end_matches('}').to_owned()
}

#[test]
fn null_comes_first_and_ties_go_by_the_key() {
    let rows = "(4, 2), (3, NULL), (9, 1), (2, 2), (7, NULL), (5, 10)";
    assert_eq!(ordered(rows, "sort INTEGER", "order_by = [\"sort\"],"), "[3,7,9,2,4,5]");
    assert_eq!(ordered(rows, "sort INTEGER", "order_by = [\"-sort\", \"-id\"],"), "[5,4,2,9,7,3]");
    assert_eq!(ordered(rows, "sort INTEGER", ""), "[2,3,4,5,7,9]");
}

#[test]
fn text_goes_by_its_bytes_whatever_the_collation() {
    let rows = "(1, 'b'), (2, 'B'), (3, 'ä'), (4, 'a'), (5, ''), (6, 'Z'), (7, NULL), (8, 'aa'), (9, '\u{1F600}'), (10, '\u{FFFD}')";
    for declared in ["sort TEXT", "sort TEXT COLLATE NOCASE"] {
        assert_eq!(ordered(rows, declared, "order_by = [\"sort\"],"), "[7,5,2,6,4,8,1,3,10,9]");
    }
}

#[test]
fn decimals_go_by_their_value() {
    let rows = "(1, 10), (2, 9.5), (3, -1), (4, 9.50), (5, 0.001)";
    assert_eq!(ordered(rows, "sort DECIMAL(9,3)", "order_by = [\"sort\"],"), "[3,5,2,4,1]");
}

#[test]
fn fields_and_expressions_may_give_the_order() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
               CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, n INTEGER); INSERT INTO part VALUES (1, 1, 3), (2, 1, 1), (3, 1, 2)";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
[fields.parts]\nmany = \"part\"\non = { thing_id = \"id\" }\norder_by = [\"rank\"]\nfields = { id = \"id\", rank = { expr = \"0 - n\" } }
";
    assert_eq!(
        documents(sql, feed),
        [r#"{"id":1,"parts":[{"id":1,"rank":-3},{"id":3,"rank":-2},{"id":2,"rank":-1}]}"#]
    );
}

#[test]
fn ties_are_broken_by_the_keys_of_the_joins_too() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
               CREATE TABLE link (thing_id INTEGER, part_id INTEGER, PRIMARY KEY (thing_id, part_id)) WITHOUT ROWID; INSERT INTO link VALUES (1, 3), (1, 1), (1, 2);
               CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO part VALUES (1, 'x'), (2, 'x'), (3, 'w')";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
parts = { many = \"link\", on = { thing_id = \"id\" }, join = [{ table = \"part\", on = { id = \"part_id\" } }], order_by = [\"-part.name\"], value = \"part.id\" }
";
    assert_eq!(documents(sql, feed), [r#"{"id":1,"parts":[1,2,3]}"#]);
}

#[test]
fn without_a_key_all_columns_break_ties() {
    let tables = |rows: &str| {
        format!(
            "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
             CREATE TABLE part (thing_id INTEGER, name TEXT, n INTEGER); INSERT INTO part VALUES {rows}"
        )
    };
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nparts = { many = \"part\", on = { thing_id = \"id\" }, order_by = [\"n\"], fields = { name = \"name\", n = \"n\" } }\n";
    let expected = [r#"{"id":1,"parts":[{"name":"a","n":1},{"name":"b","n":1},{"name":"c","n":1}]}"#];
    assert_eq!(documents(&tables("(1, 'b', 1), (1, 'a', 1), (1, 'c', 1)"), feed), expected);
    assert_eq!(documents(&tables("(1, 'c', 1), (1, 'a', 1), (1, 'b', 1)"), feed), expected);
}

#[test]
fn of_rows_that_agree_the_first_in_order_stays() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1), (2);
               CREATE TABLE price (id INTEGER PRIMARY KEY, thing_id INTEGER, qty DECIMAL(9,4), site INTEGER, price INTEGER, gone INTEGER);
               INSERT INTO price VALUES (1, 1, 5.5, 0, 90, 0), (2, 1, 5.5, 3, 80, 0), (3, 1, 10, 0, 70, 0), (4, 1, 10, 4, 10, 1), (5, 1, NULL, 0, 60, 0), (6, 1, NULL, 0, 50, 0), (7, 2, 10, 0, 7, 0)";
    let feed = |first_per: &str| {
        format!(
            "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nprices = {{ many = \"price\", on = {{ thing_id = \"id\" }}, keep = \"gone = 0\", order_by = [\"qty\", \"-site\"], first_per = {first_per}, let = {{ large = {{ expr = \"qty >= 10\" }} }}, value = \"price\" }}\n"
        )
    };
    let expected = [r#"{"id":1,"prices":[60,80,70]}"#, r#"{"id":2,"prices":[7]}"#];
    assert_eq!(documents(sql, &feed("[\"qty\"]")), expected);
    let expected = [r#"{"id":1,"prices":[60,80,70]}"#, r#"{"id":2,"prices":[7]}"#];
    assert_eq!(documents(sql, &feed("[\"large\"]")), expected);
    let expected = [r#"{"id":1,"prices":[60,80,90,70]}"#, r#"{"id":2,"prices":[7]}"#];
    assert_eq!(documents(sql, &feed("[\"price.qty\", \"site\"]")), expected);
    let expected = [r#"{"id":1,"prices":[60]}"#, r#"{"id":2,"prices":[7]}"#];
    assert_eq!(documents(sql, &feed("[\"thing.id\"]")), expected);
}
