SELECT json_object(
  'categoryId', c.categories_id, 'language', l.code, 'name', d.categories_name, 'position', c.sort_order,
  'isRoot', json(iif(c.parent_id = 0, 'true', 'false')),
  'products', (SELECT COUNT(*) FROM products_to_categories pc WHERE pc.categories_id = c.categories_id),
  'parent', json((SELECT json_object('categoryId', u.categories_id, 'name', ud.categories_name) FROM categories u
    JOIN categories_description ud ON ud.categories_id = u.categories_id AND ud.language_id = l.languages_id WHERE u.categories_id = c.parent_id)),
  'children', json((SELECT json_group_array(b.categories_id ORDER BY b.sort_order, b.categories_id) FROM categories b WHERE b.parent_id = c.categories_id))
)
FROM categories c JOIN categories_description d USING (categories_id) JOIN languages l ON l.languages_id = d.language_id
