//! Rows read as a span of keys, and those that are remembered: the documents are those of keys that are asked for.

use super::Shop;
use crate::source::trial::{ORDERS, Twice, built_twice, orders};

fn twice(shop: &Shop) -> Twice {
    let twice = built_twice(&shop.source(), ORDERS);
    assert_eq!(twice.second, twice.first);
    twice
}

#[test]
fn keys_that_lie_close_together_are_read_as_a_span() {
    let shop = Shop::new(&orders("TEXT"));
    let built = twice(&shop);
    let third = "{\"id\":2,\"sales\":[\
        {\"number\":\"SO-00002\",\"lines\":[\
        {\"id\":2,\"product\":null,\"parts\":[\"p2\"]},{\"id\":3,\"product\":null,\"parts\":[\"p3\"]}]},\
        {\"number\":\"SO-00003\",\"lines\":[{\"id\":4,\"product\":{\"name\":\"none\"},\"parts\":[\"p4\"]},\
        {\"id\":5,\"product\":{\"name\":\"one\"},\"parts\":[\"p5\"]},{\"id\":6,\"product\":null,\"parts\":[\"p6\"]}]}]}";
    assert_eq!((built.first.len(), built.first[1].as_str()), (60, third));
    assert!(built.has_span_of("line") && built.has_span_of("part"), "{:?}", built.statements);
}

#[test]
fn nobodys_rows_are_passed_over_and_many_of_them_end_the_span() {
    let shop = Shop::new(&orders("TEXT"));
    shop.run(
        "INSERT INTO line VALUES (1000, 'SO-00002x', 'SKU-1'), (1001, 'SO-00004', 'SKU-1'), (1002, NULL, 'SKU-1'),
           (1003, 'so-00005', 'SKU-1'), (1004, x'534f2d3030303033', 'SKU-1');
         DELETE FROM sale WHERE number = 'SO-00009';",
    );
    assert!(twice(&shop).has_span_of("line"));
    // Of an order that is no customer's, as many as all the others have.
    shop.run(
        "WITH RECURSIVE n AS (SELECT 2000 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
         INSERT INTO line SELECT i, 'SO-00009', 'SKU-1' FROM n;",
    );
    let built = twice(&shop);
    let of_lines: Vec<bool> =
        built.statements.iter().filter(|sql| sql.contains("\"line\" AS")).map(|sql| sql.contains("LIMIT")).collect();
    assert_eq!(of_lines, [true, false], "tried, and then asked for one by one");
}

#[test]
fn keys_of_another_class_are_asked_for() {
    let shop = Shop::new(&orders("TEXT"));
    shop.run("INSERT INTO sale VALUES (x'00', 60); INSERT INTO line VALUES (1000, x'00', 'SKU-1');");
    let built = twice(&shop);
    assert!(!built.has_span_of("line") && built.has_span_of("part"), "{:?}", built.statements);
}

#[test]
fn what_a_small_table_has_for_a_key_is_asked_once() {
    let shop = Shop::new(&orders("TEXT COLLATE NOCASE"));
    let built = twice(&shop);
    assert!(!built.asks("product") && built.asks("line"), "{:?}", built.statements);
    // Equal by the collation alone.
    assert!(built.first.iter().any(|document| document.contains("{\"name\":\"two\"}")), "{:?}", built.first);
}
