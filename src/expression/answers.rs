//! The language's answers, construct by construct.

use super::trial::Row;
use super::value::Value;
use super::{EvaluationError, decimal};

fn row() -> Row {
    let exact = |text: &str| Value::decimal(decimal::parse_decimal(text).unwrap());
    Row(vec![
        ("n", Value::Null),
        ("i", Value::Int(7)),
        ("d", exact("19.99")),
        ("f", Value::Float(2.5)),
        ("t", Value::text("Größe")),
        ("s", Value::text("enabled")),
        ("x", Value::text("12.50 kg")),
        ("b", Value::Bool(true)),
        ("bad", Value::text("broken")),
        ("big", Value::Int(i64::MAX)),
        ("store.code", Value::text("de")),
    ])
}

/// Results as text, with their kind: `i7`, `d1.5`, `f2.5`, `true`, `'x'`, `null`, `!reason`.
fn result(expression: &str) -> String {
    match row().evaluate(expression) {
        Ok(Value::Null) => "null".to_owned(),
        Ok(Value::Bool(truth)) => truth.to_string(),
        Ok(Value::Text(text)) => format!("'{text}'"),
        Ok(value) => {
            let kind = match value {
                Value::Int(_) => 'i',
                Value::Decimal(_) => 'd',
                _ => 'f',
            };
            format!("{kind}{}", value.canonical_text().unwrap())
        }
        Err(error) => format!("!{error}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(result(expression), *expected, "{expression}");
    }
}

#[test]
fn literals_and_names() {
    check(&[
        ("12", "i12"),
        ("-9223372036854775808", "i-9223372036854775808"),
        ("9223372036854775808", "d9223372036854775808"),
        ("1.50", "d1.5"),
        ("1.5e3", "d1500"),
        ("'it''s'", "'it's'"),
        ("null", "null"),
        ("TRUE", "true"),
        ("i", "i7"),
        ("store.code", "'de'"),
        ("\"s\"", "'enabled'"),
    ]);
}

#[test]
fn arithmetic() {
    check(&[
        ("7 / 2", "i3"),
        ("-7 / 2", "i-3"),
        ("-7 % 3", "i-1"),
        ("i / 0", "null"),
        ("d / 0", "null"),
        ("f % 0", "null"),
        ("5.5 % 2", "d1"),
        ("i + n", "null"),
        ("d * 3", "d59.97"),
        ("0.1 + 0.2", "d0.3"),
        ("d * 1.19", "d23.7881"),
        ("1.0 / 3", "d0.33333333333333333333333333333333333333"),
        ("2.0 / 3", "d0.66666666666666666666666666666666666667"),
        ("1 / 8.0", "d0.125"),
        ("-1.0 / 3", "d-0.33333333333333333333333333333333333333"),
        ("100000000000000000000000.0 / 3", "d33333333333333333333333.333333333333333"),
        ("f * d", "f49.974999999999994"),
        ("big + 1", "d9223372036854775808"),
        ("big * big", "d85070591730234615847396907784232501249"),
        ("-9223372036854775808 / -1", "d9223372036854775808"),
        ("-9223372036854775808 % -1", "i0"),
        ("- -9223372036854775808", "d9223372036854775808"),
        ("x + 1", "d13.5"),
        ("'3' * 4", "i12"),
        ("s + 1", "i1"),
        ("b + 1", "i2"),
        ("-x", "d-12.5"),
        ("+x", "'12.50 kg'"),
        ("1 + 2 * 3 - 4", "i3"),
        ("2 * 3 || 4", "i68"),
        ("-1 || 2", "'-12'"),
        ("-i || 2", "'-72'"),
        ("1e900 * 1e900 * 1e900", "!the result has too many digits"),
        ("cast('1e308' as real) * 10", "!the result is no finite number"),
        ("'1e999999999' + 1", "!`1e999999999` is too large or too fine a number"),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        ("i = 7.0", "true"),
        ("i == 7", "true"),
        ("i <> 7", "false"),
        ("i != 7", "false"),
        ("d < 20", "true"),
        ("f >= 2.5", "true"),
        ("f = '2.5'", "true"),
        ("s = 'enabled'", "true"),
        ("s = 'Enabled'", "false"),
        ("t < 'h'", "true"),
        ("'Z' < 'a'", "true"),
        ("'a ' = 'a'", "false"),
        ("n = n", "null"),
        ("n <> 1", "null"),
        ("i < 'abc'", "true"),
        ("i > 'abc'", "false"),
        ("10 > '9'", "true"),
        ("b = 1", "true"),
        ("b = 'true'", "true"),
        ("1 < 2 = 2 > 1", "true"),
        ("2 between 1 and 3", "true"),
        ("2 not between 1 and 3", "false"),
        ("2 between n and 1", "false"),
        ("2 between n and 3", "null"),
        ("2 not between 3 and n", "true"),
    ]);
}

#[test]
fn three_truths() {
    check(&[
        ("n and 0", "false"),
        ("0 and n", "false"),
        ("n and 1", "null"),
        ("n or 1", "true"),
        ("n or 0", "null"),
        ("not n", "null"),
        ("not 0", "true"),
        ("not i = 8", "true"),
        ("1 and 'abc'", "false"),
        ("1 and '1abc'", "true"),
        ("0 or 0.1", "true"),
        ("n is null", "true"),
        ("i is not null", "true"),
        ("n is true", "false"),
        ("n is not true", "true"),
        ("n is false", "false"),
        ("i is true", "true"),
        ("0 is not false", "false"),
        ("n = 1 is null", "true"),
        ("1 = 2 or 3 = 3 and not 4 = 5", "true"),
        // What decides comes first: what is broken behind it is not looked at.
        ("0 and bad = 'x'", "false"),
        ("1 or bad = 'x'", "true"),
        ("bad = 'x' or 1", "!broken"),
    ]);
}

#[test]
fn membership() {
    check(&[
        ("i in (1, 7)", "true"),
        ("i not in (1, 7)", "false"),
        ("i in (1, n)", "null"),
        ("i not in (1, n)", "null"),
        ("i in (7, n)", "true"),
        ("n in (1)", "null"),
        ("i in ('7.0')", "true"),
        ("i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)", "true"),
        ("i not in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11)", "true"),
        ("i in (1, 2, 3, 4, 5, 6, 8, 9, 10, null)", "null"),
        ("s in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'enabled')", "true"),
        ("x in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 12.5)", "false"),
        ("b in (3, 4, 5, 6, 7, 8, 9, 10, true)", "true"),
    ]);
}

#[test]
fn case_and_coalesce() {
    check(&[
        ("case when n then 'a' when i = 7 then 'b' else 'c' end", "'b'"),
        ("case when 0 then 'a' end", "null"),
        ("case i when 6 then 'six' when 7 then 'seven' end", "'seven'"),
        ("case n when null then 'null' else 'other' end", "'other'"),
        ("case s when 'enabled' then case when d > 10 then 'x' else 'y' end else 'z' end", "'x'"),
        ("case when 1 then 'a' else bad end", "'a'"),
        ("coalesce(n, n, 3)", "i3"),
        ("coalesce(n, null)", "null"),
        ("coalesce(i, bad)", "i7"),
        ("coalesce(bad, i)", "!broken"),
        ("nullif(i, 7)", "null"),
        ("nullif(i, 8)", "i7"),
        ("nullif(i, n)", "i7"),
        ("nullif('', '')", "null"),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("s || '-' || i", "'enabled-7'"),
        ("d || '/' || f || '/' || b", "'19.99/2.5/true'"),
        ("1.50 || ''", "'1.5'"),
        ("s || n", "null"),
        ("lower('ÄBc')", "'Äbc'"),
        ("upper(t)", "'GRößE'"),
        ("length(t)", "i5"),
        ("length(d)", "i5"),
        ("length(n)", "null"),
        ("trim('  a b ')", "'a b'"),
        ("trim('\t a')", "'\t a'"),
        ("trim('xxaxx', 'x')", "'a'"),
        ("trim(both 'x' from 'xax')", "'a'"),
        ("trim(leading 'x' from 'xax')", "'ax'"),
        ("rtrim('abcba', 'ab')", "'abc'"),
        ("ltrim('  a ')", "'a '"),
        ("trim('a', n)", "null"),
        ("trim('xxx', 'x')", "''"),
        ("replace(t, 'ö', 'oe')", "'Groeße'"),
        ("replace('aaa', 'a', 'aa')", "'aaaaaa'"),
        ("replace('abc', '', 'x')", "'abc'"),
        ("replace('abc', 'b', n)", "null"),
        ("split_part('a/b/c', '/', 2)", "'b'"),
        ("split_part('a/b/c', '/', -1)", "'c'"),
        ("split_part('a/b/c', '/', -3)", "'a'"),
        ("split_part('a/b/c', '/', 4)", "''"),
        ("split_part('a/b/c', '/', -4)", "''"),
        ("split_part('a, b', ', ', 2)", "'b'"),
        ("split_part('abc', '', 1)", "'abc'"),
        ("split_part('abc', '', -1)", "'abc'"),
        ("split_part('abc', '', 2)", "''"),
        ("split_part(n, '/', 1)", "null"),
        ("split_part('a', '/', 0)", "!`split_part` counts from 1, or from -1 backwards: there is no part 0"),
        ("s like 'EN%d'", "true"),
        ("s not like '%x%'", "true"),
        ("n like 'a'", "null"),
        ("i like '7'", "true"),
        ("'100%' like '100!%' escape '!'", "true"),
        ("'1000' like '100!%' escape '!'", "false"),
        ("'a' like 'a' escape n", "null"),
    ]);
    let bomb = (0..12).fold("'aaaa'".to_owned(), |text, _| format!("replace({text}, 'a', 'aaaa')"));
    assert_eq!(result(&bomb), "!the text is longer than 16 MiB");
}

#[test]
fn substr_counts_as_sqlite_does() {
    check(&[
        ("substr(t, 2)", "'röße'"),
        ("substr(t, 2, 2)", "'rö'"),
        ("substr(t, -2)", "'ße'"),
        ("substr(t, -9, 6)", "'Gr'"),
        ("substr(t, 0)", "'Größe'"),
        ("substr(t, 0, 2)", "'G'"),
        ("substr(t, 3, -2)", "'Gr'"),
        ("substr(t, -1, -2)", "'öß'"),
        ("substr(t, 9, 2)", "''"),
        ("substr(t, 9, -5)", "'ße'"),
        ("substr(t, n)", "null"),
        ("substr(t, -9223372036854775808, -9223372036854775808)", "''"),
        ("substr(t, 9223372036854775807, 9223372036854775807)", "''"),
        ("substring(t for 2)", "'Gr'"),
        ("substring(t from 2 for 1)", "'r'"),
    ]);
}

#[test]
fn rounding_and_casts() {
    check(&[
        ("round(2.5)", "d3"),
        ("round(-2.5)", "d-3"),
        ("round(1.005, 2)", "d1.01"),
        ("round(d * 1.19, 2)", "d23.79"),
        ("round(f)", "f3"),
        ("round(cast(1.005 as real), 2)", "f1.01"),
        ("round(5) / 2", "d2.5"),
        ("round(123.456, -2)", "d123"),
        ("round(n, 2)", "null"),
        ("round(1.5, n)", "null"),
        ("abs(-3)", "i3"),
        ("abs(-1.5)", "d1.5"),
        ("abs(-f)", "f2.5"),
        ("cast(x as integer)", "i12"),
        ("cast('1e3' as integer)", "i1"),
        ("cast(-1.9 as int)", "i-1"),
        ("cast('abc' as integer)", "i0"),
        ("cast(99999999999999999999.5 as bigint)", "d99999999999999999999"),
        ("cast(x as decimal)", "d12.5"),
        ("cast('1.005' as decimal(10, 2))", "d1.01"),
        ("cast(f as decimal)", "d2.5"),
        ("cast('1e999999999' as decimal)", "!`1e999999999` is too large or too fine a number"),
        ("cast('1e999' as real)", "!the result is no finite number"),
        ("cast('2.5' as double precision)", "f2.5"),
        ("cast(d as text)", "'19.99'"),
        ("cast(b as text)", "'true'"),
        ("cast(b as integer)", "i1"),
        ("cast('yes' as boolean)", "true"),
        ("cast('f' as boolean)", "false"),
        ("cast(2 as bool)", "true"),
        ("cast(n as text)", "null"),
    ]);
}

#[test]
fn errors_of_a_column_keep_its_name() {
    let error = row().evaluate("upper(bad)").unwrap_err();
    assert_eq!(error, EvaluationError { column: Some("bad".to_owned()), reason: "broken".to_owned() });
}

#[test]
fn the_deepest_trees_are_evaluated() {
    // A repetition of the last two is two levels deep.
    for (before, after, times, result) in [
        ("lower(", ")", 95, "'enabled'"),
        ("coalesce(n, ", ")", 95, "'enabled'"),
        ("case when n then 1 else ", " end", 95, "'enabled'"),
        ("not ", "", 95, "true"),
        ("1 + (", ")", 47, "i47"),
        ("1 in (2, (", "))", 31, "false"),
    ] {
        check(&[(&format!("{}s{}", before.repeat(times), after.repeat(times)), result)]);
    }
}
