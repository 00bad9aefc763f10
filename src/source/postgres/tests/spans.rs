//! Rows read as a span of keys, by collations of every kind: the same as the server finds key by key.

use super::*;

#[test]
fn keys_that_lie_close_together_are_read_as_a_span() {
    for collation in ["C", "und-x-icu"] {
        let mut database = Database::new(&orders(&format!("text COLLATE \"{collation}\"")));
        let lines =
            "INSERT INTO line VALUES (1000, 'SO-00004', 'SKU-1'), (1001, 'SO-00004x', 'SKU-1'), (1002, NULL, 'SKU-1')";
        database.write(lines);
        let built = built_twice(&database.source(), ORDERS);
        assert_eq!(built.second, built.first, "{collation}");
        assert!(built.has_span_of("line") && built.has_span_of("part"), "{collation}: {:?}", built.statements);
        assert!(built.first.iter().any(|document| document.contains(r#"{"id":1000,"#)), "{collation}");
        assert!(!built.asks("product"), "{collation}: {:?}", built.statements);
    }
}

#[test]
fn what_a_collation_may_find_equal_is_asked_for() {
    let mut database =
        Database::new("CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);");
    database.write(&orders("text COLLATE caseless"));
    database.write("INSERT INTO line VALUES (1000, 'so-00004', 'SKU-1')");
    let built = built_twice(&database.source(), ORDERS);
    assert_eq!(built.second, built.first);
    assert!(!built.has_span_of("line") && built.has_span_of("part"), "{:?}", built.statements);
    assert!(built.first.iter().any(|document| document.contains(r#"{"id":1000,"#)));
    assert!(!built.asks("product") && built.first.iter().any(|document| document.contains(r#"{"name":"two"}"#)));
}

#[test]
fn a_condition_meets_no_row_that_nobody_asked_for() {
    let mut database = Database::new(&orders("text"));
    database.write("INSERT INTO line VALUES (1000, 'SO-00004x', 'none')");
    let condition = "many = \"line\"\nwhere_sql = \"substr(sku, 5)::int >= 0\"";
    let built = built_twice(&database.source(), &ORDERS.replace("many = \"line\"", condition));
    assert_eq!(built.second, built.first);
    assert!(!built.has_span_of("line") && built.has_span_of("part"), "{:?}", built.statements);
}
