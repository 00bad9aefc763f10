//! Runs over more rows than one source batch holds: a batch is a range of keys, and begins where the last one ended, as
//! the server orders keys. And runs over listed keys.

use super::Agreement;
use crate::harness::{Kind, Project};

/// More than the first two batches of a run.
const MANY: usize = 1_700;

/// Texts that collations order in ways of their own, of which no two are equal in any.
pub fn code(i: usize) -> String {
    let shapes = ["k", "K", "é", "E", " ", "-", "_", "z", "Ä", "😀", "ß", "'", "\\", "0", "a b"];
    format!("{}{i:x}.{i}", shapes[i % shapes.len()])
}

/// As a literal of standard SQL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub fn insert(table: &str, rows: impl Iterator<Item = String>) -> String {
    format!("INSERT INTO {table} VALUES {};\n", rows.collect::<Vec<_>>().join(", "))
}

/// A table of many rows with text keys of this collation, and two parts for every third row.
fn tables(collation: &str) -> String {
    let rows = (0..MANY).map(|i| format!("({}, {i})", literal(&code(i))));
    let parts = (0..MANY).filter(|i| i % 3 == 0).flat_map(|i| {
        let key = literal(&code(i));
        [format!("({}, {key}, 'x')", 2 * i), format!("({}, {key}, 'y')", 2 * i + 1)]
    });
    format!(
        "CREATE TABLE thing (code VARCHAR(50) {collation} PRIMARY KEY, n INTEGER);
         CREATE TABLE part (id INTEGER PRIMARY KEY, code VARCHAR(50) {collation}, name VARCHAR(50));
         CREATE INDEX part_code ON part (code);\n{}{}",
        insert("thing", rows),
        insert("part", parts)
    )
}

const FEED: &str = "entities_removable = true\nmax_deletes = 10000\nidentity = [\"code\"]\nminimal_payload = [\"code\"]\n
[entity]\ntable = \"thing\"\nkey = \"code\"\n[fields]\ncode = \"code\"\nn = \"n\"
parts = { many = \"part\", on = { code = \"code\" }, value = \"name\" }
first = { one = { sql = \"SELECT code, MIN(id) AS id FROM part WHERE code IN (:keys) GROUP BY code\" }, on = { code = \"code\" }, value = \"id\" }
";

fn document(i: usize) -> String {
    let code = serde_json::Value::from(code(i));
    match i % 3 {
        0 => format!(r#"{{"code":{code},"n":{i},"parts":["x","y"],"first":{}}}"#, 2 * i),
        _ => format!(r#"{{"code":{code},"n":{i},"parts":[],"first":null}}"#),
    }
}

#[test]
fn text_keys_in_the_order_of_their_collation() {
    let documents: Vec<String> = (0..MANY).map(document).collect();
    for collation in ["", "<nocase>", "<exact>"] {
        Agreement::over(&tables(collation)).case("things", FEED, &documents).holds();
    }
}

#[test]
fn integer_and_uuid_keys() {
    let number = |i: usize| (i as i64 - 800) * 5_000_000_000_000_000;
    let token = |i: usize| format!("{:08x}-0000-4000-8000-{:012x}", (i * 2_654_435_761) & 0xffff_ffff, i);
    let rows = insert("thing", (0..MANY).map(|i| format!("({}, '{}')", number(i), token(i))));
    let tables = format!("CREATE TABLE thing (id BIGINT PRIMARY KEY, token UUID UNIQUE NOT NULL);\n{rows}");
    let by =
        |key: &str| format!("[entity]\ntable = \"thing\"\nkey = \"{key}\"\n[fields]\nid = \"id\"\ntoken = \"token\"\n");
    let documents: Vec<String> =
        (0..MANY).map(|i| format!(r#"{{"id":{},"token":"{}"}}"#, number(i), token(i))).collect();
    Agreement::over(&tables).case("numbers", &by("id"), &documents).case("tokens", &by("token"), &documents).holds();
}

/// The n-th rows of the consumer's file, as documents.
fn lines(project: &Project) -> Vec<String> {
    project.read("out/things.ndjson").lines().map(str::to_owned).collect()
}

#[test]
fn changes_and_deletes() {
    for kind in Kind::ALL {
        for collation in ["<nocase>", "<exact>"] {
            let tables = tables(collation);
            let project = Agreement::over(&tables).case("things", FEED, &[""; 0]).project(kind);
            project.run(&["reindex", "things"]).exits(0).counts("things", &format!("exported={MANY}"));
            project.sql("UPDATE thing SET n = -1 WHERE n % 100 = 1; DELETE FROM thing WHERE n % 50 = 10; DELETE FROM part WHERE id = 0;");
            let expected = "unchanged=1648 exported=18 deleted=34";
            project.run(&["reindex", "things"]).exits(0).counts("things", expected);
            project.run(&["reindex", "things"]).exits(0).counts("things", "unchanged=1666");
            let back = (0..MANY).filter(|i| i % 50 == 10).map(|i| format!("({}, {i})", literal(&code(i))));
            project.sql(&insert("thing", back));
            project.run(&["reindex", "things"]).exits(0).counts("things", "unchanged=1666 exported=34");
            assert_eq!(lines(&project).len(), MANY + 18 + 34 + 34, "{kind:?} {collation}");
        }
    }
}

#[test]
fn listed_keys() {
    for kind in Kind::ALL {
        let tables = tables("<nocase>");
        let project = Agreement::over(&tables).case("things", FEED, &[""; 0]).project(kind);
        // A line's blanks at its ends are not part of the id.
        let listed = (0..MANY).filter(|i| i % 2 == 0).map(code).filter(|code| !code.starts_with(' '));
        let some: String = listed.map(|code| code + "\n").collect();
        let by_file = project.command(&["reindex", "things", "--ids-file", "-"]).input(&some).run();
        by_file.exits(0).counts("things", "exported=793");
        // As the collation says, another case is the same key.
        let run = project.run(&["reindex", "things", "--ids", "K1.1,k1.1,unknown"]);
        run.exits(0).counts("things", "exported=1");
        assert_eq!(lines(&project).last(), Some(&document(1)), "{kind:?}");
        project.run(&["reindex", "things", "--ids", "k1.1"]).exits(0).counts("things", "unchanged=1");
        project
            .run(&["reindex", "things", "--id-field", "n", "--ids", "3,5,99999"])
            .exits(0)
            .counts("things", "exported=2");
        project.sql("DELETE FROM thing WHERE n IN (1, 3)");
        let gone = format!("{},{},{}", code(1), code(3), code(5));
        project.run(&["reindex", "things", "--ids", &gone]).exits(0).counts("things", "unchanged=1 deleted=2");
        project.run(&["reindex", "things"]).exits(0).counts("things", "unchanged=794 exported=904");
    }
}

#[test]
fn listed_integers_and_uuids() {
    let tables = "CREATE TABLE thing (id INTEGER PRIMARY KEY, token UUID UNIQUE NOT NULL, sku VARCHAR(20), price DECIMAL(9,2), day DATE);
        INSERT INTO thing VALUES (1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A', 1.50, '2024-01-02'), (2, '00000000-0000-4000-8000-000000000001', 'b', 2, NULL)";
    let feed = |key: &str| {
        format!(
            "identity = [\"id\"]\nminimal_payload = [\"id\"]\n[entity]\ntable = \"thing\"\nkey = \"{key}\"\n[fields]\nid = \"id\"\nsku = \"sku\"\nprice = \"price\"\nday = \"day\"\n"
        )
    };
    for kind in Kind::ALL {
        let agreement = Agreement::over(tables).case("numbers", &feed("id"), &[""; 0]);
        let project = agreement.case("tokens", &feed("token"), &[""; 0]).project(kind);
        let run = |arguments: &[&str]| project.run(&[&["reindex"], arguments].concat());
        run(&["numbers", "--ids", "1,7,-3,9223372036854775807"]).exits(0).counts("numbers", "exported=1");
        run(&["numbers", "--ids", "one"]).exits(2).says("one");
        run(&["numbers", "--id-field", "sku", "--ids", "b,x"]).exits(0).counts("numbers", "exported=1");
        run(&["tokens", "--ids", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,00000000-0000-4000-8000-00000000ffff"])
            .exits(0)
            .counts("tokens", "exported=1");
        run(&["tokens", "--ids", "00000000-0000-4000-8000-000000000001"]).exits(0).counts("tokens", "exported=1");
        project.run(&["explain", "tokens", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]).exits(0);
        project.run(&["check", "--determinism"]).exits(0);
    }
}
