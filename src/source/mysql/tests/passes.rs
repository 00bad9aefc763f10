//! What the dialect writes, as the server runs it.

use super::*;

const SHOP: &str = "
    CREATE TABLE product (id INT UNSIGNED PRIMARY KEY, sku VARCHAR(64) NOT NULL UNIQUE, brand_id INT, status VARCHAR(9),
                          `odd ``name` TEXT, KEY by_status (status));
    CREATE TABLE brand (id INT PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE image (id INT PRIMARY KEY, product_id INT UNSIGNED, path VARCHAR(20), disabled INT, KEY by_product (product_id));
    CREATE TABLE category (id INT PRIMARY KEY, name VARCHAR(20));
    CREATE TABLE category_product (product_id INT UNSIGNED, category_id INT, PRIMARY KEY (product_id, category_id));
    CREATE TABLE store (id INT PRIMARY KEY, code VARCHAR(9), active INT);
    CREATE TABLE review (product_id INT UNSIGNED, stars DECIMAL(3,1), day DATE, KEY (product_id));
    INSERT INTO product VALUES (1, 'A', 1, 'on', 'x'), (2, 'B', 1, 'draft', 'y'), (3, 'C', 2, 'on', 'z'), (9, 'I', NULL, 'on', '');
    INSERT INTO brand VALUES (1, 'Acme'), (2, 'Zeta');
    INSERT INTO image VALUES (1, 1, 'a.jpg', 0), (2, 1, 'a2.jpg', 1), (3, 1, 'a3.jpg', 0), (4, 3, 'c.jpg', 0), (5, NULL, 'n', 0);
    INSERT INTO category VALUES (1, 'one'), (2, 'two'), (3, 'three');
    INSERT INTO category_product VALUES (1, 1), (3, 3), (7, 2);
    INSERT INTO store VALUES (1, 'de', 1), (2, 'fr', 1), (3, 'xx', 0);
    INSERT INTO review VALUES (1, 4, '2026-01-01'), (1, 5, '2026-01-02'), (3, 1, '2026-01-03'), (2, 2, '2027-01-01')";

fn images() -> PassSpec {
    let mut spec = pass(table("image", "img", vec![on("product_id", OnTarget::Key(0))]), &["img.path"]);
    spec.where_sql = Some("disabled = 0 # it's on; -- :today".into());
    spec
}

fn categories() -> PassSpec {
    let mut spec = pass(
        table("category_product", "category_product", vec![on("product_id", OnTarget::Key(0))]),
        &["category.name"],
    );
    let to_category = on("id", OnTarget::Column(column("category_product.category_id")));
    spec.joins = vec![join(table("category", "category", vec![to_category]))];
    spec
}

#[test]
fn a_keyed_pass_groups_by_tuple() {
    let database = Database::new(SHOP);
    let mut reader = database.reader();
    let images = MYSQL.keyed_pass(&images(), &of_ints());
    let keys = tuples(1, [KeyValue::Int(5), KeyValue::Int(1), KeyValue::Int(3), KeyValue::Int(1), KeyValue::Null]);
    let mut found = run(reader.as_mut(), &images, &keys);
    assert!(found.iter().map(|row| row.split('|').next()).is_sorted(), "{found:?}");
    found.sort();
    assert_eq!(found, ["1|a.jpg", "1|a3.jpg", "2|c.jpg", "3|a.jpg", "3|a3.jpg"]);
    let categories = MYSQL.keyed_pass(&categories(), &of_ints());
    assert_eq!(run(reader.as_mut(), &categories, &keys), ["1|one", "2|three", "3|one"]);
    assert_eq!(run(reader.as_mut(), &images, &tuples(1, [])), [""; 0]);
}

/// Rows that literals alone tie belong to the one tuple there is.
#[test]
fn a_tuple_without_a_value_is_a_tuple() {
    let database = Database::new(SHOP);
    let spec = pass(table("store", "s", vec![on("active", OnTarget::Int(1))]), &["s.code"]);
    let statement = MYSQL.keyed_pass(&spec, &of_ints());
    let mut found = run(database.reader().as_mut(), &statement, &tuples(1, [KeyValue::Null]));
    found.sort();
    assert_eq!(found, ["0|de", "0|fr"]);
}

#[test]
fn a_range_pass_gives_the_keys_in_order() {
    let database = Database::new(SHOP);
    let mut reader = database.reader();
    let images = MYSQL.range_pass(&images(), &range_of("img.product_id", "product", "id"));
    let mut found = run(reader.as_mut(), &images, &range(1, 3));
    assert_eq!(found[2], "3|c.jpg");
    found.sort();
    assert_eq!(found, ["1|a.jpg", "1|a3.jpg", "3|c.jpg"]);
    let categories = MYSQL.range_pass(&categories(), &range_of("category_product.product_id", "product", "id"));
    assert_eq!(run(reader.as_mut(), &categories, &range(1, 9)), ["1|one", "3|three", "7|two"]);
}

#[test]
fn the_root_joins_its_stores_and_optional_tables() {
    let database = Database::new(SHOP);
    let mut reader = database.reader();
    let mut root = pass(
        table("product", "product", vec![on("id", OnTarget::Key(0))]),
        &["product.sku", "store.code", "brand.name", "product.odd `name"],
    );
    root.where_sql = Some("product.status <> \"draft\" AND :today > '2026-11-19'".into());
    let mut stores = join(table("store", "store", vec![]));
    stores.where_sql = Some("store.active = 1 -- shops;\n;".into());
    // By a column of the keys and by one of the table before it.
    let to_product =
        vec![on("id", OnTarget::Column(column("product.brand_id"))), on("name", OnTarget::Text("Acme".into()))];
    let mut brand = join(table("brand", "brand", to_product));
    brand.optional = true;
    brand.where_sql = Some("brand.name <> 'Zeta' /* it's ** out **/ AND :today <> 'x:y'".into());
    root.joins = vec![stores, brand];
    let by_range = MYSQL.range_pass(&root, &range_of("product.id", "product", "id"));
    assert_eq!(by_range.binds, [Placeholder::Today, Placeholder::First, Placeholder::Last, Placeholder::Today]);
    let mut found = run(reader.as_mut(), &by_range, &range(1, 9));
    found.sort();
    let expected = ["1|A|de|Acme|x", "1|A|fr|Acme|x", "3|C|de|NULL|z", "3|C|fr|NULL|z", "9|I|de|NULL|", "9|I|fr|NULL|"];
    assert_eq!(found, expected);
    let by_keys = MYSQL.keyed_pass(&root, &of_ints());
    assert_eq!(by_keys.binds, [Placeholder::Tuples, Placeholder::Today, Placeholder::Today]);
    let mut found = run(reader.as_mut(), &by_keys, &tuples(1, ints([9, 2, 1])));
    found.sort();
    assert_eq!(found, ["0|I|de|NULL|", "0|I|fr|NULL|", "2|A|de|Acme|x", "2|A|fr|Acme|x"]);
}

/// An optional join may be tied to the keys themselves, which stand before the main table.
#[test]
fn joins_may_be_tied_to_the_keys() {
    let database = Database::new(SHOP);
    let mut spec = pass(table("brand", "b", vec![on("id", OnTarget::Key(0))]), &["b.name", "img.path", "c.name"]);
    let mut image = join(table("image", "img", vec![on("id", OnTarget::Key(1))]));
    image.optional = true;
    image.where_sql = Some("img.id IN (:keys)".into());
    spec.joins = vec![image, join(table("category", "c", vec![on("id", OnTarget::Key(1))]))];
    let components = [of_ints(), of_ints()].concat();
    let statement = MYSQL.keyed_pass(&spec, &components);
    assert_eq!(statement.binds, [Placeholder::Tuples, Placeholder::Tuples]);
    let found = run(database.reader().as_mut(), &statement, &tuples(2, ints([1, 1, 2, 3, 2, 2])));
    assert_eq!(found, ["0|Acme|a.jpg|one", "1|Zeta|NULL|three", "2|Zeta|a2.jpg|two"]);
}

#[test]
fn a_query_stands_for_a_table() {
    let database = Database::new(SHOP);
    let mut reader = database.reader();
    let rating = "WITH seen AS (SELECT * FROM review WHERE product_id IN (:keys) AND day <= :today)
        SELECT product_id, COUNT(*) AS reviews, AVG(stars) AS stars FROM seen GROUP BY product_id; # per product";
    let mut spec =
        pass(query(rating, "rating", vec![on("product_id", OnTarget::Key(0))]), &["rating.reviews", "rating.stars"]);
    spec.where_sql = Some("rating.product_id IN (:keys) AND :today <> ''".into());
    let keyed = MYSQL.keyed_pass(&spec, &of_ints());
    use Placeholder::{First, Last, Today, Tuples};
    assert_eq!(keyed.binds, [Tuples, Tuples, Today, Tuples, Today]);
    assert_eq!(run(reader.as_mut(), &keyed, &tuples(1, ints([3, 1, 2]))), ["0|1|1.00000", "1|2|4.50000"]);
    let ranged = MYSQL.range_pass(&spec, &range_of("rating.product_id", "product", "id"));
    assert_eq!(ranged.binds, [First, Last, Today, First, Last, First, Last, Today]);
    assert_eq!(run(reader.as_mut(), &ranged, &range(1, 2)), ["1|2|4.50000"]);
}

#[test]
fn placeholders_without_a_value_are_refused() {
    let database = Database::new(SHOP);
    let mut reader = database.reader();
    for (condition, message) in [
        ("sku = :id", "`:id` has no value"),
        ("sku = ?", "`?` has no value"),
        ("sku = -? OR status = :today", "`?` has no value"),
        ("sku = 'x' /*!50000 OR 1 = 1 */", "some servers run"),
        ("sku = 'x", "has no end"),
        ("missing = 1", "Unknown column 'missing'"),
        ("sku = 'a' INTO OUTFILE 'x'", "syntax"),
    ] {
        let mut spec = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.sku"]);
        spec.where_sql = Some(condition.into());
        let range = range_of("product.id", "product", "id");
        for statement in [MYSQL.keyed_pass(&spec, &of_ints()), MYSQL.range_pass(&spec, &range)] {
            for error in [
                try_run(reader.as_mut(), &statement, &tuples(1, ints([1]))).unwrap_err(),
                reader.check(&statement.sql).unwrap_err(),
            ] {
                assert!(matches!(&error, SourceError::Query { .. }), "{condition}: {error:?}");
                assert!(error.to_string().contains(message), "{condition}: {error}");
            }
        }
    }
}

#[test]
fn texts_with_colons_are_texts() {
    let database =
        Database::new("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(99)); INSERT INTO t VALUES (1, 'a:b'), (2, ':c')");
    let mut reader = database.reader();
    for condition in [
        "v = 'a:b' OR v = \":c\"",
        "-'1:x' < 0 AND v IN ('a:b', ':c')",
        "4/'2:x' = 2 /* it's :a **/ AND v LIKE '%:%'",
        "1 -'1' = 0 -- it's :x\n AND v IN (':c', 'a:b')",
        "v <> 'it\\'s :x' AND v <> 'it''s :x' AND `v` <> '`:x'",
    ] {
        let mut spec = pass(table("t", "t", vec![on("id", OnTarget::Key(0))]), &["t.id"]);
        spec.where_sql = Some(condition.into());
        let statement = MYSQL.keyed_pass(&spec, &of_ints());
        assert_eq!(run(reader.as_mut(), &statement, &tuples(1, ints([1, 2]))), ["0|1", "1|2"], "{condition}");
    }
}

#[test]
fn ranges_cover_all_keys_once() {
    let database = Database::new(
        "CREATE TABLE product (id INT PRIMARY KEY, code VARCHAR(9) CHARACTER SET latin1, nullable VARCHAR(9));
         INSERT INTO product VALUES (-5, 'b', NULL), (1, 'A', NULL), (2, 'a', 'x'), (7, 'B', NULL), (9, 'é', 'y');
         CREATE TABLE empty (id INT PRIMARY KEY);
         CREATE TABLE big (id BIGINT UNSIGNED PRIMARY KEY);
         INSERT INTO big VALUES (1), (9223372036854775808), (9999999999999999999), (18446744073709551615)",
    );
    let mut reader = database.reader();
    let first = MYSQL.next_range("product", "id", 2, false);
    assert_eq!(run(reader.as_mut(), &first, &Values::default()), ["-5|1|2"]);
    let next = MYSQL.next_range("product", "id", 2, true);
    assert_eq!(next.binds, [Placeholder::After]);
    assert_eq!(run(reader.as_mut(), &next, &after(1)), ["2|7|2"]);
    assert_eq!(run(reader.as_mut(), &next, &after(7)), ["9|9|1"]);
    assert_eq!(run(reader.as_mut(), &next, &after(9)), ["NULL|NULL|0"]);
    let empty = MYSQL.next_range(&format!("{}.empty", database.name), "id", 2, false);
    assert_eq!(run(reader.as_mut(), &empty, &Values::default()), ["NULL|NULL|0"]);
    // The column's own collation orders: a, A, b, B, é.
    let by_code = MYSQL.next_range("product", "code", 3, false);
    assert_eq!(run(reader.as_mut(), &by_code, &Values::default())[0].to_lowercase(), "a|b|3");
    let after_b = MYSQL.next_range("product", "code", 3, true);
    assert_eq!(run(reader.as_mut(), &after_b, &after("b")), ["é|é|1"]);
    let middle = MYSQL.middle_of_range("product", "id", 2);
    assert_eq!(run(reader.as_mut(), &middle, &range(-5, 9)), ["1", "2"]);
    let middle = MYSQL.middle_of_range("product", "code", 1);
    assert_eq!(run(reader.as_mut(), &middle, &range("a", "é")).join("|").to_lowercase(), "a|b");
    let nulls = MYSQL.next_range("product", "nullable", 2, false);
    assert_eq!(run(reader.as_mut(), &nulls, &Values::default()), ["x|y|2"]);
    assert_eq!(read(reader.as_mut(), &MYSQL.count_nulls("product", "nullable").sql), ["3"]);
    assert_eq!(read(reader.as_mut(), &MYSQL.count_rows("product").sql), ["5"]);

    let next = MYSQL.next_range("big", "id", 2, true);
    assert_eq!(run(reader.as_mut(), &next, &after(1)), ["9223372036854775808|9999999999999999999|2"]);
    let last = ["18446744073709551615|18446744073709551615|1"];
    assert_eq!(run(reader.as_mut(), &next, &after("9999999999999999999")), last);
    let spec = pass(table("big", "b", vec![on("id", OnTarget::Key(0))]), &[]);
    let ranged = MYSQL.range_pass(&spec, &range_of("b.id", "big", "id"));
    assert_eq!(
        run(reader.as_mut(), &ranged, &range("9223372036854775808", "9999999999999999999")),
        ["9223372036854775808", "9999999999999999999"]
    );
}

/// As many rows as it takes for the server to prefer an index.
fn large() -> Database {
    let database = Database::new(
        "CREATE TABLE product (id INT PRIMARY KEY, sku VARCHAR(64) NOT NULL UNIQUE, brand_id INT, status VARCHAR(9),
                               KEY by_status (status), latin VARCHAR(20) CHARACTER SET latin1, KEY by_latin (latin));
         CREATE TABLE entry (id INT PRIMARY KEY AUTO_INCREMENT, entity_id INT, store_id INT, type VARCHAR(9),
                             KEY by_entity (entity_id), KEY by_store (store_id), KEY by_type (type, entity_id))",
    );
    let rows: Vec<String> = (1..=3000).map(|i| format!("({i}, 'sku{i}', {}, 'on', 'l{i}')", i % 7)).collect();
    database.write(&format!("INSERT INTO product VALUES {}", rows.join(", ")));
    let rows: Vec<String> = (1..=9000).map(|i| format!("({}, {}, 'x')", i % 3000, i % 2)).collect();
    database.write(&format!("INSERT INTO entry (entity_id, store_id, type) VALUES {}", rows.join(", ")));
    database.write("ANALYZE TABLE product, entry");
    database
}

#[test]
fn passes_read_by_their_keys() {
    let database = large();
    let catalog = database.reader().catalog().unwrap();
    let of = |name: &str| {
        let columns = &catalog.tables["product"].columns;
        let column = columns.iter().find(|column| column.name == name).unwrap();
        vec![component(column.kind, column)]
    };
    let lookup = |name: &str| {
        let spec = pass(table("product", "p", vec![on(name, OnTarget::Key(0))]), &["p.brand_id"]);
        MYSQL.keyed_pass(&spec, &of(name))
    };
    let mut root = pass(table("product", "p", vec![on("id", OnTarget::Key(0))]), &["p.sku"]);
    root.where_sql = Some("status = 'on'".into());
    let mut values = pass(
        table("entry", "v", vec![on("entity_id", OnTarget::Key(0)), on("store_id", OnTarget::Int(0))]),
        &["v.type", "p.sku"],
    );
    values.joins = vec![join(table("product", "p", vec![on("id", OnTarget::Column(column("v.entity_id")))]))];
    let ids = tuples(1, ints(1..=500));
    let range = range(1, 400);
    for (statement, values, table, access) in [
        (lookup("id"), &ids, "p", "eq_ref PRIMARY"),
        (lookup("sku"), &tuples(1, [text("sku1"), text("sku2")]), "p", "eq_ref sku"),
        (lookup("latin"), &tuples(1, [text("l1")]), "p", "ref by_latin"),
        (MYSQL.keyed_pass(&root, &of("id")), &ids, "p", "eq_ref PRIMARY"),
        (MYSQL.keyed_pass(&values, &of("id")), &ids, "v", "ref by_entity"),
        (MYSQL.keyed_pass(&values, &of("id")), &ids, "p", "eq_ref PRIMARY"),
        (MYSQL.range_pass(&root, &range_of("p.id", "product", "id")), &range, "p", "range PRIMARY"),
        (MYSQL.range_pass(&values, &range_of("v.entity_id", "product", "id")), &range, "v", "range by_entity"),
        (MYSQL.next_range("product", "id", 500, true), &after(100), "product", "range PRIMARY"),
        (MYSQL.next_range("product", "sku", 500, false), &Values::default(), "product", "index sku"),
    ] {
        let plan = plan(&database, &statement, values);
        let expected = format!("{table} {access}");
        assert!(plan.contains(&expected), "{}\n{plan:#?}", statement.sql);
        assert!(!plan.iter().any(|line| line.ends_with("temporary")), "{}\n{plan:#?}", statement.sql);
    }
}

/// Without an index the rows are found by hashing the keys: a scan a batch, not a scan a key.
#[test]
fn a_column_without_an_index_costs_one_scan() {
    let database = large();
    if !is_mariadb(&database) {
        return;
    }
    let spec = pass(table("product", "p", vec![on("brand_id", OnTarget::Key(0))]), &["p.id"]);
    let statement = MYSQL.keyed_pass(&spec, &of_ints());
    let plan = plan(&database, &statement, &tuples(1, ints(1..=500)));
    assert!(plan.contains(&"p hash_ALL #hash#$hj".to_owned()), "{plan:#?}");
    let found = run(database.reader().as_mut(), &statement, &tuples(1, ints([5, 99, 5])));
    let of_brand = (1..=3000).filter(|i| i % 7 == 5).count();
    assert_eq!(found.len(), 2 * of_brand);
    assert!(found.iter().map(|row| row.split_once('|').unwrap().0).is_sorted());
}

#[test]
fn a_large_lookup_is_held_for_a_full_run() {
    let database = Database::new(
        "CREATE TABLE label (id INT PRIMARY KEY, code VARCHAR(9) COLLATE utf8mb4_nopad_bin NOT NULL UNIQUE, name VARCHAR(9));
         CREATE TABLE digit (n INT);
         INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
         INSERT INTO label SELECT i, concat('c', i), 'n' FROM
             (SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS i
              FROM digit a, digit b, digit c, digit d, digit e) numbers WHERE i <= 20000;
         CREATE TABLE thing (id INT PRIMARY KEY, label_id INT, label_code VARCHAR(9) COLLATE utf8mb4_nopad_bin);",
    );
    assert_labels_are_held(&database.open());
}
