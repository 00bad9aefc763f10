//! The order of elements: NULL first, text by its bytes, ties by the keys, whatever the server's collation says.

use super::Agreement;

/// A feed whose one array holds the numbers of the rows in the order of `by`.
fn ordered<'a>(agreement: Agreement<'a>, name: &'a str, by: &str, expected: &str) -> Agreement<'a> {
    let fields =
        format!("parts = {{ many = \"part\", on = {{ thing_id = \"id\" }}, order_by = [{by}], value = \"id\" }}");
    agreement.fields(name, &fields, &[&format!("{{\"id\":1,\"parts\":[{expected}]}}")])
}

#[test]
fn of_every_type() {
    let tables = "
        CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
        CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, t VARCHAR(50), c VARCHAR(50) <nocase>, n INTEGER,
            d DECIMAL(12,3), r DOUBLE PRECISION, day DATE, at <datetime>, clock <time>, tie INTEGER);
        INSERT INTO part VALUES
            (1, 1, 'b', 'b', 10, 10, 1e10, '2024-01-02', '2024-01-02 03:04:05', '10:00:00', 1),
            (2, 1, 'B', 'B', 9, 9.5, -0.5, '2024-01-01', '2024-01-02 03:04:05.5', '09:00:00', 1),
            (3, 1, 'ä', 'ä', -1, -1, 1e-3, '1999-12-31', '2024-01-02 03:04:04', '10:00:00.25', 1),
            (4, 1, 'a', 'a', 100, 9.50, 2.5, '2024-01-10', '1999-01-01 00:00:00', '00:00:00', 1),
            (5, 1, '', '', 0, 0.001, 0, '9999-12-31', '9999-12-31 23:59:59', '23:59:59', 1),
            (6, 1, 'Z', 'Z', 2, 100, 10, '2024-01-02', '2024-01-02 03:04:05.123456', '10:00:00', 1),
            (7, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1),
            (8, 1, 'a ', 'a ', 3, -1.5, 1e9, '2024-01-02', '2024-01-02 03:04:05.100', '10:00:00', 1),
            (9, 1, '😀', '😀', 4, 5, 3, '2024-01-03', '2024-01-02 03:04:05.01', '10:00:01', 1),
            (10, 1, '�', '�', 5, 6, 4, '2024-01-04', '2024-01-02 03:04:06', '10:00:02', 1),
            (11, 1, 'a-b', 'a-b', 6, 7, 5, '2024-01-05', '2024-01-02 03:05', '10:00:03', 1),
            (12, 1, 'aB', 'aB', 7, 8, 6, '2024-01-06', '2024-01-02 04:00', '10:00:04', 1);
    ";
    let mut agreement = Agreement::over(tables);
    for (name, by, expected) in [
        ("text", "\"t\"", "7,5,2,6,4,8,11,12,1,3,10,9"),
        ("text_down", "\"-t\"", "9,10,3,1,12,11,8,4,6,2,5,7"),
        ("text_regardless_of_case", "\"c\"", "7,5,2,6,4,8,11,12,1,3,10,9"),
        ("integer", "\"n\"", "7,3,5,6,8,9,10,11,12,2,1,4"),
        ("decimal", "\"d\"", "7,8,3,5,9,10,11,12,2,4,1,6"),
        ("float", "\"r\"", "7,2,5,3,4,9,10,11,12,6,8,1"),
        ("date", "\"day\"", "7,3,2,1,6,8,9,10,11,12,4,5"),
        ("date_time", "\"at\"", "7,4,3,1,9,8,6,2,10,11,12,5"),
        ("time", "\"clock\"", "7,4,2,1,6,8,3,9,10,11,12,5"),
        ("ties", "\"tie\"", "1,2,3,4,5,6,7,8,9,10,11,12"),
        ("ties_of_some", "\"-day\", \"-n\"", "5,4,12,11,10,9,1,8,6,2,3,7"),
    ] {
        agreement = ordered(agreement, name, by, expected);
    }
    agreement.holds();
}

#[test]
fn ties_without_a_key() {
    let tables = "
        CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1);
        CREATE TABLE part (thing_id INTEGER, name VARCHAR(20), n INTEGER, d DECIMAL(9,2));
        INSERT INTO part VALUES (1, 'b', 1, 2), (1, 'B', 1, 2), (1, 'a', 1, NULL), (1, 'á', 1, 1), (1, 'a', 1, 0.5), (1, 'a', 0, 0);
        CREATE TABLE word (code VARCHAR(20) NOT NULL, thing_id INTEGER, PRIMARY KEY (code, thing_id));
        INSERT INTO word VALUES ('b', 1), ('A', 1), ('c', 1), ('_', 1);
    ";
    Agreement::over(tables)
        .fields(
            "all_columns_read",
            "parts = { many = \"part\", on = { thing_id = \"id\" }, order_by = [\"-n\"], fields = { name = \"name\", d = \"d\" } }",
            &[r#"{"id":1,"parts":[{"name":"B","d":2},{"name":"a","d":null},{"name":"a","d":0.5},{"name":"b","d":2},{"name":"á","d":1},{"name":"a","d":0}]}"#],
        )
        .fields(
            "a_text_key",
            "words = { many = \"word\", on = { thing_id = \"id\" }, value = \"code\" }",
            &[r#"{"id":1,"words":["A","_","b","c"]}"#],
        )
        .holds();
}
