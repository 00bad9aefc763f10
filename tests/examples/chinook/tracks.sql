-- Composers are cut at commas by making JSON of the text.
SELECT json_object(
  'id', 'track-' || t.TrackId,
  'name', t.Name, 'genre', g.Name, 'album', a.Title, 'artist', r.Name, 'price', t.UnitPrice,
  'seconds', CAST(round(t.Milliseconds / 1000.0) AS INTEGER),
  'megabyte', round(t.Bytes / 1000000.0, 1),
  'format', CASE WHEN m.Name = 'MPEG audio file' THEN 'mp3' WHEN m.Name LIKE '%AAC audio file' AND m.Name NOT LIKE 'Purchased%' THEN 'aac' ELSE 'other' END,
  'isVideo', json(iif(instr(m.Name, 'video') > 0, 'true', 'false')),
  'composers', json(CASE WHEN t.Composer IS NULL THEN '[]' ELSE '[' || replace(json_quote(t.Composer), ', ', '","') || ']' END),
  'sold', (SELECT COALESCE(SUM(l.Quantity), 0) FROM InvoiceLine l WHERE l.TrackId = t.TrackId),
  'playlists', json((SELECT json_group_array(p.Name ORDER BY p.PlaylistId) FROM PlaylistTrack pt JOIN Playlist p USING (PlaylistId) WHERE pt.TrackId = t.TrackId))
)
FROM Track t JOIN MediaType m USING (MediaTypeId) LEFT JOIN Genre g USING (GenreId) LEFT JOIN Album a USING (AlbumId)
LEFT JOIN Artist r USING (ArtistId)
