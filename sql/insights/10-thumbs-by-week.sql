-- name: Thumbs by week and level
-- definition: Thumbs up, thumbs down and the share of ups by week (it begins on the Monday shown) and level, smoothed as
--   (up + 1) / (up + down + 2).
-- unit: thumbs; share from 0 to 1
WITH thumbs AS (
  SELECT
    CAST(FLOOR((day_number + 3) / 7e0) AS INT) AS week,
    level,
    SUM(CASE WHEN page = 'Thumbs Up' THEN 1 ELSE 0 END) AS up,
    SUM(CASE WHEN page = 'Thumbs Down' THEN 1 ELSE 0 END) AS down
  FROM events
  WHERE user_id IS NOT NULL AND page IN ('Thumbs Up', 'Thumbs Down')
  GROUP BY CAST(FLOOR((day_number + 3) / 7e0) AS INT), level
)
SELECT
  CAST('1970-01-01' AS DATE) + (week * 7 - 3) AS week,
  level,
  up,
  down,
  (up + 1e0) / (up + down + 2) AS ratio
FROM thumbs
ORDER BY week, level
