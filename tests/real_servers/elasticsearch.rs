//! `elasticsearch` into a server that speaks as Elasticsearch does and into one that speaks as OpenSearch does.

use super::fixture::Variation;
use super::{Destination, Fixture};
use crate::harness::HttpServer;
use serde_json::{Value, json};

/// An index of one test's own, or several with names that begin alike.
pub struct Index(HttpServer);

impl Index {
    pub fn at_elasticsearch() -> Index {
        Index(HttpServer::named("ELASTICSEARCH"))
    }

    pub fn at_opensearch() -> Index {
        Index(HttpServer::named("OPENSEARCH"))
    }

    /// The indexes there are.
    fn names(&self, name: &str) -> Vec<String> {
        let found = self.0.get("GET", &format!("/_cat/indices/{name}*?format=json&h=index"), "");
        let found: Vec<Value> = serde_json::from_str(&found).expect("the answer is a list");
        let mut names: Vec<String> =
            found.iter().map(|index| index["index"].as_str().expect("an index has a name").to_owned()).collect();
        names.sort();
        names
    }

    /// Writes a document as somebody else than feedmill, and gives the status.
    fn put(&self, name: &str, id: &str, version: u64, document: &Value) -> u16 {
        let place = format!("/{name}/_doc/{id}?version={version}&version_type=external_gte");
        self.0.ask("PUT", &place, &document.to_string()).0
    }

    fn version(&self, name: &str, id: &str) -> u64 {
        let answer: Value = serde_json::from_str(&self.0.get("GET", &format!("/{name}/_doc/{id}"), "")).expect("JSON");
        answer["_version"].as_u64().expect("a document has a version")
    }
}

impl Destination for Index {
    const EXAMPLE: &'static str = "elastic";
    const TAKES_OBJECTS: bool = true;
    const SECRET: Option<&'static str> = Some("ELASTIC_KEY");

    fn server(&self) -> &HttpServer {
        &self.0
    }

    fn prepare(&self, name: &str) {
        let keyword = json!({ "type": "keyword" });
        let mapping = json!({ "mappings": { "properties": {
            "sku": keyword, "locale": keyword, "condition": keyword, "tags": keyword, "name": { "type": "text" },
            "price": { "type": "scaled_float", "scaling_factor": 100 }, "stock": { "type": "integer" },
        } } });
        self.0.get("PUT", &format!("/{name}"), &mapping.to_string());
    }

    fn documents(&self, name: &str) -> Vec<Value> {
        self.0.get("POST", &format!("/{name}*/_refresh"), "");
        let found = self.0.get("POST", &format!("/{name}*/_search"), &json!({ "size": 1000 }).to_string());
        let mut found: Value = serde_json::from_str(&found).expect("the answer is JSON");
        let hits = found["hits"]["hits"].as_array_mut().expect("a search has hits");
        hits.iter_mut().map(|hit| hit["_source"].take()).collect()
    }

    fn remove(&self, name: &str) {
        for name in self.names(name) {
            self.0.get("DELETE", &format!("/{name}"), "");
        }
    }
}

/// Each test twice.
macro_rules! at_both {
    ($($name:ident),* $(,)?) => {
        mod at_elasticsearch {
            $(#[test] fn $name() { super::$name(super::Index::at_elasticsearch()); })*
        }
        mod at_opensearch {
            $(#[test] fn $name() { super::$name(super::Index::at_opensearch()); })*
        }
    };
}

at_both!(
    follows_the_source,
    takes_gzip,
    a_document_that_does_not_fit_is_named,
    survives_an_outage,
    indexes_and_routing_of_fields,
    an_older_write_does_not_win,
    a_field_is_the_version,
    an_index_that_is_shut_is_no_fault_of_its_documents,
);

fn follows_the_source(index: Index) {
    Fixture::new(index).follows_the_source();
}

fn takes_gzip(index: Index) {
    let gzip = Variation { options: "compression = \"gzip\"", ..Variation::default() };
    Fixture::with(index, gzip).follows_the_source();
}

fn a_document_that_does_not_fit_is_named(index: Index) {
    Fixture::new(index).takes_all_but_one("stock = 3000000000", "stock = 3", "rejected", 400, &["reindex"]);
}

fn survives_an_outage(index: Index) {
    Fixture::with(index, Variation { relayed: true, ..Variation::default() }).survives_an_outage();
}

/// An index per locale, shards by brand, and the numbers of the requests as versions: all that the example has as comments.
fn indexes_and_routing_of_fields(index: Index) {
    let comments = Variation {
        uncommented: &["index", "routing", "version"],
        payload: &["locale", "brand.id"],
        ..Variation::default()
    };
    let fixture = Fixture::with(index, comments);
    // Who is routed by a brand has one.
    fixture.project.sql("UPDATE product SET brand_id = 2 WHERE brand_id IS NULL");
    fixture.reindexes("exported=60");
    fixture.agrees();
    let ends = ["", "-de", "-en"].map(|end| format!("{}{end}", fixture.name));
    assert_eq!(fixture.destination.names(&fixture.name), ends);
    fixture.project.sql("UPDATE product SET name = 'Second' WHERE id < 20; DELETE FROM product WHERE id > 55");
    fixture.reindexes("unchanged=36 exported=19 deleted=5");
    fixture.agrees();
    // What was deleted comes back with a higher number.
    fixture
        .project
        .sql("INSERT INTO product VALUES (60, 'S00060', 'en', 'Back', 1, 1, 'new', '2026-02-04 00:00:00', 1, 1)");
    fixture.reindexes("unchanged=55 exported=1");
    fixture.agrees();
}

/// With the numbers of the requests as versions, what was written before does not win when it arrives after.
fn an_older_write_does_not_win(index: Index) {
    let fixture = Fixture::with(index, Variation { uncommented: &["version"], ..Variation::default() });
    fixture.reindexes("exported=60");
    let (index, name) = (&fixture.destination, &fixture.name);
    let first = index.version(name, "S00022");
    fixture.project.sql("UPDATE product SET name = 'Second' WHERE id = 22");
    fixture.reindexes("unchanged=59 exported=1");
    assert!(index.version(name, "S00022") > first);
    // The first request once more, late.
    assert_eq!(index.put(name, "S00022", first, &json!({ "sku": "S00022", "name": "Name 22" })), 409);
    fixture.agrees();
}

/// A field that only grows is the version: what is older than what somebody else wrote is not delivered, and what is newer is.
fn a_field_is_the_version(index: Index) {
    let revision = Variation { options: "version = \"{revision}\"", payload: &["revision"], ..Variation::default() };
    let fixture = Fixture::with(index, revision);
    fixture.reindexes("exported=60");
    let (index, name) = (&fixture.destination, &fixture.name);
    let other = json!({ "sku": "S00022", "name": "Other" });
    assert_eq!(index.put(name, "S00022", 5, &other), 200);
    fixture.project.sql("UPDATE product SET name = 'Second', revision = 4 WHERE id IN (22, 23)");
    fixture.run(&["reindex"]).exits(1).counts(name, "unchanged=58 exported=1 retryable=1");
    let rows = fixture.project.rows(name);
    let conflict = rows.iter().find(|row| row.status == 409).expect("one was in conflict");
    assert!(conflict.entity == "22" && conflict.errors.as_deref().unwrap_or_default().contains("version_conflict"));
    assert_eq!(fixture.held()["S00022"], other);
    fixture.project.sql("UPDATE product SET revision = 6 WHERE id = 22; DELETE FROM product WHERE id = 23");
    fixture.run(&["retry", "--now"]).exits(0).counts(name, "exported=1");
    fixture.reindexes("unchanged=59 deleted=1");
    fixture.agrees();
}

/// An index is closed, or blocked for writers. Both servers say the first with a 400, one of each item and one of the request;
/// neither is final for the documents, and each arrives when the index is open again.
fn an_index_that_is_shut_is_no_fault_of_its_documents(index: Index) {
    let fixture = Fixture::new(index);
    let blocked = |blocked: bool| json!({ "index.blocks.write": blocked }).to_string();
    for (number, (shut, open)) in [
        (("POST", "_close", String::new()), ("POST", "_open", String::new())),
        (("PUT", "_settings", blocked(true)), ("PUT", "_settings", blocked(false))),
    ]
    .into_iter()
    .enumerate()
    {
        let ask = |(method, place, body): (&str, &str, String)| {
            fixture.destination.server().get(method, &format!("/{}/{place}", fixture.name), &body)
        };
        fixture.project.sql(&format!("UPDATE product SET name = 'Name {number}'"));
        ask(shut);
        fixture.run(&["reindex"]).exits(1).counts(&fixture.name, "exported=0 rejected=0 retryable=60");
        ask(open);
        fixture.run(&["retry", "--now"]).exits(0).counts(&fixture.name, "exported=60");
        fixture.agrees();
    }
}
