-- A small shop in Magento's tables: the columns that the feeds read, two websites, three store views, one product of
-- each kind that the tests speak of. Numbers are none of an installed Magento's but for those that it fixes: store 0,
-- stock 1, link type 3.
CREATE TABLE store_website (website_id INTEGER PRIMARY KEY, code VARCHAR(32), default_group_id INTEGER NOT NULL);
CREATE TABLE store_group (group_id INTEGER PRIMARY KEY, website_id INTEGER NOT NULL, root_category_id INTEGER NOT NULL, default_store_id INTEGER NOT NULL, code VARCHAR(32));
CREATE TABLE store (store_id INTEGER PRIMARY KEY, code VARCHAR(32), website_id INTEGER NOT NULL, group_id INTEGER NOT NULL);
CREATE TABLE core_config_data (config_id INTEGER PRIMARY KEY, scope VARCHAR(8) NOT NULL, scope_id INTEGER NOT NULL, path VARCHAR(255) NOT NULL, value TEXT);
CREATE TABLE tax_class (class_id INTEGER PRIMARY KEY, class_name VARCHAR(255) NOT NULL);
CREATE TABLE url_rewrite (url_rewrite_id INTEGER PRIMARY KEY, entity_type VARCHAR(32) NOT NULL, entity_id INTEGER NOT NULL, request_path VARCHAR(255), target_path VARCHAR(255), redirect_type INTEGER NOT NULL DEFAULT 0, store_id INTEGER NOT NULL, metadata VARCHAR(255));

CREATE TABLE eav_entity_type (entity_type_id INTEGER PRIMARY KEY, entity_type_code VARCHAR(50) NOT NULL);
CREATE TABLE eav_attribute (attribute_id INTEGER PRIMARY KEY, entity_type_id INTEGER NOT NULL, attribute_code VARCHAR(255) NOT NULL, backend_type VARCHAR(8) NOT NULL, frontend_input VARCHAR(50), frontend_label VARCHAR(255), frontend_class VARCHAR(255), source_model VARCHAR(255), is_required INTEGER NOT NULL DEFAULT 0, is_user_defined INTEGER NOT NULL DEFAULT 0, is_unique INTEGER NOT NULL DEFAULT 0);
CREATE TABLE eav_attribute_label (attribute_label_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, value VARCHAR(255));
CREATE TABLE catalog_eav_attribute (attribute_id INTEGER PRIMARY KEY, is_global INTEGER NOT NULL DEFAULT 1, is_visible INTEGER NOT NULL DEFAULT 1, is_searchable INTEGER NOT NULL DEFAULT 0, is_filterable INTEGER NOT NULL DEFAULT 0, is_comparable INTEGER NOT NULL DEFAULT 0, is_visible_on_front INTEGER NOT NULL DEFAULT 0, is_used_for_price_rules INTEGER NOT NULL DEFAULT 0, is_filterable_in_search INTEGER NOT NULL DEFAULT 0, used_in_product_listing INTEGER NOT NULL DEFAULT 0, used_for_sort_by INTEGER NOT NULL DEFAULT 0, search_weight REAL NOT NULL DEFAULT 1, additional_data TEXT);
CREATE TABLE eav_attribute_option (option_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, sort_order INTEGER NOT NULL DEFAULT 0);
CREATE TABLE eav_attribute_option_value (value_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, store_id INTEGER NOT NULL, value VARCHAR(255));
CREATE TABLE eav_attribute_option_swatch (swatch_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, store_id INTEGER NOT NULL, type INTEGER NOT NULL, value VARCHAR(255));

CREATE TABLE catalog_product_entity (entity_id INTEGER PRIMARY KEY, type_id VARCHAR(32) NOT NULL, sku VARCHAR(64) NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT '2026-01-01 00:00:00', updated_at TIMESTAMP NOT NULL DEFAULT '2026-01-01 00:00:00');
CREATE TABLE catalog_product_website (product_id INTEGER NOT NULL, website_id INTEGER NOT NULL, PRIMARY KEY (product_id, website_id));
CREATE TABLE catalog_product_entity_datetime (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value DATETIME);
CREATE TABLE catalog_product_entity_decimal (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value DECIMAL(20,6));
CREATE TABLE catalog_product_entity_int (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value INTEGER);
CREATE TABLE catalog_product_entity_text (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value TEXT);
CREATE TABLE catalog_product_entity_varchar (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value VARCHAR(255));
CREATE TABLE catalog_product_entity_media_gallery (value_id INTEGER PRIMARY KEY, value VARCHAR(255), media_type VARCHAR(32) NOT NULL DEFAULT 'image');
CREATE TABLE catalog_product_entity_media_gallery_value (record_id INTEGER PRIMARY KEY, value_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, label VARCHAR(255), position INTEGER, disabled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE catalog_product_entity_media_gallery_value_to_entity (value_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, PRIMARY KEY (value_id, entity_id));
CREATE TABLE catalog_product_entity_media_gallery_value_video (value_id INTEGER NOT NULL, store_id INTEGER NOT NULL, provider VARCHAR(32), url TEXT, title VARCHAR(255), description TEXT, metadata TEXT, PRIMARY KEY (value_id, store_id));
CREATE TABLE catalog_product_entity_tier_price (value_id INTEGER PRIMARY KEY, entity_id INTEGER NOT NULL, all_groups INTEGER NOT NULL, customer_group_id INTEGER NOT NULL, qty DECIMAL(12,4) NOT NULL, value DECIMAL(20,6) NOT NULL, website_id INTEGER NOT NULL, percentage_value DECIMAL(5,2));
CREATE TABLE catalogrule_product_price (rule_product_price_id INTEGER PRIMARY KEY, rule_date DATE NOT NULL, customer_group_id INTEGER, product_id INTEGER NOT NULL, rule_price DECIMAL(20,6) NOT NULL, website_id INTEGER NOT NULL);
CREATE TABLE catalog_product_link (link_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, linked_product_id INTEGER NOT NULL, link_type_id INTEGER NOT NULL);
CREATE TABLE catalog_product_link_attribute (product_link_attribute_id INTEGER PRIMARY KEY, link_type_id INTEGER NOT NULL, product_link_attribute_code VARCHAR(32), data_type VARCHAR(32));
CREATE TABLE catalog_product_link_attribute_int (value_id INTEGER PRIMARY KEY, product_link_attribute_id INTEGER, link_id INTEGER NOT NULL, value INTEGER NOT NULL);
CREATE TABLE catalog_product_link_attribute_decimal (value_id INTEGER PRIMARY KEY, product_link_attribute_id INTEGER, link_id INTEGER NOT NULL, value DECIMAL(20,6) NOT NULL);
CREATE TABLE catalog_product_relation (parent_id INTEGER NOT NULL, child_id INTEGER NOT NULL, PRIMARY KEY (parent_id, child_id));
CREATE TABLE catalog_product_super_link (link_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, parent_id INTEGER NOT NULL);
CREATE TABLE catalog_product_super_attribute (product_super_attribute_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, attribute_id INTEGER NOT NULL, position INTEGER NOT NULL DEFAULT 0);
CREATE TABLE catalog_product_option (option_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, type VARCHAR(50), is_require INTEGER NOT NULL DEFAULT 0, sku VARCHAR(64), max_characters INTEGER, file_extension VARCHAR(50), image_size_x INTEGER, image_size_y INTEGER, sort_order INTEGER NOT NULL DEFAULT 0);
CREATE TABLE catalog_product_option_title (option_title_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, store_id INTEGER NOT NULL, title VARCHAR(255));
CREATE TABLE catalog_product_option_price (option_price_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, store_id INTEGER NOT NULL, price DECIMAL(20,6) NOT NULL, price_type VARCHAR(7) NOT NULL);
CREATE TABLE catalog_product_option_type_value (option_type_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, sku VARCHAR(64), sort_order INTEGER NOT NULL DEFAULT 0);
CREATE TABLE catalog_product_option_type_title (option_type_title_id INTEGER PRIMARY KEY, option_type_id INTEGER NOT NULL, store_id INTEGER NOT NULL, title VARCHAR(255));
CREATE TABLE catalog_product_option_type_price (option_type_price_id INTEGER PRIMARY KEY, option_type_id INTEGER NOT NULL, store_id INTEGER NOT NULL, price DECIMAL(20,6) NOT NULL, price_type VARCHAR(7) NOT NULL);
CREATE TABLE catalog_product_bundle_option (option_id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, required INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0, type VARCHAR(255));
CREATE TABLE catalog_product_bundle_option_value (value_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, store_id INTEGER NOT NULL, title VARCHAR(255), parent_product_id INTEGER NOT NULL);
CREATE TABLE catalog_product_bundle_selection (selection_id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL, parent_product_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER NOT NULL DEFAULT 0, is_default INTEGER NOT NULL DEFAULT 0, selection_price_type INTEGER NOT NULL DEFAULT 0, selection_price_value DECIMAL(20,6) NOT NULL DEFAULT 0, selection_qty DECIMAL(12,4), selection_can_change_qty INTEGER NOT NULL DEFAULT 0);
CREATE TABLE catalog_product_bundle_selection_price (selection_id INTEGER NOT NULL, website_id INTEGER NOT NULL, selection_price_type INTEGER NOT NULL DEFAULT 0, selection_price_value DECIMAL(20,6) NOT NULL DEFAULT 0, parent_product_id INTEGER NOT NULL, PRIMARY KEY (selection_id, parent_product_id, website_id));
CREATE TABLE downloadable_link (link_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, sort_order INTEGER NOT NULL DEFAULT 0, number_of_downloads INTEGER, sample_url VARCHAR(255), sample_file VARCHAR(255));
CREATE TABLE downloadable_link_title (title_id INTEGER PRIMARY KEY, link_id INTEGER NOT NULL, store_id INTEGER NOT NULL, title VARCHAR(255));
CREATE TABLE downloadable_link_price (price_id INTEGER PRIMARY KEY, link_id INTEGER NOT NULL, website_id INTEGER NOT NULL, price DECIMAL(20,6) NOT NULL);
CREATE TABLE downloadable_sample (sample_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, sort_order INTEGER NOT NULL DEFAULT 0);
CREATE TABLE downloadable_sample_title (title_id INTEGER PRIMARY KEY, sample_id INTEGER NOT NULL, store_id INTEGER NOT NULL, title VARCHAR(255));

CREATE TABLE catalog_category_entity (entity_id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT '2026-01-01 00:00:00', updated_at TIMESTAMP NOT NULL DEFAULT '2026-01-01 00:00:00', path VARCHAR(255) NOT NULL, position INTEGER NOT NULL DEFAULT 0, level INTEGER NOT NULL);
CREATE TABLE catalog_category_entity_datetime (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value DATETIME);
CREATE TABLE catalog_category_entity_decimal (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value DECIMAL(20,6));
CREATE TABLE catalog_category_entity_int (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value INTEGER);
CREATE TABLE catalog_category_entity_text (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value TEXT);
CREATE TABLE catalog_category_entity_varchar (value_id INTEGER PRIMARY KEY, attribute_id INTEGER NOT NULL, store_id INTEGER NOT NULL, entity_id INTEGER NOT NULL, value VARCHAR(255));
CREATE TABLE catalog_category_product_index_store1 (category_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER, PRIMARY KEY (category_id, product_id));
CREATE TABLE catalog_category_product_index_store2 (category_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER, PRIMARY KEY (category_id, product_id));
CREATE TABLE catalog_category_product_index_store3 (category_id INTEGER NOT NULL, product_id INTEGER NOT NULL, position INTEGER, PRIMARY KEY (category_id, product_id));

CREATE TABLE inventory_stock (stock_id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL);
CREATE TABLE inventory_stock_sales_channel (type VARCHAR(64) NOT NULL, code VARCHAR(64) NOT NULL, stock_id INTEGER NOT NULL, PRIMARY KEY (type, code));
CREATE TABLE inventory_source_item (source_item_id INTEGER PRIMARY KEY, source_code VARCHAR(255) NOT NULL, sku VARCHAR(64) NOT NULL, quantity DECIMAL(12,4) NOT NULL DEFAULT 0);
CREATE TABLE inventory_reservation (reservation_id INTEGER PRIMARY KEY, stock_id INTEGER NOT NULL, sku VARCHAR(64) NOT NULL, quantity DECIMAL(10,4) NOT NULL);
CREATE TABLE inventory_stock_1 (sku VARCHAR(64) PRIMARY KEY, quantity DECIMAL(12,4) NOT NULL, is_salable INTEGER NOT NULL);
CREATE TABLE inventory_stock_5 (sku VARCHAR(64) PRIMARY KEY, quantity DECIMAL(12,4) NOT NULL, is_salable INTEGER NOT NULL);
CREATE TABLE cataloginventory_stock_item (item_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, min_qty DECIMAL(12,4) NOT NULL DEFAULT 0, use_config_min_qty INTEGER NOT NULL DEFAULT 1, backorders INTEGER NOT NULL DEFAULT 0, use_config_backorders INTEGER NOT NULL DEFAULT 1, manage_stock INTEGER NOT NULL DEFAULT 0, use_config_manage_stock INTEGER NOT NULL DEFAULT 1);

INSERT INTO store_website VALUES (0, 'admin', 0), (1, 'main', 1), (2, 'europe', 2);
INSERT INTO store_group VALUES (0, 0, 0, 0, 'none'), (1, 1, 2, 1, 'main_store'), (2, 2, 2, 2, 'europe_store');
INSERT INTO store VALUES (0, 'admin', 0, 0), (1, 'en', 1, 1), (2, 'de', 2, 2), (3, 'fr', 2, 2);
INSERT INTO core_config_data (scope, scope_id, path, value) VALUES
  ('default', 0, 'web/unsecure/base_url', 'http://shop.example/'), ('websites', 2, 'web/unsecure/base_url', 'http://europe.example/');
INSERT INTO eav_entity_type VALUES (11, 'catalog_category'), (12, 'catalog_product');
INSERT INTO eav_attribute (attribute_id, entity_type_id, attribute_code, backend_type) VALUES
  (601, 11, 'name', 'varchar'), (602, 11, 'url_key', 'varchar'), (603, 11, 'image', 'varchar'), (604, 11, 'is_active', 'int'), (605, 11, 'include_in_menu', 'int'), (606, 11, 'is_anchor', 'int'),
  (607, 11, 'default_sort_by', 'varchar'), (608, 11, 'available_sort_by', 'text'), (609, 11, 'description', 'text'), (610, 11, 'display_mode', 'varchar'), (611, 11, 'meta_title', 'varchar'), (612, 11, 'meta_keywords', 'text'), (613, 11, 'meta_description', 'text'),
  (501, 12, 'name', 'varchar'), (502, 12, 'status', 'int'), (503, 12, 'visibility', 'int'), (504, 12, 'price', 'decimal'), (505, 12, 'special_price', 'decimal'), (506, 12, 'price_type', 'int'), (507, 12, 'price_view', 'int'),
  (508, 12, 'image', 'varchar'), (509, 12, 'small_image', 'varchar'), (510, 12, 'thumbnail', 'varchar'), (511, 12, 'swatch_image', 'varchar'), (512, 12, 'image_label', 'varchar'), (513, 12, 'small_image_label', 'varchar'), (514, 12, 'thumbnail_label', 'varchar'),
  (515, 12, 'url_key', 'varchar'), (516, 12, 'weight', 'decimal'), (517, 12, 'weight_type', 'int'), (518, 12, 'tax_class_id', 'int'), (519, 12, 'description', 'text'), (520, 12, 'short_description', 'text'), (521, 12, 'meta_title', 'varchar'), (522, 12, 'meta_keyword', 'text'), (523, 12, 'meta_description', 'varchar'),
  (524, 12, 'links_purchased_separately', 'int'), (525, 12, 'links_title', 'varchar');
INSERT INTO catalog_category_entity (entity_id, parent_id, path, level) VALUES (1, 0, '1', 0), (2, 1, '1/2', 1), (20, 2, '1/2/20', 2), (21, 20, '1/2/20/21', 3), (22, 21, '1/2/20/21/22', 4);
INSERT INTO catalog_category_entity_varchar (attribute_id, store_id, entity_id, value) VALUES (602, 0, 20, 'gear'), (602, 0, 21, 'bags'), (602, 0, 22, 'small');
INSERT INTO catalog_category_entity_int (attribute_id, store_id, entity_id, value)
  SELECT 604, 0, entity_id, 1 FROM catalog_category_entity UNION SELECT 605, 0, entity_id, 1 FROM catalog_category_entity;
INSERT INTO catalog_product_entity (entity_id, type_id, sku) VALUES (7, 'simple', 'bag'), (8, 'simple', 'ball'), (9, 'simple', 'strap');
INSERT INTO catalog_product_website SELECT entity_id, website_id FROM catalog_product_entity, store_website WHERE website_id > 0;
INSERT INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value)
  SELECT 502, 0, entity_id, 1 FROM catalog_product_entity UNION SELECT 503, 0, entity_id, 4 FROM catalog_product_entity;
INSERT INTO inventory_stock VALUES (1, 'Default'), (5, 'Europe');
INSERT INTO inventory_stock_sales_channel VALUES ('website', 'main', 1), ('website', 'europe', 5);
INSERT INTO inventory_stock_1 VALUES ('bag', 3, 1), ('ball', 0, 0);
INSERT INTO inventory_stock_5 VALUES ('bag', 12.5, 1);
INSERT INTO inventory_source_item (source_code, sku, quantity) VALUES ('default', 'bag', 3), ('default', 'ball', 0);
INSERT INTO cataloginventory_stock_item (product_id) VALUES (7), (8), (9);
