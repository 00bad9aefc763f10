//! Keyed and range passes: what they give and what they cost.

use super::*;

const SHOP: &str = "
    CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT UNIQUE, status TEXT, brand_id INT, \"odd \"\"name\" TEXT);
    CREATE INDEX product_status ON product (status);
    CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT, disabled INT DEFAULT 0);
    CREATE INDEX image_product ON image (product_id);
    CREATE INDEX image_disabled ON image (disabled);
    CREATE TABLE category_product (product_id INTEGER, category_id INTEGER, PRIMARY KEY (product_id, category_id));
    CREATE INDEX category_product_category ON category_product (category_id);
    CREATE TABLE category (id INTEGER PRIMARY KEY, path TEXT, active INT);
    CREATE INDEX category_active ON category (active);
    CREATE TABLE store (id INTEGER PRIMARY KEY, code TEXT, active INT);
    CREATE TABLE review (id INTEGER PRIMARY KEY, product_id INTEGER, stars REAL);
    CREATE INDEX review_product ON review (product_id);
    INSERT INTO product VALUES (1, 'A', 'on', 1, 'x'), (2, 'B', 'draft', 9, 'y'), (3, 'C', 'on', NULL, 'z'), (9, 'I', 'on', 2, '');
    INSERT INTO brand VALUES (1, 'Acme'), (2, 'Zeta');
    INSERT INTO image VALUES (1, 3, 'c.jpg', 0), (2, 1, 'a.jpg', 0), (3, 1, 'a2.jpg', 1), (4, 1, 'a3.jpg', 0), (5, 77, 'lost', 0);
    INSERT INTO category VALUES (1, 'one', 1), (2, 'two', 0), (3, 'three', 1);
    INSERT INTO category_product VALUES (1, 1), (1, 2), (3, 3), (9, 2);
    INSERT INTO store VALUES (1, 'de', 1), (2, 'fr', 1), (3, 'old', 0);
    INSERT INTO review VALUES (1, 1, 4), (2, 1, 5), (3, 3, 1);
";

const INT: &[ColumnKind] = &[ColumnKind::Integer];

fn images() -> PassSpec {
    let mut spec = pass(table("image", "img", vec![on("product_id", OnTarget::Key(0))]), &["img.path"]);
    spec.where_sql = Some("disabled = 0 -- not shown".into());
    spec
}

fn categories() -> PassSpec {
    let mut spec = pass(
        table("category_product", "category_product", vec![on("product_id", OnTarget::Key(0))]),
        &["category.path"],
    );
    spec.joins = vec![join(table(
        "category",
        "category",
        vec![on("id", OnTarget::Column(column("category_product.category_id")))],
    ))];
    spec.joins[0].where_sql = Some("category.active = 1".into());
    spec
}

#[test]
fn a_keyed_pass_groups_by_tuple() {
    let file = File::new(SHOP);
    let mut reader = file.reader();
    let keys = tuples(1, ints([9, 1, 3, 1, 4]));
    let images = keyed_pass(&images(), INT);
    assert_eq!(run(reader.as_mut(), &images, &keys), ["1|a.jpg", "1|a3.jpg", "2|c.jpg", "3|a.jpg", "3|a3.jpg"]);
    let categories = keyed_pass(&categories(), INT);
    assert_eq!(run(reader.as_mut(), &categories, &keys), ["1|one", "2|three", "3|one"]);
    assert_eq!(run(reader.as_mut(), &images, &tuples(1, [])), [""; 0]);
}

#[test]
fn a_range_pass_gives_the_keys_in_order() {
    let file = File::new(SHOP);
    let mut reader = file.reader();
    let images = SQLITE.range_pass(&images(), &range_of("img.product_id", "product", "id"));
    assert_eq!(run(reader.as_mut(), &images, &range(1, 3)), ["1|a.jpg", "1|a3.jpg", "3|c.jpg"]);
    let categories = SQLITE.range_pass(&categories(), &range_of("category_product.product_id", "product", "id"));
    assert_eq!(run(reader.as_mut(), &categories, &range(1, 9)), ["1|one", "3|three"]);
}

#[test]
fn the_root_joins_its_stores_and_optional_tables() {
    let file = File::new(SHOP);
    let mut reader = file.reader();
    let mut root = pass(
        table("product", "product", vec![on("id", OnTarget::Key(0))]),
        &["product.sku", "store.code", "brand.name", "product.odd \"name"],
    );
    root.where_sql = Some("product.status <> 'draft' AND :today > '2026-11-19'".into());
    let mut stores = join(table("store", "store", vec![]));
    stores.where_sql = Some("store.active = 1 -- shops;\n;".into());
    let mut brand = join(table("brand", "brand", vec![on("id", OnTarget::Column(column("product.brand_id")))]));
    brand.optional = true;
    brand.where_sql = Some("brand.name <> 'Zeta'".into());
    root.joins = vec![stores, brand];
    let by_range = SQLITE.range_pass(&root, &range_of("product.id", "product", "id"));
    assert_eq!(
        run(reader.as_mut(), &by_range, &range(1, 9)),
        ["1|A|de|Acme|x", "1|A|fr|Acme|x", "3|C|de|NULL|z", "3|C|fr|NULL|z", "9|I|de|NULL|", "9|I|fr|NULL|"]
    );
    let by_keys = keyed_pass(&root, INT);
    assert_eq!(
        run(reader.as_mut(), &by_keys, &tuples(1, ints([9, 2, 1]))),
        ["0|I|de|NULL|", "0|I|fr|NULL|", "2|A|de|Acme|x", "2|A|fr|Acme|x"]
    );
}

#[test]
fn a_query_stands_for_a_table() {
    let file = File::new(SHOP);
    let mut reader = file.reader();
    let rating = "WITH seen AS (SELECT * FROM review WHERE product_id IN (:keys))
        SELECT product_id, COUNT(*) AS reviews, AVG(stars) AS stars FROM seen GROUP BY product_id; -- per product";
    let spec =
        pass(query(rating, "rating", vec![on("product_id", OnTarget::Key(0))]), &["rating.reviews", "rating.stars"]);
    let keyed = keyed_pass(&spec, INT);
    assert_eq!(keyed.binds, [Placeholder::Tuples]);
    assert_eq!(run(reader.as_mut(), &keyed, &tuples(1, ints([3, 1, 2]))), ["0|1|1.0", "1|2|4.5"]);
    let ranged = SQLITE.range_pass(&spec, &range_of("rating.product_id", "product", "id"));
    assert_eq!(ranged.binds, [Placeholder::First, Placeholder::Last]);
    assert_eq!(run(reader.as_mut(), &ranged, &range(1, 2)), ["1|2|4.5"]);
}

#[test]
fn raw_sql_may_use_the_names_of_the_table_of_keys() {
    let file = File::new(
        "CREATE TABLE setting (owner INTEGER, tuples TEXT, value0 TEXT, number0 TEXT);
         INSERT INTO setting VALUES (1, 'colour', 'red', 'n'), (1, 'size', 'L', 'n')",
    );
    let mut spec = pass(table("setting", "setting", vec![on("owner", OnTarget::Key(0))]), &["setting.value0"]);
    spec.where_sql = Some("tuples = 'colour' AND value0 = 'red' AND number0 = 'n'".into());
    assert_eq!(run(file.reader().as_mut(), &keyed_pass(&spec, INT), &tuples(1, ints([1]))), ["0|red"]);
}

#[test]
fn placeholders_without_a_value_are_refused() {
    let file = File::new(SHOP);
    let mut reader = file.reader();
    for (condition, message) in [
        ("sku = :id", "`:id` has no value"),
        ("sku = ?", "`?` has no value"),
        ("sku = ?1", "`?` has no value"),
        ("sku = @x OR status = :today", "`@x` has no value"),
        ("missing = 1", "no such column: missing"),
    ] {
        let mut spec = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.sku"]);
        spec.where_sql = Some(condition.into());
        for statement in [keyed_pass(&spec, INT), SQLITE.range_pass(&spec, &range_of("product.id", "product", "id"))] {
            let error = try_run(reader.as_mut(), &statement, &tuples(1, ints([1]))).unwrap_err().to_string();
            assert!(error.contains(message), "{condition}: {error}");
        }
    }
}

#[test]
fn ranges_cover_all_keys_once() {
    let file = File::new(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE, nullable TEXT);
         INSERT INTO product (id, code, nullable) VALUES (-5, 'b', NULL), (1, 'A', NULL), (2, 'a', 'x'), (7, 'B', NULL),
             (9, 'c', 'y');
         CREATE TABLE empty (id INTEGER PRIMARY KEY)",
    );
    let mut reader = file.reader();
    let first = SQLITE.next_range("product", "id", 2, false);
    assert_eq!(run(reader.as_mut(), &first, &Values::default()), ["-5|1|2"]);
    let next = SQLITE.next_range("product", "id", 2, true);
    assert_eq!(next.binds, [Placeholder::After]);
    assert_eq!(run(reader.as_mut(), &next, &after(1)), ["2|7|2"]);
    assert_eq!(run(reader.as_mut(), &next, &after(7)), ["9|9|1"]);
    assert_eq!(run(reader.as_mut(), &next, &after(9)), ["NULL|NULL|0"]);
    let empty = SQLITE.next_range("main.empty", "id", 2, false);
    assert_eq!(run(reader.as_mut(), &empty, &Values::default()), ["NULL|NULL|0"]);
    // The column's own collation orders: a, A, b, B, c.
    let by_code = SQLITE.next_range("product", "code", 3, false);
    assert_eq!(run(reader.as_mut(), &by_code, &Values::default())[0].to_lowercase(), "a|b|3");
    let middle = SQLITE.middle_of_range("product", "id", 2);
    assert_eq!(run(reader.as_mut(), &middle, &range(-5, 9)), ["1", "2"]);
    assert_eq!(run(reader.as_mut(), &middle, &range(7, 9)), ["9"]);
    // Keys that are equal to the database belong to one part.
    let middle = SQLITE.middle_of_range("product", "code", 1);
    assert_eq!(run(reader.as_mut(), &middle, &range("a", "c")).join("|").to_lowercase(), "a|b");
    let nulls = SQLITE.next_range("product", "nullable", 2, false);
    assert_eq!(run(reader.as_mut(), &nulls, &Values::default()), ["x|y|2"]);
}

#[test]
fn no_pass_scans_or_sorts() {
    let file = File::new(SHOP);
    let lookup = pass(table("product", "p", vec![on("sku", OnTarget::Key(0))]), &["p.id"]);
    let root = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.sku"]);
    let mut filtered = root.clone();
    filtered.where_sql = Some("status = 'on'".into());
    for (statement, search) in [
        (keyed_pass(&images(), INT), "SEARCH img USING INDEX image_product (product_id=?)"),
        (keyed_pass(&categories(), INT), "SEARCH category_product USING "),
        (keyed_pass(&lookup, &[ColumnKind::Text]), "SEARCH p USING COVERING INDEX sqlite_autoindex_product_1 (sku=?)"),
        (keyed_pass(&root, INT), "SEARCH product USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            SQLITE.range_pass(&images(), &range_of("img.product_id", "product", "id")),
            "SEARCH img USING INDEX image_product (product_id>? AND product_id<?)",
        ),
        (
            SQLITE.range_pass(&categories(), &range_of("category_product.product_id", "product", "id")),
            "(product_id>? AND product_id<?)\nSEARCH category USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (
            SQLITE.range_pass(&filtered, &range_of("product.id", "product", "id")),
            "SEARCH product USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (SQLITE.next_range("product", "id", 5000, true), "SEARCH product USING INTEGER PRIMARY KEY (rowid>?)"),
        (SQLITE.next_range("product", "sku", 5000, false), "SEARCH product USING COVERING INDEX"),
    ] {
        let plan = plan(&file.path, &statement);
        assert!(plan.contains(search), "{}\n{plan}", statement.sql);
        let harmless = ["VIRTUAL TABLE", "feedmill$range", "CONSTANT ROW"];
        let mut scans = plan.lines().filter(|step| step.starts_with("SCAN"));
        let scans = scans.any(|step| !harmless.iter().any(|harmless| step.contains(harmless)));
        assert!(!scans && !plan.contains("TEMP B-TREE"), "{}\n{plan}", statement.sql);
    }
}

/// Without an index the rows are found by one made for the statement: a scan a batch, not a scan a key.
#[test]
fn a_column_without_an_index_costs_one_scan() {
    let file = File::new(SHOP);
    let spec = pass(table("product", "p", vec![on("brand_id", OnTarget::Key(0))]), &["p.id"]);
    let plan = plan(&file.path, &keyed_pass(&spec, INT));
    assert!(plan.contains("SEARCH p USING AUTOMATIC"), "{plan}");
}

/// A column that only names a scope has an index of its own in many schemas: reading by it would read the scope whole.
#[test]
fn values_of_a_column_are_filtered_within_the_rows_of_the_keys() {
    let file = File::new(
        "CREATE TABLE value (id INTEGER PRIMARY KEY, owner INTEGER, attribute INTEGER, store INTEGER, value TEXT);
         CREATE UNIQUE INDEX value_owner ON value (owner, attribute, store);
         CREATE INDEX value_attribute ON value (attribute);
         INSERT INTO value VALUES (1, 1, 7, 0, 'a'), (2, 1, 8, 0, 'b'), (3, 2, 9, 0, 'c'), (4, 2, 7, 0, 'd'), (5, 3, 7, 0, 'e')",
    );
    let mut reader = file.reader();
    let mut spec = pass(table("value", "v", vec![on("owner", OnTarget::Key(0))]), &["v.attribute", "v.value"]);
    let values = vec![Literal::Int(7), Literal::Int(9)];
    spec.within = vec![WithinSpec { column: "attribute".into(), values }];
    let keyed = keyed_pass(&spec, INT);
    assert_eq!(run(reader.as_mut(), &keyed, &tuples(1, ints([2, 1]))), ["0|7|d", "0|9|c", "1|7|a"]);
    let ranged = SQLITE.range_pass(&spec, &range_of("v.owner", "value", "owner"));
    assert_eq!(run(reader.as_mut(), &ranged, &range(1, 2)), ["1|7|a", "2|7|d", "2|9|c"]);
    assert!(plan(&file.path, &keyed).contains("USING INDEX value_owner (owner=?)"), "{}", plan(&file.path, &keyed));
    let plan_of_range = plan(&file.path, &ranged);
    assert!(plan_of_range.contains("USING INDEX value_owner (owner>? AND owner<?)"), "{plan_of_range}");

    // Without a key the values say which rows are wanted.
    let mut of_nobody = pass(table("value", "v", Vec::new()), &["v.value"]);
    of_nobody.within = vec![WithinSpec { column: "value".into(), values: vec![Literal::Text("d".into())] }];
    assert_eq!(run(reader.as_mut(), &keyed_pass(&of_nobody, INT), &tuples(1, ints([0]))), ["0|d"]);
    of_nobody.within[0] = WithinSpec { column: "attribute".into(), values: vec![Literal::Int(9)] };
    let seek = plan(&file.path, &keyed_pass(&of_nobody, INT));
    assert!(seek.contains("USING INDEX value_attribute (attribute=?)"), "{seek}");
}

#[test]
fn literals_do_not_choose_the_index_alone() {
    let file = File::new(
        "CREATE TABLE value (id INTEGER PRIMARY KEY, entity_id INT, attribute_id INT, store_id INT, type TEXT);
         CREATE INDEX value_entity ON value (entity_id);
         CREATE INDEX value_store ON value (store_id);
         CREATE INDEX value_type_entity ON value (type, entity_id);",
    );
    let pairs = |literal: OnSpec| {
        let spec = pass(table("value", "v", vec![on("entity_id", OnTarget::Key(0)), literal]), &["v.attribute_id"]);
        let keyed = keyed_pass(&spec, INT);
        let ranged = SQLITE.range_pass(&spec, &range_of("v.entity_id", "product", "id"));
        (plan(&file.path, &keyed), plan(&file.path, &ranged))
    };
    let (keyed, ranged) = pairs(on("store_id", OnTarget::Int(0)));
    assert!(keyed.contains("USING INDEX value_entity (entity_id=?)"), "{keyed}");
    assert!(ranged.contains("USING INDEX value_entity (entity_id>? AND entity_id<?)"), "{ranged}");
    assert!(!ranged.contains("TEMP B-TREE"), "{ranged}");
    // The literal leads an index that also has the key.
    file.write("DROP INDEX value_entity");
    let (keyed, ranged) = pairs(on("type", OnTarget::Text("x".into())));
    assert!(keyed.contains("USING INDEX value_type_entity (type=? AND entity_id=?)"), "{keyed}");
    assert!(ranged.contains("USING INDEX value_type_entity (type=? AND entity_id>? AND entity_id<?)"), "{ranged}");
}
