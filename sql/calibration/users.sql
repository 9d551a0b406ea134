-- A row for each user: sessions, songs, time in sessions, time from the first to the last event, and pages while logged in.
WITH session_totals AS (
  SELECT
    user_id,
    session_id,
    CAST(MAX(ts_ms) - MIN(ts_ms) AS DOUBLE PRECISION) / 3600000 AS hours
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id, session_id
),
session_means AS (
  SELECT user_id, COUNT(*) AS sessions, AVG(hours) AS session_hours
  FROM session_totals
  GROUP BY user_id
),
user_totals AS (
  SELECT
    user_id,
    CAST(MAX(ts_ms) - MIN(ts_ms) AS DOUBLE PRECISION) / 86400000 AS span_days,
    COUNT(*) AS all_rows,
    SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS paid_rows,
    MAX(CASE WHEN gender = 'M' THEN 1 ELSE 0 END) AS male,
    SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN page = 'NextSong' AND level = 'free' THEN 1 ELSE 0 END) AS free_songs,
    SUM(CASE WHEN page = 'Thumbs Up' THEN 1 ELSE 0 END) AS thumbs_up,
    SUM(CASE WHEN page = 'Thumbs Down' THEN 1 ELSE 0 END) AS thumbs_down,
    SUM(CASE WHEN page = 'Add to Playlist' THEN 1 ELSE 0 END) AS playlist,
    SUM(CASE WHEN page = 'Add Friend' THEN 1 ELSE 0 END) AS friend,
    SUM(CASE WHEN page = 'Home' THEN 1 ELSE 0 END) AS home,
    SUM(CASE WHEN page = 'Downgrade' THEN 1 ELSE 0 END) AS downgrade,
    SUM(CASE WHEN page = 'Roll Advert' THEN 1 ELSE 0 END) AS advert,
    SUM(CASE WHEN page = 'Roll Advert' AND level = 'free' THEN 1 ELSE 0 END) AS free_advert,
    SUM(CASE WHEN page = 'Upgrade' THEN 1 ELSE 0 END) AS upgrade,
    SUM(CASE WHEN page = 'Settings' THEN 1 ELSE 0 END) AS settings,
    SUM(CASE WHEN page = 'Help' THEN 1 ELSE 0 END) AS help,
    SUM(CASE WHEN page = 'Error' THEN 1 ELSE 0 END) AS error,
    SUM(CASE WHEN page = 'Cancellation Confirmation' THEN 1 ELSE 0 END) AS churned
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
)
SELECT
  t.user_id,
  t.span_days,
  t.all_rows,
  t.paid_rows,
  t.male,
  t.songs,
  t.free_songs,
  t.thumbs_up,
  t.thumbs_down,
  t.playlist,
  t.friend,
  t.home,
  t.downgrade,
  t.advert,
  t.free_advert,
  t.upgrade,
  t.settings,
  t.help,
  t.error,
  t.churned,
  m.sessions,
  m.session_hours
FROM user_totals AS t
JOIN session_means AS m ON m.user_id = t.user_id
