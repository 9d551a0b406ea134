-- E2, landmark: what a business runs. On the instant :landmark_ms stands everybody who was active in the :active_days
-- days before it and has not cancelled; the label says who cancels in the :horizon_days days after it.
-- The nightly scoring takes the same rows, and of course no label.
-- Reads events; gives cuts(user_id, cut_ms, label).
SELECT
  user_id,
  CAST(:landmark_ms AS BIGINT) AS cut_ms,
  MAX(
    CASE
      WHEN page = 'Cancellation Confirmation'
        AND ts_ms > CAST(:landmark_ms AS BIGINT)
        AND ts_ms <= CAST(:landmark_ms AS BIGINT) + CAST(:horizon_days AS BIGINT) * 86400000
        THEN 1
      ELSE 0
    END
  ) AS label
FROM events
WHERE user_id IS NOT NULL
GROUP BY user_id
HAVING
  MAX(
    CASE
      WHEN ts_ms <= CAST(:landmark_ms AS BIGINT)
        AND ts_ms > CAST(:landmark_ms AS BIGINT) - CAST(:active_days AS BIGINT) * 86400000
        THEN 1
      ELSE 0
    END
  ) = 1
  AND MAX(
    CASE WHEN page = 'Cancellation Confirmation' AND ts_ms <= CAST(:landmark_ms AS BIGINT) THEN 1 ELSE 0 END
  ) = 0
