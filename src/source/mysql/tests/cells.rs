//! What a value of each type becomes, read from a table and from a query.

use super::*;

#[test]
fn every_type() {
    let database = Database::new(
        "CREATE TABLE t (
             a TINYINT(1), b BIGINT, c BIGINT UNSIGNED, d BIT(12), e YEAR, f DECIMAL(12,4), g FLOAT, h DOUBLE,
             i CHAR(5) CHARACTER SET latin1, j VARCHAR(20) CHARACTER SET utf8mb3, k LONGTEXT, l ENUM('x', 'é'), m SET('a', 'b'),
             n BINARY(3), o VARBINARY(3), p BLOB, q DATE, r DATETIME(3), s TIMESTAMP NULL, t TIME(1), u POINT, v BIT(64));
         INSERT INTO t VALUES (-1, -9223372036854775808, 18446744073709551615, 2049, 2024, -12.5, 0.1, 0.1,
             'é  ', 'é ✓', '😀', 'é', 'a,b', 'ab', 0x00ff, '', '2024-02-29', '2024-01-02 03:04:05.120',
             '2024-01-02 03:04:05', '-100:00:00.5', POINT(1, 2), 0xffffffffffffffff);
         INSERT INTO t VALUES (127, 9223372036854775807, 9223372036854775807, 0, 0, 0, 16777216, 1e300,
             '', '', '', '', '', '', '', '', '0000-00-00', '2024-00-00', '0000-00-00', '00:00:00', NULL, 1);
         INSERT INTO t (a) VALUES (NULL);",
    );
    let mut reader = database.reader();
    let expected = [
        "-1|-9223372036854775808|18446744073709551615|2049|2024|-12.5000|0.1|0.1|é|é ✓|😀|é|a,b|x'616200'|x'00ff'|x''|\
         2024-02-29|2024-01-02 03:04:05.120|2024-01-02 03:04:05+00|-100:00:00.5|\
         x'000000000101000000000000000000f03f0000000000000040'|18446744073709551615",
        "127|9223372036854775807|9223372036854775807|0|0|0.0000|16777216.0|1e300||||||x'000000'|x''|x''|\
         0000-00-00|2024-00-00 00:00:00.000|0000-00-00 00:00:00|00:00:00.0|NULL|1",
        &vec!["NULL"; 22].join("|"),
    ];
    assert_eq!(read(reader.as_mut(), "SELECT * FROM t"), expected);
    // Through a table that the server makes for itself, types stay what they are.
    let derived = "SELECT * FROM (SELECT * FROM t UNION ALL SELECT * FROM t LIMIT 3) AS q";
    assert_eq!(read(reader.as_mut(), derived), expected);
}

#[test]
fn expressions_and_literals() {
    let database = Database::new("");
    let mut reader = database.reader();
    let sql =
        "SELECT 1, -1, 1.50, 1e0, 'é', x'ff', NULL, NOW(6) > '2020-01-01', CAST('10:00' AS TIME), DATE '2024-01-02',
                      TIMESTAMP '2024-01-02 03:04:05.5', CONCAT('a', 1), 18446744073709551615, TRUE, 1 / 3";
    assert_eq!(
        read(reader.as_mut(), sql),
        ["1|-1|1.50|1.0|é|x'ff'|NULL|1|10:00:00|2024-01-02|2024-01-02 03:04:05.5|a1|18446744073709551615|1|0.3333"]
    );
}

/// What a server is told for all its clients does not show.
#[test]
fn the_session_does_not_depend_on_the_servers_habits() {
    let database = Database::new("CREATE TABLE t (a VARCHAR(9)); INSERT INTO t VALUES ('a'), ('b')");
    let mut reader = database.reader();
    let sql = "SELECT \"a\" || NULL, @@session.time_zone, @@session.sql_mode, @@session.autocommit, @@tx_isolation";
    let sql = if is_mariadb(&database) { sql.to_owned() } else { sql.replace("tx_isolation", "transaction_isolation") };
    assert_eq!(read(reader.as_mut(), &sql), ["NULL|+00:00||1|REPEATABLE-READ"]);
    assert_eq!(read(reader.as_mut(), "SELECT LENGTH(GROUP_CONCAT(REPEAT(a, 2000))) FROM t"), ["4001"]);
}

#[test]
fn uuids_and_addresses() {
    let database = Database::new("");
    if !is_mariadb(&database) {
        return;
    }
    database.write(
        "CREATE TABLE t (id UUID PRIMARY KEY, a INET6);
         INSERT INTO t VALUES ('0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42', '::1'), ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL)",
    );
    let mut reader = database.reader();
    assert_eq!(
        read(reader.as_mut(), "SELECT * FROM t"),
        ["0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42|::1", "ffffffff-ffff-ffff-ffff-ffffffffffff|NULL"]
    );
}
