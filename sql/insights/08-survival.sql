-- name: Survival to cancellation
-- definition: Kaplan–Meier estimate of the share of users who have not cancelled, by whole days since they were first
--   seen. Users who have not cancelled are censored at the end of the data. Interval: Greenwood, 95 %, within 0 to 1.
-- unit: users; share from 0 to 1
WITH users AS (
  SELECT
    user_id,
    MIN(ts_ms) AS first_ms,
    MIN(CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END) AS cancel_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
),
spans AS (
  SELECT
    CAST(FLOOR((COALESCE(u.cancel_ms, l.end_ms) - u.first_ms) / 86400000e0) AS INT) AS days,
    CASE WHEN u.cancel_ms IS NULL THEN 0 ELSE 1 END AS cancelled
  FROM users AS u
  CROSS JOIN (SELECT MAX(ts_ms) AS end_ms FROM events WHERE user_id IS NOT NULL) AS l
),
by_day AS (
  SELECT days, COUNT(*) AS ended, SUM(cancelled) AS cancelled
  FROM spans
  GROUP BY days
),
risks AS (
  SELECT
    days,
    cancelled,
    SUM(ended) OVER (ORDER BY days DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS at_risk
  FROM by_day
),
steps AS (
  SELECT
    days,
    at_risk,
    cancelled,
    SUM(LN(NULLIF(1 - 1e0 * cancelled / at_risk, 0))) OVER (
      ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS log_survival,
    MAX(CASE WHEN cancelled = at_risk THEN 1 ELSE 0 END) OVER (
      ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS is_over,
    SUM(1e0 * cancelled / at_risk / NULLIF(at_risk - cancelled, 0)) OVER (
      ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS variance
  FROM risks
),
estimates AS (
  SELECT
    days,
    at_risk,
    cancelled,
    CASE WHEN is_over = 1 THEN 0e0 ELSE EXP(log_survival) END AS survival,
    COALESCE(variance, 0e0) AS variance
  FROM steps
)
SELECT
  days,
  at_risk,
  cancelled,
  survival,
  GREATEST(0e0, survival - 1.96e0 * survival * SQRT(variance)) AS low,
  LEAST(1e0, survival + 1.96e0 * survival * SQRT(variance)) AS high
FROM estimates
ORDER BY days
