//! The texts of drafts, as they are written.

use super::*;

#[test]
fn a_draft_teaches_the_language() {
    let lines = "
        product: id* int, sku^ text!, title, brand_id int, tax_class_id int -> tax_class, price float, contact_email, api_key, manual binary, deleted_at time, updated_at time
        brand: id* int, name, country
        tax_class: id* int, name, rate decimal, note, region, valid_from time, valid_to time, a_rather_long_name, another_rather_long_name
        product_image: id* int, product_id int -> product, path, label, position int
        category: id* int, parent_id int, name
        category_product: category_id* int -> category, product_id* int -> product, position int
        tag: id* int, name
        product_tag: product_id* int -> product, tag_id* int -> tag
        stock_status: product_id* int -> product, level int
        order_item: id* int, product_id int -> product, order_id int -> orders, price decimal
        orders: id* int, total decimal
        comparison: id* int, product_id int -> product, text
        product_varchar: id* int, product_id int -> product, attribute_id int, value";
    let drafts = drafts(lines, &named(&["product"]));
    insta::assert_snapshot!(drafts.feeds[0].text);
}

#[test]
fn names_that_need_quotes_or_an_alias() {
    let lines = "
        sales.Order Details: Detail ID* int, Größe text, a.b text, Unit \"Price\" decimal, order id int -> sales.Order, key text, a\\b text
        sales.Order: id* int, Order Date time, select int, group int -> sales.Order
        sales.Order Tag: order id* int -> sales.Order, related id* int -> sales.Order
        note: id* int, order int -> sales.Order, text";
    let drafts = drafts(lines, &named(&["sales.Order Details", "sales.order"]));
    let texts: Vec<&str> = drafts.feeds.iter().map(|feed| feed.text.as_str()).collect();
    insta::assert_snapshot!(texts.join("\n=====\n\n"));
}
