//! The feeds of `feeds/magento/`: over whole shops against what Adobe's own exporter made of the same rows, and over
//! rows of their own for what those shops do not have.

mod agreement;
mod items;
mod oracle;
mod rare;
mod rare_choices;

use crate::harness::{Kind, Project};

/// The feeds that ship, each with the file of the other exporter's items, and what tells an item apart there.
const FEEDS: [Feed; 6] = [
    Feed {
        name: "products",
        items: "products",
        text: include_str!("../../feeds/magento/products.toml"),
        identity: &["sku", "storeViewCode"],
    },
    Feed {
        name: "prices",
        items: "prices",
        text: include_str!("../../feeds/magento/prices.toml"),
        identity: &["productId", "websiteCode", "customerGroupCode"],
    },
    Feed {
        name: "variants",
        items: "variants",
        text: include_str!("../../feeds/magento/variants.toml"),
        identity: &["id"],
    },
    Feed {
        name: "stock",
        items: "inventoryStockStatus",
        text: include_str!("../../feeds/magento/stock.toml"),
        identity: &["stockId", "sku"],
    },
    Feed {
        name: "categories",
        items: "categories",
        text: include_str!("../../feeds/magento/categories.toml"),
        identity: &["categoryId", "storeViewCode"],
    },
    Feed {
        name: "attributes",
        items: "productAttributes",
        text: include_str!("../../feeds/magento/attributes.toml"),
        identity: &["attributeCode", "storeViewCode"],
    },
];

struct Feed {
    name: &'static str,
    items: &'static str,
    text: &'static str,
    identity: &'static [&'static str],
}

/// A project with Magento's feeds over a source of this kind, which writes documents to files.
fn project(kind: Kind) -> Project {
    let project = Project::on(kind);
    for feed in &FEEDS {
        project.feed(feed.name, feed.text);
    }
    project.config("[consumers.search]\nformat = \"file\"\npath = \"out\"\n");
    project
}
