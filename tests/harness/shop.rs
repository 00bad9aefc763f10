//! The smallest shop: products with a SKU and a name, one feed `products`, one consumer.

use super::project::{Project, consumer_table};
use super::receiver::{Receiver, Reply};
use std::ops::Deref;

/// The feed of the smallest shop; its documents are `{"sku":..,"name":..}`.
pub const PRODUCTS: &str = r#"name = "products"
consumer = "search"
identity = ["sku"]
minimal_payload = ["sku"]
entities_removable = true

[entity]
table = "product"
key = "id"

[fields]
sku = "sku"
name = "name"
"#;

pub struct Shop {
    project: Project,
    pub receiver: Receiver,
}

impl Deref for Shop {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl Shop {
    pub fn new() -> Shop {
        Shop::with("", "")
    }

    /// `options` are lines of the consumer's table, `settings` lines at the head of the feed file.
    pub fn with(options: &str, settings: &str) -> Shop {
        Shop::served_by(Receiver::start(), options, settings)
    }

    /// A shop whose consumer knows items by other fields than the SKU.
    pub fn known_by(identity: &[&str]) -> Shop {
        Shop::served_by(Receiver::with_identity(identity), "", "")
    }

    fn served_by(receiver: Receiver, options: &str, settings: &str) -> Shop {
        let mut project = Project::new();
        project.consumer(&receiver, options);
        project.sql("CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT)");
        project.feed("products", &products_with(settings));
        Shop { project, receiver }
    }

    /// A shop whose products were all sent.
    pub fn delivered(products: &[(i64, &str, &str)]) -> Shop {
        Shop::delivered_with("", "", products)
    }

    pub fn delivered_with(options: &str, settings: &str, products: &[(i64, &str, &str)]) -> Shop {
        let shop = Shop::with(options, settings);
        shop.put(products);
        shop.run(&["reindex", "products"]).exits(0);
        shop.receiver.forget();
        shop
    }

    /// Inserts or replaces products: id, SKU, name.
    pub fn put(&self, products: &[(i64, &str, &str)]) -> &Shop {
        let source = self.project.source();
        for (id, sku, name) in products {
            source
                .execute("INSERT OR REPLACE INTO product (id, sku, name) VALUES (?1, ?2, ?3)", (id, sku, name))
                .expect("the source can be written");
        }
        self
    }

    /// `count` products with the ids 1.., the SKUs S00001.. and the names "Product 1"..
    pub fn put_many(&self, count: usize) -> &Shop {
        self.project.sql(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO product (id, sku, name) SELECT i, printf('S%05d', i), 'Product ' || i FROM n"
        ));
        self
    }

    pub fn remove(&self, id: i64) -> &Shop {
        self.project.sql(&format!("DELETE FROM product WHERE id = {id}"));
        self
    }

    /// Runs the program and kills it when the consumer has the next request; `reply` says what of it was taken over.
    pub fn killed_in_flight(&self, arguments: &[&str], reply: Reply) {
        let seen = self.receiver.request_count();
        self.receiver.next(reply.stalls());
        let command = self.project.command(arguments);
        let running = command.start();
        self.receiver.wait_for_requests(seen + 1);
        running.killer().kill();
        command.finish(running);
        self.receiver.settle();
    }

    /// Rewrites the consumer's table with other options.
    pub fn consumer_options(&self, options: &str) -> &Shop {
        self.project.config(&consumer_table("search", &self.receiver.url(), options));
        self
    }

    /// What the consumer has, as `SKU name` lines.
    pub fn delivered_names(&self) -> Vec<String> {
        let documents = self.receiver.documents("products");
        let name = |text: &String| {
            let document: serde_json::Value = serde_json::from_str(text).expect("a document that was received");
            format!("{} {}", document["sku"].as_str().unwrap_or("?"), document["name"].as_str().unwrap_or("?"))
        };
        documents.iter().map(name).collect()
    }
}

/// The feed with settings at its head; one given here replaces the usual one of the same name.
pub fn products_with(settings: &str) -> String {
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let (head, tail) = PRODUCTS.split_once("\n\n").expect("the feed has a head");
    let kept = head.lines().filter(|line| settings.lines().all(|setting| key(setting) != key(line)));
    let head: Vec<&str> = kept.chain(settings.lines()).collect();
    format!("{}\n\n{tail}", head.join("\n"))
}
