//! Keyed and range passes: what they give.

use super::*;
use crate::source::sql::Placeholder;

const SHOP: &str = "
    CREATE SCHEMA sales;
    CREATE TABLE product (id bigint PRIMARY KEY, sku text UNIQUE, status text, brand_id int, \"odd \"\"Name\" text, tags jsonb, made date);
    CREATE TABLE sales.\"Brand\" (id int PRIMARY KEY, name text);
    CREATE TABLE image (id serial PRIMARY KEY, product_id int, path text, disabled int DEFAULT 0);
    CREATE TABLE category_product (product_id int, category_id int, PRIMARY KEY (product_id, category_id));
    CREATE TABLE category (id int PRIMARY KEY, path text, active boolean);
    CREATE TABLE store (id int PRIMARY KEY, code text, active boolean);
    CREATE TABLE review (id int PRIMARY KEY, product_id bigint, stars numeric(3,1));
    INSERT INTO product VALUES (1, 'A', 'on', 1, 'x', '{\"new\": 1}', '2026-11-19'), (2, 'B', 'draft', 9, 'y', NULL, NULL),
        (3, 'C', 'on', NULL, 'z', '{}', '2026-11-20'), (9, 'I', 'on', 2, '', '{\"new\": 0}', '2026-11-21');
    INSERT INTO sales.\"Brand\" VALUES (1, 'Acme'), (2, 'Zeta');
    INSERT INTO image (product_id, path, disabled) VALUES (3, 'c.jpg', 0), (1, 'a.jpg', 0), (1, 'a2.jpg', 1), (1, 'a3.jpg', 0), (77, 'lost', 0);
    INSERT INTO category VALUES (1, 'one', true), (2, 'two', false), (3, 'three', true);
    INSERT INTO category_product VALUES (1, 1), (1, 2), (3, 3), (9, 2);
    INSERT INTO store VALUES (1, 'de', true), (2, 'fr', true), (3, 'old', false);
    INSERT INTO review VALUES (1, 1, 4), (2, 1, 5), (3, 3, 1);
";

struct Shop {
    _database: Database,
    reader: Box<dyn SourceReader>,
    catalog: Catalog,
}

impl Shop {
    fn new() -> Self {
        let database = Database::new(SHOP);
        let mut reader = database.reader();
        let catalog = reader.catalog().unwrap();
        Shop { _database: database, reader, catalog }
    }

    /// Sorted, as no order is asked for within a tuple or key.
    fn keyed(&mut self, spec: &PassSpec, compared: (&str, &str), keys: impl IntoIterator<Item = i64>) -> Vec<String> {
        let column = column_of(&self.catalog, compared.0, compared.1);
        sorted(run(self.reader.as_mut(), &keyed_pass(spec, &[column]), &tuples(1, ints(keys))))
    }

    fn ranged(&mut self, spec: &PassSpec, column: &str, first: i64, last: i64) -> Vec<String> {
        let ranged = POSTGRES.range_pass(spec, &range_of(column, "product", "id"));
        sorted(run(self.reader.as_mut(), &ranged, &range(first, last)))
    }
}

/// Checks that the first cells ascend before.
fn sorted(mut rows: Vec<String>) -> Vec<String> {
    let first = |row: &String| row.split('|').next().unwrap().parse::<i64>().unwrap();
    assert!(rows.is_sorted_by_key(first), "{rows:?}");
    rows.sort();
    rows
}

fn images() -> PassSpec {
    let mut spec = pass(table("image", "img", vec![on("product_id", OnTarget::Key(0))]), &["img.path"]);
    spec.where_sql = Some("disabled = 0 -- not shown".into());
    spec
}

fn categories() -> PassSpec {
    let mut spec = pass(table("category_product", "cp", vec![on("product_id", OnTarget::Key(0))]), &["category.path"]);
    let mut category = join(table("category", "category", vec![on("id", OnTarget::Column(column("cp.category_id")))]));
    category.where_sql = Some("category.active".into());
    spec.joins = vec![category];
    spec
}

#[test]
fn a_keyed_pass_groups_by_tuple() {
    let mut shop = Shop::new();
    let keys = [9, 1, 3, 1, 4];
    let of = ("image", "product_id");
    assert_eq!(shop.keyed(&images(), of, keys), ["1|a.jpg", "1|a3.jpg", "2|c.jpg", "3|a.jpg", "3|a3.jpg"]);
    let of = ("category_product", "product_id");
    assert_eq!(shop.keyed(&categories(), of, keys), ["1|one", "2|three", "3|one"]);
    assert_eq!(shop.keyed(&categories(), of, []), [""; 0]);
}

#[test]
fn a_range_pass_gives_the_keys_in_order() {
    let mut shop = Shop::new();
    assert_eq!(shop.ranged(&images(), "img.product_id", 1, 3), ["1|a.jpg", "1|a3.jpg", "3|c.jpg"]);
    assert_eq!(shop.ranged(&categories(), "cp.product_id", 1, 9), ["1|one", "3|three"]);
}

#[test]
fn the_root_joins_its_stores_and_optional_tables() {
    let mut shop = Shop::new();
    let mut root = pass(
        table("product", "product", vec![on("id", OnTarget::Key(0))]),
        &["product.sku", "store.code", "Brand.name", "product.odd \"Name"],
    );
    root.where_sql = Some("product.status <> 'draft' AND :today > '2026-11-19'".into());
    let mut stores = join(table("store", "store", vec![on("active", OnTarget::Int(1))]));
    stores.where_sql = Some("store.code <> 'x' -- shops;\n;".into());
    let mut brand = join(table("sales.Brand", "Brand", vec![on("id", OnTarget::Column(column("product.brand_id")))]));
    brand.optional = true;
    brand.where_sql = Some("\"Brand\".name <> 'Zeta'".into());
    root.joins = vec![stores, brand];
    assert_eq!(
        shop.ranged(&root, "product.id", 1, 9),
        ["1|A|de|Acme|x", "1|A|fr|Acme|x", "3|C|de|NULL|z", "3|C|fr|NULL|z", "9|I|de|NULL|", "9|I|fr|NULL|"]
    );
    assert_eq!(
        shop.keyed(&root, ("product", "id"), [9, 2, 1]),
        ["0|I|de|NULL|", "0|I|fr|NULL|", "2|A|de|Acme|x", "2|A|fr|Acme|x"]
    );
}

#[test]
fn a_query_stands_for_a_table() {
    let mut shop = Shop::new();
    let rating = "WITH seen AS (SELECT * FROM review WHERE product_id IN (:keys))
        SELECT product_id, COUNT(*) AS reviews, AVG(stars)::numeric(3,1) AS stars FROM seen GROUP BY product_id; -- per product";
    let described = shop.reader.describe(rating).unwrap();
    let spec =
        pass(query(rating, "rating", vec![on("product_id", OnTarget::Key(0))]), &["rating.reviews", "rating.stars"]);
    let keyed = keyed_pass(&spec, &[&described[0]]);
    // One array for both places.
    assert_eq!(keyed.binds, [Placeholder::Component(0)]);
    assert_eq!(run(shop.reader.as_mut(), &keyed, &tuples(1, ints([3, 1, 2]))), ["0|1|1.0", "1|2|4.5"]);
    assert_eq!(shop.ranged(&spec, "rating.product_id", 1, 2), ["1|2|4.5"]);
}

#[test]
fn raw_sql_may_use_what_postgres_has() {
    let mut shop = Shop::new();
    let mut ids = |condition: &str| {
        let mut spec = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.id"]);
        spec.where_sql = Some(condition.into());
        let keyed = shop.keyed(&spec, ("product", "id"), [1, 2, 3, 9]);
        let keyed: Vec<&str> = keyed.iter().map(|row| row.split('|').nth(1).unwrap()).collect();
        let ranged = shop.ranged(&spec, "product.id", 1, 9);
        let ranged: Vec<&str> = ranged.iter().map(|row| row.split('|').nth(1).unwrap()).collect();
        assert_eq!(keyed, ranged, "{condition}");
        keyed.join(" ")
    };
    for (condition, expected) in [
        ("tags ? 'new'", "1 9"),
        ("tags ?| ARRAY['new', 'x'] AND (tags->>'new')::int = 1", "1"),
        ("sku = $$A$$ OR sku = $t$:today IN (:keys)$t$", "1"),
        ("sku = E'\\x41' OR sku = E'\\' :today'", "1"),
        ("sku LIKE 'A' /* /* :x */ ' */", "1"),
        ("id = ANY (ARRAY[1, 3]) AND (ARRAY[1,2,3])[1:2] = ARRAY[1,2]", "1 3"),
        // The run's date is 2026-11-20, beside a date, a date-time and a text, and in a sum.
        ("made = :today", "3"),
        ("made <= :today AND made::timestamptz < :today", "1"),
        ("made::text >= :today AND made::text <> :today", "9"),
        ("made > :today - 1 AND made - :today < 1", "3"),
        ("made > :today - interval '25 hours' AND made < :today::date", "1"),
        ("coalesce(made, :today) = :today", "2 3"),
        (":today BETWEEN made AND made + 1", "1 3"),
        ("id IN (:keys) AND id > 2", "3 9"),
    ] {
        assert_eq!(ids(condition), expected, "{condition}");
    }
}

#[test]
fn placeholders_without_a_value_are_refused() {
    let mut shop = Shop::new();
    let id = column_of(&shop.catalog, "product", "id");
    for (condition, message) in [
        ("sku = $1", "`$1` has no value: the placeholders are `:keys`"),
        ("id = $2 OR made = :today", "`$2` has no value"),
        ("sku = :id", "syntax error at or near \":\""),
        ("missing = 1", "column \"missing\" does not exist"),
        ("sku = 1", "operator does not exist: text = integer"),
        ("made = :today::interval", "operator does not exist: date = interval"),
        ("justify_days(:today) > justify_days(:today)", "a value stands where the database takes interval"),
    ] {
        let mut spec = pass(table("product", "product", vec![on("id", OnTarget::Key(0))]), &["product.sku"]);
        spec.where_sql = Some(condition.into());
        for statement in
            [keyed_pass(&spec, &[id]), POSTGRES.range_pass(&spec, &range_of("product.id", "product", "id"))]
        {
            match shop.reader.check(&statement.sql).unwrap_err() {
                SourceError::Query { message: said, .. } => assert!(said.contains(message), "{condition}: {said}"),
                other => panic!("{condition}: {other:?}"),
            }
        }
    }
    let mut rows = RowSet::default();
    assert!(shop.reader.read("SELECT $1::int", &[], &mut rows).is_err());
}

/// Statements are prepared once, and on a connection that is new once more.
#[test]
fn a_statement_is_prepared_once() {
    let mut shop = Shop::new();
    for _ in 0..3 {
        shop.keyed(&images(), ("image", "product_id"), [1]);
    }
    let held = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%img%' AND statement NOT LIKE '%pg_prepared%'";
    assert_eq!(read(shop.reader.as_mut(), held), ["1"]);
}
