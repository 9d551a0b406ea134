-- The rule behind a published songplays count of 7268: plays of unknown songs are dropped, and a play counts
-- once per release of that title by that artist, whatever its length. See docs/sparkify-counts.md.
SELECT COUNT(*) AS plays
FROM staging_events AS e
INNER JOIN staging_songs AS s
  ON s.title = e.song
  AND s.artist_name = e.artist
WHERE e.page = 'NextSong'
