//! Random expressions over a random row, evaluated by feedmill and by SQLite: the answers agree.
//!
//! Left out is what differs on purpose: decimals here have few binary places, so that SQLite's floats hold them exactly
//! too; numbers are not compared with texts; and texts are made of integers, not of decimals and booleans, whose
//! canonical text is not SQLite's. Texts read as numbers are short, so that no number leaves what a float holds.

use proptest::prelude::*;
use proptest::sample::select;
use rusqlite::Connection;
use rusqlite::types::Value as Stored;

use super::decimal;
use super::trial::Row;
use super::value::Value;

/// Names of the row's columns; `n` is always null.
const COLUMNS: [&str; 9] = ["i", "j", "d", "e", "f", "t", "u", "b", "n"];

/// Strategies for expressions' texts, by what they evaluate to (or null).
#[derive(Clone)]
struct Level {
    /// Always an integer, here and in SQLite.
    int: BoxedStrategy<String>,
    number: BoxedStrategy<String>,
    text: BoxedStrategy<String>,
    truth: BoxedStrategy<String>,
}

fn words() -> impl Strategy<Value = String> {
    select(vec![
        "", " ", "a", "A", "ab", "aB12", "ß", "Äa", "b a ", "12", "-3", "5x", " 7 ", "+4", "%", "_", "a_b", "a!b",
    ])
    .prop_map(str::to_owned)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn leaves() -> Level {
    let int = prop_oneof![
        3 => select(vec!["i", "j", "n"]).prop_map(str::to_owned),
        2 => (-20i64..20).prop_map(|int| format!("({int})")),
        1 => Just("null".to_owned()),
    ];
    let number = prop_oneof![
        3 => select(vec!["i", "d", "e", "f", "n", "b"]).prop_map(str::to_owned),
        2 => (-64i64..64).prop_map(|eighths| format!("({})", eighths as f64 / 8.0)),
    ];
    let text = prop_oneof![
        3 => select(vec!["t", "u", "n"]).prop_map(str::to_owned),
        2 => words().prop_map(|word| quoted(&word)),
    ];
    let truth = select(vec!["b", "n", "true", "false", "null", "0", "2"]).prop_map(str::to_owned);
    Level { int: int.boxed(), number: number.boxed(), text: text.boxed(), truth: truth.boxed() }
}

/// Expressions made of those of the level below.
fn above(below: &Level) -> Level {
    Level { int: ints(below), number: numbers(below), text: texts(below), truth: truths(below) }
}

fn ints(below: &Level) -> BoxedStrategy<String> {
    let (int, number, text, truth) = (below.int.clone(), below.number.clone(), below.text.clone(), below.truth.clone());
    prop_oneof![
        2 => int.clone(),
        3 => (int.clone(), select(vec!["+", "-", "/", "%"]), int.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (int.clone(), leaves().int).prop_map(|(a, b)| format!("({a} * {b})")),
        1 => int.clone().prop_map(|a| format!("(- {a})")),
        1 => int.clone().prop_map(|a| format!("abs({a})")),
        1 => text.clone().prop_map(|a| format!("length({a})")),
        1 => text.clone().prop_map(|a| format!("cast(substr({a}, -6) as integer)")),
        1 => number.prop_map(|a| format!("cast({a} as integer)")),
        1 => (int.clone(), int.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
        1 => (int.clone(), int.clone()).prop_map(|(a, b)| format!("nullif({a}, {b})")),
        1 => (truth, int.clone(), int.clone()).prop_map(|(c, a, b)| format!("case when {c} then {a} else {b} end")),
        1 => (text.clone(), text, int.clone(), int)
            .prop_map(|(s, w, a, b)| format!("case {s} when {w} then {a} when 'a' then {b} end")),
    ]
    .boxed()
}

fn numbers(below: &Level) -> BoxedStrategy<String> {
    let (number, text, truth) = (below.number.clone(), below.text.clone(), below.truth.clone());
    // Dividing by these stays exact in binary.
    let divisor = select(vec!["0.5", "2.0", "(-4.0)", "0.0", "8", "0"]);
    prop_oneof![
        2 => number.clone(),
        2 => below.int.clone(),
        3 => (number.clone(), select(vec!["+", "-"]), number.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (number.clone(), leaves().number).prop_map(|(a, b)| format!("({a} * {b})")),
        1 => (number.clone(), divisor).prop_map(|(a, b)| format!("({a} / {b})")),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("({a} % {b})")),
        1 => (number.clone(), text.clone()).prop_map(|(a, b)| format!("({a} + substr({b}, 1, 6))")),
        1 => (truth.clone(), number.clone()).prop_map(|(a, b)| format!("({a} - {b})")),
        1 => text.prop_map(|a| format!("cast(substr({a}, 1, 6) as real)")),
        1 => number.clone().prop_map(|a| format!("round({a})")),
        1 => number.clone().prop_map(|a| format!("round({a}, -1)")),
        1 => number.clone().prop_map(|a| format!("abs({a})")),
        1 => number.clone().prop_map(|a| format!("- {a}")),
        1 => (truth, number.clone(), number.clone())
            .prop_map(|(c, a, b)| format!("(case when {c} then {a} when {b} then {b} end)")),
        1 => (number.clone(), number).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
    ]
    .boxed()
}

fn texts(below: &Level) -> BoxedStrategy<String> {
    let (int, text, truth) = (below.int.clone(), below.text.clone(), below.truth.clone());
    prop_oneof![
        2 => text.clone(),
        2 => (text.clone(), text.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
        1 => (text.clone(), int.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
        1 => int.clone().prop_map(|a| format!("cast({a} as text)")),
        2 => (select(vec!["lower", "upper", "trim", "ltrim", "rtrim"]), text.clone())
            .prop_map(|(function, a)| format!("{function}({a})")),
        1 => (select(vec!["trim", "ltrim", "rtrim"]), text.clone(), text.clone())
            .prop_map(|(function, a, b)| format!("{function}({a}, {b})")),
        1 => (text.clone(), text.clone(), text.clone()).prop_map(|(a, b, c)| format!("replace({a}, {b}, {c})")),
        1 => (text.clone(), int.clone()).prop_map(|(a, b)| format!("substr({a}, {b})")),
        2 => (text.clone(), int.clone(), int).prop_map(|(a, b, c)| format!("substr({a}, {b}, {c})")),
        1 => (text.clone(), text.clone()).prop_map(|(a, b)| format!("nullif({a}, {b})")),
        1 => (text.clone(), text.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
        1 => (truth, text.clone(), text).prop_map(|(c, a, b)| format!("(case when {c} then {a} else {b} end)")),
    ]
    .boxed()
}

fn truths(below: &Level) -> BoxedStrategy<String> {
    let (number, text, truth) = (below.number.clone(), below.text.clone(), below.truth.clone());
    let comparison = || select(vec!["=", "==", "<>", "!=", "<", "<=", ">", ">="]);
    let not = || select(vec!["", "not "]);
    let pattern = "[aAbß12!%_%_]{0,6}".prop_map(|pattern| quoted(&pattern));
    let some_words = prop::collection::vec(words(), 1..14);
    let some_numbers = prop::collection::vec(leaves().number, 1..4);
    let some_eighths = prop::collection::vec(-64i64..64, 1..20);
    prop_oneof![
        1 => truth.clone(),
        3 => (number.clone(), comparison(), number.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        3 => (text.clone(), comparison(), text.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        2 => (truth.clone(), select(vec!["and", "or", "="]), truth.clone())
            .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (truth.clone(), select(vec!["and", "or"]), text.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (truth.clone(), select(vec!["and", "or"]), number.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => truth.clone().prop_map(|a| format!("(not {a})")),
        1 => (select(vec!["null", "not null", "true", "not true", "false", "not false"]), truth.clone())
            .prop_map(|(what, a)| format!("({a} is {what})")),
        1 => text.clone().prop_map(|a| format!("({a} is null)")),
        1 => (number.clone(), not(), some_numbers)
            .prop_map(|(a, not, list)| format!("({a} {not}in ({}))", list.join(", "))),
        1 => (number.clone(), not(), some_eighths, any::<bool>()).prop_map(|(a, not, eighths, null)| {
            let list: Vec<_> = eighths.iter().map(|eighth| (*eighth as f64 / 8.0).to_string()).collect();
            format!("({a} {not}in ({}{}))", list.join(", "), if null { ", null" } else { "" })
        }),
        1 => (text.clone(), not(), some_words).prop_map(|(a, not, words)| {
            let list: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            format!("({a} {not}in ({}))", list.join(", "))
        }),
        1 => (number.clone(), not(), number.clone(), number)
            .prop_map(|(a, not, low, high)| format!("({a} {not}between {low} and {high})")),
        1 => (text.clone(), not(), text.clone(), text.clone())
            .prop_map(|(a, not, low, high)| format!("({a} {not}between {low} and {high})")),
        2 => (text.clone(), not(), pattern.clone()).prop_map(|(a, not, b)| format!("({a} {not}like {b})")),
        1 => (text.clone(), not(), pattern, select(vec!["!", "%", "_", "a"]))
            .prop_map(|(a, not, b, escape)| format!("({a} {not}like {b} escape '{escape}')")),
        1 => (text.clone(), text).prop_map(|(a, b)| format!("({a} like {b})")),
    ]
    .boxed()
}

fn expressions() -> BoxedStrategy<String> {
    let level = (0..3).fold(leaves(), |level, _| above(&level));
    prop_oneof![
        level.int,
        level.number.clone(),
        level.text,
        level.truth,
        // Texts and patterns of few characters, so that many match.
        (
            "[aAß!%_]{0,4}",
            "[aAß!%_]{0,5}",
            select(vec!["", " escape '!'", " escape '%'", " escape '_'", " escape 'a'"])
        )
            .prop_map(|(text, pattern, escape)| format!("{} like {}{escape}", quoted(&text), quoted(&pattern))),
        // Not inside other expressions: the result is exact here, but not in binary.
        (level.number, -2i64..5).prop_map(|(number, places)| format!("round({number}, {places})")),
    ]
    .boxed()
}

/// Operators in a row without parentheses: both have to group them alike.
fn chains() -> BoxedStrategy<String> {
    let operand = || {
        prop_oneof![
            select(vec!["i", "j", "n"]).prop_map(str::to_owned),
            (0i64..5).prop_map(|int| int.to_string()),
            select(vec!["- 1", "- i", "+ j", "-2"]).prop_map(str::to_owned),
        ]
    };
    let chain = |operators: Vec<&'static str>, prefix: Vec<&'static str>| {
        (select(prefix.clone()), operand(), prop::collection::vec((select(operators), operand()), 1..7)).prop_map(
            |(prefix, first, rest)| {
                rest.into_iter().fold(format!("{prefix}{first}"), |chain, (operator, operand)| match operator {
                    "between" => format!("{chain} between {operand} and 3"),
                    "in" => format!("{chain} in (1, {operand})"),
                    operator => format!("{chain} {operator} {operand}"),
                })
            },
        )
    };
    prop_oneof![
        chain(vec!["+", "-", "*", "/", "%", "||"], vec!["", "- "]),
        chain(
            vec![
                "+",
                "-",
                "*",
                "%",
                "=",
                "<>",
                "<",
                "<=",
                ">",
                ">=",
                "and",
                "or",
                "is null and",
                "is not null or",
                "is true =",
                "between",
                "in",
                "not in (0) and",
                "and not",
                "or not",
                "= not",
            ],
            vec!["", "not ", "not not "],
        ),
        // A truth is no text as it is in SQLite, so `like` comes first here.
        (0i64..2, 0i64..2, prop::collection::vec((select(vec!["=", "<>", "is true and"]), 0i64..2), 1..4)).prop_map(
            |(text, pattern, links)| {
                let like = format!("{text} like {pattern}");
                links.into_iter().fold(like, |chain, (operator, int)| format!("{chain} {operator} {int}"))
            },
        ),
    ]
    .boxed()
}

/// A row as both see it.
fn rows() -> impl Strategy<Value = Vec<(Value<'static>, Stored)>> {
    fn int() -> impl Strategy<Value = (Value<'static>, Stored)> {
        prop_oneof![
            1 => Just((Value::Null, Stored::Null)),
            5 => (-20i64..20).prop_map(|int| (Value::Int(int), Stored::Integer(int))),
        ]
    }
    fn eighths(float: bool) -> impl Strategy<Value = (Value<'static>, Stored)> {
        prop_oneof![
            1 => Just((Value::Null, Stored::Null)),
            5 => (-80i64..80).prop_map(move |eighths| {
                let number = eighths as f64 / 8.0;
                let exact = decimal::decimal_of_f64(number).expect("eighths are finite");
                (if float { Value::Float(number) } else { Value::decimal(exact) }, Stored::Real(number))
            }),
        ]
    }
    fn text() -> impl Strategy<Value = (Value<'static>, Stored)> {
        prop_oneof![
            1 => Just((Value::Null, Stored::Null)),
            6 => words().prop_map(|word| (Value::Text(word.clone().into()), Stored::Text(word))),
        ]
    }
    fn truth() -> impl Strategy<Value = (Value<'static>, Stored)> {
        any::<bool>().prop_map(|truth| (Value::Bool(truth), Stored::Integer(i64::from(truth))))
    }
    let null = Just((Value::Null, Stored::Null));
    (int(), int(), eighths(false), eighths(false), eighths(true), text(), text(), truth(), null)
        .prop_map(|(i, j, d, e, f, t, u, b, n)| vec![i, j, d, e, f, t, u, b, n])
}

fn agree(connection: &Connection, expression: &str, row: &[(Value<'static>, Stored)]) -> Result<(), TestCaseError> {
    let ours = Row(COLUMNS.into_iter().zip(row.iter().map(|(value, _)| value.clone())).collect()).evaluate(expression);
    let columns: Vec<_> = COLUMNS.iter().enumerate().map(|(at, name)| format!("?{} AS {name}", at + 1)).collect();
    let sql = format!("SELECT {expression} FROM (SELECT {})", columns.join(", "));
    let stored = rusqlite::params_from_iter(row.iter().map(|(_, stored)| stored));
    let theirs: Stored = connection
        .prepare(&sql)
        .and_then(|mut statement| statement.query_row(stored, |row| row.get(0)))
        .map_err(|error| TestCaseError::fail(format!("SQLite refuses {expression}: {error}")))?;
    let same = match (&ours, &theirs) {
        (Ok(Value::Null), Stored::Null) => true,
        (Ok(Value::Bool(truth)), Stored::Integer(int)) => i64::from(*truth) == *int,
        (Ok(Value::Text(ours)), Stored::Text(theirs)) => ours == theirs,
        (Ok(ours), Stored::Integer(int)) => near(ours, *int as f64),
        (Ok(ours), Stored::Real(float)) => near(ours, *float),
        _ => false,
    };
    prop_assert!(same, "{expression} is {ours:?} here, {theirs:?} in SQLite");
    Ok(())
}

fn near(ours: &Value<'_>, theirs: f64) -> bool {
    let (Value::Int(_) | Value::Decimal(_) | Value::Float(_)) = ours else { return false };
    let ours: f64 = ours.canonical_text().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
    (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs())
}

#[test]
fn expressions_have_sqlites_answers() {
    let connection = Connection::open_in_memory().unwrap();
    let config = ProptestConfig { cases: 1500, source_file: Some(file!()), ..ProptestConfig::default() };
    let result = proptest::test_runner::TestRunner::new(config)
        .run(&(expressions(), rows()), |(expression, row)| agree(&connection, &expression, &row));
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

#[test]
fn operators_bind_as_in_sqlite() {
    let connection = Connection::open_in_memory().unwrap();
    let config = ProptestConfig { cases: 1500, source_file: Some(file!()), ..ProptestConfig::default() };
    let result = proptest::test_runner::TestRunner::new(config)
        .run(&(chains(), rows()), |(expression, row)| agree(&connection, &expression, &row));
    assert!(result.is_ok(), "{}", result.unwrap_err());
}
