-- name: Concentration of plays
-- definition: Share of all plays that goes to the most played 1, 5, 10, 20, 50 and 100 % of artists, and of songs. The
--   number of artists or songs is rounded up.
-- unit: share from 0 to 1
WITH counted AS (
  SELECT 'artists' AS kind, COUNT(*) AS plays
  FROM events
  WHERE user_id IS NOT NULL AND page = 'NextSong' AND artist IS NOT NULL
  GROUP BY artist
  UNION ALL
  SELECT 'songs', COUNT(*)
  FROM events
  WHERE user_id IS NOT NULL AND page = 'NextSong' AND song IS NOT NULL AND artist IS NOT NULL
  GROUP BY song, artist
),
ranked AS (
  SELECT
    kind,
    plays,
    ROW_NUMBER() OVER (PARTITION BY kind ORDER BY plays DESC) AS position,
    COUNT(*) OVER (PARTITION BY kind) AS items,
    SUM(plays) OVER (PARTITION BY kind) AS all_plays
  FROM counted
),
levels AS (
  SELECT 1 AS top_percent UNION ALL SELECT 5 UNION ALL SELECT 10 UNION ALL SELECT 20 UNION ALL SELECT 50
  UNION ALL SELECT 100
)
SELECT
  r.kind,
  l.top_percent,
  COUNT(*) AS items,
  1e0 * SUM(r.plays) / MAX(r.all_plays) AS share
FROM ranked AS r
CROSS JOIN levels AS l
WHERE r.position <= CEIL(1e0 * r.items * l.top_percent / 100)
GROUP BY r.kind, l.top_percent
ORDER BY kind, top_percent
