-- name: Thumbs by user
-- definition: How many users have a share of thumbs up, smoothed as (up + 1) / (up + down + 2), in each tenth from 0 to 1.
--   Users who have never given a thumb are left out.
-- unit: users
WITH users AS (
  SELECT
    user_id,
    SUM(CASE WHEN page = 'Thumbs Up' THEN 1 ELSE 0 END) AS up,
    COUNT(*) AS thumbs
  FROM events
  WHERE user_id IS NOT NULL AND page IN ('Thumbs Up', 'Thumbs Down')
  GROUP BY user_id
),
tenths AS (
  SELECT CAST(FLOOR(10e0 * (up + 1) / (thumbs + 2)) AS INT) AS tenth
  FROM users
)
SELECT
  tenth / 10e0 AS ratio_from,
  (tenth + 1) / 10e0 AS ratio_below,
  COUNT(*) AS users
FROM tenths
GROUP BY tenth
ORDER BY ratio_from
