//! Key equality is the database's decision, as if the enclosing level's column itself stood in the statement; what it has
//! no operator for equals nothing, or what it is written as.

use super::*;

const TYPES: &str = "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE \"Odd Mood\" AS ENUM ('sad');
    CREATE DOMAIN id AS int CHECK (VALUE > 0); CREATE DOMAIN code AS id; CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";

/// A database with a column `k` of the type in each of two tables.
fn tables(database: &mut Database, parent: &str, child: &str) {
    database.write(&format!(
        "DROP TABLE IF EXISTS parent, child;
         CREATE TABLE parent (n serial, k {parent}); CREATE TABLE child (n serial, k {child}, one int DEFAULT 1)"
    ));
}

/// As `parent row|child row`: a keyed pass for the parents' values, alone and as the second component of a tuple.
fn found(database: &Database) -> Vec<String> {
    let mut reader = database.reader();
    let reader = reader.as_mut();
    let catalog = reader.catalog().unwrap();
    let key = column_of(&catalog, "child", "k");
    let mut rows = RowSet::default();
    reader.read("SELECT k FROM parent ORDER BY n", &[], &mut rows).unwrap();
    let keys = key_values(&rows, 0);
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let spec = pass(table("child", "c", vec![on("k", OnTarget::Key(0))]), &["c.n"]);
    let alone = sorted(run(reader, &keyed_pass(&spec, &[key]), &tuples(1, keys.clone())));
    let spec = pass(table("child", "c", vec![on("one", OnTarget::Key(0)), on("k", OnTarget::Key(1))]), &["c.n"]);
    let pairs = keys.iter().flat_map(|key| [KeyValue::Int(1), key.clone()]);
    let one = column_of(&catalog, "child", "one");
    assert_eq!(sorted(run(reader, &keyed_pass(&spec, &[one, key]), &tuples(2, pairs))), alone);
    alone
}

#[test]
fn compares_as_the_two_columns_would() {
    let mut database = Database::new(TYPES);
    let numbers = "(1), (2), (NULL), (1), (32767), (0)";
    let fractions = "(1), (1.5), (NULL), (-2.25), (32767), (0), (1.50)";
    let texts = "('a'), ('A'), (''), (NULL), ('é'), ('ab')";
    let moments = "('2024-01-02'), ('2024-02-29 00:00:00'), (NULL), ('infinity'), ('1999-12-31')";
    let mut compared = 0;
    for (types, values) in [
        (&["smallint", "int", "bigint", "code"][..], numbers),
        (&["int", "bigint", "numeric(9,3)", "double precision"], numbers),
        (&["numeric", "numeric(9,3)", "double precision", "real"], fractions),
        (&["text", "varchar(9)", "text COLLATE \"C\"", "name"], texts),
        (&["text COLLATE nocase"], texts),
        (&["char(4)", "bpchar"], texts),
        (&["citext"], texts),
        (&["date", "timestamp", "timestamptz", "timestamp(0)"], moments),
        (&["time"], "('03:04:05.5'), (NULL), ('24:00'), ('03:04:05.50')"),
        (&["boolean"], "(true), (false), (NULL)"),
        (&["mood"], "('sad'), ('ok'), (NULL)"),
        (&["bytea"], "('\\x00ff'), (''), (NULL)"),
        (&["uuid"], "('0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42'), (NULL), ('0B0E3D6A5D4C4A538D378CB1B8FA9B42')"),
        (&["oid"], "(1), (4294967295), (NULL)"),
    ] {
        for parent in types {
            for child in types {
                tables(&mut database, parent, child);
                let values =
                    if [parent, child].contains(&&"code") { values.replace(", (0)", "") } else { values.to_owned() };
                let [into_parent, into_child] =
                    ["parent", "child"].map(|name| format!("INSERT INTO {name} (k) VALUES {values}"));
                database.write(&format!("{into_parent}; {into_child}"));
                let sql = "SELECT (p.n - 1) || '|' || c.n FROM parent AS p JOIN child AS c ON c.k = p.k ORDER BY 1";
                let oracle = database.owner.query(sql, &[]).unwrap();
                let mut oracle: Vec<String> = oracle.iter().map(|row| row.get(0)).collect();
                oracle.sort();
                assert!(!oracle.is_empty());
                assert_eq!(found(&database), oracle, "{parent} / {child}");
                compared += 1;
            }
        }
    }
    assert!(compared > 80);
}

#[test]
fn what_the_columns_type_cannot_hold_equals_nothing() {
    let mut database = Database::new(TYPES);
    for (parent, parents, child, children, expected) in [
        (
            "text",
            "('1'), (' 01 '), ('1.0'), ('1.5'), ('abc'), (''), ('99999999999999999999')",
            "int",
            "(1)",
            &["0|1", "1|1", "2|1"][..],
        ),
        ("bigint", "(1), (4294967296), (-1)", "smallint", "(1), (-1)", &["0|1", "2|2"]),
        ("int", "(1), (2)", "boolean", "(true)", &["0|1"]),
        ("boolean", "(true), (false)", "int", "(1), (7)", &["0|1"]),
        ("int", "(7), (8)", "varchar(1)", "('7'), ('x')", &["0|1"]),
        ("numeric", "('NaN'), (1e30), (2)", "int", "(2)", &["2|1"]),
        ("float8", "('NaN'), ('Infinity'), (2)", "numeric", "(2), ('NaN')", &["0|2", "2|1"]),
        ("text", "('sad'), ('glad'), ('')", "mood", "('sad')", &["0|1"]),
        ("text", "('sad'), ('x')", "\"Odd Mood\"", "('sad')", &["0|1"]),
        ("text", "('A'), ('b')", "citext", "('a'), ('B')", &["0|1", "1|2"]),
        (
            "text",
            "('x'), ('0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42')",
            "uuid",
            "('0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42')",
            &["1|1"],
        ),
        ("text", "('2024-01-02'), ('0044-03-15 BC'), ('soon')", "date", "('2024-01-02')", &["0|1"]),
        ("text", "('2024-01-02 00:00'), ('x')", "timestamptz", "('2024-01-02 00:00+00')", &["0|1"]),
        ("text", "('a')", "bytea", "('a')", &[]),
        ("bytea", "('a')", "text", "('a')", &[]),
        // Types that are compared as they are printed.
        ("text", "('10.0.0.1'), ('nonsense'), ('10.0.0.0/8')", "inet", "('10.0.0.1'), ('10.0.0.0/8')", &["0|1", "2|2"]),
        ("inet", "('10.0.0.1'), ('10.0.0.2')", "inet", "('10.0.0.1')", &["0|1"]),
        ("int", "(5)", "int4range", "('[1,5)')", &[]),
    ] {
        tables(&mut database, parent, child);
        database.write(&format!("INSERT INTO parent (k) VALUES {parents}; INSERT INTO child (k) VALUES {children}"));
        assert_eq!(found(&database), expected, "{parent} / {child}");
    }
}

#[test]
fn texts_that_the_encoding_lacks_equal_nothing() {
    let mut database = Database::with("TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", "");
    database
        .write("CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE); INSERT INTO t VALUES (1, 'Müller'), (2, 'a')");
    let mut reader = database.reader();
    assert_eq!(read(reader.as_mut(), "SELECT code FROM t ORDER BY id"), ["Müller", "a"]);
    let catalog = reader.catalog().unwrap();
    let code = column_of(&catalog, "t", "code");
    assert!(code.exact, "Latin 1 is in the order of Unicode");
    let spec = pass(table("t", "t", vec![on("code", OnTarget::Key(0))]), &["t.id"]);
    let keys = tuples(1, ["a", "€", "Müller", "a\0", "日本"].map(text));
    assert_eq!(run(reader.as_mut(), &keyed_pass(&spec, &[code]), &keys), ["0|2", "2|1"]);
}

#[test]
fn a_tuple_with_a_null_matches_nothing() {
    let database =
        Database::new("CREATE TABLE child (a int, b int); INSERT INTO child VALUES (1, NULL), (NULL, NULL), (1, 2)");
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    let [a, b] = ["a", "b"].map(|name| column_of(&catalog, "child", name));
    let spec = pass(table("child", "c", vec![on("a", OnTarget::Key(0)), on("b", OnTarget::Key(1))]), &["c.b"]);
    let one = || KeyValue::Int(1);
    let values = tuples(2, [one(), KeyValue::Null, KeyValue::Null, KeyValue::Null, one(), KeyValue::Int(2)]);
    assert_eq!(run(reader.as_mut(), &keyed_pass(&spec, &[a, b]), &values), ["2|2"]);

    let mut spec = pass(table("child", "c", vec![on("a", OnTarget::Key(0))]), &["c.b"]);
    spec.where_sql = Some("c.a NOT IN (:keys)".into());
    let values = tuples(1, [one(), KeyValue::Null]);
    assert_eq!(run(reader.as_mut(), &keyed_pass(&spec, &[a]), &values), [""; 0]);
    spec.where_sql = Some("c.a + 1 NOT IN (:keys)".into());
    assert_eq!(run(reader.as_mut(), &keyed_pass(&spec, &[a]), &values), ["0|NULL", "0|2"]);
}

#[test]
fn literals_compare_by_the_columns_own_rules() {
    let database = Database::new(
        "CREATE TABLE child (id int PRIMARY KEY, k text, n smallint, b boolean, d numeric(9,2), m date);
         INSERT INTO child VALUES (1, 'it''s', 0, true, 1.50, '2024-01-02'), (2, 'a\\b', 1, false, 7, NULL), (3, '7', 2, NULL, NULL, NULL)",
    );
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    let id = column_of(&catalog, "child", "id");
    let mut found = |pair: OnSpec| {
        let spec = pass(table("child", "c", vec![pair]), &["c.id"]);
        run(reader.as_mut(), &keyed_pass(&spec, &[id]), &tuples(1, ints([5]))).join(" ")
    };
    for (column, literal, expected) in [
        ("k", OnTarget::Text("it's".into()), "0|1"),
        ("k", OnTarget::Text("a\\b".into()), "0|2"),
        ("k", OnTarget::Text("a\0b".into()), ""),
        ("k", OnTarget::Int(7), "0|3"),
        ("n", OnTarget::Text("1".into()), "0|2"),
        ("n", OnTarget::Int(-1), ""),
        ("b", OnTarget::Int(1), "0|1"),
        ("d", OnTarget::Text("1.5".into()), "0|1"),
        ("d", OnTarget::Int(7), "0|2"),
        ("m", OnTarget::Text("2024-01-02".into()), "0|1"),
    ] {
        assert_eq!(found(on(column, literal.clone())), expected, "{column} {literal:?}");
    }
}

#[test]
fn keys_of_each_kind_in_ranges() {
    let mut database = Database::new(TYPES);
    let uuid = |n: u32| format!("{n:08x}-0000-4000-8000-000000000000");
    let uuids: String = [3_u32, 1, 0xa000_0000, 2].map(|n| format!("('{}')", uuid(n))).join(", ");
    for (of, values, pages) in [
        ("int", "(5), (-1), (9), (7)".to_owned(), ["-1|7|3", "9|9|1"].map(str::to_owned)),
        ("numeric", "(5), (-1), (9), (7)".to_owned(), ["-1|7|3", "9|9|1"].map(str::to_owned)),
        ("text", "('b'), ('a'), ('d'), ('é'), ('c')".to_owned(), ["a|c|3", "d|é|2"].map(str::to_owned)),
        ("varchar(9)", "('b'), ('a'), ('d'), ('é'), ('c')".to_owned(), ["a|c|3", "d|é|2"].map(str::to_owned)),
        ("char(3)", "('b'), ('a'), ('d'), ('c')".to_owned(), ["a|c|3", "d|d|1"].map(str::to_owned)),
        ("citext", "('B'), ('a'), ('D'), ('c')".to_owned(), ["a|c|3", "D|D|1"].map(str::to_owned)),
        ("mood", "('ok'), ('sad')".to_owned(), ["sad|ok|2", "NULL|NULL|0"].map(str::to_owned)),
        (
            "uuid",
            uuids,
            [format!("{}|{}|3", uuid(1), uuid(3)), format!("{}|{}|1", uuid(0xa000_0000), uuid(0xa000_0000))],
        ),
    ] {
        database
            .write(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (k {of}); INSERT INTO t VALUES {values}, (NULL)"));
        let mut reader = database.reader();
        let key = |text: &str| match text.parse::<i64>() {
            Ok(int) if of != "numeric" => crate::entity::EntityKey::Int(int),
            _ => text.into(),
        };
        let first = run(reader.as_mut(), &POSTGRES.next_range("t", "k", 3, false), &Values::default());
        assert_eq!(first, [pages[0].as_str()], "{of}");
        let ends: Vec<&str> = pages[0].split('|').collect();
        let next = run(reader.as_mut(), &POSTGRES.next_range("t", "k", 3, true), &after(key(ends[1])));
        assert_eq!(next, [pages[1].as_str()], "{of}");
        if let [next, last, _] = pages[1].split('|').collect::<Vec<&str>>()[..]
            && next != "NULL"
        {
            let middle = POSTGRES.middle_of_range("t", "k", 3);
            assert_eq!(run(reader.as_mut(), &middle, &range(key(ends[0]), key(last))), [ends[1], next], "{of}");
        }
        let spec = pass(table("t", "t", vec![on("k", OnTarget::Key(0))]), &["t.k"]);
        let ranged = POSTGRES.range_pass(&spec, &range_of("t.k", "t", "k"));
        let rows = run(reader.as_mut(), &ranged, &range(key(ends[0]), key(ends[1])));
        assert_eq!(rows.len().to_string(), ends[2], "{of}");
        assert_eq!(run(reader.as_mut(), &POSTGRES.count_nulls("t", "k"), &Values::default()), ["1"]);
    }
    let mut reader = database.reader();
    assert_eq!(run(reader.as_mut(), &POSTGRES.count_rows("t"), &Values::default()), ["5"]);
    let error = try_run(reader.as_mut(), &POSTGRES.next_range("t", "k", 3, true), &after("x")).unwrap_err().to_string();
    assert!(error.contains("\"x\" is no value of type uuid"), "{error}");
}
