SELECT json_object(
  'filmId', f.film_id, 'title', f.title, 'description', f.description,
  'releaseYear', CAST(f.release_year AS INTEGER), 'rating', f.rating,
  'forChildren', json(iif(f.rating = 'G' OR f.rating = 'PG', 'true', 'false')),
  'minutes', f.length, 'rentalRate', f.rental_rate, 'replacementCost', f.replacement_cost,
  'pricePerDay', (CAST(round(f.rental_rate * 100) AS INTEGER) * 2 + f.rental_duration) / (f.rental_duration * 2) / 100.0,
  'language', (SELECT trim(l.name) FROM language l WHERE l.language_id = f.language_id),
  'originalLanguage', COALESCE((SELECT trim(l.name) FROM language l WHERE l.language_id = f.original_language_id), 'as spoken'),
  'categories', json((SELECT json_group_array(c.name ORDER BY c.name) FROM film_category JOIN category c USING (category_id) WHERE film_category.film_id = f.film_id)),
  'starring', (SELECT COALESCE(group_concat(a.last_name, ', ' ORDER BY a.last_name, a.first_name), '')
    FROM film_actor JOIN actor a USING (actor_id) WHERE film_actor.film_id = f.film_id),
  'actors', json((SELECT json_group_array(json_object('actorId', a.actor_id, 'name', a.first_name || ' ' || a.last_name) ORDER BY a.last_name, a.first_name, a.actor_id)
    FROM film_actor JOIN actor a USING (actor_id) WHERE film_actor.film_id = f.film_id)),
  'stores', json((SELECT json_group_array(json_object('storeId', store_id, 'city', city, 'copies', copies, 'rentedOut', out, 'available', copies - out) ORDER BY store_id)
    FROM (SELECT i.store_id, city.city, COUNT(*) AS copies,
        SUM((SELECT COUNT(*) FROM rental r WHERE r.inventory_id = i.inventory_id AND r.return_date IS NULL)) AS out
      FROM inventory i JOIN store s USING (store_id) JOIN address USING (address_id) JOIN city USING (city_id)
      WHERE i.film_id = f.film_id GROUP BY i.store_id))),
  'rentals', json((SELECT json_object('times', COUNT(*), 'customers', COUNT(DISTINCT r.customer_id))
    FROM inventory i JOIN rental r USING (inventory_id) WHERE i.film_id = f.film_id HAVING COUNT(*) > 0))
)
FROM film f
