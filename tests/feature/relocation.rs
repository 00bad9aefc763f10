//! Documents whose place at the consumer changes while their identity stays: none is left behind where it stood.

use crate::harness::products::{Elasticsearch, Mishap, Product, Rest, Served};
use crate::harness::{PRODUCTS, Project, consumer_table};

/// Products stand by the first letter of their name; three begin with `O`.
struct Shelves<P: Product> {
    product: Served<P>,
    project: Project,
}

impl<P: Product + Default> Shelves<P> {
    fn new(path: &str, options: &str) -> Shelves<P> {
        let product = Served::start();
        let project = Project::new();
        let options = format!("{options}\nrequest_retries = 0");
        project.config(&consumer_table("search", &format!("{}{path}", product.url()), &options));
        project.feed(
            "products",
            &PRODUCTS
                .replace("minimal_payload = [\"sku\"]", "minimal_payload = [\"sku\", \"shelf\"]")
                .replace("[fields]", "[fields]\nshelf = { expr = \"lower(substr(name, 1, 1))\" }"),
        );
        project.sql(
            "CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT);
             INSERT INTO product VALUES (1, 'A', 'One'), (2, 'B', 'Open'), (3, 'C', 'Over')",
        );
        project.run(&["reindex", "products"]).exits(0).counts("products", "exported=3");
        Shelves { product, project }
    }

    fn rename(&self, id: i64, name: &str) {
        self.project.sql(&format!("UPDATE product SET name = '{name}' WHERE id = {id}"));
    }

    /// Where documents stand.
    fn places(&self) -> Vec<String> {
        self.product.documents().into_keys().collect()
    }
}

#[test]
fn documents_leave_the_index_that_they_no_longer_belong_to() {
    let shelves: Shelves<Elasticsearch> =
        Shelves::new("", "format = \"elasticsearch\"\nindex = \"shop-{shelf}\"\nversion = \"sequence\"");
    assert_eq!(shelves.places(), ["shop-o//A", "shop-o//B", "shop-o//C"]);
    shelves.rename(1, "Newer");
    shelves.rename(2, "Other");
    let run = shelves.project.run(&["reindex", "products"]);
    // A delete with what stays, and the document that has moved.
    run.exits(0).counts("products", "items=3 unchanged=1 exported=2 deleted=0 requests=3");
    assert_eq!(shelves.places(), ["shop-n//A", "shop-o//B", "shop-o//C"]);
    shelves.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=3 requests=0");
    shelves.rename(1, "Over");
    shelves.project.run(&["reindex", "products", "--ids", "1"]).exits(0).counts("products", "items=1 exported=1");
    shelves.project.sql("DELETE FROM product WHERE id <= 2");
    shelves.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=2");
    assert_eq!(shelves.places(), ["shop-o//C"]);
}

#[test]
fn a_place_is_forgotten_only_when_the_document_is_gone_from_it() {
    let shelves: Shelves<Rest> = Shelves::new("/shop/{shelf}/{sku}", "format = \"rest\"");
    assert_eq!(shelves.places(), ["o/A", "o/B", "o/C"]);
    // The delete fails, and the product moves on.
    shelves.rename(1, "Newer");
    shelves.product.mishaps(&[Mishap::Status(503)]);
    shelves.project.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=2 retryable=1 requests=1");
    assert_eq!(shelves.places(), ["o/A", "o/B", "o/C"]);
    shelves.rename(1, "Past");
    shelves.project.run(&["retry", "--now"]).exits(0).counts("products", "items=1 exported=1 requests=2");
    assert_eq!(shelves.places(), ["o/B", "o/C", "p/A"]);
    // It is gone from its old place, and refused at its new one.
    shelves.rename(1, "Quite");
    shelves.product.with(|service| service.unfit = Some("Quite".to_owned()));
    shelves.project.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=2 rejected=1 requests=2");
    assert_eq!(shelves.places(), ["o/B", "o/C"]);
    shelves.rename(1, "Rather");
    shelves.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 exported=1");
    assert_eq!(shelves.places(), ["o/B", "o/C", "r/A"]);
    // What has failed at its delete is deleted where it stands.
    shelves.rename(1, "So");
    shelves.product.mishaps(&[Mishap::Status(503)]);
    shelves.project.run(&["reindex", "products"]).exits(1);
    shelves.project.sql("DELETE FROM product WHERE id = 1");
    shelves.project.run(&["retry", "--now"]).exits(0).counts("products", "deleted=1");
    assert_eq!(shelves.places(), ["o/B", "o/C"]);
}

#[test]
fn what_has_no_place_for_a_while_is_left_nowhere() {
    let shelves: Shelves<Rest> = Shelves::new("/shop/{shelf}/{sku}", "format = \"rest\"");
    for name in ["''", "NULL"] {
        shelves.project.sql(&format!("UPDATE product SET name = {name} WHERE id = 1"));
        shelves.project.run(&["reindex", "products"]).exits(1).counts("products", "unchanged=2 retryable=1 requests=1");
        assert_eq!(shelves.places(), ["o/B", "o/C"], "{name}");
        shelves.rename(1, "New");
        shelves.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 exported=1 requests=1");
        assert_eq!(shelves.places(), ["n/A", "o/B", "o/C"], "{name}");
    }
}

#[test]
fn a_run_that_ends_in_between_leaves_the_rest_to_the_next() {
    let shelves: Shelves<Rest> = Shelves::new("/shop/{shelf}/{sku}", "format = \"rest\"");
    shelves.project.sql("UPDATE product SET name = 'Newer'");
    shelves.product.mishaps(&[Mishap::Status(401)]);
    let run = shelves.project.run(&["reindex", "products"]);
    run.exits(1).outcome("products", "incomplete").counts("products", "items=3 retryable=1 pending=2");
    shelves.project.run(&["reindex", "products", "--dry-run"]).exits(0).counts("products", "items=3 pending=3");
    shelves.project.run(&["reindex", "products"]).exits(0).counts("products", "exported=3 requests=6");
    assert_eq!(shelves.places(), ["n/A", "n/B", "n/C"]);
}
