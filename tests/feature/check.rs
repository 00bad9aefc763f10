//! `check` validates without running; its JSON names every problem with its place.

use crate::harness::{PRODUCTS, Shop};

fn shop() -> Shop {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop
}

#[test]
fn a_good_project_has_no_problems() {
    let shop = shop();
    let report = shop.run(&["check"]).exits(0).json();
    assert_eq!(report, serde_json::json!({"ok": true, "problems": []}));
    shop.run_text(&["check", "products"]).exits(0);
    assert_eq!(shop.receiver.request_count(), 0);
    assert!(!shop.path("feedmill.db").exists(), "check made a feed store");
}

#[test]
fn every_problem_is_named_with_its_place() {
    let shop = shop();
    let broken = PRODUCTS
        .replace("name = \"name\"", "name = \"nmae\"\nprice = { colum = \"price\" }\nbrand = { one = \"brnd\", on = { id = \"id\" }, value = \"x\" }");
    shop.feed("products", &broken);
    let run = shop.run(&["check"]);
    let report = run.exits(2).json();
    assert_eq!(report["ok"], false);
    let problems = report["problems"].as_array().unwrap_or_else(|| run.fail("no list of problems"));
    assert!(problems.len() >= 3, "{report}");
    for key in ["file", "line", "column", "path", "message", "help"] {
        assert!(problems.iter().all(|problem| problem.get(key).is_some()), "a problem without {key}: {report}");
    }
    let line = |wanted: &str| broken.lines().position(|line| line.starts_with(wanted)).expect("a line of the file") + 1;
    for (wanted, words) in [("name = \"nmae\"", "nmae"), ("price", "colum"), ("brand", "brnd")] {
        let found = problems
            .iter()
            .any(|problem| problem["line"] == line(wanted) && problem["message"].to_string().contains(words));
        assert!(found, "no problem at line {} about {words}: {report}", line(wanted));
    }
    assert!(problems.iter().all(|problem| problem["file"].to_string().contains("feeds/products.toml")), "{report}");
    let help: String = problems.iter().map(|problem| problem["help"].to_string()).collect();
    assert!(help.contains("name") && help.contains("column"), "{help}");
}

#[test]
fn only_the_named_feeds_are_checked() {
    let shop = shop();
    shop.feed("broken", "name = \"broken\"");
    shop.run(&["check", "products"]).exits(0);
    shop.run(&["check", "broken"]).exits(2);
    shop.run(&["check"]).exits(2);
    shop.run(&["check", "unknown"]).exits(2);
}

#[test]
fn a_sample_built_twice_is_the_same() {
    let shop = shop();
    shop.run(&["check", "--determinism"]).exits(0);
}
