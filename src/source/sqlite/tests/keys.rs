//! Key equality is the database's decision, as if the enclosing level's column itself stood in the statement.

use super::*;

/// The oracle: what SQLite says of the two columns themselves, as `parent row|child row`.
fn joined(file: &File) -> Vec<String> {
    let connection = Connection::open(&file.path).unwrap();
    let sql = "SELECT p.rowid - 1, c.rowid FROM parent AS p JOIN child AS c ON c.k = p.k ORDER BY 1, 2";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok(format!("{}|{}", row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
}

/// The column `parent.k` as key values, read the way a pass gives it.
fn parent_keys(reader: &mut dyn SourceReader) -> Vec<KeyValue<'static>> {
    let mut rows = RowSet::default();
    reader.read("SELECT k FROM parent ORDER BY rowid", &[], &mut rows).unwrap();
    key_values(&rows, 0)
}

/// Compares a keyed pass, alone and as the second component of a tuple, with the oracle.
fn assert_as_joined(parent: &str, child: &str, parents: &str, children: &str) {
    let file = File::new(&format!(
        "CREATE TABLE parent (k {parent}); CREATE TABLE child (k {child}, one DEFAULT 1); CREATE INDEX by_k ON child (k);
         INSERT INTO parent (k) VALUES {parents}; INSERT INTO child (k) VALUES {children};"
    ));
    let mut reader = file.reader();
    let catalog = reader.catalog().unwrap();
    let kind = catalog.tables["parent"].columns[0].kind;
    let keys = parent_keys(reader.as_mut());
    let expected = joined(&file);

    let spec = pass(table("child", "c", vec![on("k", OnTarget::Key(0))]), &["c.rowid"]);
    let mut found = run(reader.as_mut(), &keyed_pass(&spec, &[kind]), &tuples(1, keys.clone()));
    found.sort_by_key(|line| sort_key(line));
    assert_eq!(found, expected, "{parent} / {child}");

    let spec = pass(table("child", "c", vec![on("one", OnTarget::Key(0)), on("k", OnTarget::Key(1))]), &["c.rowid"]);
    let pairs = keys.iter().flat_map(|key| [KeyValue::Int(1), key.clone()]);
    let statement = keyed_pass(&spec, &[ColumnKind::Integer, kind]);
    let mut found = run(reader.as_mut(), &statement, &tuples(2, pairs));
    found.sort_by_key(|line| sort_key(line));
    assert_eq!(found, expected, "{parent} / {child}, in pairs");

    let mut spec = pass(table("child", "c", vec![]), &["c.rowid"]);
    spec.where_sql = Some("c.k IN (:keys)".into());
    let values = tuples(1, keys);
    let found = run(reader.as_mut(), &keyed_pass(&spec, &[kind]), &values);
    let per_tuple: std::collections::BTreeSet<&str> = expected.iter().filter_map(|l| l.split('|').nth(1)).collect();
    let found: std::collections::BTreeSet<&str> = found.iter().filter_map(|line| line.split('|').nth(1)).collect();
    assert_eq!(found, per_tuple, "{parent} / {child}, IN (:keys)");
}

fn sort_key(line: &str) -> (i64, i64) {
    let (tuple, row) = line.split_once('|').unwrap();
    (tuple.parse().unwrap(), row.parse().unwrap())
}

#[test]
fn compares_as_the_two_columns_would() {
    let parents = "(1), ('01'), (NULL), (1.5), ('abc'), (x'616263'), ('1e2'), (100), (0), (-0.0), ('ABC'), (''), ('0')";
    let children = "(1), ('1'), ('01'), ('1.0'), (1.5), ('1.50'), (NULL), ('abc'), ('Abc'), (x'616263'), (100), ('100'), \
                    ('1e2'), (0), ('0'), ('-0'), (''), (' 1'), (x'31')";
    for parent in ["INTEGER", "DECIMAL(10,2)", "REAL", "BOOLEAN", "TEXT", "TEXT COLLATE NOCASE"] {
        for child in
            ["INTEGER", "NUMERIC", "REAL", "TEXT", "TEXT COLLATE NOCASE", "VARCHAR(9) COLLATE RTRIM", "BLOB", ""]
        {
            assert_as_joined(parent, child, parents, children);
        }
    }
    for child in ["INTEGER", "TEXT", "BLOB", ""] {
        assert_as_joined("BLOB", child, "(x'616263'), (x''), (NULL), (x'00ff'), (x'31')", children);
    }
    let uuids = "('0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42'), ('0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42')";
    for child in ["UUID", "TEXT", "CHAR(36) COLLATE NOCASE"] {
        assert_as_joined("UUID", child, uuids, uuids);
    }
}

#[test]
fn values_survive_the_way_into_the_database() {
    let file = File::new("CREATE TABLE one (x)");
    let mut reader = file.reader();
    let big = [i64::MAX, i64::MIN, (1 << 53) + 1, -(1 << 53) - 1, i64::MAX - 1, 0, -1];
    let texts = [
        "",
        "'",
        "\"\\/",
        "\u{1}\n\r\t\u{1f}\u{7f}",
        "a\0b",
        "\0",
        "é\u{1F600}\u{ffff}",
        "{\"b\":\"00\"}",
        "null",
        "1",
    ];
    // Multiples of 2^-k and sums of such, and neighbours of powers of ten: what decimal digits get wrong first.
    let floats: Vec<f64> = (0..2000u64)
        .map(|i| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .filter(|value| value.is_finite())
        .chain([0.1, 1e22, 1e23, 5e-324, f64::MIN_POSITIVE, f64::MAX, -1.5, 1e300, 123456789.125])
        .chain([f64::INFINITY, f64::NEG_INFINITY, 3.0, 9007199254740992.0])
        .collect();
    let mut values: Vec<KeyValue<'static>> = ints(big);
    values.extend(texts.map(text));
    values.extend(floats.iter().map(|&value| KeyValue::Float(value)));
    values.push(KeyValue::Blob(vec![0, 1, 0xff].into()));
    values.push(KeyValue::Blob(vec![].into()));

    let expected: Vec<String> = big
        .iter()
        .map(|n| n.to_string())
        .chain(texts.iter().map(|&text| text.to_owned()))
        .chain(floats.iter().map(|value| format!("{value:?}")))
        .chain(["x'0001ff'".to_owned(), "x''".to_owned()])
        .collect();
    for kinds in [&[ColumnKind::Dynamic][..], &[ColumnKind::Float], &[ColumnKind::Text, ColumnKind::Integer]] {
        let doubled: Vec<KeyValue<'static>> =
            values.iter().flat_map(|value| std::iter::repeat_n(value.clone(), kinds.len())).collect();
        let mut spec = pass(query("SELECT 1 AS x", "q", vec![]), &[]);
        for i in 0..kinds.len() {
            spec.columns.push(column(&format!("feedmill$keys.feedmill${i}")));
        }
        let found = run(reader.as_mut(), &keyed_pass(&spec, kinds), &tuples(kinds.len(), doubled));
        assert_eq!(found.len(), expected.len());
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let expected = vec![expected.clone(); kinds.len()].join("|");
            assert_eq!(*found, format!("{i}|{expected}"), "{kinds:?}");
        }
    }
}

#[test]
fn a_tuple_with_a_null_matches_nothing() {
    let file = File::new("CREATE TABLE child (a, b); INSERT INTO child VALUES (1, NULL), (NULL, NULL), (1, 2)");
    let spec = pass(table("child", "c", vec![on("a", OnTarget::Key(0)), on("b", OnTarget::Key(1))]), &["c.b"]);
    let statement = keyed_pass(&spec, &[ColumnKind::Dynamic, ColumnKind::Dynamic]);
    let one = || KeyValue::Int(1);
    let values = tuples(2, [one(), KeyValue::Null, KeyValue::Null, KeyValue::Null, one(), KeyValue::Int(2)]);
    assert_eq!(run(file.reader().as_mut(), &statement, &values), ["2|2"]);

    let mut spec = pass(table("child", "c", vec![on("a", OnTarget::Key(0))]), &["c.b"]);
    spec.where_sql = Some("c.a NOT IN (:keys)".into());
    let statement = keyed_pass(&spec, &[ColumnKind::Dynamic]);
    assert_eq!(run(file.reader().as_mut(), &statement, &tuples(1, [one(), KeyValue::Null])), [""; 0]);
    spec.where_sql = Some("c.a + 1 NOT IN (:keys)".into());
    let statement = keyed_pass(&spec, &[ColumnKind::Dynamic]);
    assert_eq!(run(file.reader().as_mut(), &statement, &tuples(1, [one(), KeyValue::Null])), ["0|NULL", "0|2"]);
}

#[test]
fn literals_compare_by_the_columns_own_rules() {
    let file = File::new(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE, n INTEGER);
         INSERT INTO child VALUES (1, 'it''s', 0), (2, 'IT''S', '1'), (3, char(97, 0, 98), 2), (4, '7', 3)",
    );
    let found = |pair: OnSpec| {
        let spec = pass(table("child", "c", vec![pair]), &["c.id"]);
        run(file.reader().as_mut(), &keyed_pass(&spec, &[ColumnKind::Integer]), &tuples(1, ints([5])))
    };
    assert_eq!(found(on("k", OnTarget::Text("it's".into()))), ["0|1", "0|2"]);
    assert_eq!(found(on("k", OnTarget::Text("a\0b".into()))), ["0|3"]);
    assert_eq!(found(on("k", OnTarget::Int(7))), ["0|4"]);
    assert_eq!(found(on("n", OnTarget::Text("1".into()))), ["0|2"]);
    assert_eq!(found(on("n", OnTarget::Int(-1))), [""; 0]);
}
