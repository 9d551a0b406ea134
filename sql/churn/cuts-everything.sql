-- E0, as the original Sparkify project cut: not at all. Every user is seen to their last event, and the label says
-- whether they have cancelled. LEAKY, for comparison only: who cancels stops early, so whatever measures how long a user
-- was seen tells the label.
-- Reads events; gives cuts(user_id, cut_ms, label).
SELECT
  user_id,
  MAX(ts_ms) AS cut_ms,
  MAX(CASE WHEN page = 'Cancellation Confirmation' THEN 1 ELSE 0 END) AS label
FROM events
WHERE user_id IS NOT NULL
GROUP BY user_id
