//! A value that cannot be written spoils its own item alone: it is named, its neighbours go on, and what the consumer
//! has of it stays.

use crate::harness::{PRODUCTS, Shop};
use rusqlite::Connection;

const BAD_TEXT: &str = "CAST(X'41FF42' AS TEXT)";

/// Products with a price and a weight.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.sql("ALTER TABLE product ADD COLUMN price DECIMAL(10,2); ALTER TABLE product ADD COLUMN weight REAL");
    shop.feed(
        "products",
        &format!("{PRODUCTS}price = {{ column = \"price\", type = \"decimal\" }}\nweight = \"weight\"\n"),
    );
    shop.sql("INSERT INTO product VALUES (1, 'A', 'Anvil', 1.5, 2.5), (2, 'B', 'Bolt', 2, 1)");
    shop
}

/// The table `invalid`: entity, column, reason.
fn invalid(store: &Connection) -> Vec<(String, String, String)> {
    let query = "SELECT CAST(source_entity_id AS TEXT), coalesce(\"column\", ''), reason FROM invalid WHERE feed = 'products' ORDER BY 1, 2";
    let mut statement = store.prepare(query).expect("the table invalid is there");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.expect("a query that can run").collect::<Result<_, _>>().expect("rows that can be read")
}

#[test]
fn each_kind_is_named_and_its_neighbours_go_on() {
    for (column, value) in [
        ("name", BAD_TEXT),
        ("weight", "9e999"),
        ("weight", "-9e999"),
        ("weight", "'heavy'"),
        ("price", "'a lot'"),
        ("price", "9e999"),
        ("price", "X'0102'"),
        ("sku", "NULL"),
        ("sku", BAD_TEXT),
    ] {
        let shop = shop();
        shop.sql(&format!("UPDATE product SET {column} = {value} WHERE id = 1"));
        let run = shop.run(&["reindex", "products"]);
        run.exits(1).counts("products", "entities=2 items=2 exported=1 invalid=1").says(column).says("1");
        assert_eq!(shop.receiver.new_requests()[0].skus(), ["B"], "{column} {value}");
        let rows = invalid(&shop.store());
        assert_eq!(rows.len(), 1, "{column} {value}");
        let (entity, named, reason) = &rows[0];
        assert_eq!((entity.as_str(), reason.is_empty()), ("1", false), "{column} {value}");
        assert!(named.contains(column), "{column} {value}: {named}: {reason}");
        assert_eq!(shop.rows("products").len(), 1);
    }
}

#[test]
fn an_item_that_turns_invalid_is_neither_sent_nor_deleted() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=2");
    let before = shop.feed_table("products");
    shop.receiver.forget();
    shop.sql(&format!("UPDATE product SET name = {BAD_TEXT} WHERE id = 1"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 invalid=1 requests=0");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(1).counts("products", "invalid=1 requests=0");
    assert_eq!(shop.feed_table("products"), before);
    assert_eq!(shop.receiver.documents("products").len(), 2);
    assert_eq!(shop.run(&["status"]).json()["invalid"], 1);

    // A null identity hides which row it was; the row must live on all the same.
    shop.sql("UPDATE product SET name = 'Anvil', sku = NULL WHERE id = 1");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 invalid=1 requests=0");
    assert_eq!(shop.feed_table("products"), before);
}

#[test]
fn a_cured_item_is_compared_with_what_the_consumer_has() {
    let shop = shop();
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("UPDATE product SET price = 'x' WHERE id = 1");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=1 invalid=1");
    shop.sql("UPDATE product SET price = 1.5 WHERE id = 1");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
    assert_eq!(invalid(&shop.store()), []);
    assert_eq!(shop.run(&["status"]).json()["invalid"], 0);

    shop.sql("UPDATE product SET price = 'x' WHERE id = 1");
    shop.run(&["reindex", "products"]).exits(1);
    shop.sql("UPDATE product SET price = 3 WHERE id = 1");
    shop.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "exported=1");
    assert_eq!(invalid(&shop.store()), []);
}

#[test]
fn the_table_invalid_says_what_is_wrong_now() {
    let shop = shop();
    shop.sql("UPDATE product SET price = 'x'");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "invalid=2");
    assert_eq!(invalid(&shop.store()).len(), 2);
    shop.sql("UPDATE product SET price = 1, weight = 9e999 WHERE id = 1; DELETE FROM product WHERE id = 2");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "invalid=1");
    let rows = invalid(&shop.store());
    assert_eq!(rows.len(), 1);
    assert!(rows[0].1.contains("weight"), "{rows:?}");
}

#[test]
fn retry_leaves_invalid_items_alone() {
    let shop = shop();
    shop.sql("UPDATE product SET price = 'x' WHERE id = 1");
    shop.run(&["reindex", "products"]).exits(1);
    let run = shop.run_text(&["retry", "--now"]);
    run.exits(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn no_row_of_an_entity_is_gone_while_one_of_its_items_is_invalid() {
    let shop = Shop::known_by(&["sku", "store"]);
    shop.sql(
        "CREATE TABLE listing (product_id INTEGER, store TEXT, label TEXT, PRIMARY KEY (product_id, store));
         INSERT INTO listing VALUES (1, 'de', 'x'), (1, 'fr', 'x'), (1, 'it', 'x');",
    );
    let join = "key = \"id\"\njoin = [{ table = \"listing\", on = { product_id = \"id\" } }]";
    let feed = PRODUCTS.replace("[\"sku\"]", "[\"sku\", \"store\"]").replace("key = \"id\"", join);
    shop.feed("products", &format!("{feed}store = \"listing.store\"\nlabel = \"listing.label\"\n"));
    shop.put(&[(1, "A", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=3");
    shop.receiver.forget();

    let spoiled = "UPDATE listing SET label = CAST(X'FF' AS TEXT) WHERE store = 'fr'";
    shop.sql(&format!(
        "DELETE FROM listing WHERE store = 'it'; UPDATE listing SET label = 'y' WHERE store = 'de'; {spoiled}"
    ));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=1 invalid=1");
    assert_eq!(shop.receiver.documents("products").len(), 3);

    shop.sql("UPDATE listing SET label = 'x' WHERE store = 'fr'");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 deleted=1");
}

#[test]
fn many_invalid_items_give_an_example_per_column() {
    let shop = shop();
    shop.sql(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO product SELECT i, 'S' || i, 'x', CASE WHEN i % 2 THEN 'x' ELSE 1 END, CASE WHEN i % 2 THEN 1 ELSE 9e999 END FROM n",
    );
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "exported=2 invalid=491").says("price").says("weight");
    assert!(run.stderr.lines().count() < 60, "{} lines on stderr", run.stderr.lines().count());
    assert_eq!(invalid(&shop.store()).len(), 491);
}

#[test]
fn rows_without_a_key_are_told_and_stop_nothing() {
    let shop = Shop::new();
    shop.sql(
        "CREATE TABLE coded (code TEXT UNIQUE, name TEXT);
         INSERT INTO coded VALUES ('A', 'Anvil'), (NULL, 'Bolt'), (NULL, 'Cog');",
    );
    let feed = PRODUCTS.replace("table = \"product\"", "table = \"coded\"").replace("key = \"id\"", "key = \"code\"");
    shop.feed("products", &feed.replace("sku = \"sku\"", "sku = \"code\""));
    let run = shop.run(&["reindex", "products"]);
    run.exits(0).counts("products", "items=1 exported=1");
    assert!(run.stderr.contains("`coded.code` is NULL in 2 rows"), "{}", run.stderr);
}

#[test]
fn rows_with_a_key_that_cannot_be_read_hold_up_no_others() {
    let shop = Shop::new();
    let coded = |kind: &str, others: &str| {
        shop.sql(&format!(
            "DROP TABLE IF EXISTS coded; CREATE TABLE coded (code {kind}, name TEXT);
             INSERT INTO coded VALUES (1, 'Anvil'), (2, 'Bolt'), (3, 'Cog'), {others}"
        ));
    };
    shop.feed(
        "products",
        &PRODUCTS
            .replace("\"product\"", "\"coded\"")
            .replace("key = \"id\"", "key = \"code\"")
            .replace("= \"sku\"", "= \"name\"")
            .replace("name = \"name\"", "code = \"code\""),
    );
    for (kind, others, rows) in [
        ("INTEGER", "(1.5, 'Half'), (0.5, 'First'), (X'01', 'Binary')", "3 rows"),
        ("TEXT", &*format!("({BAD_TEXT}, 'Bad'), (CAST(X'FF' AS TEXT), 'Last')"), "2 rows"),
        ("TEXT", "(X'31', 'Binary')", "1 row"),
    ] {
        coded(kind, others);
        let all = shop.run(&["reindex", "products", "--force"]);
        all.exits(0).counts("products", "entities=3 items=3 exported=3");
        all.says(&format!(
            "`coded.code` is neither an integer nor text in UTF-8 in {rows}: without a key they give no items"
        ));
        shop.run(&["reindex", "products", "--dry-run"]).exits(0).counts("products", "unchanged=3").says(rows);
        shop.run(&["reindex", "products", "--ids", "1,2"]).exits(0).counts("products", "entities=2 unchanged=2");
        shop.sql("DELETE FROM coded WHERE name = 'Bolt'");
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 deleted=1").says(rows);
    }
}

#[test]
fn many_rows_with_a_key_that_cannot_be_read() {
    let shop = Shop::new();
    shop.sql(
        "DROP TABLE product; CREATE TABLE product (id INTEGER, sku TEXT, name TEXT);
         WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO product SELECT 1 + i / 3001.0, 'F' || i, 'x' FROM n;
         WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
         INSERT INTO product SELECT CAST('b' || i AS BLOB), 'B' || i, 'x' FROM n;
         WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO product SELECT i, 'S' || i, 'x' FROM n;",
    );
    let run = shop.run(&["reindex", "products"]);
    run.exits(0).counts("products", "entities=500 items=500 exported=500").says("without a key they give no items");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "entities=500 unchanged=500 requests=0");
}
