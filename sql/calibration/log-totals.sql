-- One row: all events, those of nobody, those of pages that only the churn shape has, different fractions of a second, and
-- items of a session that are there twice.
WITH items AS (
  SELECT session_id, item_in_session, COUNT(*) AS copies
  FROM events
  GROUP BY session_id, item_in_session
),
doubled AS (
  SELECT COUNT(*) AS keys
  FROM items
  WHERE copies > 1
)
SELECT
  COUNT(*) AS all_rows,
  SUM(CASE WHEN user_id IS NULL THEN 1 ELSE 0 END) AS blank_rows,
  SUM(CASE WHEN page IN ('Thumbs Up', 'Thumbs Down', 'Add Friend', 'Add to Playlist', 'Roll Advert', 'Cancel',
      'Cancellation Confirmation', 'Register', 'Submit Registration') THEN 1 ELSE 0 END) AS foreign_rows,
  COUNT(DISTINCT ts_ms % 1000) AS fractions,
  (SELECT MAX(keys) FROM doubled) AS doubled_keys
FROM events
