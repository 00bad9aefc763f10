//! `ndjson` into ClickHouse, over its HTTP interface: rows of a table that keeps the last one of each SKU.

use super::fixture::Variation;
use super::{Destination, Fixture};
use crate::harness::HttpServer;
use serde_json::Value;

struct Table(HttpServer);

impl Table {
    fn new() -> Table {
        Table(HttpServer::named("CLICKHOUSE"))
    }
}

impl Destination for Table {
    const EXAMPLE: &'static str = "warehouse";
    const TAKES_OBJECTS: bool = false;
    const SECRET: Option<&'static str> = None;

    fn server(&self) -> &HttpServer {
        &self.0
    }

    fn prepare(&self, name: &str) {
        let table = format!(
            "CREATE TABLE {name} (sku String, locale String, name String, price Nullable(Decimal(10, 2)),
                 stock Nullable(UInt32), condition Enum8('' = 0, 'new' = 1, 'used' = 2), added DateTime('UTC'),
                 revision UInt32, tags Array(String), deleted UInt8)
             ENGINE = ReplacingMergeTree ORDER BY sku"
        );
        self.0.get("POST", "/", &table);
    }

    fn documents(&self, name: &str) -> Vec<Value> {
        let added = r"replaceRegexpOne(toString(added), '(.*) (.*)', '\\1T\\2Z') AS added";
        let columns = format!("sku, locale, name, price, stock, condition, {added}, revision, tags");
        let query = format!("SELECT {columns} FROM {name} FINAL WHERE deleted = 0 FORMAT JSONEachRow");
        let rows = self.0.get("POST", "/", &query);
        rows.lines().map(|row| serde_json::from_str(row).unwrap_or_else(|error| panic!("{error}: {row}"))).collect()
    }

    fn remove(&self, name: &str) {
        self.0.get("POST", "/", &format!("DROP TABLE {name}"));
    }
}

#[test]
fn follows_the_source() {
    Fixture::new(Table::new()).follows_the_source();
}

#[test]
fn takes_gzip() {
    let gzip = Variation { options: "compression = \"gzip\"", ..Variation::default() };
    Fixture::with(Table::new(), gzip).follows_the_source();
}

/// It answers 400 to a number that does not fit, for the whole request, and says nothing of rows.
#[test]
fn a_row_that_does_not_fit_is_found() {
    Fixture::new(Table::new()).takes_all_but_one("stock = -1", "stock = 1", "rejected", 400, &["reindex"]);
}

/// It answers 500 to a name that an enumeration does not have: what is said of a server that is out of order, so the rows of
/// that request wait for a later run, and no other.
#[test]
fn a_request_that_it_calls_its_own_fault_waits() {
    let fixture = Fixture::new(Table::new());
    fixture.reindexes("exported=60");
    fixture.project.sql("UPDATE product SET name = 'Second'; UPDATE product SET condition = 'odd' WHERE id = 22");
    fixture.run(&["reindex"]).exits(1).counts(&fixture.name, "exported=40 retryable=20");
    let rows = fixture.project.rows(&fixture.name);
    let failed: Vec<_> = rows.iter().filter(|row| row.status != 200).collect();
    let says = |row: &&crate::harness::Row| row.errors.as_deref().unwrap_or_default().contains("Unknown element 'odd'");
    assert!(failed.len() == 20 && failed.iter().all(|row| row.status == 500 && says(row)), "{failed:?}");
    assert_eq!(fixture.held().values().filter(|document| document["name"] == "Second").count(), 40);
    fixture.project.sql("UPDATE product SET condition = 'used' WHERE id = 22");
    fixture.run(&["retry", "--now"]).exits(0).counts(&fixture.name, "exported=20");
    fixture.agrees();
}

#[test]
fn survives_an_outage() {
    Fixture::with(Table::new(), Variation { relayed: true, ..Variation::default() }).survives_an_outage();
}

/// A table that is not there is nobody's single failure: the run ends, and one over the table that was made since delivers.
#[test]
fn a_table_that_is_not_there_opens_the_circuit() {
    let fixture = Fixture::new(Table::new());
    fixture.destination.remove(&fixture.name);
    let run = fixture.run(&["reindex"]);
    run.exits(1).outcome(&fixture.name, "incomplete").says("404");
    fixture.destination.prepare(&fixture.name);
    fixture.reindexes("exported=60");
    fixture.agrees();
}
