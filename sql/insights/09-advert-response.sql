-- name: What follows adverts
-- definition: Users with songs at level free in the 14 days before the last 14 days of the data, in fifths by their adverts
--   per 1,000 such songs (equal rates stay together): the share who cancel, and who send Submit Upgrade, in the last 14
--   days. Who cancelled earlier is left out. Interval: Wilson, 95 %.
-- unit: users; adverts per 1,000 songs; shares from 0 to 1
WITH bounds AS (
  SELECT MAX(day_number) - 13 AS cut
  FROM events
  WHERE user_id IS NOT NULL
),
users AS (
  SELECT
    e.user_id,
    SUM(CASE WHEN e.page = 'NextSong' AND e.level = 'free' AND e.day_number < b.cut THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN e.page = 'Roll Advert' AND e.level = 'free' AND e.day_number < b.cut THEN 1 ELSE 0 END) AS adverts,
    MAX(CASE WHEN e.page = 'Cancellation Confirmation' AND e.day_number < b.cut THEN 1 ELSE 0 END) AS had_cancelled,
    MAX(CASE WHEN e.page = 'Cancellation Confirmation' AND e.day_number >= b.cut THEN 1 ELSE 0 END) AS cancelled,
    MAX(CASE WHEN e.page = 'Submit Upgrade' AND e.day_number >= b.cut THEN 1 ELSE 0 END) AS upgraded
  FROM events AS e
  CROSS JOIN bounds AS b
  WHERE e.user_id IS NOT NULL AND e.day_number >= b.cut - 14
  GROUP BY e.user_id
),
exposed AS (
  SELECT 1000e0 * adverts / songs AS rate, cancelled, upgraded
  FROM users
  WHERE songs > 0 AND had_cancelled = 0
),
ranked AS (
  SELECT rate, cancelled, upgraded, RANK() OVER (ORDER BY rate) AS place, COUNT(*) OVER () AS everybody
  FROM exposed
),
grouped AS (
  SELECT
    CAST(FLOOR(5e0 * (place - 1) / everybody) AS INT) + 1 AS fifth,
    COUNT(*) AS users,
    MIN(rate) AS lowest_rate,
    MAX(rate) AS highest_rate,
    SUM(cancelled) AS cancelled,
    SUM(upgraded) AS upgraded
  FROM ranked
  GROUP BY CAST(FLOOR(5e0 * (place - 1) / everybody) AS INT) + 1
)
SELECT
  fifth,
  users,
  lowest_rate,
  highest_rate,
  cancelled,
  1e0 * cancelled / users AS cancel_share,
  (cancelled + 1.9208e0 - 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS cancel_low,
  (cancelled + 1.9208e0 + 1.96e0 * SQRT(1e0 * cancelled * (users - cancelled) / users + 0.9604e0)) / (users + 3.8416e0) AS cancel_high,
  upgraded,
  1e0 * upgraded / users AS upgrade_share,
  (upgraded + 1.9208e0 - 1.96e0 * SQRT(1e0 * upgraded * (users - upgraded) / users + 0.9604e0)) / (users + 3.8416e0) AS upgrade_low,
  (upgraded + 1.9208e0 + 1.96e0 * SQRT(1e0 * upgraded * (users - upgraded) / users + 0.9604e0)) / (users + 3.8416e0) AS upgrade_high
FROM grouped
ORDER BY fifth
