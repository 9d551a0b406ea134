-- One row per artist id. An artist comes with each of its songs, spelt and placed differently: the entry
-- with coordinates counts, then one with a location, then the newest.
SELECT
  ranked.artist_id, ranked.artist_name AS name, ranked.artist_location AS location, ranked.artist_latitude AS latitude, ranked.artist_longitude AS longitude
FROM (
  SELECT
    artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
    ROW_NUMBER() OVER (
      PARTITION BY artist_id
      ORDER BY
        CASE WHEN artist_latitude IS NOT NULL AND artist_longitude IS NOT NULL THEN 0 ELSE 1 END,
        CASE WHEN TRIM(artist_location) <> '' THEN 0 ELSE 1 END,
        COALESCE(year, 0) DESC,
        song_id
    ) AS preference
  FROM staging_songs
  WHERE artist_id IS NOT NULL
) AS ranked
WHERE ranked.preference = 1
