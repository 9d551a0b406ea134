-- name: Churn by week
-- definition: Users who reach Cancellation Confirmation in a week (Monday to Sunday), divided by the users at risk: those
--   with an event in that week or in the four weeks before who have not cancelled earlier. Interval: Wilson, 95 %.
-- unit: users; share from 0 to 1
WITH users AS (
  SELECT user_id, MIN(CASE WHEN page = 'Cancellation Confirmation' THEN CAST(FLOOR((day_number + 3) / 7e0) AS INT) END) AS cancel_week
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
),
user_weeks AS (
  SELECT DISTINCT user_id, CAST(FLOOR((day_number + 3) / 7e0) AS INT) AS week
  FROM events
  WHERE user_id IS NOT NULL
),
spans AS (
  SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
),
at_risk AS (
  SELECT DISTINCT w.user_id, w.week + s.n AS week
  FROM user_weeks AS w
  CROSS JOIN spans AS s
),
counted AS (
  SELECT
    a.week,
    COUNT(*) AS at_risk,
    SUM(CASE WHEN u.cancel_week = a.week THEN 1 ELSE 0 END) AS cancelled
  FROM at_risk AS a
  JOIN users AS u ON u.user_id = a.user_id
  CROSS JOIN (SELECT MAX(week) AS last_week FROM user_weeks) AS l
  WHERE a.week <= l.last_week AND (u.cancel_week IS NULL OR u.cancel_week >= a.week)
  GROUP BY a.week
)
SELECT
  CAST('1970-01-01' AS DATE) + (week * 7 - 3) AS week,
  at_risk,
  cancelled,
  1e0 * cancelled / at_risk AS share,
  (cancelled + 1.9208e0 - 1.96e0 * SQRT(1e0 * cancelled * (at_risk - cancelled) / at_risk + 0.9604e0)) / (at_risk + 3.8416e0) AS low,
  (cancelled + 1.9208e0 + 1.96e0 * SQRT(1e0 * cancelled * (at_risk - cancelled) / at_risk + 0.9604e0)) / (at_risk + 3.8416e0) AS high
FROM counted
ORDER BY week
