-- One row per song id. Should the catalogue list an id twice, the newest entry counts.
SELECT ranked.song_id, ranked.title, ranked.artist_id, ranked.year, ranked.duration
FROM (
  SELECT
    song_id, title, artist_id, year, duration,
    ROW_NUMBER() OVER (
      PARTITION BY song_id
      ORDER BY COALESCE(year, 0) DESC, title, artist_id, duration
    ) AS preference
  FROM staging_songs
  WHERE song_id IS NOT NULL
) AS ranked
WHERE ranked.preference = 1
