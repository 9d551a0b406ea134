-- name: Downgrade funnel
-- definition: Users who were ever at level paid; those of them who opened Downgrade; those of these who sent Submit
--   Downgrade afterwards; those whose first Submit Downgrade is 14 days or more before the end of the data; those of
--   these with a Submit Upgrade within 14 days of it.
-- unit: users; share from 0 to 1
WITH users AS (
  SELECT user_id, MIN(CASE WHEN page = 'Downgrade' THEN ts_ms END) AS view_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
  HAVING SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) > 0
),
downgrades AS (
  SELECT u.user_id, MIN(e.ts_ms) AS submit_ms
  FROM users AS u
  JOIN events AS e ON e.user_id = u.user_id AND e.page = 'Submit Downgrade' AND e.ts_ms >= u.view_ms
  GROUP BY u.user_id
),
returns AS (
  SELECT d.user_id
  FROM downgrades AS d
  JOIN events AS e
    ON e.user_id = d.user_id
    AND e.page = 'Submit Upgrade'
    AND e.ts_ms > d.submit_ms
    AND e.ts_ms <= d.submit_ms + 14 * 86400000e0
  GROUP BY d.user_id
),
totals AS (
  SELECT
    COUNT(*) AS paid_users,
    COUNT(u.view_ms) AS viewed,
    COUNT(d.submit_ms) AS submitted,
    COUNT(CASE WHEN d.submit_ms + 14 * 86400000e0 <= l.end_ms THEN 1 END) AS followed,
    COUNT(CASE WHEN d.submit_ms + 14 * 86400000e0 <= l.end_ms THEN r.user_id END) AS returned
  FROM users AS u
  CROSS JOIN (SELECT MAX(ts_ms) AS end_ms FROM events WHERE user_id IS NOT NULL) AS l
  LEFT JOIN downgrades AS d ON d.user_id = u.user_id
  LEFT JOIN returns AS r ON r.user_id = u.user_id
),
steps AS (
  SELECT 1 AS step, 'used the paid level' AS what, paid_users AS users, paid_users AS previous, paid_users AS first_step
  FROM totals
  UNION ALL
  SELECT 2, 'opened Downgrade', viewed, paid_users, paid_users
  FROM totals
  UNION ALL
  SELECT 3, 'sent Submit Downgrade', submitted, viewed, paid_users
  FROM totals
  UNION ALL
  SELECT 4, 'followed for 14 days', followed, submitted, paid_users
  FROM totals
  UNION ALL
  SELECT 5, 'paid again within 14 days', returned, followed, paid_users
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
