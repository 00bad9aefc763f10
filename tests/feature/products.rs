//! Every format against a product that holds documents: whatever happens on the way, it ends up with what the source has.

use crate::harness::products::{
    Algolia, Documents, Elasticsearch, Lines, Meilisearch, Mishap, Product, Rest, Served, Typesense,
};
use crate::harness::{PRODUCTS, Project, consumer_table};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// SKUs that are no IDs everywhere, among them some that would become one another's if they were written carelessly.
const ODD: [&str; 9] = ["a b", "a_b", "a__b", "__a_20b", "a/b", "ä\"\\", "--a", "A", "a"];

struct Fixture<P: Product> {
    product: Served<P>,
    project: Project,
}

impl<P: Product + Default> Fixture<P> {
    fn new(path: &str, options: &str) -> Fixture<P> {
        Fixture::of_feed(path, options, PRODUCTS)
    }

    fn of_feed(path: &str, options: &str, feed: &str) -> Fixture<P> {
        let product = Served::start();
        let project = Project::new();
        project.config(&consumer_table("search", &format!("{}{path}", product.url()), options));
        project.feed("products", feed);
        project.sql("CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT)");
        let source = project.source();
        for (id, sku) in (1..).zip(ODD) {
            let odd = source.execute("INSERT INTO product VALUES (?1, ?2, 'Odd')", (id, sku));
            odd.expect("the source can be written");
        }
        project.sql(
            "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 139)
             INSERT INTO product SELECT i, printf('S%05d', i), 'Product ' || i FROM n",
        );
        Fixture { product, project }
    }

    /// Names by SKU.
    fn source(&self) -> BTreeMap<String, String> {
        let source = self.project.source();
        let mut query = source.prepare("SELECT sku, name FROM product").expect("valid SQL");
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a query that can run");
        rows.collect::<Result<_, _>>().expect("rows that can be read")
    }

    fn held(&self) -> BTreeMap<String, String> {
        names(&self.product.documents())
    }

    #[track_caller]
    fn agrees(&self) {
        assert_eq!(self.held(), self.source());
        assert_eq!(self.product.documents().len(), self.source().len(), "each document is there once");
    }

    /// Upserts, edits, deletes, lost answers and outages.
    fn goes_well(&self) {
        let run = |counts: &str| {
            self.project.run(&["reindex", "products"]).exits(0).counts("products", counts);
        };
        run("exported=49");
        self.agrees();
        run("unchanged=49 requests=0");
        self.project.sql("UPDATE product SET name = 'Other' WHERE id % 3 = 0; DELETE FROM product WHERE id % 10 = 7");
        self.product.mishaps(&[Mishap::Lost, Mishap::Status(503)]);
        self.project.run(&["reindex", "products"]).exits(0);
        self.agrees();
        // What is back is sent again, and what is gone for the second time deleted again.
        self.project.sql("INSERT INTO product VALUES (107, 'S00107', 'Back')");
        run("unchanged=44 exported=1");
        self.project.sql("DELETE FROM product WHERE id = 107");
        self.product.mishaps(&[Mishap::Lost, Mishap::Cut]);
        run("unchanged=44 deleted=1");
        self.agrees();
    }

    /// One document is refused by `refuse`; once `allow`ed, an edit brings it.
    fn refuses_one(&self, refuse: impl FnOnce(&mut P), allow: impl FnOnce(&mut P)) {
        self.product.with(refuse);
        self.project.sql("UPDATE product SET name = name || ' 2'; UPDATE product SET name = 'unfit' WHERE id = 113");
        let run = self.project.run(&["reindex", "products"]);
        run.exits(1).counts("products", &format!("exported={} rejected=1", self.source().len() - 1));
        let mut expected = self.source();
        assert_eq!(expected.insert("S00113".into(), "Product 113".into()).as_deref(), Some("unfit"));
        let held = self.held();
        assert!(held["S00113"] != "unfit");
        assert_eq!(held.len(), expected.len());
        self.product.with(allow);
        self.project.sql("UPDATE product SET name = 'fit' WHERE id = 113");
        self.project.run(&["reindex", "products"]).exits(0);
        self.agrees();
    }
}

fn names(documents: &Documents) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    documents.values().map(|document| (text(&document["sku"]), text(&document["name"]))).collect()
}

fn unfit() -> Option<String> {
    Some("unfit".to_owned())
}

#[test]
fn ndjson() {
    let fixture: Fixture<Lines> = Fixture::new("/ingest", "format = \"ndjson\"");
    fixture.goes_well();
    fixture.refuses_one(|lines| lines.unfit = unfit(), |lines| lines.unfit = None);
}

#[test]
fn elasticsearch() {
    let fixture: Fixture<Elasticsearch> = Fixture::new("", "format = \"elasticsearch\"");
    fixture.goes_well();
    assert!(fixture.product.documents().contains_key("products//a b"), "an ID is the SKU");
    fixture.refuses_one(|engine| engine.unfit = unfit(), |engine| engine.unfit = None);
}

#[test]
fn elasticsearch_turns_single_documents_away() {
    let fixture: Fixture<Elasticsearch> = Fixture::new("", "format = \"elasticsearch\"");
    fixture.product.with(|engine| engine.busy = HashMap::from([("S00103".into(), 2), ("a b".into(), 1)]));
    fixture.project.run(&["reindex", "products"]).exits(0).counts("products", "exported=49 requests=3");
    fixture.agrees();
    fixture.product.with(|engine| engine.busy = HashMap::from([("S00103".into(), 9)]));
    fixture.project.sql("UPDATE product SET name = 'Other'");
    fixture.project.run(&["reindex", "products"]).exits(1).counts("products", "exported=48 retryable=1 requests=3");
    let busy = fixture.project.rows("products").into_iter().find(|row| row.status == 429).expect("one was turned away");
    assert!(busy.errors.unwrap_or_default().contains("es_rejected_execution_exception"));
    fixture.product.with(|engine| engine.busy.clear());
    fixture.project.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
    fixture.agrees();
}

#[test]
fn elasticsearch_with_indexes_routing_and_versions() {
    let options = "format = \"elasticsearch\"\nindex = \"shop-{kind}\"\nrouting = \"{kind}\"\nid = \"{sku}\"\nversion = \"sequence\"";
    let feed = PRODUCTS
        .replace("minimal_payload = [\"sku\"]", "minimal_payload = [\"sku\", \"kind\"]")
        .replace("[fields]", "[fields]\nkind = { expr = \"case when id < 100 then 'odd' else 'usual' end\" }");
    let fixture: Fixture<Elasticsearch> = Fixture::of_feed("", options, &feed);
    fixture.goes_well();
    let documents = fixture.product.documents();
    assert!(documents.contains_key("shop-odd/odd/a b") && documents.contains_key("shop-usual/usual/S00102"));
}

#[test]
fn meilisearch() {
    let options = "format = \"meilisearch\"\nheaders = { Authorization = \"Bearer master\" }";
    let fixture: Fixture<Meilisearch> = Fixture::new("", options);
    fixture.goes_well();
    let documents = fixture.product.documents();
    assert!(documents["S00102"]["id"] == "S00102" && documents["__a_20b"]["sku"] == "a b");
    // Tasks that fail or are canceled are made again; what fails for good waits for a later run.
    let failures = [("failed", "internal"), ("canceled", "canceled"), ("failed", "internal"), ("failed", "internal")];
    fixture.product.with(|engine| engine.failures = VecDeque::from_iter(failures[..2].iter().copied()));
    fixture.project.sql("UPDATE product SET name = 'Third'");
    fixture.project.run(&["reindex", "products"]).exits(0).counts("products", "exported=44 requests=3");
    fixture.agrees();
    fixture.product.with(|engine| engine.failures = VecDeque::from_iter(failures[1..].iter().copied()));
    fixture.project.sql("UPDATE product SET name = 'More'");
    fixture.project.run(&["reindex", "products"]).exits(1).counts("products", "retryable=44 requests=3");
    fixture.project.run(&["retry", "--now"]).exits(0).counts("products", "exported=44");
    fixture.agrees();
}

#[test]
fn meilisearch_whose_key_is_a_field() {
    let options = "format = \"meilisearch\"\nprimary_key = \"number\"\nheaders = { Authorization = \"Bearer master\" }";
    let feed = PRODUCTS
        .replace("identity = [\"sku\"]\nminimal_payload = [\"sku\"]", "identity = [\"number\"]")
        .replace("[fields]", "[fields]\nnumber = \"id\"");
    let fixture: Fixture<Meilisearch> = Fixture::of_feed("", options, &feed);
    fixture.goes_well();
    assert_eq!(fixture.product.documents()["102"]["number"], 102);
}

#[test]
fn meilisearch_without_a_key_is_left_alone() {
    let fixture: Fixture<Meilisearch> = Fixture::new("", "format = \"meilisearch\"");
    fixture.project.run(&["reindex", "products"]).exits(1).outcome("products", "incomplete").says("invalid_api_key");
}

#[test]
fn typesense() {
    let options = "format = \"typesense\"\nheaders = { X-TYPESENSE-API-KEY = \"xyz\" }";
    let fixture: Fixture<Typesense> = Fixture::new("", options);
    fixture.goes_well();
    assert_eq!(fixture.product.documents()["__a_20b"]["sku"], "a b");
    fixture.refuses_one(|engine| engine.unfit = unfit(), |engine| engine.unfit = None);
    fixture.product.with(|engine| engine.busy = HashMap::from([("S00103".into(), 2)]));
    fixture.project.sql("UPDATE product SET name = 'Other'");
    fixture.project.run(&["reindex", "products"]).exits(0).counts("products", "exported=44 requests=3");
    fixture.agrees();
}

#[test]
fn typesense_deletes_what_is_gone_already() {
    let options = "format = \"typesense\"\nheaders = { X-TYPESENSE-API-KEY = \"xyz\" }";
    let fixture: Fixture<Typesense> = Fixture::new("", options);
    fixture.project.run(&["reindex", "products"]).exits(0);
    fixture.product.calls();
    fixture.project.sql("DELETE FROM product WHERE id IN (100, 101)");
    fixture.product.mishaps(&[Mishap::Lost]);
    fixture.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=47 deleted=2 requests=2");
    let mut calls = fixture.product.calls();
    calls.sort();
    let [one, other] = ["S00100", "S00101"].map(|id| format!("DELETE /collections/products/documents/{id}"));
    assert!(calls == [one.clone(), one.clone(), other.clone()] || calls == [one, other.clone(), other], "{calls:?}");
    fixture.agrees();
}

#[test]
fn algolia() {
    let options = "format = \"algolia\"\nheaders = { X-Algolia-Application-Id = \"app\", X-Algolia-API-Key = \"key\" }";
    let fixture: Fixture<Algolia> = Fixture::new("", options);
    fixture.goes_well();
    assert_eq!(fixture.product.documents()["a b"]["objectID"], "a b");
    fixture.refuses_one(|engine| engine.too_big = unfit(), |engine| engine.too_big = None);
}

#[test]
fn rest() {
    let fixture: Fixture<Rest> = Fixture::new("/shop/products", "format = \"rest\"");
    fixture.goes_well();
    assert!(fixture.product.documents().contains_key("products/ä\"\\"));
    fixture.refuses_one(|service| service.unfit = unfit(), |service| service.unfit = None);
}

#[test]
fn rest_goes_where_the_template_says_and_sends_side_by_side() {
    let fixture: Fixture<Rest> = Fixture::new("/shop/{sku}/as-product", "format = \"rest\"\ncompression = \"gzip\"");
    fixture
        .project
        .run(&["reindex", "products", "--thread-count", "8"])
        .exits(0)
        .counts("products", "exported=49 requests=49");
    assert!(fixture.product.documents().contains_key("a b/as-product"));
    fixture.agrees();
}

#[test]
fn rest_fails_single_items_that_have_no_url() {
    let fixture: Fixture<Rest> = Fixture::new("/shop", "format = \"rest\"");
    fixture.project.sql("INSERT INTO product VALUES (200, '..', 'Up'), (201, '', 'Nothing')");
    fixture.project.run(&["reindex", "products"]).exits(1).counts("products", "exported=49 retryable=2");
    let rows = fixture.project.rows("products");
    let failed: Vec<&str> = rows.iter().filter(|row| row.status == 0).filter_map(|row| row.errors.as_deref()).collect();
    assert!(failed.len() == 2 && failed.iter().all(|error| error.contains("cannot make its URL")), "{failed:?}");
}

#[test]
fn rest_goes_on_behind_items_that_conflict() {
    let fixture: Fixture<Rest> = Fixture::new("/shop", "format = \"rest\"");
    fixture.product.mishaps(&[409, 410, 412, 423, 428, 451].map(Mishap::Status));
    let run = fixture.project.run(&["reindex", "products"]);
    run.exits(1).outcome("products", "complete").counts("products", "exported=43 retryable=6");
    fixture.project.run(&["retry", "--now"]).exits(0).counts("products", "exported=6");
    fixture.agrees();
}

#[test]
fn two_identity_fields_make_one_id() {
    let options = "format = \"typesense\"\nheaders = { X-TYPESENSE-API-KEY = \"xyz\" }";
    let feed = PRODUCTS
        .replace("identity = [\"sku\"]\nminimal_payload = [\"sku\"]", "identity = [\"sku\", \"number\"]")
        .replace("[fields]", "[fields]\nnumber = \"id\"");
    let fixture: Fixture<Typesense> = Fixture::of_feed("", options, &feed);
    fixture.goes_well();
    assert!(fixture.product.documents().contains_key("S00102__102"));
}

#[test]
fn another_index_is_another_consumer() {
    let fixture: Fixture<Elasticsearch> = Fixture::new("", "format = \"elasticsearch\"");
    fixture.project.run(&["reindex", "products"]).exits(0);
    let options = "format = \"elasticsearch\"\nindex = \"other\"";
    fixture.project.config(&consumer_table("search", &fixture.product.url(), options));
    fixture.project.run(&["reindex", "products"]).exits(2).says("/other");
    fixture.project.run(&["reindex", "products", "--force"]).exits(0).counts("products", "exported=49");
}

#[test]
fn requests_are_cut_by_bytes_with_all_that_a_format_adds() {
    let options = "format = \"elasticsearch\"\nmax_request_bytes = \"1KiB\"";
    let fixture: Fixture<Elasticsearch> = Fixture::new("", options);
    let run = fixture.project.run(&["reindex", "products"]);
    run.exits(0).counts("products", "exported=49");
    let (requests, bytes) = (&run.summary("products")["requests"], &run.summary("products")["bytes_sent"]);
    let fewest = bytes.as_u64().expect("a number").div_ceil(1024);
    assert!(requests.as_u64().expect("a number") <= fewest + 1, "{requests} requests of {bytes} bytes");
}
