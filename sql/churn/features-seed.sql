-- The features of the original Sparkify project, for E0 only: LEAKY. registered_days goes to the last event, and what is
-- "a day" is averaged over the days from the first event to the last, both of which end early for who cancels.
-- The pages of the cancellation itself are not counted: that would be the label.
-- Reads events and cuts(user_id, cut_ms, label); a row for each cut.
WITH seen AS (
  SELECT c.user_id, c.cut_ms, c.label, e.session_id, e.item_in_session, e.ts_ms, e.page, e.level, e.gender, e.registration_ms
  FROM cuts AS c
  JOIN events AS e ON e.user_id = c.user_id AND e.ts_ms <= c.cut_ms
  WHERE e.page NOT IN ('Cancel', 'Cancellation Confirmation')
),
totals AS (
  SELECT
    user_id, cut_ms,
    MAX(label) AS label,
    MAX(ts_ms) AS last_read_ms,
    CAST(MAX(ts_ms) - MIN(COALESCE(registration_ms, ts_ms)) AS DOUBLE) / 864e5 AS registered_days,
    CAST(MAX(ts_ms) - MIN(ts_ms) AS DOUBLE) / 864e5 + 1e0 AS days,
    MAX(CASE WHEN gender = 'M' THEN 1e0 ELSE 0e0 END) AS is_male,
    MAX(CASE WHEN level = 'paid' THEN 1e0 ELSE 0e0 END) AS ever_paid,
    CAST(COUNT(DISTINCT session_id) AS DOUBLE) AS sessions,
    SUM(CASE WHEN page = 'NextSong' THEN 1e0 ELSE 0e0 END) AS songs,
    SUM(CASE WHEN page = 'Thumbs Up' THEN 1e0 ELSE 0e0 END) AS thumbs_up,
    SUM(CASE WHEN page = 'Thumbs Down' THEN 1e0 ELSE 0e0 END) AS thumbs_down,
    SUM(CASE WHEN page = 'Roll Advert' THEN 1e0 ELSE 0e0 END) AS adverts,
    SUM(CASE WHEN page = 'Add to Playlist' THEN 1e0 ELSE 0e0 END) AS playlist,
    SUM(CASE WHEN page = 'Add Friend' THEN 1e0 ELSE 0e0 END) AS friends,
    SUM(CASE WHEN page = 'Home' THEN 1e0 ELSE 0e0 END) AS home,
    SUM(CASE WHEN page = 'Help' THEN 1e0 ELSE 0e0 END) AS help,
    SUM(CASE WHEN page = 'Settings' THEN 1e0 ELSE 0e0 END) AS settings,
    SUM(CASE WHEN page = 'Error' THEN 1e0 ELSE 0e0 END) AS errors,
    SUM(CASE WHEN page = 'Downgrade' THEN 1e0 ELSE 0e0 END) AS downgrade,
    SUM(CASE WHEN page = 'Upgrade' THEN 1e0 ELSE 0e0 END) AS upgrade,
    SUM(CASE WHEN page = 'About' THEN 1e0 ELSE 0e0 END) AS about,
    SUM(CASE WHEN page = 'Logout' THEN 1e0 ELSE 0e0 END) AS logout
  FROM seen
  GROUP BY user_id, cut_ms
)
SELECT
  user_id, cut_ms, label, last_read_ms,
  registered_days, is_male, ever_paid, sessions, songs,
  songs / sessions AS songs_per_session,
  songs / days AS songs_a_day,
  thumbs_up / days AS thumbs_up_a_day,
  thumbs_down / days AS thumbs_down_a_day,
  adverts / days AS adverts_a_day,
  playlist / days AS playlist_a_day,
  friends / days AS friends_a_day,
  home / days AS home_a_day,
  help / days AS help_a_day,
  settings / days AS settings_a_day,
  errors / days AS errors_a_day,
  downgrade / days AS downgrade_a_day,
  upgrade / days AS upgrade_a_day,
  about / days AS about_a_day,
  logout / days AS logout_a_day,
  sessions / days AS sessions_a_day
FROM totals
WHERE songs > 0
