-- The tree has two levels: a category's path is its parent's name and its own.
SELECT json_patch(json_object(
  'productId', p.products_id, 'language', l.code, 'name', d.products_name, 'description', d.products_description,
  'model', p.products_model, 'quantity', p.products_quantity, 'inStock', json(iif(p.products_quantity > 0, 'true', 'false')),
  'weight', p.products_weight,
  'url', iif(d.products_url <> '', 'https://' || d.products_url, NULL),
  'image', 'https://shop.example/images/' || p.products_image,
  'addedAt', strftime('%Y-%m-%dT%H:%M:%SZ', p.products_date_added),
  'taxClass', (SELECT t.tax_class_title FROM tax_class t WHERE t.tax_class_id = p.products_tax_class_id),
  'price', p.products_price, 'special', s.specials_new_products_price,
  'finalPrice', COALESCE(s.specials_new_products_price, p.products_price),
  'manufacturer', json((SELECT json_object('name', m.manufacturers_name, 'url', i.manufacturers_url) FROM manufacturers m
    LEFT JOIN manufacturers_info i ON i.manufacturers_id = m.manufacturers_id AND i.languages_id = l.languages_id
    WHERE m.manufacturers_id = p.manufacturers_id)),
  'images', json((SELECT json_group_array('https://shop.example/images/' || image ORDER BY part, place, id) FROM (
    SELECT 0 AS part, 0 AS place, 0 AS id, p.products_image AS image WHERE p.products_image IS NOT NULL
    UNION ALL SELECT 1, g.sort_order, g.id, g.image FROM products_images g WHERE g.products_id = p.products_id))),
  'options', json((SELECT json_group_array(json_object('name', o.products_options_name,
      'values', json((SELECT json_group_array(json_patch(json_object('name', v.products_options_values_name,
            'surcharge', iif(a.price_prefix = '-', -a.options_values_price, a.options_values_price)),
          json_object('download', f.products_attributes_filename)) ORDER BY a.options_values_id)
        FROM products_attributes a
        JOIN products_options_values v ON v.products_options_values_id = a.options_values_id AND v.language_id = l.languages_id
        LEFT JOIN products_attributes_download f USING (products_attributes_id)
        WHERE a.products_id = p.products_id AND a.options_id = o.products_options_id))) ORDER BY o.products_options_id)
    FROM products_options o WHERE o.language_id = l.languages_id
      AND EXISTS (SELECT 1 FROM products_attributes a WHERE a.products_id = p.products_id AND a.options_id = o.products_options_id))),
  'categories', json((SELECT json_group_array(json_object('categoryId', c.categories_id,
      'path', COALESCE(ud.categories_name || ' > ', '') || cd.categories_name) ORDER BY c.categories_id)
    FROM products_to_categories pc JOIN categories c USING (categories_id)
    JOIN categories_description cd ON cd.categories_id = c.categories_id AND cd.language_id = l.languages_id
    LEFT JOIN categories_description ud ON ud.categories_id = c.parent_id AND ud.language_id = l.languages_id
    WHERE pc.products_id = p.products_id)),
  'reviews', json((SELECT json_group_array(json_object('stars', r.reviews_rating, 'text', rd.reviews_text) ORDER BY r.date_added DESC, r.reviews_id)
    FROM reviews r JOIN reviews_description rd ON rd.reviews_id = r.reviews_id AND rd.languages_id = l.languages_id
    WHERE r.products_id = p.products_id AND r.reviews_status = 1))
), json_object('saving', round(p.products_price - s.specials_new_products_price, 4)))
FROM products p JOIN products_description d USING (products_id) JOIN languages l ON l.languages_id = d.language_id
LEFT JOIN specials s ON s.products_id = p.products_id AND s.status = 1
WHERE p.products_status = 1
