//! How values are written, by declared kind and by `type`.

use super::{Shop, feed};

/// The field `v` of a product whose column `c` is declared so and holds that; `?` before the reason of an invalid one.
fn written(declared: &str, value: &str, field: &str) -> String {
    written_in("UTC", declared, value, field)
}

fn written_in(timezone: &'static str, declared: &str, value: &str, field: &str) -> String {
    let mut shop = Shop::new(&format!(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, c {declared}); INSERT INTO product VALUES (1, {value});"
    ));
    shop.timezone = timezone;
    let documents = shop.build(&feed(&format!("[fields]\nid = \"id\"\nv = {field}\n")));
    match documents.invalid().strip_prefix("1: v (product.c): ") {
        Some(reason) => format!("?{}", reason.trim_end()),
        None => {
            let only = documents.only();
            only.strip_prefix(r#"{"id":1,"v":"#).unwrap().strip_suffix('}').unwrap().to_owned()
        }
    }
}

#[test]
fn by_declared_type() {
    for (declared, value, json) in [
        ("INTEGER", "9223372036854775807", "9223372036854775807"),
        ("INTEGER", "'12'", "12"),
        ("INTEGER", "NULL", "null"),
        ("INTEGER", "x'31'", "1"),
        // SQLite itself has made a float of it, and lost the last digits.
        ("INTEGER", "'9223372036854775808'", "?`9223372036854776000` is not an integer"),
        ("INTEGER", "1e20", "?`100000000000000000000` is not an integer"),
        ("DECIMAL(10,2)", "12.50", "12.5"),
        ("DECIMAL(10,2)", "'0.1000'", "0.1"),
        ("DECIMAL(10,2)", "100", "100"),
        ("DECIMAL(10,2)", "1e300", &format!("1{}", "0".repeat(300))),
        ("DECIMAL(10,2)", "'1.2.3'", "?`1.2.3` is not a decimal number"),
        ("DECIMAL(10,2)", "9e999", "?NaN and infinity cannot be written as JSON"),
        ("REAL", "0.1", "0.1"),
        ("REAL", "5", "5"),
        ("REAL", "1e300", "1e300"),
        ("REAL", "'x'", "?`x` is not a number"),
        ("BOOLEAN", "1", "true"),
        ("BOOLEAN", "'f'", "false"),
        ("BOOLEAN", "'TRUE'", "true"),
        ("BOOLEAN", "2", "?`2` is not a boolean (0, 1, t, f, true, false)"),
        ("TEXT", "'a\"b\\c' || char(10) || 'ü'", r#""a\"b\\c\nü""#),
        ("TEXT", "CAST(x'c328' AS TEXT)", "?the text is not valid UTF-8"),
        ("TEXT", "12", r#""12""#),
        ("DATE", "'2024-01-02'", r#""2024-01-02""#),
        ("DATE", "'2024-01-02 00:00:00'", r#""2024-01-02""#),
        ("DATE", "'0000-00-00'", "null"),
        ("DATE", "'2024-02-00'", "null"),
        ("DATE", "'02.01.2024'", "?`02.01.2024` is not a date"),
        ("DATETIME", "'2024-01-02 03:04:05.600'", r#""2024-01-02T03:04:05.6Z""#),
        ("DATETIME", "1704164645", r#""2024-01-02T03:04:05Z""#),
        ("DATETIME", "'2024-01-02'", r#""2024-01-02T00:00:00Z""#),
        ("DATETIME", "'0000-00-00 00:00:00'", "null"),
        ("DATETIME", "''", "?`` is not a date-time"),
        ("DATETIME", "2460311.5", "?`2460311.5` is not a date-time"),
        ("TIMESTAMP WITH TIME ZONE", "'2024-01-02 03:04:05+01'", r#""2024-01-02T02:04:05Z""#),
        ("TIME", "'3:04:05.50'", r#""03:04:05.5""#),
        ("TIME", "'noon'", "?`noon` is not a time of day"),
        ("BLOB", "x'00ff10'", r#""AP8Q""#),
        ("BLOB", "x''", r#""""#),
        ("JSON", "'{\"b\":[1.0, 2],\"a\":{}}'", r#"{"a":{},"b":[1,2]}"#),
        ("JSON", "'5'", "5"),
        ("JSON", "'null'", "null"),
        ("JSON", "'{broken'", "?`{broken` is not valid JSON"),
        ("UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#),
        ("UUID", "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'", r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#),
        ("UUID", "'nobody'", "?`nobody` is not a UUID"),
        ("", "1", "1"),
        ("", "1.5", "1.5"),
        ("", "'t'", r#""t""#),
        ("", "x'01'", r#""AQ==""#),
        (
            "INTEGER",
            "'way too long to be quoted in full here, and with ' || char(7)",
            "?`way too long to be quoted in full here, …` is not an integer",
        ),
    ] {
        assert_eq!(written(declared, value, r#""c""#), json, "{declared} {value}");
    }
}

#[test]
fn by_explicit_type() {
    for (declared, value, options, json) in [
        ("INTEGER", "5", r#"type = "string""#, r#""5""#),
        ("INTEGER", "'abc'", r#"type = "string""#, r#""abc""#),
        ("DECIMAL(9,2)", "1.50", r#"type = "string""#, r#""1.5""#),
        ("DATETIME", "'2024-01-02 03:04:05'", r#"type = "string""#, r#""2024-01-02 03:04:05""#),
        ("DATETIME", "'2024-01-02 03:04:05.500'", r#"type = "string""#, r#""2024-01-02 03:04:05.5""#),
        ("DATETIME", "'2024-01-02 03:04:05.000000'", r#"type = "string""#, r#""2024-01-02 03:04:05""#),
        ("DATETIME", "'2024-01-02 03:04:05.50+02'", r#"type = "string""#, r#""2024-01-02 03:04:05.50+02""#),
        ("DATE", "'02.01.2024'", r#"type = "string""#, r#""02.01.2024""#),
        ("TIME", "'03:04:05.10'", r#"type = "string""#, r#""03:04:05.1""#),
        ("TIMESTAMPTZ", "'2024-01-02 03:04:05+02'", r#"type = "string""#, r#""2024-01-02T01:04:05Z""#),
        ("DATETIME", "'never'", r#"type = "string""#, r#""never""#),
        ("BOOLEAN", "1", r#"type = "string""#, r#""true""#),
        ("TEXT", "'12'", r#"type = "int""#, "12"),
        ("TEXT", "'1.0'", r#"type = "int""#, "1"),
        ("TEXT", "'9223372036854775808'", r#"type = "int""#, "9223372036854775808"),
        ("TEXT", "'18446744073709551615'", r#"type = "int""#, "18446744073709551615"),
        ("TEXT", "'18446744073709551616'", r#"type = "int""#, "?`18446744073709551616` is not an integer"),
        ("TEXT", "'1.5'", r#"type = "int""#, "?`1.5` is not an integer"),
        ("REAL", "3", r#"type = "int""#, "3"),
        ("TEXT", "'0012.340'", r#"type = "decimal""#, "12.34"),
        ("TEXT", "'abc'", r#"type = "decimal""#, "?`abc` is not a decimal number"),
        ("REAL", "0.30000000000000004", r#"type = "decimal""#, "0.30000000000000004"),
        ("REAL", "4.3333333333", r#"type = "decimal", round = 2"#, "4.33"),
        ("REAL", "2.5", r#"type = "decimal", round = 0"#, "3"),
        ("REAL", "-1.005", r#"type = "float", round = 2"#, "-1.01"),
        ("DECIMAL(9,3)", "1.005", "round = 2", "1.01"),
        ("INTEGER", "1", r#"type = "bool""#, "true"),
        ("INTEGER", "7", r#"type = "bool""#, "?`7` is not a boolean (0, 1, t, f, true, false)"),
        ("TEXT", "'2024-01-02T03:04:05+00:00'", r#"type = "datetime""#, r#""2024-01-02T03:04:05Z""#),
        ("INTEGER", "0", r#"type = "datetime""#, r#""1970-01-01T00:00:00Z""#),
        ("DATETIME", "'2024-01-02 03:04:05'", r#"format = "unix""#, "1704164645"),
        ("DATETIME", "'2024-01-02 03:04:05'", r#"format = "%d.%m.%Y""#, r#""02.01.2024""#),
        ("DATETIME", "'2024-01-02 23:04:05'", r#"type = "date""#, r#""2024-01-02""#),
        ("DATETIME", "'2024-01-02 23:04:05'", r#"type = "time""#, r#""23:04:05""#),
        ("DATE", "'2024-01-02'", r#"type = "datetime""#, r#""2024-01-02T00:00:00Z""#),
        ("TEXT", "'{\"b\":1,\"a\":2}'", r#"type = "json""#, r#"{"a":2,"b":1}"#),
        ("TEXT", "'ab'", r#"type = "binary""#, r#""YWI=""#),
        ("DATETIME", "1704164645", r#"type = "int""#, "1704164645"),
    ] {
        assert_eq!(
            written(declared, value, &format!("{{ column = \"c\", {options} }}")),
            json,
            "{declared} {value} {options}"
        );
    }
}

#[test]
fn naive_values_are_read_in_the_sources_zone() {
    let read = |declared, value, field| written_in("America/New_York", declared, value, field);
    assert_eq!(read("DATETIME", "'2024-07-01 12:00:00'", r#""c""#), r#""2024-07-01T16:00:00Z""#);
    assert_eq!(read("DATETIME", "'2024-07-01 12:00:00Z'", r#""c""#), r#""2024-07-01T12:00:00Z""#);
    assert_eq!(read("DATETIME", "0", r#""c""#), r#""1970-01-01T00:00:00Z""#);
    assert_eq!(read("DATE", "'2024-07-01'", r#""c""#), r#""2024-07-01""#);
    assert_eq!(read("DATE", "'2024-07-01'", r#"{ column = "c", format = "%d.%m." }"#), r#""01.07.""#);
}

#[test]
fn map_encode_mask_default() {
    for (value, options, json) in [
        ("1", r#"map = { "1" = "one", "2" = true, "3" = 3.50 }"#, r#""one""#),
        ("2", r#"map = { "1" = "one", "2" = true, "3" = 3.50 }"#, "true"),
        ("3", r#"map = { "1" = "one", "2" = true, "3" = 3.50 }"#, "3.5"),
        ("4", r#"map = { "1" = "one" }"#, "4"),
        ("4", r#"map = { "1" = "one" }, default = "other""#, r#""other""#),
        ("NULL", r#"map = { "1" = "one" }, default = "other""#, r#""other""#),
        ("NULL", r#"encode = "md5""#, "null"),
        ("NULL", r#"encode = "md5", default = 1.10"#, "1.1"),
        ("NULL", r#"default = { template = "no {id}" }"#, r#""no 1""#),
        ("NULL", r#"default = { column = "c", default = { expr = "id + 1" } }"#, "2"),
        ("7", r#"map = { "7" = "abc" }, encode = "md5""#, r#""900150983cd24fb0d6963f7d28e17f72""#),
        ("7", r#"mask = "redact""#, r#""***""#),
        ("NULL", r#"mask = "redact""#, "null"),
    ] {
        assert_eq!(written("INTEGER", value, &format!("{{ column = \"c\", {options} }}")), json, "{value} {options}");
    }
    let masked = written("TEXT", "'jane@example.com'", r#"{ column = "c", mask = "hmac" }"#);
    assert_eq!(masked.len(), 66, "{masked}");
    assert!(!masked.contains("jane"));
}
