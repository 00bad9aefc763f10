SELECT json_patch(json_object(
  'customerId', c.CustomerId,
  'name', c.FirstName || ' ' || c.LastName,
  'email', '***' || substr(c.Email, instr(c.Email, '@')),
  'address', json_object('street', c.Address, 'city', c.City, 'state', c.State, 'country', c.Country, 'postalCode', c.PostalCode),
  'invoiceCount', (SELECT COUNT(*) FROM Invoice i WHERE i.CustomerId = c.CustomerId),
  'spent', (SELECT round(SUM(i.Total), 2) FROM Invoice i WHERE i.CustomerId = c.CustomerId),
  'lastBought', (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', MAX(i.InvoiceDate)) FROM Invoice i WHERE i.CustomerId = c.CustomerId),
  'loyal', json((SELECT json(iif(COUNT(*) >= 7 AND round(SUM(i.Total), 2) > 40, 'true', 'false')) FROM Invoice i WHERE i.CustomerId = c.CustomerId)),
  'supportRep', json((SELECT json_object('name', e.FirstName || ' ' || e.LastName, 'title', e.Title,
      'boss', (SELECT b.FirstName || ' ' || b.LastName FROM Employee b WHERE b.EmployeeId = e.ReportsTo))
    FROM Employee e WHERE e.EmployeeId = c.SupportRepId)),
  'invoices', json((SELECT json_group_array(json_object(
      'invoiceId', i.InvoiceId, 'date', date(i.InvoiceDate), 'total', i.Total,
      'lines', json((SELECT json_group_array(json_object(
          'quantity', l.Quantity, 'price', l.UnitPrice, 'amount', round(l.UnitPrice * l.Quantity, 2),
          'track', json((SELECT json_object('name', t.Name, 'composer', t.Composer,
              'genre', (SELECT g.Name FROM Genre g WHERE g.GenreId = t.GenreId),
              'album', json((SELECT json_object('title', a.Title, 'artist', (SELECT r.Name FROM Artist r WHERE r.ArtistId = a.ArtistId))
                FROM Album a WHERE a.AlbumId = t.AlbumId)))
            FROM Track t WHERE t.TrackId = l.TrackId))) ORDER BY l.InvoiceLineId)
        FROM InvoiceLine l WHERE l.InvoiceId = i.InvoiceId))) ORDER BY i.InvoiceDate DESC, i.InvoiceId)
    FROM Invoice i WHERE i.CustomerId = c.CustomerId))
), json_object('company', c.Company))
FROM Customer c
