//! Schemas of other people's shops, cut down: the tables that get a feed, and what is in them.

use super::*;

/// A line a feed: its table, `>` the rows it refers to and those that refer to it.
fn outline(lines: &str) -> String {
    let drafts = drafts(lines, &wish());
    let feeds =
        drafts.feeds.iter().map(|feed| format!("{}: {}", feed.name, feed.relations.join(" ")).trim_end().to_owned());
    let left = drafts.left_out.iter().map(|left| {
        let tables: Vec<&str> = left.tables.iter().map(|table| table.name.as_str()).collect();
        format!("- {}: {}", left.kind, tables.join(" "))
    });
    feeds.chain(left).collect::<Vec<_>>().join("\n")
}

#[test]
fn northwind() {
    let lines = "
        Products: ProductID* int, ProductName, SupplierID int -> Suppliers, CategoryID int -> Categories, UnitPrice decimal, Discontinued bool
        Categories: CategoryID* int, CategoryName, Description, Picture binary
        Suppliers: SupplierID* int, CompanyName, ContactName, Phone
        Customers: CustomerID* text, CompanyName, ContactName, Phone
        Employees: EmployeeID* int, LastName, FirstName, ReportsTo int -> Employees, Photo binary
        Orders: OrderID* int, CustomerID text -> Customers, EmployeeID int -> Employees, OrderDate time, ShipVia int -> Shippers
        Order Details: OrderID* int -> Orders, ProductID* int -> Products, UnitPrice decimal, Quantity int
        Shippers: ShipperID* int, CompanyName, Phone
        CustomerCustomerDemo: CustomerID* text -> Customers, CustomerTypeID* text -> CustomerDemographics
        CustomerDemographics: CustomerTypeID* text, CustomerDesc
        Region: RegionID* int, RegionDescription
        Territories: TerritoryID* text, TerritoryDescription, RegionID int -> Region
        EmployeeTerritories: EmployeeID* int -> Employees, TerritoryID* text -> Territories
        view Invoices: OrderID int, Total decimal";
    insta::assert_snapshot!(outline(lines));
}

#[test]
fn prestashop() {
    // Nothing is declared.
    let lines = "
        ps_product: id_product* int, id_supplier int, id_manufacturer int, id_category_default int, reference, price decimal, active int, date_upd time
        ps_product_lang: id_product* int, id_shop* int, id_lang* int, name, description
        ps_product_shop: id_product* int, id_shop* int, price decimal
        ps_product_attribute: id_product_attribute* int, id_product int, reference, price decimal
        ps_product_attribute_combination: id_attribute* int, id_product_attribute* int
        ps_attribute: id_attribute* int, id_attribute_group int, color, position int
        ps_attribute_group: id_attribute_group* int, group_type, position int
        ps_category: id_category* int, id_parent int, active int
        ps_category_lang: id_category* int, id_shop* int, id_lang* int, name
        ps_category_product: id_category* int, id_product* int, position int
        ps_manufacturer: id_manufacturer* int, name, active int
        ps_supplier: id_supplier* int, name
        ps_lang: id_lang* int, name, iso_code
        ps_shop: id_shop* int, name
        ps_image: id_image* int, id_product int, position int, cover int
        ps_stock_available: id_stock_available* int, id_product int, id_product_attribute int, quantity int
        ps_orders: id_order* int, reference, id_customer int, id_cart int, total_paid decimal
        ps_order_detail: id_order_detail* int, id_order int, product_id int, product_name, product_quantity int
        ps_customer: id_customer* int, firstname, lastname, email, passwd
        ps_cart: id_cart* int, id_customer int
        ps_connections: id_connections* int, ip_address int
        ps_configuration: id_configuration* int, name, value
        ps_employee: id_employee* int, lastname, passwd
        ps_log: id_log* int, message";
    insta::assert_snapshot!(outline(lines));
}

#[test]
fn opencart() {
    let lines = "
        oc_product: product_id* int, model, sku, manufacturer_id int, price decimal, status int, date_modified time
        oc_product_description: product_id* int, language_id* int, name, description
        oc_product_image: product_image_id* int, product_id int, image, sort_order int
        oc_product_to_category: product_id* int, category_id* int
        oc_product_related: product_id* int, related_id* int
        oc_product_option: product_option_id* int, product_id int, option_id int, value, required int
        oc_product_option_value: product_option_value_id* int, product_option_id int, product_id int, option_id int, option_value_id int, price decimal
        oc_product_attribute: product_id* int, attribute_id* int, language_id* int, text
        oc_option: option_id* int, type, sort_order int
        oc_option_value: option_value_id* int, option_id int, image, sort_order int
        oc_attribute: attribute_id* int, attribute_group_id int, sort_order int
        oc_attribute_group: attribute_group_id* int, sort_order int
        oc_category: category_id* int, image, parent_id int, sort_order int, status int
        oc_category_description: category_id* int, language_id* int, name
        oc_manufacturer: manufacturer_id* int, name, image
        oc_language: language_id* int, name, code
        oc_order: order_id* int, customer_id int, total decimal, order_status_id int, currency_code, payment_code
        oc_order_product: order_product_id* int, order_id int, product_id int, name, price decimal
        oc_order_status: order_status_id* int, language_id* int, name
        oc_customer: customer_id* int, customer_group_id int, firstname, email, password, token
        oc_customer_group: customer_group_id* int, approval int, sort_order int
        oc_currency: currency_id* int, title, code, value decimal
        oc_setting: setting_id* int, code, key, value
        oc_session: session_id* text, data
        oc_cart: cart_id* int, customer_id int, product_id int, quantity int";
    insta::assert_snapshot!(outline(lines));
}

#[test]
fn woocommerce() {
    let lines = "
        wp_posts: ID* int, post_author int, post_title, post_content, post_status, post_parent int, post_modified time
        wp_postmeta: meta_id* int, post_id int, meta_key, meta_value
        wp_terms: term_id* int, name, slug
        wp_term_taxonomy: term_taxonomy_id* int, term_id int, taxonomy, description, parent int
        wp_term_relationships: object_id* int, term_taxonomy_id* int, term_order int
        wp_users: ID* int, user_login, user_pass, user_email, display_name
        wp_usermeta: umeta_id* int, user_id int, meta_key, meta_value
        wp_options: option_id* int, option_name, option_value, autoload
        wp_wc_product_meta_lookup: product_id* int, sku, min_price decimal, stock_quantity int
        wp_woocommerce_order_items: order_item_id* int, order_item_name, order_item_type, order_id int
        wp_woocommerce_order_itemmeta: meta_id* int, order_item_id int, meta_key, meta_value
        wp_woocommerce_sessions: session_id* int, session_key, session_value
        wp_actionscheduler_logs: log_id* int, message";
    insta::assert_snapshot!(outline(lines));
}

#[test]
fn shopware() {
    // Keys are sixteen bytes: nothing of it can be an entity.
    let lines = "
        product: id* binary, version_id* binary, product_number, price json
        product_translation: product_id* binary -> product(id), language_id* binary -> language, name
        manufacturer: id* binary, link
        language: id* binary, name
        number_range: id* int, pattern, name";
    insta::assert_snapshot!(outline(lines));
}

#[test]
fn with_uuids_and_schemas() {
    let lines = "
        sales.invoice: id* uuid, number, customer_id uuid -> crm.customer, total decimal
        sales.invoice_line: id* uuid, invoice_id uuid -> sales.invoice, article_id uuid -> stock.article, quantity int
        crm.customer: id* uuid, name, email
        stock.article: id* uuid, sku, name, deleted_at time
        stock.level: article_id* uuid -> stock.article, warehouse_id* uuid -> stock.warehouse, quantity decimal
        stock.warehouse: id* uuid, name
        audit.log: id* int, what";
    insta::assert_snapshot!(outline(lines));
}
