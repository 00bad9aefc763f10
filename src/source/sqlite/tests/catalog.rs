//! What the catalog says of tables, views and queries.

use super::*;
use crate::source::catalog::{Catalog, Table};

fn catalog(sql: &str) -> Catalog {
    File::new(sql).reader().catalog().unwrap()
}

/// `name Kind`, with `?` where it may be null and `=` where it is exact.
fn columns(table: &Table) -> Vec<String> {
    let shown = table.columns.iter().map(|column| {
        let nullable = if column.nullable { "?" } else { "" };
        let exact = if column.exact { "=" } else { "" };
        format!("{} {:?}{nullable}{exact}", column.name, column.kind)
    });
    shown.collect()
}

#[test]
fn columns_keys_and_uniqueness() {
    let catalog = catalog(
        "CREATE TABLE product (
             id INTEGER PRIMARY KEY, sku VARCHAR(20) NOT NULL UNIQUE, code TEXT COLLATE NOCASE UNIQUE, price DECIMAL(10,2),
             free, twice INT GENERATED ALWAYS AS (id * 2) STORED, half REAL AS (id / 2.0) VIRTUAL, a INT, b INT, c STRING);
         CREATE UNIQUE INDEX pair ON product (b, a);
         CREATE UNIQUE INDEX part ON product (a) WHERE b > 0;
         CREATE UNIQUE INDEX expr ON product (a + b);
         CREATE UNIQUE INDEX finer ON product (code COLLATE BINARY);
         CREATE UNIQUE INDEX coarser ON product (sku COLLATE NOCASE);
         CREATE TABLE link (b TEXT, a INT, n, PRIMARY KEY (a, b)) WITHOUT ROWID;
         CREATE TABLE loose (code TEXT PRIMARY KEY);
         CREATE TABLE strict (id INT PRIMARY KEY, x ANY) STRICT;
         CREATE TABLE \"odd 'table\" (\"a \"\"column\" DATETIME)",
    );
    assert_eq!(catalog.tables.keys().collect::<Vec<_>>(), ["link", "loose", "odd 'table", "product", "strict"]);
    let product = &catalog.tables["product"];
    assert_eq!(
        columns(product),
        [
            "id Integer=",
            "sku Text=",
            "code Text?",
            "price Decimal?",
            "free Dynamic?",
            "twice Integer?=",
            "half Float?",
            "a Integer?=",
            "b Integer?=",
            "c Text?"
        ]
    );
    assert_eq!(product.primary_key, [0]);
    let mut unique = product.unique.clone();
    unique.sort();
    assert_eq!(unique, [vec![1], vec![1], vec![2], vec![8, 7]]);
    let link = &catalog.tables["link"];
    assert_eq!(
        (columns(link), link.primary_key.as_slice()),
        (vec!["b Text=".into(), "a Integer=".into(), "n Dynamic?".into()], &[1, 0][..])
    );
    // SQLite lets a primary key that is not the rowid be null.
    assert_eq!(columns(&catalog.tables["loose"]), ["code Text?="]);
    assert_eq!(columns(&catalog.tables["strict"]), ["id Integer=", "x Dynamic?"]);
    assert_eq!(columns(&catalog.tables["odd 'table"]), ["a \"column DateTime?"]);
}

#[test]
fn foreign_keys_lead_to_tables_that_are_there() {
    let catalog = catalog(
        "CREATE TABLE Brand (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
         CREATE TABLE pair (a INT, b INT, PRIMARY KEY (b, a));
         CREATE TABLE product (
             id INTEGER PRIMARY KEY, parent INT REFERENCES product, brand INT REFERENCES brand, code TEXT, x INT, y INT,
             gone INT REFERENCES nowhere (id), lost INT REFERENCES brand (missing),
             FOREIGN KEY (Code) REFERENCES \"BRAND\" (CODE), FOREIGN KEY (x, y) REFERENCES pair (a, b),
             FOREIGN KEY (x, y) REFERENCES pair, FOREIGN KEY (x) REFERENCES pair)",
    );
    let product = &catalog.tables["product"];
    let keys = product.foreign_keys.iter().map(|key| {
        let columns: Vec<&str> = key.columns.iter().map(|column| product.columns[*column].name.as_str()).collect();
        format!("{} -> {}({})", columns.join(","), key.table, key.referenced.join(","))
    });
    assert_eq!(
        keys.collect::<Vec<_>>(),
        [
            "parent -> product(id)",
            "brand -> Brand(id)",
            "code -> Brand(code)",
            "x,y -> pair(a,b)",
            // The primary key's own order.
            "x,y -> pair(b,a)",
        ]
    );
}

#[test]
fn views_know_the_columns_they_show() {
    let catalog = catalog(
        "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, made DATE, raw BLOB);
         CREATE VIEW shown AS SELECT id, sku, made, raw, id + 1 AS sum, sku || 'x' AS both, 'text' AS t FROM product;
         CREATE VIEW outer_view AS SELECT id AS n, made FROM shown;
         CREATE VIEW mixed AS SELECT sku AS id FROM product UNION ALL SELECT id FROM product;
         CREATE VIEW over_mixed AS SELECT id FROM \"Mixed\";
         CREATE VIEW broken AS SELECT * FROM gone",
    );
    let shown = &catalog.tables["shown"];
    assert!(shown.is_view && shown.primary_key.is_empty());
    assert_eq!(
        columns(shown),
        ["id Integer?=", "sku Text?", "made Date?", "raw Binary?", "sum Dynamic?", "both Dynamic?", "t Dynamic?"]
    );
    assert_eq!(columns(&catalog.tables["outer_view"]), ["n Integer?=", "made Date?"]);
    // The last part of a UNION declares its columns.
    assert_eq!(columns(&catalog.tables["mixed"]), ["id Integer?"]);
    assert_eq!(columns(&catalog.tables["over_mixed"]), ["id Integer?"]);
    assert!(!catalog.tables.contains_key("broken"));
}

#[test]
fn an_unknown_collation_is_not_exact_and_says_so_when_used() {
    let file = File::new("CREATE TABLE plain (x)");
    let connection = Connection::open(&file.path).unwrap();
    // Declared by an application that brings its own collation; only the schema's text is needed here.
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
             SELECT 'table', 'custom', 'custom', rootpage, 'CREATE TABLE custom (k TEXT COLLATE GERMAN)' FROM sqlite_schema;
             DELETE FROM sqlite_schema WHERE name = 'plain';",
        )
        .unwrap();
    drop(connection);
    let mut reader = file.reader();
    assert_eq!(columns(&reader.catalog().unwrap().tables["custom"]), ["k Text?"]);
    let spec = pass(table("custom", "c", vec![on("k", OnTarget::Key(0))]), &["c.k"]);
    let statement = keyed_pass(&spec, &[ColumnKind::Text]);
    let error = try_run(reader.as_mut(), &statement, &tuples(1, [text("a")])).unwrap_err();
    let SourceError::Query { message, .. } = error else { panic!("{error:?}") };
    assert!(message.starts_with("no such collation sequence: GERMAN: a collation that an application"), "{message}");
}

#[test]
fn text_of_a_utf_16_database_is_not_ordered_by_utf_8_bytes() {
    let file = File::new("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a TEXT, b INT); INSERT INTO t VALUES ('é', 1)");
    let mut reader = file.reader();
    assert_eq!(columns(&reader.catalog().unwrap().tables["t"]), ["a Text?", "b Integer?="]);
    let spec = pass(table("t", "t", vec![on("a", OnTarget::Key(0))]), &["t.a"]);
    assert_eq!(run(reader.as_mut(), &keyed_pass(&spec, &[ColumnKind::Text]), &tuples(1, [text("é")])), ["0|é"]);
}

#[test]
fn names_that_are_not_utf_8_are_left_out() {
    let file = File::new("CREATE TABLE good (x INT); CREATE VIEW v AS SELECT 1 AS one");
    let connection = Connection::open(&file.path).unwrap();
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
             SELECT 'table', 'bad', 'bad', rootpage, CAST(x'435245415445205441424C4520626164202822FF2220494E5429' AS TEXT)
             FROM sqlite_schema WHERE name = 'good';",
        )
        .unwrap();
    drop(connection);
    let mut reader = file.reader();
    assert_eq!(reader.catalog().unwrap().tables.keys().collect::<Vec<_>>(), ["good"]);
    let error = reader.describe("SELECT * FROM bad").unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
}

#[test]
fn describes_queries_without_running_them() {
    let file = File::new(
        "CREATE TABLE review (id INTEGER PRIMARY KEY, product_id INT, stars REAL, day DATE);
         CREATE VIEW mixed AS SELECT day AS id FROM review UNION SELECT id FROM review",
    );
    let mut reader = file.reader();
    let mut described = |sql: &str| {
        let columns_of = reader.describe(sql)?;
        let (name, primary_key, unique) = (String::new(), vec![], vec![]);
        Ok::<_, SourceError>(columns(&Table {
            name,
            columns: columns_of,
            primary_key,
            unique,
            foreign_keys: Vec::new(),
            is_view: true,
        }))
    };
    let sql = "SELECT product_id, COUNT(*) AS n, max(day), day FROM review WHERE product_id IN (:keys) AND day < :today
               GROUP BY product_id; -- done";
    assert_eq!(described(sql).unwrap(), ["product_id Integer?=", "n Dynamic?", "max(day) Dynamic?", "day Date?"]);
    assert_eq!(described("WITH a AS (SELECT id FROM review) SELECT * FROM a").unwrap(), ["id Integer?="]);
    assert_eq!(described("SELECT 'a' AS id UNION ALL SELECT id FROM review").unwrap(), ["id Integer?"]);
    assert_eq!(described("SELECT id FROM mixed").unwrap(), ["id Integer?"]);
    for (sql, message) in [
        ("SELECT missing FROM review", "no such column: missing"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELECT * FORM review", "syntax error"),
        ("DELETE FROM review", "syntax error"),
        ("SELECT 1; SELECT 2", "second statement"),
        ("SELECT id FROM review WHERE id = :keys", "only in `IN (:keys)`"),
        ("SELECT id FROM review WHERE id = :id", "`:id` has no value"),
        ("SELECT id FROM review WHERE id = ?", "`?` has no value"),
        ("", "there is no SQL"),
    ] {
        match described(sql).unwrap_err() {
            SourceError::Query { sql: said, message: found } => {
                assert_eq!(said, sql);
                assert!(found.contains(message), "{sql}: {found}");
            }
            error => panic!("{sql}: {error:?}"),
        }
    }
}
