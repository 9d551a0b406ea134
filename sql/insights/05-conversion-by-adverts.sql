-- name: Conversion by adverts on the first day
-- definition: Of the users whose first event is at level free and who had not upgraded 24 hours later, those with a Submit
--   Upgrade in the 13 days that follow, by the adverts they saw in the first 24 hours. Only users who can be followed
--   for all 14 days count. Interval: Wilson, 95 %.
-- unit: users; share from 0 to 1
WITH ordered AS (
  SELECT
    user_id,
    ts_ms,
    level,
    page,
    FIRST_VALUE(ts_ms) OVER (PARTITION BY user_id ORDER BY ts_ms, session_id, item_in_session) AS first_ms,
    FIRST_VALUE(level) OVER (PARTITION BY user_id ORDER BY ts_ms, session_id, item_in_session) AS first_level
  FROM events
  WHERE user_id IS NOT NULL
),
users AS (
  SELECT
    o.user_id,
    SUM(CASE WHEN o.page = 'Roll Advert' AND o.ts_ms < o.first_ms + 86400000 THEN 1 ELSE 0 END) AS adverts,
    MIN(CASE WHEN o.page = 'Submit Upgrade' THEN o.ts_ms - o.first_ms END) AS upgrade_after_ms
  FROM ordered AS o
  CROSS JOIN (SELECT MAX(ts_ms) AS end_ms FROM events WHERE user_id IS NOT NULL) AS l
  WHERE o.first_level = 'free' AND o.first_ms + 14 * 86400000e0 <= l.end_ms
  GROUP BY o.user_id
),
grouped AS (
  SELECT
    CASE
      WHEN adverts = 0 THEN '0'
      WHEN adverts <= 2 THEN '1 to 2'
      WHEN adverts <= 5 THEN '3 to 5'
      ELSE '6 or more'
    END AS adverts,
    COUNT(*) AS users,
    SUM(CASE WHEN upgrade_after_ms <= 14 * 86400000e0 THEN 1 ELSE 0 END) AS upgraded
  FROM users
  WHERE upgrade_after_ms IS NULL OR upgrade_after_ms >= 86400000
  GROUP BY
    CASE
      WHEN adverts = 0 THEN '0'
      WHEN adverts <= 2 THEN '1 to 2'
      WHEN adverts <= 5 THEN '3 to 5'
      ELSE '6 or more'
    END
)
SELECT
  adverts,
  users,
  upgraded,
  1e0 * upgraded / users AS share,
  (upgraded + 1.9208e0 - 1.96e0 * SQRT(1e0 * upgraded * (users - upgraded) / users + 0.9604e0)) / (users + 3.8416e0) AS low,
  (upgraded + 1.9208e0 + 1.96e0 * SQRT(1e0 * upgraded * (users - upgraded) / users + 0.9604e0)) / (users + 3.8416e0) AS high
FROM grouped
ORDER BY adverts
