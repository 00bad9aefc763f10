//! What the shops with known items do not have: a small shop, edited row by row, and what its documents then say.

use super::project;
use crate::harness::Kind;
use serde_json::Value;

/// The documents of a feed over the small shop after `edits` of its rows, on a day in 2026.
#[track_caller]
pub(super) fn documents(feed: &str, edits: &str) -> Documents {
    let project = project(Kind::Sqlite);
    project.sql(include_str!("small_shop.sql")).sql(edits);
    project.run(&["reindex", feed, "--today", "2026-11-20"]).exits(0).outcome(feed, "complete");
    let lines = project.read(&format!("out/{feed}.ndjson"));
    Documents(
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect(),
    )
}

pub(super) struct Documents(pub(super) Vec<Value>);

impl Documents {
    /// The one document with these texts or numbers.
    #[track_caller]
    pub(super) fn with(&self, identity: &[(&str, &str)]) -> &Value {
        let is_meant = |document: &&Value| {
            identity.iter().all(|(name, text)| match &document[*name] {
                Value::String(found) => found == text,
                other => format!("{other}") == *text,
            })
        };
        let found: Vec<&Value> = self.0.iter().filter(is_meant).collect();
        assert_eq!(found.len(), 1, "documents with {identity:?} among {:#?}", self.0);
        found[0]
    }

    #[track_caller]
    pub(super) fn product(&self, sku: &str, store: &str) -> &Value {
        self.with(&[("sku", sku), ("storeViewCode", store)])
    }
}

/// Compares a part of a document with JSON written by hand, in which null is the same as absent.
#[track_caller]
pub(super) fn says(part: &Value, expected: &str) {
    let expected: Value = serde_json::from_str(expected).unwrap_or_else(|error| panic!("{error}: {expected}"));
    assert_eq!(without_nulls(part), without_nulls(&expected), "\n{part:#}");
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(present.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

#[test]
fn a_video_is_in_the_gallery_and_among_the_videos() {
    let shop = documents(
        "products",
        "INSERT INTO catalog_product_entity_media_gallery VALUES (1, '/v/i/film.jpg', 'external-video'), (2, '/b/a/bag.jpg', 'image');
         INSERT INTO catalog_product_entity_media_gallery_value_to_entity VALUES (1, 7), (2, 7);
         INSERT INTO catalog_product_entity_media_gallery_value (value_id, store_id, entity_id, label, position, disabled) VALUES
           (1, 0, 7, 'Film', 2, 0), (1, 2, 7, NULL, 5, 1), (2, 0, 7, NULL, 1, 0);
         INSERT INTO catalog_product_entity_media_gallery_value_video VALUES
           (1, 0, 'youtube', 'https://videos.example/1', 'Bag', '', NULL), (1, 2, NULL, NULL, 'Tasche', NULL, NULL);
         INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value) VALUES
           (508, 0, 7, '/b/a/bag.jpg'), (509, 0, 7, '/v/i/film.jpg'), (512, 0, 7, 'A bag'), (511, 0, 7, 'no_selection')",
    );
    let english = shop.product("bag", "en");
    says(
        &english["videos"],
        r#"[{"preview": {"url": "http://shop.example/media/catalog/product/v/i/film.jpg", "label": "Film", "roles": ["small_image"]},
             "video": {"videoProvider": "youtube", "videoUrl": "https://videos.example/1", "videoTitle": "Bag", "mediaType": "external-video"}, "sortOrder": "2"}]"#,
    );
    says(
        &english["images"],
        r#"[{"resource": {"url": "http://shop.example/media/catalog/product/b/a/bag.jpg", "label": "", "roles": ["image"]}, "sortOrder": "1"}]"#,
    );
    let film = english["media_gallery"].as_array().expect("a gallery").iter().find(|entry| entry["sort_order"] == 2);
    says(
        film.expect("the film is in it"),
        r#"{"url": "http://shop.example/media/catalog/product/v/i/film.jpg", "label": "Film", "types": ["small_image"], "sort_order": 2,
            "video_attributes": {"mediaType": "external-video", "videoProvider": "youtube", "videoUrl": "https://videos.example/1", "videoTitle": "Bag"}}"#,
    );
    says(&english["image"], r#"{"url": "http://shop.example/media/catalog/product/b/a/bag.jpg", "label": "A bag"}"#);
    says(&english["swatchImage"], r#"{"url": "http://shop.example/media/catalog/productno_selection"}"#);
    says(
        &shop.product("bag", "de")["videos"],
        r#"[{"preview": {"url": "http://europe.example/media/catalog/product/v/i/film.jpg", "label": "Film", "roles": ["small_image", "hide_from_pdp"]},
             "video": {"videoProvider": "youtube", "videoUrl": "https://videos.example/1", "videoTitle": "Tasche", "mediaType": "external-video"}, "sortOrder": "5"}]"#,
    );
}

#[test]
fn pictures_and_pages_may_have_addresses_of_their_own() {
    let shop = documents(
        "products",
        "INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
           ('default', 0, 'web/unsecure/base_media_url', 'http://pictures.example/'),
           ('websites', 2, 'web/unsecure/base_media_url', '{{unsecure_base_url}}files/'),
           ('stores', 3, 'web/url/use_store', '1');
         INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value) VALUES (508, 0, 7, '/a.jpg'), (515, 0, 7, 'bag');
         INSERT INTO url_rewrite (entity_type, entity_id, request_path, target_path, store_id) VALUES ('product', 7, 'bag.html', 'catalog/product/view/id/7', 2)",
    );
    let addresses = |store: &str| {
        let product = shop.product("bag", store);
        format!("{} {}", product["image"]["url"], product["url"])
    };
    assert_eq!(
        addresses("en"),
        r#""http://pictures.example/catalog/product/a.jpg" "http://shop.example/catalog/product/view/id/7/s/bag/""#
    );
    assert_eq!(
        addresses("de"),
        r#""http://europe.example/files/catalog/product/a.jpg" "http://europe.example/bag.html""#
    );
    assert_eq!(
        addresses("fr"),
        r#""http://europe.example/files/catalog/product/a.jpg" "http://europe.example/fr/catalog/product/view/id/7/s/bag/""#
    );
}

#[test]
fn a_redirect_is_an_address_too() {
    let shop = documents(
        "products",
        "INSERT INTO url_rewrite (entity_type, entity_id, request_path, target_path, redirect_type, store_id, metadata) VALUES
           ('product', 7, 'bag.html', 'catalog/product/view/id/7', 0, 1, NULL),
           ('product', 7, 'gear/bag.html', 'catalog/product/view/id/7/category/20', 0, 1, '{\"category_id\":\"20\"}'),
           ('product', 7, 'old.html', 'bag.html', 301, 1, NULL),
           ('product', 7, 'older.html', 'gear/bags/small/soft/bag.html', 302, 1, NULL)",
    );
    let product = shop.product("bag", "en");
    says(
        &product["urlRewrites"],
        r#"[{"url": "http://shop.example/bag.html", "parameters": [{"name": "id", "value": "7"}]},
            {"url": "http://shop.example/gear/bag.html", "parameters": [{"name": "id", "value": "7"}, {"name": "category", "value": "20"}]},
            {"url": "http://shop.example/old.html"},
            {"url": "http://shop.example/older.html", "parameters": [{"name": "soft", "value": "bag.html"}]}]"#,
    );
    assert_eq!(product["url"], "http://shop.example/bag.html");
}

#[test]
fn a_product_without_status_is_disabled() {
    let shop = documents(
        "products",
        "DELETE FROM catalog_product_entity_int WHERE entity_id = 7;
         INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (502, 2, 8, 2), (503, 0, 9, 9)",
    );
    let says_of = |sku: &str, store: &str| {
        let product = shop.product(sku, store);
        format!("{} {} {} {}", product["status"], product["visibility"], product["displayable"], product["buyable"])
    };
    assert_eq!(says_of("bag", "en"), r#""Disabled" "Not Visible Individually" false false"#);
    assert_eq!(says_of("ball", "fr"), r#""Enabled" "Catalog, Search" true false"#);
    assert_eq!(says_of("ball", "de"), r#""Disabled" "Catalog, Search" false false"#);
}

#[test]
fn stock_is_that_of_the_website() {
    let shop = documents(
        "products",
        "INSERT INTO store_website VALUES (3, 'nowhere', 3); INSERT INTO store_group VALUES (3, 3, 2, 4, 'nowhere_store');
         INSERT INTO store VALUES (4, 'it', 3, 3); INSERT INTO catalog_product_website VALUES (7, 3);
         CREATE TABLE catalog_category_product_index_store4 (category_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER);
         INSERT INTO core_config_data (scope, scope_id, path, value) VALUES ('websites', 1, 'cataloginventory/options/stock_threshold_qty', '3.5');",
    );
    let says_of = |sku: &str, store: &str| {
        let product = shop.product(sku, store);
        format!("{} {} {}", product["inStock"], product["lowStock"], product["buyable"])
    };
    assert_eq!(says_of("bag", "en"), "true true true");
    assert_eq!(says_of("bag", "de"), "true false true");
    assert_eq!(says_of("bag", "it"), "false false false");
    assert_eq!(says_of("strap", "en"), "false true false");
    assert_eq!(says_of("strap", "de"), "false false false");
}

#[test]
fn endless_stock_is_what_the_settings_or_the_product_say() {
    let edits = "
        UPDATE cataloginventory_stock_item SET use_config_manage_stock = 0, manage_stock = 0 WHERE product_id = 7;
        UPDATE cataloginventory_stock_item SET use_config_backorders = 0, backorders = 1, use_config_min_qty = 0 WHERE product_id = 8;
        DELETE FROM cataloginventory_stock_item WHERE product_id = 9;
        INSERT INTO inventory_stock_5 VALUES ('strap', 2, 1), ('ball', 1, 0);
        INSERT INTO inventory_reservation (stock_id, sku, quantity) VALUES (5, 'bag', -2), (5, 'bag', 0.5), (1, 'bag', -1);";
    let says_of = |shop: &Documents, sku: &str, stock: &str| {
        let item = shop.with(&[("sku", sku), ("stockId", stock)]);
        format!("{} {} {} {}", item["qty"], item["qtyForSale"], item["isSalable"], item["infiniteStock"])
    };
    let shop = documents("stock", edits);
    assert_eq!(shop.0.len(), 5, "the default stock needs a row of the product and one of its source");
    assert_eq!(says_of(&shop, "bag", "1"), "3 2 true true");
    assert_eq!(says_of(&shop, "bag", "5"), "12.5 11 true true");
    assert_eq!(says_of(&shop, "ball", "1"), "0 0 false true");
    assert_eq!(says_of(&shop, "strap", "5"), "2 2 true false");
    let backorders = "
        INSERT INTO core_config_data (scope, scope_id, path, value) VALUES ('default', 0, 'cataloginventory/item_options/backorders', '2');
        UPDATE cataloginventory_stock_item SET manage_stock = 1 WHERE product_id = 7;
        UPDATE cataloginventory_stock_item SET min_qty = -4, use_config_manage_stock = 0, manage_stock = 1 WHERE product_id = 8;";
    let shop = documents("stock", &format!("{edits}{backorders}"));
    assert_eq!(says_of(&shop, "bag", "1"), "3 2 true false");
    assert_eq!(says_of(&shop, "ball", "1"), "0 0 false false");
    assert_eq!(says_of(&shop, "strap", "5"), "2 2 true true");
}
