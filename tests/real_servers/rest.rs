//! `rest` into Apache's WebDAV: a resource a document.

use super::fixture::Variation;
use super::{Destination, Fixture};
use crate::harness::HttpServer;
use serde_json::Value;

/// A folder at Apache. The example's URL has one above it.
struct Folder(HttpServer);

impl Folder {
    fn new() -> Folder {
        Folder(HttpServer::named("WEBDAV"))
    }
}

impl Destination for Folder {
    const EXAMPLE: &'static str = "partner";
    const TAKES_OBJECTS: bool = true;
    const SECRET: Option<&'static str> = None;

    fn server(&self) -> &HttpServer {
        &self.0
    }

    fn prepare(&self, name: &str) {
        let make = || self.0.ask("MKCOL", "/v1", "");
        // Of several tests that find none at the same moment, Apache lets one make it and tells the others 403: by then there is one.
        let (status, answer) = Some(make()).filter(|(status, _)| *status != 403).unwrap_or_else(make);
        assert!(status == 201 || status == 405, "there is one, or there was: {status} {answer}");
        self.0.get("MKCOL", &format!("/v1/{name}"), "");
    }

    fn documents(&self, name: &str) -> Vec<Value> {
        let folder = format!("/v1/{name}/");
        let listing = self.0.get("PROPFIND", &folder, "");
        let places = listing.split("<D:href>").skip(1).map(|rest| rest.split('<').next().unwrap_or_default());
        let documents = places.filter(|place| *place != folder).map(|place| self.0.get("GET", place, ""));
        documents.map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))).collect()
    }

    fn remove(&self, name: &str) {
        self.0.get("DELETE", &format!("/v1/{name}/"), "");
    }
}

#[test]
fn follows_the_source() {
    Fixture::new(Folder::new()).follows_the_source();
}

#[test]
fn takes_gzip() {
    let gzip = Variation { options: "compression = \"gzip\"", ..Variation::default() };
    Fixture::with(Folder::new(), gzip).follows_the_source();
}

/// What is too large waits: a limit may be lifted.
#[test]
fn a_document_that_is_too_large_waits() {
    let edit = "name = hex(zeroblob(40000))";
    Fixture::new(Folder::new()).takes_all_but_one(edit, "name = 'small'", "retryable", 413, &["retry", "--now"]);
}

#[test]
fn survives_an_outage() {
    Fixture::with(Folder::new(), Variation { relayed: true, ..Variation::default() }).survives_an_outage();
}
