-- name: Late events
-- definition: Events by how much older they are than the newest event before them, by item, in the user's session. Event data
--   does not say when it arrived; the order of items stands for it.
-- unit: events; share from 0 to 1
WITH ordered AS (
  SELECT
    ts_ms,
    MAX(ts_ms) OVER (
      PARTITION BY user_id, session_id
      ORDER BY item_in_session
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_before
  FROM events
  WHERE user_id IS NOT NULL
),
bands AS (
  SELECT
    CASE
      WHEN latest_before IS NULL OR ts_ms >= latest_before THEN 1
      WHEN latest_before - ts_ms <= 60000 THEN 2
      WHEN latest_before - ts_ms <= 3600000 THEN 3
      WHEN latest_before - ts_ms <= 86400000 THEN 4
      ELSE 5
    END AS position
  FROM ordered
),
names AS (
  SELECT 1 AS position, 'in order' AS lag_band UNION ALL SELECT 2, 'up to a minute'
  UNION ALL SELECT 3, 'up to an hour' UNION ALL SELECT 4, 'up to a day' UNION ALL SELECT 5, 'more than a day'
),
counted AS (
  SELECT n.position, n.lag_band, COUNT(b.position) AS events
  FROM names AS n
  LEFT JOIN bands AS b ON b.position = n.position
  GROUP BY n.position, n.lag_band
)
SELECT position, lag_band, events, 1e0 * events / NULLIF(SUM(events) OVER (), 0) AS share
FROM counted
ORDER BY position
