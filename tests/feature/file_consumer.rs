//! The file consumer: a line an upsert or delete, the last of repeated lines counts, a torn last line is cut off.

use crate::harness::{PRODUCTS, Project};
use std::collections::BTreeMap;
use std::io::Write;

fn project() -> Project {
    let project = Project::new();
    project.config("[consumers.archive]\nformat = \"file\"\npath = \"out\"\n");
    project.feed("products", &PRODUCTS.replace("\"search\"", "\"archive\""));
    project.sql(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT);
         INSERT INTO product VALUES (1, 'A', 'Anvil'), (2, 'B', 'Bolt');",
    );
    project
}

fn lines(project: &Project) -> Vec<String> {
    project.read("out/products.ndjson").lines().map(str::to_owned).collect()
}

/// What the lines say when read from the first to the last.
fn folded(project: &Project) -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    for line in lines(project) {
        let document: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let sku = document["sku"].as_str().expect("a line has its identity").to_owned();
        if document["deleted"] == true {
            state.remove(&sku);
        } else {
            state.insert(sku, document["name"].as_str().unwrap_or_default().to_owned());
        }
    }
    state
}

#[test]
fn upserts_and_deletes_are_appended() {
    let project = project();
    project.run(&["reindex", "products"]).exits(0).counts("products", "exported=2");
    let mut first = lines(&project);
    first.sort();
    assert_eq!(first, [r#"{"sku":"A","name":"Anvil"}"#, r#"{"sku":"B","name":"Bolt"}"#]);
    project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2");
    assert_eq!(lines(&project).len(), 2);
    project.sql("UPDATE product SET name = 'Bolt 2' WHERE id = 2; DELETE FROM product WHERE id = 1");
    project.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 deleted=1");
    assert_eq!(lines(&project)[2..], [r#"{"sku":"B","name":"Bolt 2"}"#, r#"{"sku":"A","deleted":true}"#]);
    assert!(project.read("out/products.ndjson").ends_with('\n'));
}

#[test]
fn a_torn_last_line_is_cut_off() {
    let project = project();
    project.run(&["reindex", "products"]).exits(0);
    let append = |text: &str| {
        let file = std::fs::File::options().append(true).open(project.path("out/products.ndjson"));
        file.expect("the output is there").write_all(text.as_bytes()).expect("it can be written");
    };
    append("{\"sku\":\"Z\",\"na");
    project.sql("UPDATE product SET name = 'Bolt 2' WHERE id = 2");
    project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
    assert_eq!(folded(&project), BTreeMap::from([("A".into(), "Anvil".into()), ("B".into(), "Bolt 2".into())]));
    assert_eq!(lines(&project).len(), 3);
}

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    let project = project();
    project.sql(
        "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO product SELECT i, 'S' || i, 'Product ' || i FROM n",
    );
    for turn in 0..6_u64 {
        project.sql(&format!("UPDATE product SET name = 'Turn {turn} ' || id WHERE id % 6 <> {turn}"));
        let command = project.command(&["reindex", "products", "--batch-size", "50"]);
        let running = command.start();
        let killer = running.killer();
        // Not a wait for something: the moment of the kill is any.
        std::thread::park_timeout(std::time::Duration::from_millis(8 * turn));
        killer.kill();
        command.finish(running);
    }
    project.run(&["reindex", "products"]).exits(0).outcome("products", "complete");
    let source = project.source();
    let mut query = source.prepare("SELECT sku, name FROM product").expect("valid SQL");
    let names = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a query that can run");
    let expected: BTreeMap<String, String> = names.collect::<Result<_, _>>().expect("rows that can be read");
    assert_eq!(folded(&project), expected);
    project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=3000");
}

#[test]
fn a_path_that_cannot_be_written() {
    let project = project();
    project.write("out", "a file where the folder should be");
    let run = project.run(&["reindex", "products"]);
    assert!(matches!(run.code, Some(1..=3)), "{:?}: {}", run.code, run.stderr);
    assert!(run.stderr.contains("out"), "{}", run.stderr);
}
