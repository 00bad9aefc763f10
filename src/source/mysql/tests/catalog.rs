//! What the catalog says of tables, views and queries.

use super::*;
use crate::source::catalog::{ForeignKey, Table};

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
        "CREATE TABLE product (
             id INT UNSIGNED PRIMARY KEY, sku VARCHAR(20) COLLATE utf8mb4_bin NOT NULL UNIQUE, price DECIMAL(10,2),
             active TINYINT(1), made TIMESTAMP NULL, day DATE, at DATETIME(3), extra JSON, body LONGTEXT, raw BLOB, a INT, b INT,
             twice INT GENERATED ALWAYS AS (a * 2) STORED, half DOUBLE AS (a / 2) VIRTUAL, kind ENUM('a', 'b'), flags BIT(3),
             UNIQUE KEY pair (b, a), UNIQUE KEY prefix (body(20)), KEY plain (a));
         CREATE TABLE link (b VARCHAR(9), a INT, n TIME, PRIMARY KEY (a, b));
         CREATE TABLE `Mixed Case ``name``` (`a ``b` YEAR, `c.d` INT);
         CREATE TABLE empty_one (x INT)",
    );
    let catalog = database.reader().catalog().unwrap();
    let lower = |name: &str| match catalog.tables.contains_key(name) {
        true => name.to_owned(),
        false => name.to_lowercase(),
    };
    let odd = lower("`Mixed Case ``name```");
    // Beside those of other databases.
    let own: Vec<&String> = catalog.tables.keys().filter(|name| !name.contains('.')).collect();
    assert_eq!(own, [&odd, "empty_one", "link", "product"]);
    let product = &catalog.tables["product"];
    assert_eq!(
        columns(&product.columns),
        [
            "id Integer=",
            "sku Text",
            "price Decimal?",
            "active Integer?=",
            "made DateTimeZoned?",
            "day Date?",
            "at DateTime?",
            "extra Json?",
            "body Text?",
            "raw Binary?",
            "a Integer?=",
            "b Integer?=",
            "twice Integer?=",
            "half Float?",
            "kind Text?",
            "flags Integer?="
        ]
    );
    assert_eq!((product.primary_key.as_slice(), unique(product)), (&[0][..], vec![vec![1], vec![11, 10]]));
    assert_eq!((product.columns[2].scale, product.columns[13].scale), (Some(2), None));
    assert_eq!(product.columns[1].collation.as_deref(), Some("utf8mb4_bin"));
    assert!(product.columns[0].declared.starts_with("int") && product.columns[0].declared.ends_with("unsigned"));
    assert_eq!(catalog.tables["link"].primary_key, [1, 0]);
    assert_eq!(columns(&catalog.tables[&odd].columns), ["a `b Integer?=", "c.d Integer?="]);
}

#[test]
fn texts_that_are_compared_by_their_bytes_are_exact() {
    let database = Database::new("");
    if !is_mariadb(&database) {
        return;
    }
    database.write(
        "CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_nopad_bin, b VARCHAR(9) COLLATE utf8mb4_bin, c UUID, d INET6)",
    );
    let table = database.reader().catalog().unwrap().tables.remove("t").unwrap();
    assert_eq!(columns(&table.columns), ["a Text?=", "b Text?", "c Uuid?", "d Text?"]);
}

#[test]
fn foreign_keys_name_what_they_refer_to() {
    let other = Database::new("CREATE TABLE store (id INT PRIMARY KEY)");
    let database = Database::new(&format!(
        "CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b));
         CREATE TABLE child (x INT, y INT, store INT, CONSTRAINT pair FOREIGN KEY (y, x) REFERENCES parent (a, b),
                             CONSTRAINT away FOREIGN KEY (store) REFERENCES {}.store (id))",
        other.name
    ));
    let catalog = database.reader().catalog().unwrap();
    let key = |columns: &[usize], table: &str, referenced: &[&str]| ForeignKey {
        columns: columns.to_vec(),
        table: table.to_owned(),
        referenced: referenced.iter().map(|name| (*name).to_owned()).collect(),
    };
    let store = format!("{}.store", other.name);
    assert_eq!(catalog.tables["child"].foreign_keys, [key(&[2], &store, &["id"]), key(&[1, 0], "parent", &["a", "b"])]);
    assert!(catalog.tables.contains_key(&store));
}

#[test]
fn tables_of_other_schemas_are_qualified() {
    let other = Database::named(".x", "CREATE TABLE product (id INT PRIMARY KEY); INSERT INTO product VALUES (7)");
    let database = Database::new("CREATE TABLE product (id INT PRIMARY KEY)");
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    let name = format!("`{}`.product", other.name);
    assert!(catalog.tables.contains_key("product") && catalog.tables.contains_key(&name));
    assert_eq!(read(reader.as_mut(), &MYSQL.next_range(&name, "id", 5, false).sql), ["7|7|1"]);
    let qualified = format!("{}.product", database.name);
    assert_eq!(catalog.table(&qualified).unwrap().name, "product");
    let system = ["mysql.", "information_schema.", "performance_schema.", "sys."];
    assert!(!catalog.tables.keys().any(|name| system.iter().any(|schema| name.starts_with(schema))));
}

#[test]
fn views_know_the_columns_they_show() {
    let database = Database::new(
        "CREATE TABLE product (id INT PRIMARY KEY, sku VARCHAR(9) CHARACTER SET latin1, made DATE, raw BLOB, extra JSON);
         CREATE VIEW shown AS SELECT id, sku, made, raw, id + 1 AS sum, CONCAT(sku, 'x') AS both_, 1.50 AS price FROM product;
         CREATE TABLE gone (x INT); CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone",
    );
    let catalog = database.reader().catalog().unwrap();
    let shown = &catalog.tables["shown"];
    assert!(shown.is_view && shown.primary_key.is_empty());
    let kinds: Vec<String> = columns(&shown.columns).iter().map(|column| column.replace(['?', '='], "")).collect();
    assert_eq!(
        kinds,
        ["id Integer", "sku Text", "made Date", "raw Binary", "sum Integer", "both_ Text", "price Decimal"]
    );
    assert_eq!(shown.columns[1].collation.as_deref().map(|name| name.split('_').next().unwrap()), Some("latin1"));
    assert!(!catalog.tables.contains_key("broken"), "{:?}", catalog.tables.get("broken"));
}

#[test]
fn describes_queries_without_running_them() {
    let database = Database::new(
        "CREATE TABLE review (id INT UNSIGNED PRIMARY KEY, product_id BIGINT, stars DECIMAL(3,1), day DATE, at TIMESTAMP NULL,
                              text VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci, raw VARBINARY(9), mood ENUM('a'))",
    );
    let mut reader = database.reader();
    let sql =
        "SELECT product_id, COUNT(*) AS n, AVG(stars) AS stars, MAX(day) AS day, MAX(at) AS at, MAX(text) AS text,
                      MAX(raw) AS raw, 1e0 AS f, 'é' AS t, MIN(id) AS id
               FROM review WHERE product_id IN (:keys) AND day < :today GROUP BY product_id; -- done";
    let described = reader.describe(sql).unwrap();
    assert_eq!(
        columns(&described),
        [
            "product_id Integer?=",
            "n Integer?=",
            "stars Decimal?",
            "day Date?",
            "at DateTimeZoned?",
            "text Text?",
            "raw Binary?",
            "f Float?",
            "t Text?",
            "id Integer?="
        ]
    );
    assert_eq!(described[5].collation.as_deref(), Some("latin1_german1_ci"));
    assert_eq!((described[2].scale, described[9].declared.as_str()), (Some(5), "int unsigned"));
    assert_eq!(reader.describe("SELECT mood, SLEEP(1000) FROM review").unwrap()[0].declared, "enum");
    // The session converts texts as before.
    assert_eq!(read(reader.as_mut(), "SELECT CONVERT('é' USING latin1)"), ["é"]);
    for (sql, message) in [
        ("SELECT missing FROM review", "Unknown column 'missing'"),
        ("SELECT * FROM nowhere", "nowhere' doesn't exist"),
        ("SELECT * FORM review", "syntax"),
        ("DELETE FROM review", "syntax"),
        ("SELECT 1; SELECT 2", "second statement"),
        ("SELECT id FROM review WHERE id = :keys", "only in `IN (:keys)`"),
        ("SELECT id FROM review WHERE id = :id", "`:id` has no value"),
        ("SELECT id FROM review WHERE id = ?", "`?` has no value"),
        ("SELECT id FROM review INTO OUTFILE 'x'", "syntax"),
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

/// A text that a query gives is compared by its own collation, as a column of a table is.
#[test]
fn a_querys_texts_are_joined_by_their_collation() {
    let database = Database::new(
        "CREATE TABLE t (k VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci, n INT); INSERT INTO t VALUES ('ä', 1), ('b', 2)",
    );
    let mut reader = database.reader();
    let sql = "SELECT k, SUM(n) AS n FROM t WHERE k IN (:keys) GROUP BY k";
    let described = reader.describe(sql).unwrap();
    let spec = pass(query(sql, "q", vec![on("k", OnTarget::Key(0))]), &["q.n"]);
    let statement = MYSQL.keyed_pass(&spec, &[component(ColumnKind::Text, &described[0])]);
    let found = run(reader.as_mut(), &statement, &tuples(1, [text("Ä"), text("😀"), text("a"), text("B")]));
    assert_eq!(found, ["0|1", "2|1", "3|2"]);
}
