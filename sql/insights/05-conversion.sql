-- name: Conversion from free to paid
-- definition: Of the users whose first event is at level free, those with a Submit Upgrade within 7, 14 and 30 days of
--   it. Only users who can be followed for so long count. The median is over those who upgraded.
-- unit: users; share from 0 to 1; days
WITH ordered AS (
  SELECT
    user_id,
    ts_ms,
    level,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts_ms, session_id, item_in_session) AS position
  FROM events
  WHERE user_id IS NOT NULL
),
starts AS (
  SELECT user_id, ts_ms AS first_ms
  FROM ordered
  WHERE position = 1 AND level = 'free'
),
upgrades AS (
  SELECT user_id, MIN(ts_ms) AS upgrade_ms
  FROM events
  WHERE page = 'Submit Upgrade'
  GROUP BY user_id
),
horizons AS (
  SELECT 7 AS within_days UNION ALL SELECT 14 UNION ALL SELECT 30
),
followed AS (
  SELECT
    h.within_days,
    CASE
      WHEN u.upgrade_ms - s.first_ms <= 86400000e0 * h.within_days THEN (u.upgrade_ms - s.first_ms) / 86400000e0
    END AS days
  FROM starts AS s
  CROSS JOIN horizons AS h
  CROSS JOIN (SELECT MAX(ts_ms) AS end_ms FROM events WHERE user_id IS NOT NULL) AS l
  LEFT JOIN upgrades AS u ON u.user_id = s.user_id
  WHERE s.first_ms + 86400000e0 * h.within_days <= l.end_ms
)
SELECT
  within_days,
  COUNT(*) AS users,
  COUNT(days) AS upgraded,
  1e0 * COUNT(days) / COUNT(*) AS share,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median_days
FROM followed
GROUP BY within_days
ORDER BY within_days
