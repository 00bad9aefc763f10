//! How a consumer of one format speaks: what the schedules need to know of it, apart from what befalls its answers.

use super::random::Random;
use crate::harness::products::{Algolia, Elasticsearch, Lines, Meilisearch, Rest, Typesense};
use crate::harness::receiver::Request;
use crate::harness::{Receiver, Reply};
use std::collections::BTreeMap;

/// An item that failed: its place in the request, its own status if it has one, a message.
pub type Failed = (usize, Option<u16>, String);

pub trait Dialect: Send + Sync {
    fn receiver(&self) -> Receiver;

    /// Lines of the consumer's table in feedmill.toml.
    fn options(&self) -> &'static str;

    /// Headers beside those that all requests have, as TOML.
    fn headers(&self) -> &'static str {
        ""
    }

    /// Answers of its own about single items can be scripted, and its requests are looked into.
    fn is_scripted(&self) -> bool {
        false
    }

    /// A success but for these items. Everything else is taken over.
    fn success(&self, _: &Request, _: &[Failed]) -> Reply {
        Reply::accept()
    }

    /// A refusal of the whole request that lists the items it is for. Nothing is taken over.
    fn refusal(&self, _: &Request, status: u16, _: &[Failed]) -> Reply {
        Reply::status(status)
    }

    /// What the consumer has, by the canonical JSON array of the identity, without what the format adds.
    fn documents(&self, receiver: &Receiver) -> BTreeMap<String, String> {
        let mut documents = BTreeMap::new();
        for mut document in receiver.product_documents().into_values() {
            let identity = serde_json::json!([document["sku"], document["store"]]).to_string();
            let members = document.as_object_mut().expect("a document is an object");
            members.shift_remove("id");
            members.shift_remove("objectID");
            let twin = documents.insert(identity, document.to_string());
            assert!(twin.is_none(), "an item is there under two IDs: {document}");
        }
        documents
    }
}

/// Half of the schedules have a consumer of JSON arrays, of which every answer is scripted.
pub fn random(random: &mut Random) -> &'static dyn Dialect {
    match random.below(12) {
        0 => &Product::Lines,
        1 => &Product::Elasticsearch,
        2 => &Product::Meilisearch,
        3 => &Product::Typesense,
        4 => &Product::Algolia,
        5 => &Product::Rest,
        _ => &Json,
    }
}

struct Json;

impl Json {
    fn listing(status: u16, failed: &[Failed]) -> Reply {
        let listed: Vec<_> =
            failed.iter().map(|(place, status, message)| (*place, *status, message.as_str())).collect();
        Reply::item_errors(status, &listed)
    }
}

impl Dialect for Json {
    fn receiver(&self) -> Receiver {
        Receiver::with_identity(&["sku", "store"])
    }

    fn options(&self) -> &'static str {
        "format = \"json\""
    }

    fn is_scripted(&self) -> bool {
        true
    }

    fn success(&self, _: &Request, failed: &[Failed]) -> Reply {
        if failed.is_empty() { Reply::accept() } else { Json::listing(200, failed) }
    }

    fn refusal(&self, _: &Request, status: u16, failed: &[Failed]) -> Reply {
        Json::listing(status, failed)
    }

    fn documents(&self, receiver: &Receiver) -> BTreeMap<String, String> {
        receiver.state("products")
    }
}

/// Consumers that take requests over by themselves; how their answers fare is scripted.
enum Product {
    Lines,
    Elasticsearch,
    Meilisearch,
    Typesense,
    Algolia,
    Rest,
}

impl Dialect for Product {
    fn receiver(&self) -> Receiver {
        match self {
            Product::Lines => Receiver::of_product(Lines::known_by(&["sku", "store"]), "/ingest"),
            Product::Elasticsearch => Receiver::of_product(Elasticsearch::default(), ""),
            Product::Meilisearch => Receiver::of_product(Meilisearch::default(), ""),
            Product::Typesense => Receiver::of_product(Typesense::default(), ""),
            Product::Algolia => Receiver::of_product(Algolia::default(), ""),
            Product::Rest => Receiver::of_product(Rest::default(), "/shop"),
        }
    }

    fn options(&self) -> &'static str {
        match self {
            Product::Lines => "format = \"ndjson\"",
            Product::Elasticsearch => "format = \"elasticsearch\"",
            Product::Meilisearch => "format = \"meilisearch\"",
            Product::Typesense => "format = \"typesense\"",
            Product::Algolia => "format = \"algolia\"",
            Product::Rest => "format = \"rest\"",
        }
    }

    fn headers(&self) -> &'static str {
        match self {
            Product::Lines | Product::Elasticsearch | Product::Rest => "",
            Product::Meilisearch => ", Authorization = \"Bearer master\"",
            Product::Typesense => ", X-TYPESENSE-API-KEY = \"xyz\"",
            Product::Algolia => ", X-Algolia-Application-Id = \"app\", X-Algolia-API-Key = \"key\"",
        }
    }
}
