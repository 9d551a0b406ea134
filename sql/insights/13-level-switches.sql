-- name: Switches of level
-- definition: How often the level of a user's event differs from that of the event before, by both levels, and how many
--   users did so; where both are the same, the users who never had another level.
-- unit: switches; users
WITH levels AS (
  SELECT
    user_id,
    level,
    LAG(level) OVER (PARTITION BY user_id ORDER BY ts_ms, session_id, item_in_session) AS previous_level
  FROM events
  WHERE user_id IS NOT NULL AND level IS NOT NULL
),
constant AS (
  SELECT MIN(level) AS level
  FROM levels
  GROUP BY user_id
  HAVING MIN(level) = MAX(level)
)
SELECT previous_level AS from_level, level AS to_level, COUNT(*) AS switches, COUNT(DISTINCT user_id) AS users
FROM levels
WHERE previous_level <> level
GROUP BY previous_level, level
UNION ALL
SELECT level, level, 0, COUNT(*)
FROM constant
GROUP BY level
ORDER BY from_level, to_level
