-- name: Retention by cohort
-- definition: A cohort is the users first seen in the same week (it begins on the Monday shown). Week k of a user is days
--   7k to 7k + 6 after the first one; the share is of those users for whom week k lies wholly within the data.
-- unit: users; share from 0 to 1
WITH user_days AS (
  SELECT DISTINCT user_id, day_number
  FROM events
  WHERE user_id IS NOT NULL
),
firsts AS (
  SELECT user_id, MIN(day_number) AS first_day
  FROM user_days
  GROUP BY user_id
),
digits AS (
  SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
),
due AS (
  SELECT f.user_id, CAST(FLOOR((f.first_day + 3) / 7e0) AS INT) AS cohort, a.n + 10 * t.n AS week
  FROM firsts AS f
  CROSS JOIN digits AS a
  CROSS JOIN digits AS t
  CROSS JOIN (SELECT MAX(day_number) AS last_day FROM user_days) AS l
  WHERE f.first_day + 7 * (a.n + 10 * t.n) + 6 <= l.last_day
),
seen AS (
  SELECT DISTINCT d.user_id, CAST(FLOOR((d.day_number - f.first_day) / 7e0) AS INT) AS week
  FROM user_days AS d
  JOIN firsts AS f ON f.user_id = d.user_id
)
SELECT
  CAST('1970-01-01' AS DATE) + (d.cohort * 7 - 3) AS cohort,
  d.week,
  COUNT(*) AS users,
  COUNT(s.user_id) AS active,
  1e0 * COUNT(s.user_id) / COUNT(*) AS share
FROM due AS d
LEFT JOIN seen AS s ON s.user_id = d.user_id AND s.week = d.week
GROUP BY d.cohort, d.week
ORDER BY cohort, week
