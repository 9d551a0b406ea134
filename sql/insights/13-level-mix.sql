-- name: Levels by day
-- definition: Distinct users, songs and hours of music by day and level. A user who switches counts at both levels that day.
-- unit: users; songs; hours of music
SELECT
  day,
  level,
  COUNT(DISTINCT user_id) AS users,
  SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
  1e0 * COALESCE(SUM(CASE WHEN page = 'NextSong' THEN CAST(length AS DECIMAL(18, 5)) END), 0) / 3600 AS hours
FROM events
WHERE user_id IS NOT NULL AND level IS NOT NULL
GROUP BY day, level
ORDER BY day, level
