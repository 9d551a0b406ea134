-- star/lock-artists.sql
LOCK TABLE artists;

-- star/delete-artists.sql
DELETE FROM artists;

-- star/insert-artists.sql
INSERT INTO artists (artist_id, name, location, latitude, longitude)
SELECT
  ranked.artist_id, ranked.artist_name, ranked.artist_location, ranked.artist_latitude, ranked.artist_longitude
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
WHERE ranked.preference = 1;
