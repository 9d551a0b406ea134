-- name: Cancellation after an error
-- definition: Days of a user (UTC) with an Error against those without: the share that is followed by a Cancellation
--   Confirmation within 24 hours of the day's first Error, or of its first event where there is none. Interval: Wilson, 95 %.
-- unit: user days; share from 0 to 1
WITH user_days AS (
  SELECT
    user_id,
    day_number,
    MIN(ts_ms) AS first_ms,
    MIN(CASE WHEN page = 'Error' THEN ts_ms END) AS error_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id, day_number
),
cancels AS (
  SELECT user_id, MIN(ts_ms) AS cancel_ms
  FROM events
  WHERE user_id IS NOT NULL AND page = 'Cancellation Confirmation'
  GROUP BY user_id
),
counted AS (
  SELECT
    CASE WHEN d.error_ms IS NULL THEN 'without an error' ELSE 'with an error' END AS days,
    COUNT(*) AS user_days,
    SUM(
      CASE
        WHEN c.cancel_ms BETWEEN COALESCE(d.error_ms, d.first_ms) AND COALESCE(d.error_ms, d.first_ms) + 86400000 THEN 1
        ELSE 0
      END
    ) AS cancelled
  FROM user_days AS d
  LEFT JOIN cancels AS c ON c.user_id = d.user_id
  GROUP BY CASE WHEN d.error_ms IS NULL THEN 'without an error' ELSE 'with an error' END
)
SELECT
  days,
  user_days,
  cancelled,
  1e0 * cancelled / user_days AS share,
  (cancelled + 1.9208e0 - 1.96e0 * SQRT(1e0 * cancelled * (user_days - cancelled) / user_days + 0.9604e0)) / (user_days + 3.8416e0) AS low,
  (cancelled + 1.9208e0 + 1.96e0 * SQRT(1e0 * cancelled * (user_days - cancelled) / user_days + 0.9604e0)) / (user_days + 3.8416e0) AS high
FROM counted
ORDER BY days
