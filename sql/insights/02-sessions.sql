-- name: Sessions
-- definition: A session is (user, session id). It starts with its first event and ends with the end of its last song, or
--   with its last event where that is later. It counts on the day of its start, even past midnight, and for the level
--   of its first event.
-- unit: sessions, songs per session, minutes
WITH numbered AS (
  SELECT
    user_id,
    session_id,
    ts_ms,
    level,
    CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END AS is_song,
    COALESCE(length, 0) AS length,
    ROW_NUMBER() OVER (PARTITION BY user_id, session_id ORDER BY ts_ms, item_in_session) AS position,
    ROW_NUMBER() OVER (
      PARTITION BY user_id, session_id, CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END
      ORDER BY ts_ms DESC, item_in_session DESC
    ) AS from_the_end
  FROM events
  WHERE user_id IS NOT NULL
),
sessions AS (
  SELECT
    MIN(ts_ms) AS start_ms,
    MAX(CASE WHEN is_song = 1 AND from_the_end = 1 THEN ts_ms + 1000 * length ELSE ts_ms END) AS end_ms,
    SUM(is_song) AS songs,
    MAX(CASE WHEN position = 1 THEN level END) AS level
  FROM numbered
  GROUP BY user_id, session_id
)
SELECT
  CAST('1970-01-01' AS DATE) + CAST(FLOOR(1e0 * start_ms / 86400000) AS INT) AS day,
  level,
  COUNT(*) AS sessions,
  1e0 * SUM(songs) / COUNT(*) AS songs_per_session,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY (end_ms - start_ms) / 60000e0) AS median_minutes,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY (end_ms - start_ms) / 60000e0) AS p95_minutes
FROM sessions
GROUP BY CAST('1970-01-01' AS DATE) + CAST(FLOOR(1e0 * start_ms / 86400000) AS INT), level
ORDER BY day, level
