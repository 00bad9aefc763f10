//! What the catalog says of tables, views and queries.

use super::*;
use crate::source::catalog::{ColumnKind, ForeignKey, Table};

/// `name Kind`, with `?` where it may be null and `=` where it is exact.
fn columns(columns: &[Column]) -> Vec<String> {
    let shown = columns.iter().map(|column| {
        let nullable = if column.nullable { "?" } else { "" };
        let exact = if column.exact { "=" } else { "" };
        format!("{} {:?}{nullable}{exact}", column.name, column.kind)
    });
    shown.collect()
}

fn unique(table: &Table) -> Vec<Vec<usize>> {
    let mut unique = table.unique.clone();
    unique.sort();
    unique
}

#[test]
fn columns_keys_and_uniqueness() {
    let database = Database::new(
        "CREATE TABLE brand (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
         CREATE TABLE product (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku varchar(20) NOT NULL UNIQUE, price numeric(10,2), weight real,
             on_sale boolean, made date, changed timestamp(3), seen timestamptz, opens time, raw bytea, extra jsonb, ref uuid UNIQUE,
             tags text[], flags bit(8), wide bit(64), address inet, twice bigint GENERATED ALWAYS AS (weight * 2) STORED, a int, b int,
             brand_id int REFERENCES brand, FOREIGN KEY (b, a) REFERENCES brand (b, a));
         CREATE UNIQUE INDEX pair ON product (b, a) INCLUDE (sku);
         CREATE UNIQUE INDEX part ON product (a) WHERE b > 0;
         CREATE UNIQUE INDEX expr ON product ((a + b));
         CREATE INDEX plain ON product (made);
         ALTER TABLE product ADD COLUMN gone int; ALTER TABLE product DROP COLUMN gone; ALTER TABLE product ADD COLUMN late int",
    );
    let catalog = database.catalog();
    let product = &catalog.tables["product"];
    assert_eq!(
        columns(&product.columns).join(", "),
        "id Integer=, sku Text=, price Decimal?, weight Float?, on_sale Boolean?, made Date?, changed DateTime?, \
         seen DateTimeZoned?, opens Time?, raw Binary?, extra Json?, ref Uuid?=, tags Json?, flags Integer?=, wide Decimal?, \
         address Dynamic?, twice Integer?=, a Integer?=, b Integer?=, brand_id Integer?=, late Integer?="
    );
    let declared: Vec<&str> = product.columns.iter().map(|column| column.declared.as_str()).collect();
    assert_eq!(declared[..3], ["bigint", "character varying(20)", "numeric(10,2)"]);
    assert_eq!((product.columns[2].scale, product.columns[3].scale), (Some(2), None));
    assert_eq!((product.primary_key.as_slice(), unique(product)), (&[0][..], vec![vec![1], vec![11], vec![18, 17]]));
    let key = |columns: Vec<usize>, referenced: &[&str]| ForeignKey {
        columns,
        table: "brand".to_owned(),
        referenced: referenced.iter().map(|&name| name.to_owned()).collect(),
    };
    let mut keys = product.foreign_keys.clone();
    keys.sort_by_key(|key| key.columns.clone());
    assert_eq!(keys, [key(vec![18, 17], &["b", "a"]), key(vec![19], &["id"])]);
}

#[test]
fn domains_enums_and_extensions() {
    let mut database = Database::new("CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext");
    database.write(
        "CREATE TYPE \"Mood\" AS ENUM ('sad'); CREATE DOMAIN price AS numeric(9,2) NOT NULL; CREATE DOMAIN net AS price;
         CREATE DOMAIN label AS varchar(30) COLLATE \"C\"; CREATE TYPE pair AS (a int);
         CREATE TABLE t (id int PRIMARY KEY, m \"Mood\" NOT NULL, p net, l label, c ext.citext, x pair, n name, q \"char\", z char(3))",
    );
    let catalog = database.catalog();
    let t = &catalog.tables["t"];
    assert_eq!(
        columns(&t.columns),
        ["id Integer=", "m Text", "p Decimal", "l Text?=", "c Text?", "x Dynamic?", "n Text?=", "q Text?", "z Text?="]
    );
    let declared: Vec<&str> = t.columns.iter().map(|column| column.declared.as_str()).collect();
    assert_eq!(
        declared,
        [
            "integer",
            "\"Mood\"",
            "numeric(9,2)",
            "character varying(30)",
            "ext.citext",
            "pair",
            "name",
            "\"char\"",
            "character(3)"
        ]
    );
    assert_eq!(t.columns[2].scale, Some(2));
    let spec = pass(table("t", "t", vec![on("c", OnTarget::Key(0)), on("m", OnTarget::Key(1))]), &["t.id"]);
    database.write("INSERT INTO t (id, m, p, c) VALUES (1, 'sad', 1, 'Ab')");
    let statement = keyed_pass(&spec, &[&t.columns[4], &t.columns[1]]);
    // The schema of the extension is not in the path, and neither is its operator.
    let found = run(database.reader().as_mut(), &statement, &tuples(2, [text("Ab"), text("sad")]));
    assert_eq!(found, ["0|1"]);
}

#[test]
fn relations_of_every_kind_and_schema() {
    let mut database = Database::new(
        "CREATE TABLE product (id int PRIMARY KEY, sku text);
         CREATE VIEW shown AS SELECT id, sku, id + 1 AS more FROM product;
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM product; CREATE UNIQUE INDEX ON kept (id);
         CREATE TABLE log (day date, id int, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
         CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE SCHEMA sales; CREATE TABLE sales.product (id int PRIMARY KEY); CREATE TABLE sales.\"Odd.Name\" (\"Mixed Case\" int);
         CREATE TEMPORARY TABLE scratch (id int)",
    );
    let catalog = database.catalog();
    assert_eq!(
        catalog.tables.keys().collect::<Vec<_>>(),
        ["kept", "log", "log_2026", "product", "sales.\"Odd.Name\"", "sales.product", "shown"]
    );
    assert_eq!(columns(&catalog.tables["shown"].columns), ["id Integer?=", "sku Text?=", "more Integer?="]);
    assert!(catalog.tables["shown"].is_view && catalog.tables["kept"].is_view && !catalog.tables["log"].is_view);
    assert_eq!(catalog.tables["kept"].unique, [vec![0]]);
    assert_eq!(catalog.tables["log"].primary_key, [0, 1]);
    for (name, found) in [
        ("PRODUCT", Some("product")),
        ("public.product", Some("product")),
        ("public.Product", Some("product")),
        ("sales.product", Some("sales.product")),
        ("sales.\"Odd.Name\"", Some("sales.\"Odd.Name\"")),
        ("sales.none", None),
        ("public.none", None),
    ] {
        assert_eq!(catalog.table(name).map(|table| table.name.as_str()), found, "{name}");
    }
    let spec = pass(table("sales.\"Odd.Name\"", "o", vec![on("Mixed Case", OnTarget::Key(0))]), &["o.Mixed Case"]);
    database.write("INSERT INTO sales.\"Odd.Name\" VALUES (7)");
    let statement = keyed_pass(&spec, &[&catalog.tables["sales.\"Odd.Name\""].columns[0]]);
    assert_eq!(run(database.reader().as_mut(), &statement, &tuples(1, ints([7]))), ["0|7"]);
    // Another path makes other names bare.
    let name = database.url.database.clone();
    database.write(&format!("ALTER DATABASE {name} SET search_path = sales"));
    let catalog = database.catalog();
    assert!(catalog.tables.contains_key("public.product") && catalog.tables.contains_key("product"));
    assert_eq!(catalog.table("product").unwrap().columns.len(), 1);
}

#[test]
fn texts_are_exact_where_they_are_ordered_by_bytes() {
    let sql = "CREATE COLLATION german (provider = icu, locale = 'de'); CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (plain text, c text COLLATE \"C\", u text COLLATE \"ucs_basic\", g text COLLATE german, n text COLLATE nocase UNIQUE);
        CREATE UNIQUE INDEX finer ON t (n COLLATE \"C\"); CREATE UNIQUE INDEX other ON t (plain COLLATE german)";
    let by_bytes = Database::new(sql).catalog();
    let t = &by_bytes.tables["t"];
    assert_eq!(columns(&t.columns), ["plain Text?=", "c Text?=", "u Text?=", "g Text?", "n Text?"]);
    // Of `n` only the index that finds as much alike as the column does.
    assert_eq!(unique(t), [vec![0], vec![4]]);
    let by_language =
        Database::with("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8' ENCODING 'UTF8'", sql)
            .catalog();
    assert_eq!(columns(&by_language.tables["t"].columns)[..2], ["plain Text?", "c Text?="]);
    let by_pages =
        Database::with("TEMPLATE template0 ENCODING 'WIN1252' LOCALE 'C'", "CREATE TABLE t (c text COLLATE \"C\")")
            .catalog();
    assert_eq!(columns(&by_pages.tables["t"].columns), ["c Text?"]);
}

#[test]
fn describes_queries_without_running_them() {
    let database = Database::new(
        "CREATE TABLE review (id int PRIMARY KEY, product_id bigint NOT NULL, stars numeric(3,1), day date, note varchar(9), mood int[]);
         CREATE FUNCTION never() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''it ran''; END'",
    );
    let mut reader = database.reader();
    let mut described = |sql: &str| Ok::<_, SourceError>(columns(&reader.describe(sql)?).join(", "));
    for (sql, expected) in [
        (
            "SELECT product_id, COUNT(*) AS n, max(day), day, stars FROM review WHERE product_id IN (:keys) AND day < :today
             GROUP BY product_id, day, stars; -- done",
            "product_id Integer?=, n Integer?=, max Date?, day Date?, stars Decimal?",
        ),
        ("WITH a AS (SELECT id, note, mood FROM review) SELECT * FROM a", "id Integer?=, note Text?=, mood Json?"),
        ("SELECT never() AS b, NULL AS c, :today::date AS d, '{}'::jsonb ? 'x' AS e", "b Integer?=, c Text?, d Date?, e Boolean?"),
    ] {
        assert_eq!(described(sql).unwrap(), expected, "{sql}");
    }
    let kept = reader.describe("SELECT stars, stars * 2 AS more FROM review").unwrap();
    assert_eq!(
        (kept[0].declared.as_str(), kept[0].scale, kept[1].declared.as_str()),
        ("numeric(3,1)", Some(1), "numeric")
    );
    assert_eq!(kept[0].kind, ColumnKind::Decimal);
    for (sql, message) in [
        ("SELECT missing FROM review", "column \"missing\" does not exist"),
        ("SELECT * FROM nowhere", "relation \"nowhere\" does not exist"),
        ("SELECT * FORM review", "syntax error"),
        ("DELETE FROM review RETURNING id", "syntax error"),
        ("WITH x AS (DELETE FROM review RETURNING id) SELECT * FROM x", "data-modifying"),
        ("SELECT 1; SELECT 2", "second statement"),
        ("SELECT id FROM review WHERE id = :keys", "only in `IN (:keys)`"),
        ("SELECT id FROM review WHERE id = $1", "`$1` has no value"),
        ("SELECT 1) AS x; DROP TABLE review; --", "closes none"),
        ("", "there is no SQL"),
    ] {
        match reader.describe(sql).unwrap_err() {
            SourceError::Query { sql: said, message: found } => {
                assert_eq!(said, sql);
                assert!(found.contains(message), "{sql}: {found}");
            }
            error => panic!("{sql}: {error:?}"),
        }
    }
}
