-- name: Adverts at the free level
-- definition: Roll Advert events at level free, per 1,000 songs and per hour of music at that level, by day.
-- unit: adverts; songs; hours of music; adverts per 1,000 songs; adverts per hour
WITH free AS (
  SELECT
    day,
    SUM(CASE WHEN page = 'Roll Advert' THEN 1 ELSE 0 END) AS adverts,
    SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
    1e0 * COALESCE(SUM(CASE WHEN page = 'NextSong' THEN CAST(length AS DECIMAL(18, 5)) END), 0) / 3600 AS hours
  FROM events
  WHERE user_id IS NOT NULL AND level = 'free'
  GROUP BY day
)
SELECT
  day,
  adverts,
  songs,
  hours,
  1000e0 * adverts / NULLIF(songs, 0) AS per_1000_songs,
  adverts / NULLIF(hours, 0) AS per_hour
FROM free
ORDER BY day
