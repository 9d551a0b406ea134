-- One row: songs that follow each other and are not as far apart as the first is long; keys that are there twice; events
-- after a cancellation.
WITH ordered AS (
  SELECT
    user_id,
    session_id,
    item_in_session,
    page,
    length,
    ts_ms,
    LEAD(page) OVER (PARTITION BY user_id, session_id ORDER BY item_in_session) AS next_page,
    LEAD(item_in_session) OVER (PARTITION BY user_id, session_id ORDER BY item_in_session) AS next_item,
    LEAD(ts_ms) OVER (PARTITION BY user_id, session_id ORDER BY item_in_session) AS next_ts,
    MIN(CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END) OVER (PARTITION BY user_id) AS cancelled_at
  FROM events
  WHERE user_id IS NOT NULL
)
SELECT
  SUM(CASE WHEN page = 'NextSong' AND next_page = 'NextSong' AND next_item = item_in_session + 1
      AND next_ts - ts_ms <> FLOOR(length) * 1000 THEN 1 ELSE 0 END) AS wrong_gaps,
  SUM(CASE WHEN next_item = item_in_session THEN 1 ELSE 0 END) AS doubled_keys,
  SUM(CASE WHEN next_ts < ts_ms THEN 1 ELSE 0 END) AS back_in_time,
  SUM(CASE WHEN ts_ms > cancelled_at THEN 1 ELSE 0 END) AS after_cancel
FROM ordered
