-- name: Churn by group
-- definition: Users with a Cancellation Confirmation, divided by all users: together, by level (at cancellation, else the
--   latest), by gender, by region (the state after the comma of the latest location), by device (from the latest user
--   agent) and by thumbs down per 1,000 songs. Groups of fewer than 20 users are not shown. Interval: Wilson, 95 %.
-- unit: users; share from 0 to 1
WITH ordered AS (
  SELECT
    user_id,
    page,
    level,
    gender,
    location,
    user_agent,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts_ms DESC, session_id DESC, item_in_session DESC) AS from_the_end,
    CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END AS cancel_ms,
    MIN(CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END) OVER (PARTITION BY user_id) AS first_cancel_ms
  FROM events
  WHERE user_id IS NOT NULL
),
users AS (
  SELECT
    user_id,
    MAX(CASE WHEN first_cancel_ms IS NULL THEN 0 ELSE 1 END) AS cancelled,
    COALESCE(
      MAX(CASE WHEN cancel_ms = first_cancel_ms THEN level END),
      MAX(CASE WHEN from_the_end = 1 THEN level END)
    ) AS level,
    MAX(CASE WHEN from_the_end = 1 THEN gender END) AS gender,
    MAX(CASE WHEN from_the_end = 1 THEN location END) AS location,
    MAX(CASE WHEN from_the_end = 1 THEN user_agent END) AS user_agent,
    SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN page = 'Thumbs Down' THEN 1 ELSE 0 END) AS thumbs_down
  FROM ordered
  GROUP BY user_id
),
grouped AS (
  SELECT 'all users' AS dimension, 'all' AS value, cancelled
  FROM users
  UNION ALL
  SELECT 'level', COALESCE(level, 'unknown'), cancelled
  FROM users
  UNION ALL
  SELECT 'gender', COALESCE(gender, 'unknown'), cancelled
  FROM users
  UNION ALL
  SELECT
    'region',
    CASE
      WHEN POSITION(', ' IN location) > 0 THEN SUBSTRING(location FROM POSITION(', ' IN location) + 2 FOR 2)
      ELSE 'unknown'
    END,
    cancelled
  FROM users
  UNION ALL
  SELECT
    'device',
    CASE
      WHEN user_agent LIKE '%iPhone%' THEN 'iPhone'
      WHEN user_agent LIKE '%iPad%' THEN 'iPad'
      WHEN user_agent LIKE '%Android%' THEN 'Android'
      WHEN user_agent LIKE '%Windows%' THEN 'Windows'
      WHEN user_agent LIKE '%Macintosh%' THEN 'Mac'
      WHEN user_agent LIKE '%Linux%' THEN 'Linux'
      WHEN user_agent IS NULL THEN 'unknown'
      ELSE 'other'
    END,
    cancelled
  FROM users
  UNION ALL
  SELECT
    'thumbs down per 1,000 songs',
    CASE
      WHEN songs = 0 THEN 'no songs'
      WHEN thumbs_down < songs / 100e0 THEN '0 to 9'
      WHEN thumbs_down < songs / 50e0 THEN '10 to 19'
      WHEN thumbs_down < songs * 3 / 100e0 THEN '20 to 29'
      ELSE '30 or more'
    END,
    cancelled
  FROM users
),
counted AS (
  SELECT dimension, value, COUNT(*) AS users, SUM(cancelled) AS cancelled
  FROM grouped
  GROUP BY dimension, value
  HAVING COUNT(*) >= 20
)
SELECT
  dimension,
  value,
  users,
  cancelled,
  1e0 * cancelled / users AS share,
  (cancelled + 1.9208e0 - 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS low,
  (cancelled + 1.9208e0 + 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS high
FROM counted
ORDER BY dimension, value
