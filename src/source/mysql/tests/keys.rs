//! Key equality is the collation of the column that a value is compared with; what that column cannot hold equals nothing.

use super::*;

/// The oracle: what the server says of two columns of one type, as `parent row|child row`.
fn joined(reader: &mut dyn SourceReader) -> Vec<String> {
    read(reader, "SELECT p.id - 1, c.id FROM parent AS p JOIN child AS c ON c.k = p.k ORDER BY 1, 2")
}

/// The values of `parent.k`, read the way a pass gives them.
fn parent_keys(reader: &mut dyn SourceReader) -> Vec<KeyValue<'static>> {
    let mut rows = RowSet::default();
    reader.read("SELECT k FROM parent ORDER BY id", &[], &mut rows).unwrap();
    key_values(&rows, 0)
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_by_key(|row| {
        let (tuple, id) = row.split_once('|').unwrap();
        (tuple.parse::<i64>().unwrap(), id.parse::<i64>().unwrap())
    });
    rows
}

/// Compares keyed passes over a column of `kind` with the oracle: alone, as a part of a tuple, in `IN (:keys)`.
fn assert_as_joined(database: &Database, declared: &str, values: &[&str]) {
    let rows: Vec<String> = values.iter().map(|value| format!("({value})")).collect();
    let rows = rows.join(", ");
    let index = if declared.contains("TEXT") || declared.contains("BLOB") { "k(20)" } else { "k" };
    database.write(&format!(
        "CREATE OR REPLACE TABLE parent (id INT PRIMARY KEY AUTO_INCREMENT, k {declared});
         CREATE OR REPLACE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, k {declared}, one INT DEFAULT 1, KEY ({index}));
         INSERT INTO parent (k) VALUES {rows}; INSERT INTO child (k) VALUES {rows}"
    ));
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    let k = &catalog.tables["child"].columns[1];
    let one = &catalog.tables["child"].columns[2];
    let keys = parent_keys(reader.as_mut());
    let expected = joined(reader.as_mut());
    assert!(expected.len() > 1, "{declared}: nothing equals itself");

    let spec = pass(table("child", "c", vec![on("k", OnTarget::Key(0))]), &["c.id"]);
    let statement = MYSQL.keyed_pass(&spec, &[component(k.kind, k)]);
    reader.check(&statement.sql).unwrap_or_else(|error| panic!("{declared}: {error}"));
    let found = run(reader.as_mut(), &statement, &tuples(1, keys.clone()));
    assert_eq!(sorted(found), expected, "{declared}");

    let spec = pass(table("child", "c", vec![on("one", OnTarget::Key(0)), on("k", OnTarget::Key(1))]), &["c.id"]);
    let pairs = keys.iter().flat_map(|key| [KeyValue::Int(1), key.clone()]);
    let statement = MYSQL.keyed_pass(&spec, &[component(ColumnKind::Integer, one), component(k.kind, k)]);
    let found = run(reader.as_mut(), &statement, &tuples(2, pairs));
    assert_eq!(sorted(found), expected, "{declared}, in pairs");

    let mut spec = pass(table("child", "c", vec![]), &["c.id"]);
    spec.where_sql = Some("c.k IN (:keys)".into());
    let found = run(reader.as_mut(), &MYSQL.keyed_pass(&spec, &[component(k.kind, k)]), &tuples(1, keys));
    let ids = |rows: &[String]| {
        let ids = rows.iter().filter_map(|row| row.split('|').nth(1).map(str::to_owned));
        ids.collect::<std::collections::BTreeSet<String>>()
    };
    assert_eq!(ids(&found), ids(&expected), "{declared}, IN (:keys)");
}

#[test]
fn equals_as_the_column_itself_does() {
    let database = Database::new("");
    for (declared, values) in [
        ("INT", &["1", "-1", "2147483647", "-2147483648", "NULL", "0"][..]),
        ("TINYINT(1)", &["1", "0", "127", "NULL"]),
        ("BIGINT UNSIGNED", &["0", "9223372036854775807", "9223372036854775808", "18446744073709551615"]),
        ("BIGINT", &["-9223372036854775808", "9223372036854775807", "NULL"]),
        ("YEAR", &["2024", "2005", "0", "NULL"]),
        ("BIT(12)", &["1", "2049", "NULL"]),
        ("BIT(64)", &["1", "18446744073709551615"]),
        ("DECIMAL(12,4)", &["1.5", "1.5001", "-0.5", "0", "99999999.9999"]),
        ("DECIMAL(65,30)", &["12345678901234567890123456789012345.123456789012345678901234567891", "0.1"]),
        ("DOUBLE", &["0.1", "1e300", "-1e-300", "12345678.125", "0"]),
        ("FLOAT", &["0.1", "16777216", "1e30", "-0.5"]),
        ("DATE", &["'2024-01-02'", "'0000-00-00'", "'2024-00-00'", "NULL"]),
        ("DATETIME", &["'2024-01-02 03:04:05'", "'2024-01-02'", "'0000-00-00'"]),
        ("DATETIME(6)", &["'2024-01-02 03:04:05.000001'", "'2024-01-02 03:04:05'"]),
        ("TIMESTAMP(3) NULL", &["'2024-01-02 03:04:05.120'", "'2024-01-02 03:04:05'", "NULL"]),
        ("TIME(2)", &["'-100:00:00.25'", "'838:59:59'", "'00:00:00'"]),
        ("ENUM('a', 'B', 'é')", &["'a'", "'b'", "'é'", "NULL"]),
        ("SET('a', 'b')", &["'a'", "'a,b'", "''"]),
        ("VARBINARY(20)", &["'a'", "'A'", "'a '", "x'00ff'", "''", "x'f09f9880'"]),
        ("BINARY(3)", &["'a'", "x'00ff00'", "x'00ff'"]),
        ("BLOB", &["'a'", "x'00'", "REPEAT(x'ff', 3000)"]),
    ] {
        assert_as_joined(&database, declared, values);
    }
    let texts =
        ["'a'", "'A'", "'a '", "' a'", "'ä'", "'a\\0b'", "'\\\\\"'", "''", "NULL", "'straße'", "'strasse'", "'1'"];
    for (declared, more) in [
        ("VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci", &["'€'", "'?'"][..]),
        ("VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin", &["'€'"]),
        ("VARCHAR(20) CHARACTER SET utf8mb3", &["'✓'"]),
        ("CHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", &["'✓'"]),
        ("VARCHAR(20) COLLATE utf8mb4_unicode_ci", &["'😀'", "'🙂'"]),
        ("VARCHAR(20) COLLATE utf8mb4_bin", &["'😀'", "'🙂'"]),
        ("TEXT COLLATE utf8mb4_general_ci", &["'😀'", "REPEAT('é', 3000)"]),
        ("VARCHAR(20) CHARACTER SET cp1251", &["'ж'", "'Ж'"]),
        ("VARCHAR(20) CHARACTER SET utf16", &["'😀'"]),
        ("VARCHAR(20) CHARACTER SET sjis", &["'表'"]),
    ] {
        let values: Vec<&str> = texts.iter().chain(more).copied().filter(|value| fits(declared, value)).collect();
        assert_as_joined(&database, declared, &values);
    }
    assert_as_joined(&database, "CHAR(20) CHARACTER SET ascii", &["'a'", "'A'", "'a '", "'?'", "''"]);
    if is_mariadb(&database) {
        assert_as_joined(&database, "VARCHAR(20) COLLATE utf8mb4_nopad_bin", &["'a'", "'a '", "'A'", "'😀'"]);
        assert_as_joined(&database, "VARCHAR(20) COLLATE utf8mb4_uca1400_ai_ci", &["'a'", "'ä'", "'a '", "'😀'"]);
        let uuids = ["'0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42'", "'0B0E3D6A5D4C4A538D378CB1B8FA9B43'", "NULL"];
        assert_as_joined(&database, "UUID", &uuids);
        assert_as_joined(&database, "INET6", &["'::1'", "'fe80::1'"]);
    }
}

/// Other character sets have no word for everything.
fn fits(declared: &str, value: &str) -> bool {
    match declared {
        declared if declared.contains("sjis") => !value.contains(['ä', 'ß']),
        declared if declared.contains("cp1251") => !value.contains(['ä', 'ß']),
        _ => true,
    }
}

/// What rows of a column a value finds.
struct Found {
    database: Database,
}

impl Found {
    /// `values` are the column's rows.
    fn in_column(declared: &str, values: &str) -> Self {
        let database = Database::new(&format!(
            "CREATE TABLE child (k {declared}, id INT PRIMARY KEY AUTO_INCREMENT); INSERT INTO child (k) VALUES {values}"
        ));
        Found { database }
    }

    /// The rows that each of the values finds, read from the column itself.
    fn by(&self, kind: ColumnKind, values: &[KeyValue<'static>]) -> Vec<String> {
        let mut reader = self.database.reader();
        let catalog = reader.catalog().unwrap();
        let spec = pass(table("child", "c", vec![on("k", OnTarget::Key(0))]), &["c.k"]);
        let statement = MYSQL.keyed_pass(&spec, &[component(kind, &catalog.tables["child"].columns[0])]);
        sorted_texts(run(reader.as_mut(), &statement, &tuples(1, values.iter().cloned())))
    }

    fn by_texts(&self, values: &[&str]) -> Vec<String> {
        self.by(ColumnKind::Text, &values.iter().map(|value| text(value)).collect::<Vec<_>>())
    }
}

fn sorted_texts(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

#[test]
fn what_a_column_of_numbers_cannot_hold_equals_nothing() {
    let ints = Found::in_column("INT", "(0), (12), (-1), (2147483647)");
    let texts =
        ["abc", "", "12abc", "12", " 12 ", "012", "12.0", "12.5", "-1", "1e1", "99999999999", "0x0c", "NaN", "+12"];
    assert_eq!(ints.by_texts(&texts), ["13|12", "3|12", "4|12", "5|12", "6|12", "8|-1"].sorted());
    let numbers = [KeyValue::Float(12.0), KeyValue::Float(12.4), KeyValue::Bool(false), KeyValue::Float(-1.0)];
    assert_eq!(ints.by(ColumnKind::Dynamic, &numbers), ["0|12", "2|0", "3|-1"]);
    assert_eq!(ints.by(ColumnKind::Integer, &[KeyValue::Int(5_000_000_000), KeyValue::Int(-1)]), ["1|-1"]);

    let unsigned = Found::in_column("INT UNSIGNED", "(0), (4294967295)");
    assert_eq!(
        unsigned.by(ColumnKind::Integer, &self::ints([-1, i64::MAX, 0, 4_294_967_295])),
        ["2|0", "3|4294967295"]
    );
    let big = Found::in_column("BIGINT", "(9223372036854775807)");
    let beyond = [text("9223372036854775808"), text("18446744073709551615"), KeyValue::Int(i64::MAX)];
    assert_eq!(big.by(ColumnKind::Integer, &beyond), ["2|9223372036854775807"]);

    let decimals = Found::in_column("DECIMAL(10,2)", "(1.01), (0)");
    assert_eq!(decimals.by_texts(&["1.005", "1.01", "1.010", "abc", ".0", "1.01x"]), ["1|1.01", "2|1.01", "4|0.00"]);
    assert_eq!(decimals.by(ColumnKind::Decimal, &[text("1.0050"), text("1.0100")]), ["1|1.01"]);
    let floats = Found::in_column("DOUBLE", "(0), (1.5), (1e300)");
    assert_eq!(floats.by_texts(&["abc", "1.5", "1e300", "1.5.5", "0"]), ["1|1.5", "2|1e300", "4|0.0"]);
    assert_eq!(floats.by(ColumnKind::Float, &[KeyValue::Float(1e300), KeyValue::Float(1.5)]), ["0|1e300", "1|1.5"]);
}

#[test]
fn what_a_column_of_texts_cannot_hold_equals_nothing() {
    let texts = Found::in_column("VARCHAR(5)", "('12'), ('012'), ('12abc'), ('1.5'), ('abc'), ('true')");
    assert_eq!(texts.by(ColumnKind::Integer, &ints([12, 0])), ["0|12"]);
    assert_eq!(texts.by(ColumnKind::Dynamic, &[KeyValue::Float(1.5), KeyValue::Bool(true)]), ["0|1.5"]);
    assert_eq!(texts.by_texts(&["abcdef", "abc      ", "ABC"]), ["1|abc", "2|abc"]);

    let latin = Found::in_column("VARCHAR(20) CHARACTER SET latin1", "('?'), ('é'), ('??'), ('e')");
    assert_eq!(latin.by_texts(&["😀", "é", "✓", "?"]), ["1|e", "1|é", "3|?"]);
    let ascii = Found::in_column("VARCHAR(20) CHARACTER SET ascii", "('?'), ('e')");
    assert_eq!(ascii.by_texts(&["é", "E"]), ["1|e"]);
    let three = Found::in_column("VARCHAR(20) CHARACTER SET utf8mb3", "('?'), ('????')");
    assert_eq!(three.by_texts(&["😀"]), [""; 0]);

    // Bytes are a text where they are UTF-8.
    let bytes =
        [KeyValue::Blob("é".as_bytes().into()), KeyValue::Blob(vec![0xe9].into()), KeyValue::Blob(vec![0xff].into())];
    assert_eq!(latin.by(ColumnKind::Binary, &bytes), ["0|e", "0|é"]);
    let blobs = Found::in_column("VARBINARY(9)", "('é'), ('1'), (x'ff')");
    assert_eq!(blobs.by_texts(&["é", "É", "1"]), ["0|x'c3a9'", "2|x'31'"]);
    assert_eq!(blobs.by(ColumnKind::Binary, &bytes), ["0|x'c3a9'", "2|x'ff'"]);
    assert_eq!(blobs.by(ColumnKind::Integer, &ints([1])), ["0|x'31'"]);
}

#[test]
fn what_a_column_of_dates_cannot_hold_equals_nothing() {
    let dates = Found::in_column("DATE", "('2024-01-02'), ('0000-00-00'), ('2012-00-00')");
    let texts =
        ["2024-01-02", "2024-01-02 00:00:00", "2024-01-02 10:00:00", "abc", "2024-01-02x", "12", "2024-02-31", ""];
    assert_eq!(dates.by_texts(&texts), ["0|2024-01-02", "1|2024-01-02"]);
    let moments = Found::in_column("DATETIME(3)", "('2024-01-02 03:04:05.5'), ('2024-01-02')");
    let texts = ["2024-01-02 03:04:05.500", "2024-01-02", "2024-01-02 03:04:05", "20240102"];
    assert_eq!(moments.by_texts(&texts), ["0|2024-01-02 03:04:05.500", "1|2024-01-02 00:00:00.000"]);
    // A timestamp comes with its zone, which is the session's.
    let instants = [text("2024-01-02 03:04:05.500+00")];
    assert_eq!(moments.by(ColumnKind::DateTimeZoned, &instants), ["0|2024-01-02 03:04:05.500"]);
    let times = Found::in_column("TIME", "('10:00:00'), ('00:00:12')");
    assert_eq!(times.by_texts(&["10:00", "12", "abc", "10:00:00.5"]), ["0|10:00:00"]);
}

#[test]
fn uuids_by_their_bytes_and_their_texts() {
    let database = Database::new("");
    if !is_mariadb(&database) {
        return;
    }
    let uuids = Found::in_column("UUID", "('0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42')");
    let texts = ["0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42", "0b0e3d6a5d4c4a538d378cb1b8fa9b42", "abc", ""];
    let found = "|0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42";
    assert_eq!(uuids.by_texts(&texts), [format!("0{found}"), format!("1{found}")]);
    let bytes = [0x0b, 0x0e, 0x3d, 0x6a, 0x5d, 0x4c, 0x4a, 0x53, 0x8d, 0x37, 0x8c, 0xb1, 0xb8, 0xfa, 0x9b, 0x42];
    let keys = [KeyValue::Blob(bytes.to_vec().into()), KeyValue::Blob(vec![1, 2].into())];
    assert_eq!(uuids.by(ColumnKind::Binary, &keys), [format!("0{found}")]);
}

#[test]
fn values_survive_the_way_into_the_database() {
    let database = Database::new("CREATE TABLE one (x INT); INSERT INTO one VALUES (1)");
    let mut reader = database.reader();
    let long = "é😀".repeat(50_000);
    let texts = [
        "",
        "'",
        "\"\\/",
        "\u{1}\n\r\t\u{1f}\u{7f}",
        "a\0b",
        "\0",
        "é\u{1F600}\u{ffff}",
        "null",
        "1",
        "a ",
        "[1]",
        &long,
    ];
    let longtext =
        Compared { kind: ColumnKind::Text, declared: "longtext".into(), collation: Some("utf8mb4_bin".into()) };
    let blob = Compared { kind: ColumnKind::Binary, declared: "blob".into(), collation: None };
    let mut spec = pass(table("one", "one", vec![]), &["feedmill$keys.feedmill$0", "feedmill$keys.feedmill$1"]);
    spec.main.on = vec![on("x", OnTarget::Int(1))];
    let components = [
        Component { kind: ColumnKind::Text, compared: longtext },
        Component { kind: ColumnKind::Binary, compared: blob },
    ];
    let values = texts.iter().flat_map(|value| [text(value), KeyValue::Blob(value.as_bytes().to_vec().into())]);
    let found = run(reader.as_mut(), &MYSQL.keyed_pass(&spec, &components), &tuples(2, values));
    for (i, (found, text)) in found.iter().zip(&texts).enumerate() {
        let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let short = |text: &str| text.chars().take(60).collect::<String>();
        assert!(*found == format!("{i}|{text}|x'{bytes}'"), "{}\n{}", short(text), short(found));
    }
    assert_eq!(found.len(), texts.len());
}

#[test]
fn literals_compare_by_what_the_column_holds() {
    let database = Database::new(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, i INT, v VARCHAR(9), d DECIMAL(9,2), b BIT(4), e ENUM('2', 'x'),
                         da DATE, ti TINYINT(1), y YEAR, bin VARBINARY(9));
         INSERT INTO t (i, v, d, b, e, da, ti, y, bin) VALUES
             (0, '12', 12, 1, '2', '2024-01-02', 1, 2024, '12'), (12, '012', 0, 2, 'x', '2024-01-03', 0, 2012, 'abc'),
             (3, '12abc', 3, 3, 'x', '2024-01-03', 2, 2013, 'ABC'), (4, 'abc', 4, 4, 'x', '2024-01-03', 2, 2013, '')",
    );
    let mut reader = database.reader();
    let mut found = |column: &str, equals: OnTarget| {
        let spec = pass(table("t", "t", vec![on("id", OnTarget::Key(0)), on(column, equals)]), &["t.id"]);
        let statement = MYSQL.keyed_pass(&spec, &of_ints());
        let rows = run(reader.as_mut(), &statement, &tuples(1, ints([1, 2, 3, 4])));
        rows.iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (column, int, rows) in [
        ("i", 12, "2"),
        ("v", 12, "1"),
        ("d", 12, "1"),
        ("b", 2, "2"),
        ("e", 2, "1"),
        ("ti", 1, "1"),
        ("y", 2024, "1"),
        ("bin", 12, "1"),
        ("i", 0, "1"),
    ] {
        assert_eq!(found(column, OnTarget::Int(int)), rows, "{column} = {int}");
    }
    for (column, text, rows) in [
        ("i", "abc", ""),
        ("i", "", ""),
        ("i", "12", "2"),
        ("i", "12abc", ""),
        ("v", "ABC", "4"),
        ("v", "12abc ", "3"),
        ("d", "abc", ""),
        ("d", "12.00", "1"),
        ("da", "2024-01-02", "1"),
        ("e", "X", "2 3 4"),
        ("bin", "abc", "2"),
        ("bin", "", "4"),
    ] {
        assert_eq!(found(column, OnTarget::Text(text.into())), rows, "{column} = {text}");
    }
}

trait Sorted {
    fn sorted(self) -> Vec<String>;
}

impl<const N: usize> Sorted for [&str; N] {
    fn sorted(self) -> Vec<String> {
        sorted_texts(self.map(str::to_owned).to_vec())
    }
}
