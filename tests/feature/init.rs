//! `init` drafts a configuration and feeds that run as they are, and touches nothing that is there.

use crate::harness::{Project, Run};
use std::path::Path;

const SHOP: &str = include_str!("../../schema/demo/shop.sql");

const ROWS: &str = "
INSERT INTO brand VALUES (1, 'Acme', 'DE');
INSERT INTO category VALUES (1, NULL, 'Tools', 'tools', 1), (2, 1, 'Forge', 'tools/forge', 2);
INSERT INTO product (id, sku, name, url_key, brand_id, price, status, visibility, created_at, updated_at)
    VALUES (1, 'A-1', 'Anvil', 'anvil', 1, 19.99, '1', 4, '2024-01-02 03:04:05', '2024-01-02 03:04:05'),
           (2, 'B-2', 'Bolt', 'bolt', NULL, 0.5, '1', 4, '2024-01-02 03:04:05', '0000-00-00 00:00:00');
INSERT INTO category_product VALUES (2, 1, 7);
INSERT INTO product_image VALUES (1, 1, 'a.jpg', 'front', 2, 0), (2, 1, 'b.jpg', 'back', 1, 0);
";

/// A project without a feedmill.toml.
fn folder() -> Project {
    let project = Project::new();
    std::fs::remove_file(project.path("feedmill.toml")).expect("the harness writes one");
    std::fs::remove_dir(project.path("feeds")).expect("the harness makes one");
    project
}

fn shop() -> Project {
    let project = folder();
    project.sql(SHOP).sql(ROWS);
    project
}

/// The files of a folder, below it too.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found.sort();
    found
}

/// The commands that it says to run next do run, and send everything.
#[track_caller]
pub fn runs_as_it_is(project: &Project, init: &Run) {
    let (_, next) = init.stdout.split_once("\nNext:\n").unwrap_or_else(|| init.fail("it does not say what to do next"));
    let commands: Vec<&str> = next.lines().filter_map(|line| line.trim().strip_prefix("feedmill ")).collect();
    assert_eq!(commands.len(), 2, "{next}");
    for command in commands {
        let run = project.run(&command.split(' ').collect::<Vec<_>>());
        run.exits(0);
        assert!(run.summaries.iter().all(|summary| summary["invalid"] == 0 && summary["outcome"] == "complete"));
    }
    let again = project.run(&["reindex", "--all"]);
    again.exits(0);
    assert!(again.summaries.iter().all(|summary| summary["unchanged"] == summary["items"]), "{}", again.stdout);
}

#[test]
fn drafts_run_as_they_are() {
    let project = shop();
    let init = project.run(&["init", "--source", "sqlite:shop.db"]);
    init.exits(0);
    runs_as_it_is(&project, &init);
    let anvil = project.read("out/product.ndjson").lines().next().map(str::to_owned).unwrap_or_default();
    for part in [
        r#""sku":"A-1""#,
        r#""brand":{"name":"Acme","country_code":"DE"}"#,
        r#""product_image":[{"id":2,"path":"b.jpg""#,
        r#""category":[{"id":2,"name":"Forge","path":"tools/forge","position":7}]"#,
    ] {
        assert!(anvil.contains(part), "{part} is not in {anvil}");
    }
}

#[test]
fn nothing_is_overwritten() {
    // A configuration.
    let project = shop();
    project.write("feedmill.toml", "# mine");
    project.run(&["init", "--source", "sqlite:shop.db"]).exits(2).says("feedmill.toml is there already");
    assert_eq!(project.read("feedmill.toml"), "# mine");

    // A feed, and with it nothing else is written.
    let project = shop();
    std::fs::create_dir(project.path("feeds")).expect("a folder can be made");
    project.write("feeds/brand.toml", "# mine");
    let before = files(project.folder());
    project.run(&["init", "--source", "sqlite:shop.db"]).exits(2).says("feeds/brand.toml");
    assert_eq!(files(project.folder()), before);
    assert_eq!(project.read("feeds/brand.toml"), "# mine");
}

#[test]
fn a_project_gets_more_feeds() {
    let project = shop();
    std::fs::create_dir(project.path("more")).expect("a folder can be made");
    let config = "feeds_dir = \"more\"\n[source]\nurl = \"sqlite:shop.db\"\n[consumers.web]\nurl = \"http://127.0.0.1:9/\"\n\
                  [consumers.\"a file\"]\nformat = \"file\"\npath = \"out\"\n";
    project.write("feedmill.toml", config);
    let init = project.run(&["init", "--table", "brand", "--table", "stock_view", "--output", "json"]);
    init.exits(2).says("no table stock_view");
    let init = project.run(&["init", "--table", "brand", "--table", "Product_Option", "--output", "json"]);
    let report = init.exits(0).json();
    assert_eq!(report["config"], serde_json::Value::Null);
    let feeds: Vec<&str> =
        report["feeds"].as_array().unwrap().iter().filter_map(|feed| feed["file"].as_str()).collect();
    assert_eq!(feeds, ["more/brand.toml", "more/product_option.toml"]);
    assert_eq!(project.read("feedmill.toml"), config);
    assert!(project.read("more/brand.toml").contains("consumer = \"a file\""), "files go before addresses");
    project.run(&["reindex", "--all"]).exits(0).counts("brand", "exported=1").counts("product_option", "");
}

#[test]
fn what_cannot_be_drafted_is_said() {
    let project = shop();
    let run = |arguments: &[&str]| project.run(&[&["init", "--source", "sqlite:shop.db"], arguments].concat());
    run(&["--table", "category_product"]).exits(2).says("its key is of several columns (product_id, category_id)");
    project.run(&["init"]).exits(2).says("--source URL");
    project.run(&["init", "--source", "shop.db"]).exits(2).says("nothing was written");
    project.run(&["init", "--source", "sqlite:missing.db"]).exits(3).says("missing.db");
    assert_eq!(files(project.folder()), [project.path("shop.db").display().to_string()]);

    let empty = folder();
    empty.run(&["init", "--source", "sqlite:shop.db"]).exits(2).says("has no tables");
    empty.sql("CREATE TABLE pair (a INT, b INT, PRIMARY KEY (a, b))");
    empty.run(&["init", "--source", "sqlite:shop.db"]).exits(2).says("pair (a, b)");
}

#[test]
fn what_was_guessed_and_left_out_is_said() {
    let project = folder();
    project.sql(
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, api_token TEXT, price REAL);
         CREATE TABLE images (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT);
         CREATE TABLE access_log (id INTEGER PRIMARY KEY, line TEXT);
         CREATE VIEW cheap AS SELECT * FROM products;
         INSERT INTO products VALUES (1, 'Anvil', 'a-token', 0.1);
         INSERT INTO images VALUES (1, 1, 'a.jpg');",
    );
    let init = project.run(&["init", "--source", "sqlite:shop.db"]);
    init.exits(0);
    for words in ["images.product_id is products.id", "access_log", "cheap"] {
        assert!(init.stdout.contains(words), "{words}: {}", init.stdout);
    }
    let draft = project.read("feeds/products.toml");
    for words in
        ["# Guessed from the name", "images.product_id is products.id", "# Left out: api_token (looks secret)."]
    {
        assert!(draft.contains(words), "{words}: {draft}");
    }
    runs_as_it_is(&project, &init);
    assert_eq!(
        project.read("out/products.ndjson"),
        "{\"id\":1,\"name\":\"Anvil\",\"price\":0.1,\"images\":[{\"id\":1,\"path\":\"a.jpg\"}]}\n"
    );
}

#[test]
fn values_that_are_not_what_their_columns_say() {
    let project = folder();
    project.sql(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, made DATE, weight DECIMAL(8,2), note TEXT);
         INSERT INTO product VALUES (1, '2024-01-02', 1.50, 'fine'), (2, 'last summer', 'heavy', CAST(x'ff' AS TEXT));",
    );
    let init = project.run(&["init", "--source", "sqlite:shop.db"]);
    init.exits(0);
    runs_as_it_is(&project, &init);
    let documents = project.read("out/product.ndjson");
    assert!(documents.contains(r#"{"id":2,"made":"last summer","weight":"heavy"}"#), "{documents}");
    assert!(project.read("feeds/product.toml").contains("# Left out: note (holds values that no document can)."));
}

#[test]
fn a_configuration_elsewhere_names_the_same_database() {
    let project = shop();
    let config = ["--config", "conf/shop feeds/feedmill.toml"];
    let init = project.run(&[&["init", "--source", "sqlite:shop.db"], &config[..]].concat());
    init.exits(0);
    assert!(init.stdout.contains("feedmill check --config 'conf/shop feeds/feedmill.toml'"), "{}", init.stdout);
    assert!(project.path("conf/shop feeds/feeds/product.toml").exists());
    project.run(&[&["reindex", "--all"], &config[..]].concat()).exits(0);
    assert!(project.path("conf/shop feeds/out/product.ndjson").exists());
}

#[test]
fn a_password_is_never_written_or_shown() {
    let project = folder();
    let url = "postgres://me:s3cret%2Fword@127.0.0.1:1/shop";
    let run = project.run(&["init", "--source", url]);
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    run.keeps_secret("s3cret");
    assert_eq!(files(project.folder()), [project.path("shop.db").display().to_string()]);
}
