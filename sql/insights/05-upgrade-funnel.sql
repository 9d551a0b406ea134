-- name: Upgrade funnel
-- definition: Users who were ever at level free; those of them who opened Upgrade; those of these who sent Submit Upgrade
--   afterwards.
-- unit: users; share from 0 to 1
WITH users AS (
  SELECT
    user_id,
    MIN(CASE WHEN page = 'Upgrade' THEN ts_ms END) AS view_ms,
    MAX(CASE WHEN page = 'Submit Upgrade' THEN ts_ms END) AS submit_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
  HAVING SUM(CASE WHEN level = 'free' THEN 1 ELSE 0 END) > 0
),
totals AS (
  SELECT
    COUNT(*) AS free_users,
    COUNT(view_ms) AS viewed,
    COALESCE(SUM(CASE WHEN submit_ms >= view_ms THEN 1 ELSE 0 END), 0) AS submitted
  FROM users
),
steps AS (
  SELECT 1 AS step, 'used the free level' AS what, free_users AS users, free_users AS previous, free_users AS first_step
  FROM totals
  UNION ALL
  SELECT 2, 'opened Upgrade', viewed, free_users, free_users
  FROM totals
  UNION ALL
  SELECT 3, 'sent Submit Upgrade', submitted, viewed, free_users
  FROM totals
)
SELECT
  step,
  what,
  users,
  1e0 * users / NULLIF(previous, 0) AS share_of_previous,
  1e0 * users / NULLIF(first_step, 0) AS share_of_first
FROM steps
ORDER BY step
