//! Values of every type, as cells.

use super::*;

/// The cells of `SELECT list`, one a line.
fn cells(reader: &mut dyn SourceReader, list: &str) -> Vec<String> {
    let rows = read(reader, &format!("SELECT {list}"));
    assert_eq!(rows.len(), 1, "{list}");
    rows[0].split('|').map(str::to_owned).collect()
}

#[test]
fn the_common_types() {
    let database = Database::new("CREATE TYPE mood AS ENUM ('sad', 'it''s ok'); CREATE DOMAIN price AS numeric(9,2)");
    let mut reader = database.reader();
    for (list, expected) in [
        ("1::int2, -2::int4, 9223372036854775807::int8, 4294967295::oid", "1|-2|9223372036854775807|4294967295"),
        ("true, false, NULL::bool", "true|false|NULL"),
        ("0.1::real, 1e-7::real, 'NaN'::real, 0.1::float8, '-Infinity'::float8", "0.1|1e-7|NaN|0.1|-inf"),
        ("12.50::numeric(12,4), 0.00001::numeric, -1e20::numeric", "12.5000|0.00001|-100000000000000000000"),
        ("'NaN'::numeric, 'Infinity'::numeric, 3::price", "NaN|Infinity|3.00"),
        ("'a'::text, 'é'::varchar(9), 'ab'::char(5), 'n'::name, 'x'::\"char\"", "a|é|ab|n|x"),
        ("'it''s ok'::mood, ''::text, ' a '::char(4)", "it's ok|| a"),
        ("'\\x00ff'::bytea, ''::bytea", "x'00ff'|x''"),
        ("DATE '2024-02-29', 'infinity'::date, '0044-03-15 BC'::date", "2024-02-29|infinity|0044-03-15 BC"),
        ("TIMESTAMP '2024-01-02 03:04:05.5', '-infinity'::timestamp", "2024-01-02 03:04:05.5|-infinity"),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02:00', 'infinity'::timestamptz", "2024-01-02 01:04:05+00|infinity"),
        ("TIME '03:04:05', TIME '24:00:00', TIMETZ '03:04:05+02'", "03:04:05|24:00:00|03:04:05+02"),
        ("'0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42'::uuid", "0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42"),
        (
            "'{\"b\": 1.50, \"a\": 1}'::json, '{\"b\": 1.50, \"a\": 1}'::jsonb",
            "{\"b\": 1.50, \"a\": 1}|{\"a\": 1, \"b\": 1.50}",
        ),
        ("B'1010'::bit(4), B'1'::bit(1), B'0101'::varbit", "10|1|0101"),
    ] {
        assert_eq!(cells(reader.as_mut(), list).join("|"), expected, "{list}");
    }
}

#[test]
fn other_types_as_the_server_prints_them() {
    let database = Database::new("CREATE TYPE pair AS (a int, b text)");
    let mut reader = database.reader();
    for (list, expected) in [
        ("'10.0.0.1/8'::inet, '08:00:2b:01:02:03'::macaddr", "10.0.0.1/8|08:00:2b:01:02:03"),
        ("'1 day 02:00'::interval, '[1,5)'::int4range, '(1,2)'::point", "1 day 02:00:00|[1,5)|(1,2)"),
        ("'<a/>'::xml, 'a b'::tsvector, ROW(1, 'x')::pair", "<a/>|'a' 'b'|(1,x)"),
        ("ARRAY[1, NULL, 3], ARRAY[1.50, 2]::numeric[], '{}'::text[]", "[1, null, 3]|[1.50, 2]|[]"),
        ("ARRAY[['a','b'],['c','d']], ARRAY['2024-01-02'::date]", "[[\"a\", \"b\"], [\"c\", \"d\"]]|[\"2024-01-02\"]"),
        // Beside columns that need no change.
        ("1, '5'::money::numeric, 'a'::text, NULL::inet, NULL::int[]", "1|5.00|a|NULL|NULL"),
    ] {
        assert_eq!(cells(reader.as_mut(), list).join("|"), expected, "{list}");
    }
    let ordered =
        read(reader.as_mut(), "SELECT n, ('10.0.0.' || n)::inet FROM generate_series(1, 255) AS n ORDER BY -n");
    assert_eq!([&ordered[0], &ordered[254]], ["255|10.0.0.255/32", "1|10.0.0.1/32"]);
}

#[test]
fn every_value_survives_both_ways() {
    let mut database = Database::new(
        "CREATE TABLE value (n serial, f float8, r real, d numeric, t text, ts timestamp, tz timestamptz, day date, at time, u uuid, b bytea)",
    );
    database.write(
        "SELECT setseed(0.5);
         INSERT INTO value (f, r, d, t, ts, tz, day, at, u, b)
         SELECT (random() - 0.5) * 10 ^ (i % 300 - 150), (random() - 0.5) * 10 ^ (i % 60 - 30),
                ((random() - 0.5) * 10 ^ (i % 40 - 20))::numeric * 10 ^ (i % 9),
                chr(1 + i * 7 % 50000 + CASE WHEN i * 7 % 50000 > 55000 THEN 3000 ELSE 0 END) || 'x', 
                TIMESTAMP '0001-01-01' + random() * INTERVAL '3000 years', TIMESTAMPTZ '1000-01-01' + random() * INTERVAL '3000 years',
                DATE '0001-01-01' + (random() * 1000000)::int, TIME '00:00' + random() * INTERVAL '1 day',
                gen_random_uuid(), decode(md5(i::text), 'hex')
         FROM generate_series(1, 3000) AS i",
    );
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    for name in ["f", "r", "d", "t", "ts", "tz", "day", "at", "u", "b"] {
        let mut rows = RowSet::default();
        reader.read(&format!("SELECT {name}, {name}::text FROM value ORDER BY n"), &[], &mut rows).unwrap();
        // As text the server's own printing is the oracle.
        if !matches!(name, "f" | "r" | "b") {
            for line in shown(&rows) {
                let (cell, text) = line.split_once('|').unwrap();
                assert_eq!(cell, text, "{name}");
            }
        }
        let spec = pass(table("value", "v", vec![on(name, OnTarget::Key(0))]), &["v.n"]);
        let statement = keyed_pass(&spec, &[column_of(&catalog, "value", name)]);
        let found = run(reader.as_mut(), &statement, &tuples(1, key_values(&rows, 0)));
        assert!(found.len() >= 3000, "{name}: {}", found.len());
        let own = found.iter().filter(|line| {
            let (tuple, n) = line.split_once('|').unwrap();
            tuple.parse::<i64>().unwrap() + 1 == n.parse::<i64>().unwrap()
        });
        assert_eq!(own.count(), 3000, "{name}: every row finds itself");
    }
}

#[test]
fn a_text_that_is_no_utf_8_is_a_cell_like_any_other() {
    let mut database = Database::with("TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", "");
    database.write("CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, convert_from('\\xff61', 'SQL_ASCII')), (2, 'a')");
    let mut rows = RowSet::default();
    database.reader().read("SELECT x FROM t ORDER BY id", &[], &mut rows).unwrap();
    let crate::source::rows::Cell::Text(text) = rows.cell(0, 0) else { panic!("{rows:?}") };
    assert_eq!(rows.bytes(text), [0xff, b'a']);
}
