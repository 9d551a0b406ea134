-- name: Friends and playlists
-- definition: Add Friend and Add to Playlist events, per 100 songs, and the share of users who ever did so; by level, where
--   users count at each level that they ever had.
-- unit: events; events per 100 songs; users; share from 0 to 1
WITH users AS (
  SELECT
    user_id,
    COALESCE(level, 'unknown') AS level,
    SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN page = 'Add Friend' THEN 1 ELSE 0 END) AS friends,
    SUM(CASE WHEN page = 'Add to Playlist' THEN 1 ELSE 0 END) AS playlists
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id, COALESCE(level, 'unknown')
),
actions AS (
  SELECT 'Add Friend' AS action, level, songs, friends AS done
  FROM users
  UNION ALL
  SELECT 'Add to Playlist', level, songs, playlists
  FROM users
)
SELECT
  action,
  level,
  SUM(done) AS events,
  100e0 * SUM(done) / NULLIF(SUM(songs), 0) AS per_100_songs,
  COUNT(*) AS users,
  SUM(CASE WHEN done > 0 THEN 1 ELSE 0 END) AS users_ever,
  1e0 * SUM(CASE WHEN done > 0 THEN 1 ELSE 0 END) / COUNT(*) AS share_ever
FROM actions
GROUP BY action, level
ORDER BY action, level
