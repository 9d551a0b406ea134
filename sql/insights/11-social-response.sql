-- name: Cancellation by social activity
-- definition: Users with songs in the 14 days before the last 14 days of the data, in quarters by their Add Friend and Add to
--   Playlist events per 100 songs (equal rates stay together): the share who cancel in the last 14 days. Who cancelled
--   earlier is left out. Interval: Wilson, 95 %.
-- unit: users; events per 100 songs; share from 0 to 1
WITH bounds AS (
  SELECT MAX(day_number) - 13 AS cut
  FROM events
  WHERE user_id IS NOT NULL
),
users AS (
  SELECT
    e.user_id,
    SUM(CASE WHEN e.page = 'NextSong' AND e.day_number < b.cut THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN e.page IN ('Add Friend', 'Add to Playlist') AND e.day_number < b.cut THEN 1 ELSE 0 END) AS social,
    MAX(CASE WHEN e.page = 'Cancellation Confirmation' AND e.day_number < b.cut THEN 1 ELSE 0 END) AS had_cancelled,
    MAX(CASE WHEN e.page = 'Cancellation Confirmation' AND e.day_number >= b.cut THEN 1 ELSE 0 END) AS cancelled
  FROM events AS e
  CROSS JOIN bounds AS b
  WHERE e.user_id IS NOT NULL AND e.day_number >= b.cut - 14
  GROUP BY e.user_id
),
exposed AS (
  SELECT 100e0 * social / songs AS rate, cancelled
  FROM users
  WHERE songs > 0 AND had_cancelled = 0
),
ranked AS (
  SELECT rate, cancelled, RANK() OVER (ORDER BY rate) AS place, COUNT(*) OVER () AS everybody
  FROM exposed
),
grouped AS (
  SELECT
    CAST(FLOOR(4e0 * (place - 1) / everybody) AS INT) + 1 AS quarter,
    COUNT(*) AS users,
    MIN(rate) AS lowest_rate,
    MAX(rate) AS highest_rate,
    SUM(cancelled) AS cancelled
  FROM ranked
  GROUP BY CAST(FLOOR(4e0 * (place - 1) / everybody) AS INT) + 1
)
SELECT
  quarter,
  users,
  lowest_rate,
  highest_rate,
  cancelled,
  1e0 * cancelled / users AS share,
  (cancelled + 1.9208e0 - 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS low,
  (cancelled + 1.9208e0 + 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS high
FROM grouped
ORDER BY quarter
