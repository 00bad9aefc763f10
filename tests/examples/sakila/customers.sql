SELECT json_object(
  'customerId', c.customer_id,
  'customer', json_object('hmac', c.first_name || ' ' || c.last_name),
  'mail', '***' || substr(c.email, instr(c.email, '@')),
  'status', iif(c.active = 1, 'active', 'closed'),
  'store', c.store_id,
  'address', json((SELECT json_object('district', a.district,
      'city', json((SELECT json_object('name', y.city, 'country', (SELECT country FROM country WHERE country_id = y.country_id))
        FROM city y WHERE y.city_id = a.city_id)),
      'updatedAt', strftime('%Y-%m-%dT%H:%M:%SZ', a.last_update))
    FROM address a WHERE a.address_id = c.address_id)),
  'rentals', json((SELECT json_group_array(json_patch(json_object(
        'rentedAt', strftime('%Y-%m-%dT%H:%M:%SZ', r.rental_date),
        'film', (SELECT f.title FROM inventory JOIN film f USING (film_id) WHERE inventory_id = r.inventory_id),
        'paid', (SELECT round(COALESCE(SUM(p.amount), 0), 2) FROM payment p WHERE p.rental_id = r.rental_id)),
      json_object('returnedAt', strftime('%Y-%m-%dT%H:%M:%SZ', r.return_date))) ORDER BY r.rental_date, r.rental_id)
    FROM rental r WHERE r.customer_id = c.customer_id)),
  'favourites', json((SELECT json_group_array(json_object('category', name, 'times', times) ORDER BY times DESC, name)
    FROM (SELECT k.name, COUNT(*) AS times FROM rental r JOIN inventory USING (inventory_id) JOIN film_category USING (film_id)
      JOIN category k USING (category_id) WHERE r.customer_id = c.customer_id
      GROUP BY k.category_id ORDER BY times DESC, k.category_id LIMIT 3)))
)
FROM customer c
