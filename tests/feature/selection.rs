//! Partial runs: which entities `--ids`, `--ids-file` and `--id-field` select, and what a bad id does.

use crate::harness::{PRODUCTS, Project, Receiver, Shop};

const FOUR: &[(i64, &str, &str)] = &[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog"), (4, "D", "Dowel")];

#[test]
fn only_the_named_entities_are_run() {
    let shop = Shop::new();
    shop.put(FOUR);
    let run = shop.run(&["reindex", "products", "--ids", "1,3"]);
    run.exits(0).outcome("products", "complete").counts("products", "entities=2 items=2 exported=2");
    assert_eq!(run.summary("products")["selection"], "ids");
    assert_eq!(shop.delivered_names(), ["A Anvil", "C Cog"]);
    shop.run(&["reindex", "products", "--ids", "3,4"]).exits(0).counts("products", "unchanged=1 exported=1");
}

#[test]
fn nothing_outside_the_selection_is_deleted() {
    let shop = Shop::delivered(FOUR);
    shop.remove(1).remove(2);
    shop.run(&["reindex", "products", "--ids", "2,3"]).exits(0).counts("products", "items=2 unchanged=1 deleted=1");
    assert_eq!(shop.delivered_names(), ["A Anvil", "C Cog", "D Dowel"]);
}

#[test]
fn unknown_and_repeated_ids_count_nowhere() {
    let shop = Shop::new();
    shop.put(FOUR);
    shop.run(&["reindex", "products", "--ids", "99,1,1,-5,1"]).exits(0).counts("products", "items=1 exported=1");
    shop.run(&["reindex", "products", "--ids", "99"]).exits(0).counts("products", "entities=0 items=0");
}

#[test]
fn ids_come_from_a_file_or_from_stdin() {
    let shop = Shop::new();
    shop.put(FOUR);
    shop.write("ids.txt", "1\r\n\n 2 \n");
    shop.run(&["reindex", "products", "--ids-file", "ids.txt"]).exits(0).counts("products", "exported=2");
    let run = shop.command(&["reindex", "products", "--ids-file", "-"]).input("2\n3\n4").run();
    run.exits(0).counts("products", "unchanged=1 exported=2");
    let run = shop.command(&["reindex", "products", "--ids-file", "-"]).input("").run();
    run.exits(0).counts("products", "items=0");
    shop.run(&["reindex", "products", "--ids-file", "missing.txt"]).exits(2).says("missing.txt");
}

#[test]
fn thousands_of_ids_are_one_run() {
    let shop = Shop::with("", "batch_size = 1000");
    shop.put_many(6000);
    let ids: Vec<String> = (1..=5000).map(|id| id.to_string()).collect();
    let run = shop.command(&["reindex", "products", "--ids-file", "-"]).input(&ids.join("\n")).run();
    run.exits(0).counts("products", "entities=5000 exported=5000 requests=5");
}

#[test]
fn ids_may_be_values_of_a_root_column_field() {
    let shop = Shop::new();
    shop.put(FOUR);
    shop.run(&["reindex", "products", "--ids", "B,D,X", "--id-field", "sku"]).exits(0).counts("products", "exported=2");
    assert_eq!(shop.delivered_names(), ["B Bolt", "D Dowel"]);
    shop.run(&["reindex", "products", "--ids", "B", "--id-field", "colour"]).exits(2).says("colour");
}

#[test]
fn a_gone_entity_is_found_by_the_field_that_named_it() {
    let shop = Shop::delivered(FOUR);
    shop.remove(2);
    shop.run(&["reindex", "products", "--ids", "B", "--id-field", "sku"]).exits(0);
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.delivered_names(), ["A Anvil", "C Cog", "D Dowel"]);
}

#[test]
fn an_id_that_cannot_be_a_key_stops_before_anything_happens() {
    let shop = Shop::new();
    shop.put(FOUR);
    for bad in ["1,two", "1.5", "99999999999999999999", "1;DROP TABLE product"] {
        let run = shop.run(&["reindex", "products", "--ids", bad]);
        run.exits(2);
        assert_eq!(shop.receiver.request_count(), 0, "{bad}");
    }
    shop.run(&["reindex", "products", "--ids", "1,two"]).exits(2).says("two");
}

#[test]
fn text_keys() {
    let receiver = Receiver::start();
    let mut project = Project::new();
    project.consumer(&receiver, "");
    project.sql(
        "CREATE TABLE product (code TEXT PRIMARY KEY, sku TEXT, name TEXT);
         INSERT INTO product VALUES ('a b', 'A', 'x'), ('it''s', 'B', 'x'), ('%', 'C', 'x'), ('10', 'D', 'x'), ('010', 'E', 'x'), ('ü', 'F', 'x');",
    );
    project.feed("products", &PRODUCTS.replace("\"id\"", "\"code\""));
    project.run(&["reindex", "products"]).exits(0).counts("products", "exported=6");
    project.sql("UPDATE product SET name = 'y'");
    project.run(&["reindex", "products", "--ids", "it's,%"]).exits(0).counts("products", "exported=2");
    project.run(&["reindex", "products", "--ids", "10"]).exits(0).counts("products", "exported=1");
    let run = project.command(&["reindex", "products", "--ids-file", "-"]).input("a b\nü\n").run();
    run.exits(0).counts("products", "exported=2");
    project.sql("DELETE FROM product WHERE code = '%'");
    project.run(&["reindex", "products", "--ids", "%"]).exits(0).counts("products", "deleted=1");
    project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=4 exported=1");
}

#[test]
fn feeds_and_flags_that_make_no_sense_are_usage_errors() {
    let shop = Shop::delivered(FOUR);
    for arguments in [
        &["reindex"][..],
        &["reindex", "product"],
        &["reindex", "--all", "products", "--ids", "1"],
        &["reindex", "products", "--ids", "1", "--continue"],
        &["reindex", "products", "--id-field", "sku"],
        &["reindex", "products", "--thread-count", "0"],
        &["reindex", "products", "--batch-size", "0"],
        &["reindex", "products", "--batch-size", "many"],
        &["reindex", "products", "--today", "yesterday"],
        &["reindex", "products", "--nonsense"],
        &["nonsense"],
    ] {
        shop.run(arguments).exits(2);
    }
    shop.run(&["reindex", "product"]).exits(2).says("products");
    assert_eq!(shop.receiver.request_count(), 0);
}
