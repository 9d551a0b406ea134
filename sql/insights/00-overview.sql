-- name: Overview
-- definition: What the data holds: its first and last day, events of users, distinct users, sessions (user, session id), songs,
--   hours of music, distinct artists, songs at level paid, and users who reached Cancellation Confirmation.
-- unit: days; events; users; sessions; songs; hours of music; artists
WITH sessions AS (
  SELECT COUNT(*) AS sessions
  FROM (SELECT DISTINCT user_id, session_id FROM events WHERE user_id IS NOT NULL) AS s
)
SELECT
  MIN(e.day) AS first_day,
  MAX(e.day) AS last_day,
  COUNT(*) AS events,
  COUNT(DISTINCT e.user_id) AS users,
  MAX(s.sessions) AS sessions,
  COUNT(CASE WHEN e.page = 'NextSong' THEN 1 END) AS songs,
  1e0 * COALESCE(SUM(CASE WHEN e.page = 'NextSong' THEN CAST(e.length AS DECIMAL(18, 5)) END), 0) / 3600 AS hours,
  COUNT(DISTINCT CASE WHEN e.page = 'NextSong' THEN e.artist END) AS artists,
  COUNT(CASE WHEN e.page = 'NextSong' AND e.level = 'paid' THEN 1 END) AS paid_songs,
  COUNT(DISTINCT CASE WHEN e.page = 'Cancellation Confirmation' THEN e.user_id END) AS cancelled_users
FROM events AS e
CROSS JOIN sessions AS s
WHERE e.user_id IS NOT NULL
