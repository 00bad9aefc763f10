-- Another language, a product that is switched off, a manufacturer that nobody has described.
INSERT INTO languages (languages_id, name, code, image, directory, sort_order) VALUES (2, 'Deutsch', 'de', 'de', 'german', 2);
INSERT INTO products_description (products_id, language_id, products_name, products_description, products_url)
    SELECT products_id, 2, 'Übersetzt: ' || products_name, NULL, '' FROM products_description WHERE language_id = 1 AND products_id < 23;
INSERT INTO categories_description (categories_id, language_id, categories_name)
    SELECT categories_id, 2, 'Rubrik ' || categories_id FROM categories_description WHERE language_id = 1;
INSERT INTO products_options (products_options_id, language_id, products_options_name)
    SELECT products_options_id, 2, 'Wahl ' || products_options_id FROM products_options WHERE language_id = 1;
INSERT INTO products_options_values (products_options_values_id, language_id, products_options_values_name)
    SELECT products_options_values_id, 2, 'Wert ' || products_options_values_id FROM products_options_values WHERE language_id = 1;
INSERT INTO manufacturers_info (manufacturers_id, languages_id, manufacturers_url, url_clicked)
    SELECT manufacturers_id, 2, 'https://de.example/' || manufacturers_id, 0 FROM manufacturers_info WHERE manufacturers_id <> 1;
UPDATE products SET products_status = 0 WHERE products_id = 7;
UPDATE products SET products_image = NULL, products_quantity = 0 WHERE products_id = 28;
