-- :products rows of product, and what hangs on them; the same rows every time.
INSERT INTO website VALUES (1, 'main', 'Main shop'), (2, 'outlet', 'Outlet');
INSERT INTO store_view VALUES
    (1, 1, 'en', 'en_IE', 'EUR', 'https://shop.example/', 1),
    (2, 1, 'de', 'de_DE', 'EUR', 'https://shop.example/de/', 1),
    (3, 2, 'outlet', 'en_IE', 'EUR', 'https://outlet.example/', 0);
INSERT INTO tax_class VALUES (1, 'standard', 19), (2, 'reduced', 7.5);

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO brand SELECT i, 'Brand ' || i, CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'SE' ELSE 'PT' END FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO category SELECT i, NULLIF(i / 10, 0), 'Category ' || i, 'path/' || (i / 10) || '/' || i, i % 10 FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :products)
INSERT INTO product
SELECT i, printf('SKU-%07d', i), 'A product of many words, number ' || i, CASE i % 3 WHEN 0 THEN 'Product ' || i END,
    'product-of-many-words-' || i, i * 7919 % 500 + 1, i % 2 + 1, (i * 7919 % 90000 + 199) / 100.0,
    (i * 104729 % 20000 + 50) / 1000.0, i % 200 + 5, i % 150 + 5, CASE i % 4 WHEN 0 THEN '2' ELSE '1' END, i % 4 + 1,
    CASE i % 5 WHEN 0 THEN '{"washable": true, "batch": ' || (i % 9) || '}' END,
    datetime(1735689600 + i * 61, 'unixepoch'), datetime(1751328000 + i * 67, 'unixepoch')
FROM n;

INSERT INTO product_website SELECT id, 1 FROM product;
INSERT OR IGNORE INTO category_product SELECT id * 31 % 300 + 1, id, 1 FROM product;
INSERT OR IGNORE INTO category_product SELECT id * 17 % 300 + 1, id, 2 FROM product;

WITH k (k) AS (VALUES (1), (2), (3))
INSERT INTO product_image
SELECT NULL, id, (id % 100) || '/' || id || '-' || k || '.jpg', 'View ' || k || ' of product ' || id, k, (id + k) % 11 = 0
FROM product, k ORDER BY id, k;

WITH k (k, title) AS (VALUES (1, 'Size'), (2, 'Colour'))
INSERT INTO product_option SELECT NULL, id, title, k FROM product, k WHERE id % 4 = 0 ORDER BY id, k;

WITH k (k, name) AS (VALUES (1, 'S'), (2, 'M'), (3, 'L'))
INSERT INTO product_option_value
SELECT NULL, o.id, 'SKU-' || o.product_id || '-' || name, name, (o.id * 13 + k) % 500 / 100.0, k
FROM product_option o, k ORDER BY o.id, k;

WITH k (warehouse, n) AS (VALUES ('east', 3), ('west', 7))
INSERT INTO stock_item SELECT id, warehouse, id * n % 40 FROM product, k;

WITH k (k) AS (VALUES (1), (2))
INSERT INTO review SELECT NULL, id, (id * 7 + k) % 5 + 1, datetime(1740000000 + id * 59, 'unixepoch')
FROM product, k WHERE id % 3 = 0;
