//! Rows read as a span of keys, by collations that are known for codes: the same as the server finds key by key.

use super::*;
use crate::source::mysql::declared::orders_codes;

#[test]
fn codes_are_read_as_a_span_and_products_once() {
    let database = Database::new(&orders("VARCHAR(40)"));
    let built = built_twice(&database.open(), ORDERS);
    assert_eq!(built.second, built.first);
    assert!(built.has_span_of("line") && built.has_span_of("part"), "{:?}", built.statements);
    assert!(!built.asks("product"), "{:?}", built.statements);
    assert!(built.first[5..].iter().any(|document| document.contains(r#"{"name":"two"}"#)), "{:?}", built.first);
}

#[test]
fn what_only_the_server_finds_equal_is_found() {
    let database = Database::new(&orders("VARCHAR(40)"));
    for (line, sale, is_found, by_span) in [
        (1000, "SO-00004", true, true),
        (1001, "SO-00004x", false, true),
        (1002, "so-00005", true, false),
        (1003, "SO-00006 ", true, false),
        (1004, "S\u{d6}-00007", true, false),
        (1005, "SO-00008 x", false, false),
    ] {
        database.write(&format!("INSERT INTO line VALUES ({line}, '{sale}', 'SKU-1')"));
        let built = built_twice(&database.open(), ORDERS);
        assert_eq!(built.second, built.first, "{sale}");
        let has = built.first.iter().any(|document| document.contains(&format!(r#"{{"id":{line},"#)));
        let asked_by_key = built.statements.iter().any(|sql| sql.contains("`line` AS") && !sql.contains("LIMIT"));
        assert_eq!((has, asked_by_key), (is_found, !by_span), "{sale}");
        if !by_span {
            database.write(&format!("DELETE FROM line WHERE id = {line}"));
        }
    }
}

/// Those of the server that are said to.
#[test]
fn collations_tell_ascii_apart_but_for_case() {
    let database = Database::new("CREATE TABLE ascii (n INT)");
    let graphic: Vec<String> = (33..127).map(|n| format!("({n})")).collect();
    database.write(&format!("INSERT INTO ascii VALUES {}", graphic.join(", ")));
    let mut connection = database.connection();
    let sql =
        "SELECT character_set_name, full_collation_name FROM information_schema.collation_character_set_applicability";
    let sql = if is_mariadb(&database) { sql.to_owned() } else { sql.replace("full_collation", "collation") };
    let known: Vec<(String, String)> = connection.query(sql).unwrap();
    let known = known.into_iter().filter(|(_, collation)| orders_codes("varchar(9)", Some(collation)));
    let mut count = 0;
    for (charset, collation) in known {
        let text = |alias: &str| format!("CHAR({alias}.n USING {charset}) COLLATE {collation}");
        let (one, other) = (text("a"), text("b"));
        let pairs = "FROM ascii a JOIN ascii b ON a.n < b.n";
        let equal: Vec<(u8, u8)> = connection.query(format!("SELECT a.n, b.n {pairs} WHERE {one} = {other}")).unwrap();
        let digits = "a.n BETWEEN 48 AND 57 AND b.n BETWEEN 48 AND 57";
        let ordered: Option<u8> =
            connection.query_first(format!("SELECT COUNT(*) {pairs} WHERE {digits} AND {one} < {other}")).unwrap();
        assert!(equal.iter().all(|(one, other)| one.eq_ignore_ascii_case(other)), "{collation}: {equal:?}");
        assert_eq!(ordered, Some(45), "{collation}");
        count += 1;
    }
    assert!(count >= 20, "{count}");
    for strange in ["utf8mb4_latvian_ci", "utf8mb4_roman_ci", "latin1_german1_ci", "utf8mb4_uca1400_swedish_ai_ci"] {
        assert!(!orders_codes("varchar(9)", Some(strange)), "{strange}");
    }
    assert!(!orders_codes("enum('a')", Some("utf8mb4_general_ci")) && !orders_codes("int(9)", None));
}
