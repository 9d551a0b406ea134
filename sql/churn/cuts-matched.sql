-- E1, matched index date: one cut a user, by one code for those who cancel and those who stay.
-- Who cancels is cut when they do. Who stays is cut at the end of one of their own sessions, drawn at random with
-- calendar weights, so that the cuts of both classes fall on the same days: otherwise "how long was this user seen"
-- would give the label away. A session weighs (cancellations within three days of its end) / (ends of sessions in these
-- days); the smallest -LN(u) / weight wins, which draws by weight (Efraimidis and Spirakis). u is made by arithmetic
-- from the session's number, its end and :seed, so every engine draws the same.
-- Reads events; gives cuts(user_id, cut_ms, label).
WITH people AS (
  SELECT user_id, MIN(CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END) AS cancel_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
),
ends AS (
  SELECT e.user_id, e.session_id, MAX(e.ts_ms) AS cut_ms, MAX(e.day_number) AS cut_day
  FROM events AS e
  JOIN people AS p ON p.user_id = e.user_id
  WHERE p.cancel_ms IS NULL
  GROUP BY e.user_id, e.session_id
),
cancel_days AS (
  SELECT CAST(FLOOR(cancel_ms / 864e5) AS INT) AS cut_day, COUNT(*) AS cancels
  FROM people
  WHERE cancel_ms IS NOT NULL
  GROUP BY CAST(FLOOR(cancel_ms / 864e5) AS INT)
),
end_days AS (
  SELECT cut_day, COUNT(*) AS sessions FROM ends GROUP BY cut_day
),
near_cancels AS (
  SELECT d.cut_day, SUM(c.cancels) AS cancels
  FROM end_days AS d
  JOIN cancel_days AS c ON c.cut_day BETWEEN d.cut_day - 3 AND d.cut_day + 3
  GROUP BY d.cut_day
),
near_ends AS (
  SELECT d.cut_day, SUM(n.sessions) AS sessions
  FROM end_days AS d
  JOIN end_days AS n ON n.cut_day BETWEEN d.cut_day - 3 AND d.cut_day + 3
  GROUP BY d.cut_day
),
mixed AS (
  SELECT
    e.user_id, e.session_id, e.cut_ms,
    CAST(c.cancels AS DOUBLE) / CAST(n.sessions AS DOUBLE) AS weight,
    ((e.cut_ms % 2147483647) * 48271 + e.session_id * 69621 + CAST(:seed AS BIGINT) * 16807) % 2147483647 AS x
  FROM ends AS e
  JOIN near_cancels AS c ON c.cut_day = e.cut_day
  JOIN near_ends AS n ON n.cut_day = e.cut_day
),
mixed_again AS (
  SELECT user_id, session_id, cut_ms, weight, (((x * x) % 2147483647) * 48271 + x) % 2147483647 AS x FROM mixed
),
drawn AS (
  SELECT
    user_id, cut_ms,
    ROW_NUMBER() OVER (
      PARTITION BY user_id
      ORDER BY -LN((CAST(x AS DOUBLE) + 1e0) / 2147483649e0) / weight, session_id
    ) AS turn
  FROM mixed_again
)
SELECT user_id, cut_ms, 0 AS label FROM drawn WHERE turn = 1
UNION ALL
SELECT user_id, cancel_ms AS cut_ms, 1 AS label FROM people WHERE cancel_ms IS NOT NULL
