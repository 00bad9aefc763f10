-- A product leaves the shop, with everything that hangs on it. :id is its key.
DELETE FROM product_option_value WHERE option_id IN (SELECT id FROM product_option WHERE product_id = :id);
DELETE FROM product_option WHERE product_id = :id;
DELETE FROM product_image WHERE product_id = :id;
DELETE FROM category_product WHERE product_id = :id;
DELETE FROM product_website WHERE product_id = :id;
DELETE FROM stock_item WHERE product_id = :id;
DELETE FROM review WHERE product_id = :id;
DELETE FROM product WHERE id = :id;
