-- name: Active users
-- definition: Distinct users with an event on the day (daily), in the seven days that end with it (weekly) and in the
--   thirty days that end with it (monthly). Stickiness is daily divided by monthly. Days without events count.
-- unit: users; stickiness from 0 to 1
--
-- A visit counts from its day until the window has left it or the user's next visit takes over, so each user is in a
-- running total once: no day is joined with the thirty before it.
WITH user_days AS (
  SELECT DISTINCT user_id, day_number
  FROM events
  WHERE user_id IS NOT NULL
),
visits AS (
  SELECT day_number, LEAD(day_number) OVER (PARTITION BY user_id ORDER BY day_number) AS next_day
  FROM user_days
),
bounds AS (
  SELECT MIN(day_number) AS first_day, MAX(day_number) AS last_day
  FROM user_days
),
digits AS (
  SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
),
calendar AS (
  SELECT b.first_day + a.n + 10 * t.n + 100 * h.n + 1000 * k.n AS day_number
  FROM bounds AS b
  CROSS JOIN digits AS a
  CROSS JOIN digits AS t
  CROSS JOIN digits AS h
  CROSS JOIN digits AS k
),
changes AS (
  SELECT day_number, 1 AS daily, 1 AS weekly, 1 AS monthly
  FROM visits
  UNION ALL
  SELECT day_number + 1, -1, 0, 0
  FROM visits
  UNION ALL
  SELECT LEAST(day_number + 7, COALESCE(next_day, day_number + 7)), 0, -1, 0
  FROM visits
  UNION ALL
  SELECT LEAST(day_number + 30, COALESCE(next_day, day_number + 30)), 0, 0, -1
  FROM visits
  UNION ALL
  SELECT c.day_number, 0, 0, 0
  FROM calendar AS c
  CROSS JOIN bounds AS b
  WHERE c.day_number <= b.last_day
),
by_day AS (
  SELECT day_number, SUM(daily) AS daily, SUM(weekly) AS weekly, SUM(monthly) AS monthly
  FROM changes
  GROUP BY day_number
),
totals AS (
  SELECT
    day_number,
    SUM(daily) OVER (ORDER BY day_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS daily,
    SUM(weekly) OVER (ORDER BY day_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS weekly,
    SUM(monthly) OVER (ORDER BY day_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS monthly
  FROM by_day
)
SELECT
  CAST('1970-01-01' AS DATE) + t.day_number AS day,
  t.daily AS daily_users,
  t.weekly AS weekly_users,
  t.monthly AS monthly_users,
  1e0 * t.daily / NULLIF(t.monthly, 0) AS stickiness
FROM totals AS t
CROSS JOIN bounds AS b
WHERE t.day_number <= b.last_day
ORDER BY day
