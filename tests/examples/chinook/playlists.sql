SELECT json_object(
  'playlistId', p.PlaylistId,
  'name', p.Name,
  'trackCount', (SELECT COUNT(*) FROM PlaylistTrack pt WHERE pt.PlaylistId = p.PlaylistId),
  'minutes', (SELECT round(COALESCE(SUM(t.Milliseconds), 0) / 60000.0, 1)
    FROM PlaylistTrack pt JOIN Track t USING (TrackId) WHERE pt.PlaylistId = p.PlaylistId),
  'genres', json((SELECT json_group_array(name ORDER BY name) FROM (SELECT DISTINCT g.GenreId, g.Name AS name
    FROM PlaylistTrack pt JOIN Track t USING (TrackId) JOIN Genre g USING (GenreId) WHERE pt.PlaylistId = p.PlaylistId))),
  'tracks', json((SELECT json_group_array(json_object('trackId', t.TrackId, 'name', t.Name, 'album', a.Title, 'artist', r.Name)
      ORDER BY r.Name, a.Title, t.TrackId)
    FROM PlaylistTrack pt JOIN Track t USING (TrackId) LEFT JOIN Album a USING (AlbumId) LEFT JOIN Artist r USING (ArtistId)
    WHERE pt.PlaylistId = p.PlaylistId))
)
FROM Playlist p
