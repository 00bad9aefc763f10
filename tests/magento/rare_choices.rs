//! Options, attributes, categories and prices as the shops with known items do not have them.

use super::rare::{documents, says};
use serde_json::Value;

#[test]
fn a_store_view_has_its_own_price_of_an_option_where_it_has_its_own_title() {
    let shop = documents(
        "products",
        "INSERT INTO catalog_product_option (option_id, product_id, type, is_require, sort_order) VALUES (1, 7, 'checkbox', 1, 2), (2, 7, 'file', 0, 1);
         UPDATE catalog_product_option SET file_extension = 'png', image_size_x = 20, image_size_y = 0 WHERE option_id = 2;
         INSERT INTO catalog_product_option_title (option_id, store_id, title) VALUES (1, 0, 'Extras'), (2, 0, 'Print'), (2, 2, 'Druck');
         INSERT INTO catalog_product_option_price (option_id, store_id, price, price_type) VALUES (2, 0, 10, 'fixed'), (2, 2, 12, 'fixed'), (2, 3, 13, 'fixed');
         INSERT INTO catalog_product_option_type_value (option_type_id, option_id, sku, sort_order) VALUES (11, 1, 'lock', 2), (12, 1, NULL, 1);
         INSERT INTO catalog_product_option_type_title (option_type_id, store_id, title) VALUES (11, 0, 'Lock'), (12, 0, 'Gift'), (11, 2, 'Schloss');
         INSERT INTO catalog_product_option_type_price (option_type_id, store_id, price, price_type) VALUES
           (11, 0, 5, 'fixed'), (11, 2, 6, 'percent'), (11, 3, 7, 'fixed'), (12, 0, 0, 'fixed')",
    );
    says(
        &shop.product("bag", "en")["optionsV2"],
        r#"[{"id": "1", "label": "Extras", "sortOrder": 2, "required": true, "renderType": "checkbox", "type": "custom_option", "values": [
             {"id": "Y3VzdG9tLW9wdGlvbi8xLzEx", "label": "Lock", "sortOrder": 2, "isDefault": false, "sku": "lock", "price": 5, "priceType": "fixed"},
             {"id": "Y3VzdG9tLW9wdGlvbi8xLzEy", "label": "Gift", "sortOrder": 1, "isDefault": false, "price": 0, "priceType": "fixed"}]}]"#,
    );
    let price_of = |store: &str| {
        let product = shop.product("bag", store);
        let lock = &product["optionsV2"][0]["values"][0];
        let print = &product["shopperInputOptions"][0];
        format!("{} {} {} {} {}", lock["label"], lock["price"], lock["priceType"], print["label"], print["price"])
    };
    assert_eq!(price_of("de"), r#""Schloss" 6 "percent" "Druck" 12"#);
    assert_eq!(price_of("fr"), r#""Lock" 5 "fixed" "Print" 10"#);
    says(
        &shop.product("bag", "en")["shopperInputOptions"],
        r#"[{"id": "Y3VzdG9tLW9wdGlvbi8y", "label": "Print", "sortOrder": 1, "required": false, "renderType": "file", "price": 10,
             "fileExtension": "png", "range": {}, "imageSizeX": 20, "imageSizeY": 0}]"#,
    );
}

#[test]
fn the_items_of_a_bundle_may_cost_less_in_a_website() {
    let shop = documents(
        "products",
        "UPDATE catalog_product_entity SET type_id = 'bundle' WHERE entity_id = 7;
         INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (506, 0, 7, 1);
         INSERT INTO catalog_product_relation VALUES (7, 8);
         INSERT INTO catalog_product_bundle_option VALUES (3, 7, 0, 1, 'multi');
         INSERT INTO catalog_product_bundle_option_value (option_id, store_id, title, parent_product_id) VALUES (3, 0, 'Parts', 7), (3, 3, 'Pieces', 7);
         INSERT INTO catalog_product_bundle_selection VALUES (31, 3, 7, 8, 4, 1, 1, 10, 2.5, 1);
         INSERT INTO catalog_product_bundle_selection_price VALUES (31, 2, 0, 8, 7);
         INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value) VALUES (501, 0, 8, 'Ball')",
    );
    assert_eq!(shop.product("bag", "en")["type"], "bundle_fixed");
    says(&shop.product("ball", "en")["parents"], r#"[{"sku": "bag", "productType": "bundle_fixed"}]"#);
    says(
        &shop.product("bag", "fr")["optionsV2"],
        r#"[{"id": "3", "label": "Pieces", "sortOrder": 1, "required": false, "renderType": "multi", "type": "bundle", "values": [
             {"id": "YnVuZGxlLzMvMzEvMg==", "label": "Ball", "sortOrder": 4, "isDefault": true, "qtyMutability": true, "qty": 2.5, "sku": "ball", "price": 8, "priceType": "percent"}]}]"#,
    );
    assert_eq!(shop.product("bag", "en")["optionsV2"][0]["values"][0]["price"], 10);
}

/// A configurable product `bag` with the children `ball` and `strap`; colours 71 to 74.
const CONFIGURABLE: &str = "
    UPDATE catalog_product_entity SET type_id = 'configurable' WHERE entity_id = 7;
    INSERT INTO eav_attribute (attribute_id, entity_type_id, attribute_code, backend_type, frontend_input, frontend_label, is_user_defined) VALUES (530, 12, 'color', 'int', 'select', 'Color', 1);
    INSERT INTO eav_attribute_label (attribute_id, store_id, value) VALUES (530, 2, 'Farbe');
    INSERT INTO catalog_eav_attribute (attribute_id, additional_data) VALUES (530, '{\"swatch\":1}');
    INSERT INTO eav_attribute_option VALUES (71, 530, 3), (72, 530, 2), (73, 530, 1), (74, 530, 0);
    INSERT INTO eav_attribute_option_value (option_id, store_id, value) VALUES (71, 0, 'Red'), (71, 2, 'Rot'), (72, 0, 'Flowers'), (73, 0, 'Large');
    INSERT INTO catalog_product_super_attribute (product_id, attribute_id, position) VALUES (7, 530, 4);
    INSERT INTO catalog_product_super_link (product_id, parent_id) VALUES (8, 7), (9, 7);
    INSERT INTO catalog_product_relation VALUES (7, 8), (7, 9);
    INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (530, 0, 8, 71), (530, 0, 9, 72);";

#[test]
fn swatches_are_colours_pictures_and_texts() {
    let shop = documents(
        "products",
        &format!(
            "{CONFIGURABLE}
             INSERT INTO catalog_product_entity (entity_id, type_id, sku) VALUES (10, 'simple', 'large'); INSERT INTO catalog_product_website VALUES (10, 1), (10, 2);
             INSERT INTO catalog_product_super_link (product_id, parent_id) VALUES (10, 7);
             INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (530, 0, 10, 73), (502, 0, 10, 1);
             INSERT INTO eav_attribute_option_swatch (option_id, store_id, type, value) VALUES
               (71, 0, 1, '#ff0000'), (71, 2, 0, NULL), (72, 0, 2, '/f/l/flowers.png'), (73, 0, 0, 'L'), (73, 2, 0, 'G')"
        ),
    );
    says(
        &shop.product("bag", "de")["optionsV2"],
        r##"[{"id": "color", "label": "Farbe", "sortOrder": 4, "type": "configurable", "swatchType": "{\"swatch\":1}", "values": [
             {"id": "Y29uZmlndXJhYmxlLzUzMC83MQ==", "label": "Rot", "sortOrder": 3, "colorHex": "#ff0000"},
             {"id": "Y29uZmlndXJhYmxlLzUzMC83Mg==", "label": "Flowers", "sortOrder": 2, "imageUrl": "http://shop.example/media/attribute/swatch/f/l/flowers.png"},
             {"id": "Y29uZmlndXJhYmxlLzUzMC83Mw==", "label": "Large", "sortOrder": 1}]}]"##,
    );
}

#[test]
fn a_choice_that_no_child_on_sale_has_is_not_offered() {
    let shop = documents(
        "products",
        &format!(
            "{CONFIGURABLE} INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (502, 2, 8, 2)"
        ),
    );
    let offered = |store: &str| {
        let values =
            shop.product("bag", store)["optionsV2"][0]["values"].as_array().expect("there are choices").clone();
        values.iter().map(|value| value["label"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!([offered("en"), offered("de"), offered("fr")], ["Red, Flowers", "Flowers", "Red, Flowers"]);
}

#[test]
fn attributes_are_written_as_their_kind_says() {
    let shop = documents(
        "products",
        "INSERT INTO eav_attribute (attribute_id, entity_type_id, attribute_code, backend_type, frontend_input, source_model, is_user_defined) VALUES
           (541, 12, 'washable', 'int', 'boolean', 'Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Boolean', 1), (542, 12, 'stuff', 'text', 'multiselect', NULL, 1),
           (543, 12, 'cost', 'decimal', 'price', NULL, 1), (544, 12, 'since', 'datetime', 'date', NULL, 1), (545, 12, 'note', 'varchar', 'text', NULL, 1), (546, 12, 'alike', 'static', 'text', NULL, 1);
         INSERT INTO eav_attribute_option VALUES (81, 542, 1), (82, 542, 2); INSERT INTO eav_attribute_option_value (option_id, store_id, value) VALUES (81, 0, 'Wool'), (81, 2, 'Wolle'), (82, 0, 'Silk');
         INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value) VALUES (541, 0, 7, 1), (541, 3, 7, 0);
         INSERT INTO catalog_product_entity_text (attribute_id, store_id, entity_id, value) VALUES (542, 0, 7, '82,81,99'), (542, 3, 7, NULL);
         INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value) VALUES (543, 0, 7, 12);
         INSERT INTO catalog_product_entity_datetime (attribute_id, store_id, entity_id, value) VALUES (544, 0, 7, '2026-02-03 00:00:00');
         INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value) VALUES (545, 0, 7, ''), (545, 2, 7, 'a,b')",
    );
    says(
        &shop.product("bag", "de")["attributes"],
        r#"[{"attributeCode": "cost", "value": ["12.000000"]}, {"attributeCode": "note", "value": ["a,b"]}, {"attributeCode": "since", "value": ["2026-02-03 00:00:00"]},
            {"attributeCode": "stuff", "value": ["Silk", "Wolle", "99"]}, {"attributeCode": "washable", "value": ["yes"]}]"#,
    );
    says(
        &shop.product("bag", "fr")["attributes"],
        r#"[{"attributeCode": "cost", "value": ["12.000000"]}, {"attributeCode": "note", "value": [""]}, {"attributeCode": "since", "value": ["2026-02-03 00:00:00"]},
            {"attributeCode": "stuff"}, {"attributeCode": "washable", "value": ["no"]}]"#,
    );
}

#[test]
fn a_category_has_a_picture_and_orders() {
    let shop = documents(
        "categories",
        "INSERT INTO catalog_category_entity_varchar (attribute_id, store_id, entity_id, value) VALUES
           (603, 0, 20, '/media/catalog/category/gear.jpg'), (603, 0, 21, 'bags.jpg'), (603, 0, 22, '/somewhere/small.jpg'), (607, 0, 21, 'price'), (607, 0, 22, 'name'), (602, 2, 20, NULL), (602, 2, 21, 'taschen');
         INSERT INTO catalog_category_entity_text (attribute_id, store_id, entity_id, value) VALUES (608, 0, 21, 'position,name'), (608, 0, 22, 'position,name'), (608, 0, 20, '');
         INSERT INTO catalog_eav_attribute (attribute_id, used_for_sort_by) VALUES (501, 1)",
    );
    let says_of = |id: &str| {
        let category = shop.with(&[("categoryId", id), ("storeViewCode", "de")]);
        format!(
            "{} {} {} {}",
            category["image"], category["defaultSortBy"], category["availableSortBy"], category["urlPath"]
        )
    };
    assert_eq!(says_of("2"), r#"null "position" null """#);
    assert_eq!(says_of("20"), r#""http://europe.example/media/catalog/category/gear.jpg" "position" null "gear""#);
    assert_eq!(
        says_of("21"),
        r#""http://europe.example/media/catalog/category/bags.jpg" "position" ["position","name"] "gear/taschen""#
    );
    assert_eq!(says_of("22"), r#""/somewhere/small.jpg" "name" ["position","name"] "gear/taschen/small""#);
}

#[test]
fn a_category_is_sorted_by_what_may_be_sorted_by() {
    let shop = documents(
        "categories",
        "INSERT INTO catalog_category_entity_varchar (attribute_id, store_id, entity_id, value) VALUES (607, 0, 2, 'price'), (607, 0, 20, 'special_price'), (607, 0, 21, 'price'), (607, 0, 22, 'bogus');
         INSERT INTO catalog_category_entity_text (attribute_id, store_id, entity_id, value) VALUES (608, 0, 21, 'bogus,name,special_price,position'), (608, 0, 22, 'bogus');
         INSERT INTO catalog_eav_attribute (attribute_id, used_for_sort_by) VALUES (501, 1), (504, 1), (505, 0)",
    );
    for (id, sorted_by) in [("2", "price"), ("20", "position"), ("21", "name"), ("22", "position")] {
        assert_eq!(shop.with(&[("categoryId", id), ("storeViewCode", "de")])["defaultSortBy"], sorted_by, "{id}");
    }
}

#[test]
fn a_main_category_hides_what_is_below_it() {
    let shop = documents(
        "categories",
        "INSERT INTO catalog_category_entity_int (attribute_id, store_id, entity_id, value) VALUES (604, 2, 20, 0), (605, 3, 20, 0);
         UPDATE catalog_category_entity_int SET value = 0 WHERE attribute_id = 604 AND entity_id = 22",
    );
    let says_of = |id: &str, store: &str| {
        let category = shop.with(&[("categoryId", id), ("storeViewCode", store)]);
        format!("{} {} {}", category["isActive"], category["includeInMenu"], category["children"])
    };
    assert_eq!(says_of("20", "de"), r#"0 1 ["21"]"#);
    assert_eq!(says_of("21", "de"), "0 1 null");
    assert_eq!(says_of("21", "fr"), "1 0 null");
    assert_eq!(says_of("22", "en"), "0 1 null");
}

#[test]
fn a_tier_price_is_fixed_or_a_percentage() {
    let shop = documents(
        "prices",
        "INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value) VALUES (504, 0, 7, 100), (504, 2, 7, 90), (505, 0, 7, 80), (505, 2, 7, NULL);
         INSERT INTO catalog_product_entity_tier_price (entity_id, all_groups, customer_group_id, qty, value, website_id, percentage_value) VALUES
           (7, 1, 0, 1, 75, 0, NULL), (7, 1, 0, 10, 60, 0, NULL), (7, 1, 0, 20, 0, 0, 50), (7, 0, 4, 1, 0, 0, 30), (7, 0, 4, 5, 0, 0, 35.5), (7, 0, 4, 10, 0, 2, 45), (7, 0, 6, 3, 0, 1, NULL);
         INSERT INTO catalogrule_product_price (rule_date, customer_group_id, product_id, rule_price, website_id) VALUES
           ('2026-11-20', 4, 7, 71, 2), ('2026-11-19', 5, 7, 70, 2), ('2026-11-20', 0, 7, 0, 1)",
    );
    let price = |website: &str, group: &str| -> &Value {
        shop.with(&[("productId", "7"), ("websiteCode", website), ("customerGroupCode", group)])
    };
    let (all, none, four, six) = (
        "0",
        "b6589fc6ab0dc82cf12099d1c2d40ab994e8410c",
        "1b6453892473a467d07372d45eb05abc2031647a",
        "c1dfd96eea8cc2b62785275bca38ac261256e278",
    );
    let for_bag = shop.0.iter().filter(|price| price["productId"] == 7).count();
    assert_eq!(for_bag, 6, "for all and for group 4 in two websites, and for groups 0 and 6 in one");
    assert_eq!((&price("main", all)["regular"], &price("europe", all)["regular"]), (&100.into(), &90.into()));
    says(
        &price("main", all)["discounts"],
        r#"[{"code": "special_price", "price": 80}, {"code": "group", "price": 75}]"#,
    );
    says(&price("main", all)["tierPrices"], r#"[{"qty": 10, "price": 60}, {"qty": 20, "percentage": 50}]"#);
    says(
        &price("europe", four)["discounts"],
        r#"[{"code": "group", "percentage": 30}, {"code": "catalog_rule", "price": 71}]"#,
    );
    says(
        &price("europe", four)["tierPrices"],
        r#"[{"qty": 10, "percentage": 45}, {"qty": 20, "percentage": 50}, {"qty": 5, "percentage": 35.5}]"#,
    );
    says(
        &price("main", four)["tierPrices"],
        r#"[{"qty": 10, "price": 60}, {"qty": 20, "percentage": 50}, {"qty": 5, "percentage": 35.5}]"#,
    );
    says(
        &price("main", none)["discounts"],
        r#"[{"code": "special_price", "price": 80}, {"code": "group", "price": 75}, {"code": "catalog_rule", "price": 0}]"#,
    );
    says(&price("main", six)["tierPrices"], r#"[{"qty": 10, "price": 60}, {"qty": 20, "percentage": 50}]"#);
}

#[test]
fn tier_prices_stand_where_their_quantity_was_first_given() {
    let shop = documents(
        "prices",
        "INSERT INTO catalog_product_entity_tier_price (entity_id, all_groups, customer_group_id, qty, value, website_id, percentage_value) VALUES
           (7, 0, 4, 2, 0, 2, 5), (7, 0, 4, 3, 33, 0, NULL), (7, 0, 4, 9, 0, 0, 40), (7, 1, 0, 4, 0, 2, 12), (7, 1, 0, 9, 9, 2, NULL), (7, 1, 0, 5, 0, 0, 20), (7, 1, 0, 6, 66, 0, NULL)",
    );
    let four = "1b6453892473a467d07372d45eb05abc2031647a";
    let price = shop.with(&[("productId", "7"), ("websiteCode", "europe"), ("customerGroupCode", four)]);
    says(
        &price["tierPrices"],
        r#"[{"qty": 6, "price": 66}, {"qty": 5, "percentage": 20}, {"qty": 9, "percentage": 40}, {"qty": 4, "percentage": 12},
            {"qty": 3, "price": 33}, {"qty": 2, "percentage": 5}]"#,
    );
}

#[test]
fn a_bundle_has_a_percentage_for_its_special_price() {
    let shop = documents(
        "prices",
        "UPDATE catalog_product_entity SET type_id = 'bundle' WHERE entity_id = 7; UPDATE catalog_product_entity SET type_id = 'virtual' WHERE entity_id = 8;
         INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value) VALUES (505, 0, 7, 80), (504, 2, 8, NULL), (504, 0, 8, 5)",
    );
    let bag = shop.with(&[("productId", "7"), ("websiteCode", "main")]);
    says(&bag["discounts"], r#"[{"code": "special_price", "percentage": 80}]"#);
    assert_eq!((&bag["type"], &bag["regular"]), (&"BUNDLE_DYNAMIC".into(), &0.into()));
    let ball = shop.with(&[("productId", "8"), ("websiteCode", "europe")]);
    assert_eq!((&ball["type"], &ball["regular"]), (&"SIMPLE".into(), &5.into()));
}
