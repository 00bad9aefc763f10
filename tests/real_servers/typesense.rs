//! `typesense` into Typesense.

use super::fixture::Variation;
use super::{Destination, Fixture};
use crate::harness::HttpServer;
use serde_json::{Value, json};

struct Collection(HttpServer);

impl Collection {
    fn new() -> Collection {
        let server = HttpServer::named("TYPESENSE");
        let key = server.url().password().expect("the URL of Typesense has its key for a password").to_owned();
        Collection(server.with_header("x-typesense-api-key", &key))
    }
}

impl Destination for Collection {
    const EXAMPLE: &'static str = "typesense";
    const TAKES_OBJECTS: bool = true;
    const SECRET: Option<&'static str> = Some("TYPESENSE_KEY");

    fn server(&self) -> &HttpServer {
        &self.0
    }

    fn prepare(&self, name: &str) {
        let field = |name: &str, kind: &str, optional| json!({ "name": name, "type": kind, "optional": optional });
        let fields = [
            field("sku", "string", false),
            field("name", "string", false),
            field("price", "float", true),
            field("stock", "int32", true),
            field("tags", "string[]", false),
        ];
        self.0.get("POST", "/collections", &json!({ "name": name, "fields": fields }).to_string());
    }

    fn documents(&self, name: &str) -> Vec<Value> {
        let lines = self.0.get("GET", &format!("/collections/{name}/documents/export"), "");
        let document = |line: &str| {
            let mut document: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let id = document.as_object_mut().expect("a document is an object").remove("id");
            assert!(id.is_some_and(|id| id.is_string()), "a document has an ID");
            without_nulls(document)
        };
        lines.lines().map(document).collect()
    }

    fn as_kept(document: Value) -> Value {
        without_nulls(document)
    }

    fn remove(&self, name: &str) {
        self.0.get("DELETE", &format!("/collections/{name}"), "");
    }
}

/// It keeps a null of a document that is new, unless a field of the schema has it, and none of one that is replaced.
fn without_nulls(mut document: Value) -> Value {
    document.as_object_mut().expect("a document is an object").retain(|_, value| !value.is_null());
    document
}

#[test]
fn follows_the_source() {
    Fixture::new(Collection::new()).follows_the_source();
}

#[test]
fn a_document_that_does_not_fit_is_named() {
    let fixture = Fixture::new(Collection::new());
    fixture.takes_all_but_one("name = NULL", "name = 'Third'", "rejected", 400, &["reindex"]);
}

#[test]
fn survives_an_outage() {
    Fixture::with(Collection::new(), Variation { relayed: true, ..Variation::default() }).survives_an_outage();
}

#[test]
fn a_collection_that_is_not_there_opens_the_circuit() {
    let fixture = Fixture::new(Collection::new());
    fixture.destination.remove(&fixture.name);
    fixture.run(&["reindex"]).exits(1).outcome(&fixture.name, "incomplete").says("404");
    fixture.destination.prepare(&fixture.name);
    fixture.reindexes("exported=60");
    fixture.agrees();
}
