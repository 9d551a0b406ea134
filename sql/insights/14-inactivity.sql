-- name: Silent users
-- definition: A silence of N days is N or more whole days without an event, between two days with events or up to the end
--   of the data; after a cancellation there is none. Silent users had one or more. A silence has ended when the user came back.
-- unit: users; silences; share from 0 to 1
WITH user_days AS (
  SELECT DISTINCT user_id, day_number
  FROM events
  WHERE user_id IS NOT NULL
),
cancels AS (
  SELECT DISTINCT user_id
  FROM events
  WHERE user_id IS NOT NULL AND page = 'Cancellation Confirmation'
),
gaps AS (
  SELECT
    d.user_id,
    LEAD(d.day_number) OVER (PARTITION BY d.user_id ORDER BY d.day_number) AS next_day,
    CASE WHEN c.user_id IS NULL THEN l.last_day + 1 END AS end_day,
    d.day_number
  FROM user_days AS d
  CROSS JOIN (SELECT MAX(day_number) AS last_day FROM user_days) AS l
  LEFT JOIN cancels AS c ON c.user_id = d.user_id
),
lengths AS (
  SELECT
    user_id,
    COALESCE(next_day, end_day) - day_number - 1 AS silent_days,
    CASE WHEN next_day IS NULL THEN 0 ELSE 1 END AS came_back
  FROM gaps
),
limits AS (
  SELECT 7 AS n UNION ALL SELECT 14 UNION ALL SELECT 21
)
SELECT
  l.n AS days,
  COUNT(DISTINCT g.user_id) AS users,
  COUNT(DISTINCT CASE WHEN g.silent_days >= l.n THEN g.user_id END) AS silent_users,
  1e0 * COUNT(DISTINCT CASE WHEN g.silent_days >= l.n THEN g.user_id END) / COUNT(DISTINCT g.user_id) AS silent_share,
  SUM(CASE WHEN g.silent_days >= l.n THEN 1 ELSE 0 END) AS silences,
  SUM(CASE WHEN g.silent_days >= l.n THEN g.came_back ELSE 0 END) AS ended,
  1e0 * SUM(CASE WHEN g.silent_days >= l.n THEN g.came_back ELSE 0 END)
    / NULLIF(SUM(CASE WHEN g.silent_days >= l.n THEN 1 ELSE 0 END), 0) AS ended_share
FROM lengths AS g
CROSS JOIN limits AS l
GROUP BY l.n
ORDER BY days
