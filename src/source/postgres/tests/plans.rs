//! How the server means to run the passes, on tables large enough to matter.

use super::*;

const LARGE: &str = "
    CREATE TABLE product (id bigint PRIMARY KEY, sku text NOT NULL UNIQUE, brand_id int, status text);
    INSERT INTO product SELECT i, 'S' || i, i % 500, CASE WHEN i % 9 = 0 THEN 'draft' ELSE 'on' END FROM generate_series(1, 100000) AS i;
    CREATE INDEX product_status ON product (status);
    CREATE TABLE image (id bigserial PRIMARY KEY, product_id bigint, path text, disabled int DEFAULT 0);
    INSERT INTO image (product_id, path) SELECT i, 'p' || i FROM generate_series(1, 100000) AS i;
    CREATE INDEX image_product ON image (product_id); CREATE INDEX image_disabled ON image (disabled);
    CREATE TABLE category_product (product_id int, category_id int, PRIMARY KEY (product_id, category_id));
    INSERT INTO category_product SELECT i, i * 7 % 1000 FROM generate_series(1, 100000) AS i;
    CREATE INDEX category_product_category ON category_product (category_id);
    CREATE TABLE category (id int PRIMARY KEY, path text, active int);
    INSERT INTO category SELECT i, 'c' || i, 1 FROM generate_series(0, 999) AS i;
    CREATE TABLE value (id serial PRIMARY KEY, entity_id int, attribute_id smallint, store_id int, value varchar(255));
    INSERT INTO value (entity_id, attribute_id, store_id, value) SELECT i / 5, i % 5, 0, 'v' FROM generate_series(1, 100000) AS i;
    CREATE INDEX value_entity ON value (entity_id); CREATE INDEX value_store ON value (store_id); CREATE INDEX value_attribute ON value (attribute_id);
    CREATE TABLE account (code char(8) PRIMARY KEY, mail varchar(90) UNIQUE, ref uuid UNIQUE, amount numeric(12,2));
    INSERT INTO account SELECT i, i || '@example.org', gen_random_uuid(), i FROM generate_series(1, 100000) AS i;
    CREATE INDEX account_amount ON account (amount);
    ANALYZE;
";

/// The plan of a statement for these values, a line a step, as the source's own connection makes it.
fn plan(reader: &mut dyn SourceReader, statement: &Statement, values: &Values) -> String {
    let explained = Statement { sql: format!("EXPLAIN (COSTS OFF) {}", statement.sql), binds: statement.binds.clone() };
    run(reader, &explained, values).join("\n")
}

#[test]
fn of_large_tables_as_little_is_read_as_can_be() {
    let database = Database::new(LARGE);
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    keys_and_ranges_are_read_by_their_index(reader.as_mut(), &catalog);
    a_column_without_an_index_costs_one_scan(reader.as_mut(), &catalog);
    joins_keep_their_order(reader.as_mut(), &catalog);
}

fn keys_and_ranges_are_read_by_their_index(reader: &mut dyn SourceReader, catalog: &Catalog) {
    let of = |table: &str, name: &str| column_of(catalog, table, name);

    let mut images = pass(table("image", "img", vec![on("product_id", OnTarget::Key(0))]), &["img.path"]);
    images.where_sql = Some("disabled = 0".into());
    let mut categories =
        pass(table("category_product", "cp", vec![on("product_id", OnTarget::Key(0))]), &["category.path"]);
    categories.joins =
        vec![join(table("category", "category", vec![on("id", OnTarget::Column(column("cp.category_id")))]))];
    let mut root = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.sku", "product.id"]);
    root.where_sql = Some("product.status <> 'draft'".into());
    let values = pass(
        table("value", "v", vec![on("entity_id", OnTarget::Key(0)), on("store_id", OnTarget::Int(0))]),
        &["v.attribute_id", "v.value"],
    );
    let rating = query(
        "SELECT product_id, count(*) AS n FROM image WHERE product_id IN (:keys) GROUP BY product_id",
        "rating",
        vec![on("product_id", OnTarget::Key(0))],
    );
    let rating = pass(rating, &["rating.n"]);
    let by = |name: &str| pass(table("account", "a", vec![on(name, OnTarget::Key(0))]), &["a.mail"]);
    let sku = pass(table("product", "p", vec![on("sku", OnTarget::Key(0))]), &["p.id"]);

    let few: Vec<KeyValue<'static>> = ints([5, 70_000, 12]);
    let many: Vec<KeyValue<'static>> = ints((0..2_000).map(|i| i * 37));
    for (spec, compared, index) in [
        (&images, of("image", "product_id"), "Index Scan using image_product on image img"),
        (&categories, of("category_product", "product_id"), "using category_product_pkey on category_product cp"),
        (&root, of("product", "id"), "Index Scan using product_pkey on product"),
        (&values, of("value", "entity_id"), "value_entity"),
        (&rating, of("image", "product_id"), "using image_product on image"),
        (&by("code"), of("account", "code"), "account_pkey"),
        (&by("mail"), of("account", "mail"), "account_mail_key"),
        (&by("ref"), of("account", "ref"), "account_ref_key"),
        (&by("amount"), of("account", "amount"), "account_amount"),
        (&sku, of("product", "sku"), "product_sku_key"),
    ] {
        let statement = keyed_pass(spec, &[compared]);
        for keys in [&few, &many] {
            let plan = plan(reader, &statement, &tuples(1, keys.clone()));
            assert!(plan.contains(index), "{} keys of {}\n{plan}", keys.len(), statement.sql);
            let scans = plan.lines().filter(|line| line.contains("Seq Scan") && !line.contains("on category"));
            assert_eq!(scans.count(), 0, "{}\n{plan}", statement.sql);
        }
    }
    for (spec, column, index) in [
        (&images, "img.product_id", "image_product"),
        (&categories, "cp.product_id", "category_product_pkey"),
        (&root, "product.id", "product_pkey"),
        (&values, "v.entity_id", "value_entity"),
        (&rating, "rating.product_id", "image_product"),
    ] {
        let statement = POSTGRES.range_pass(spec, &range_of(column, "product", "id"));
        let plan = plan(reader, &statement, &range(1_000, 4_000));
        assert!(plan.contains(index), "{}\n{plan}", statement.sql);
        let scans = plan.lines().filter(|line| line.contains("Seq Scan") && !line.contains("on category"));
        assert_eq!(scans.count(), 0, "{}\n{plan}", statement.sql);
    }
    let next = plan(reader, &POSTGRES.next_range("product", "id", 5_000, true), &after(20_000));
    assert!(next.contains("Index Only Scan using product_pkey"), "{next}");
    let next = plan(reader, &POSTGRES.next_range("product", "sku", 5_000, false), &Values::default());
    assert!(next.contains("Index Only Scan using product_sku_key"), "{next}");
}

/// Without an index each batch costs a scan, not each key.
fn a_column_without_an_index_costs_one_scan(reader: &mut dyn SourceReader, catalog: &Catalog) {
    let spec = pass(table("product", "p", vec![on("brand_id", OnTarget::Key(0))]), &["p.id"]);
    let statement = keyed_pass(&spec, &[column_of(catalog, "product", "brand_id")]);
    let plan = plan(reader, &statement, &tuples(1, ints(0..300)));
    assert!(plan.contains("Hash Join") && plan.matches("Seq Scan on product p").count() == 1, "{plan}");
}

/// The keys drive the joins in the order they are written.
fn joins_keep_their_order(reader: &mut dyn SourceReader, catalog: &Catalog) {
    let mut spec = pass(table("category_product", "cp", vec![on("product_id", OnTarget::Key(0))]), &["v.value"]);
    spec.joins = vec![
        join(table("category", "category", vec![on("id", OnTarget::Column(column("cp.category_id")))])),
        join(table(
            "value",
            "v",
            vec![on("entity_id", OnTarget::Column(column("category.id"))), on("attribute_id", OnTarget::Int(1))],
        )),
    ];
    let statement = keyed_pass(&spec, &[column_of(catalog, "category_product", "product_id")]);
    let plan = plan(reader, &statement, &tuples(1, ints(1..50)));
    let places = ["on category_product cp", "on category", "on value v"].map(|table| plan.find(table).unwrap());
    assert!(places.is_sorted(), "{plan}");
}

#[test]
fn a_large_lookup_is_held_for_a_full_run() {
    let database = Database::new(
        "CREATE TABLE label (id int PRIMARY KEY, code text NOT NULL UNIQUE, name text);
         INSERT INTO label SELECT i, 'c' || i, 'n' || i FROM generate_series(1, 20001) AS i;
         CREATE TABLE thing (id int PRIMARY KEY, label_id int, label_code text);",
    );
    assert_labels_are_held(&database.source());
}
