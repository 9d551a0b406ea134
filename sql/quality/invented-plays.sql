-- Rows of songplays in the interval without a NextSong event behind them. No rows = none invented.
SELECT p.songplay_id, p.start_time
FROM songplays AS p
LEFT JOIN staging_events AS e
  ON e.sessionid = p.session_id
  AND e.ts = p.start_time
  AND e.userid = p.user_id
  AND e.page = 'NextSong'
WHERE p.start_time >= CAST(:interval_start AS TIMESTAMP)
  AND p.start_time < CAST(:interval_end AS TIMESTAMP)
  AND e.sessionid IS NULL
ORDER BY p.start_time, p.songplay_id
