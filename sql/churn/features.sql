-- The features of a cut: what was known of the user :gap_ms before it. No event after cut_ms - :gap_ms is read: the last hours
-- of those who cancel would tell the label (docs/churn.md).
-- A rate is (n + a tenth of the usual rate a 1,000 songs) / (songs + 100) * 1,000: pulled towards what is usual, as one thumb
-- down among three songs means little. `_recent` weighs an event by half for every 14 days of age; `_14d` counts the last 14
-- days; `_trend` is the last 14 days against everything. `trouble` is Help, Settings, Error and Downgrade together.
-- age_days is the age of the registration on a fixed date (:calendar_ms), the same for all. A cut with no song is left out.
-- last_read_ms is no feature: it is what the as-of guard looks at.
-- Reads events and cuts(user_id, cut_ms, label); a row for each cut.
WITH seen AS (
  SELECT
    c.user_id, c.cut_ms, c.label, e.session_id, e.ts_ms, e.page, e.level, e.gender, e.registration_ms,
    CAST(c.cut_ms - CAST(:gap_ms AS BIGINT) - e.ts_ms AS DOUBLE) / 864e5 AS days_ago
  FROM cuts AS c
  JOIN events AS e ON e.user_id = c.user_id AND e.ts_ms <= c.cut_ms - CAST(:gap_ms AS BIGINT)
  WHERE e.page NOT IN ('Cancel', 'Cancellation Confirmation')
),
marked AS (
  SELECT
    user_id, cut_ms, label, session_id, ts_ms, page, level, gender, registration_ms, days_ago,
    POWER(0.5e0, days_ago / 14e0) AS weight,
    CASE WHEN days_ago < 14e0 THEN 1e0 ELSE 0e0 END AS is_late,
    CASE WHEN page = 'NextSong' THEN 1e0 ELSE 0e0 END AS is_song,
    CASE WHEN page = 'Thumbs Up' THEN 1e0 ELSE 0e0 END AS is_up,
    CASE WHEN page = 'Thumbs Down' THEN 1e0 ELSE 0e0 END AS is_down,
    CASE WHEN page = 'Roll Advert' THEN 1e0 ELSE 0e0 END AS is_advert,
    CASE WHEN page IN ('Help', 'Settings', 'Error', 'Downgrade') THEN 1e0 ELSE 0e0 END AS is_trouble
  FROM seen
),
totals AS (
  SELECT
    user_id, cut_ms,
    MAX(label) AS label,
    MIN(COALESCE(registration_ms, ts_ms)) AS registration_ms,
    MAX(ts_ms) AS last_read_ms,
    MAX(gender) AS gender,
    MIN(days_ago) AS quiet_days,
    MAX(days_ago) AS seen_days,
    CAST(COUNT(DISTINCT session_id) AS DOUBLE) AS sessions,
    CAST(COUNT(DISTINCT CASE WHEN days_ago < 14e0 THEN session_id END) AS DOUBLE) AS sessions_14d,
    SUM(is_song) AS songs,
    SUM(CASE WHEN level = 'paid' THEN is_song ELSE 0e0 END) AS paid_songs,
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
    SUM(CASE WHEN page = 'Logout' THEN 1e0 ELSE 0e0 END) AS logout,
    SUM(is_trouble) AS trouble,
    SUM(weight * is_song) AS songs_recent,
    SUM(weight * is_up) AS up_recent,
    SUM(weight * is_down) AS down_recent,
    SUM(weight * is_advert) AS advert_recent,
    SUM(weight * is_trouble) AS trouble_recent,
    SUM(is_late * is_song) AS songs_14d,
    SUM(is_late * is_up) AS up_14d,
    SUM(is_late * is_down) AS down_14d,
    SUM(is_late * is_advert) AS advert_14d,
    SUM(is_late * is_trouble) AS trouble_14d
  FROM marked
  GROUP BY user_id, cut_ms
),
rates AS (
  SELECT
    user_id, cut_ms, label, last_read_ms, registration_ms, gender, quiet_days, seen_days, sessions, sessions_14d, songs, paid_songs, songs_14d,
    (thumbs_up + 5.52e0) / (songs + 100e0) * 1e3 AS thumbs_up_rate,
    (thumbs_down + 1.15e0) / (songs + 100e0) * 1e3 AS thumbs_down_rate,
    (adverts + 1.85e0) / (songs + 100e0) * 1e3 AS adverts_rate,
    (playlist + 2.87e0) / (songs + 100e0) * 1e3 AS playlist_rate,
    (friends + 1.83e0) / (songs + 100e0) * 1e3 AS friends_rate,
    (home + 4.48e0) / (songs + 100e0) * 1e3 AS home_rate,
    (help + 0.62e0) / (songs + 100e0) * 1e3 AS help_rate,
    (settings + 0.7e0) / (songs + 100e0) * 1e3 AS settings_rate,
    (errors + 0.12e0) / (songs + 100e0) * 1e3 AS errors_rate,
    (downgrade + 0.88e0) / (songs + 100e0) * 1e3 AS downgrade_rate,
    (upgrade + 0.24e0) / (songs + 100e0) * 1e3 AS upgrade_rate,
    (about + 0.23e0) / (songs + 100e0) * 1e3 AS about_rate,
    (logout + 1.42e0) / (songs + 100e0) * 1e3 AS logout_rate,
    (up_recent + 5.52e0) / (songs_recent + 100e0) * 1e3 AS up_recent_rate,
    (down_recent + 1.15e0) / (songs_recent + 100e0) * 1e3 AS down_recent_rate,
    (advert_recent + 1.85e0) / (songs_recent + 100e0) * 1e3 AS advert_recent_rate,
    (trouble_recent + 2.32e0) / (songs_recent + 100e0) * 1e3 AS trouble_recent_rate,
    (up_14d + 5.52e0) / (songs_14d + 100e0) * 1e3 AS up_14d_rate,
    (down_14d + 1.15e0) / (songs_14d + 100e0) * 1e3 AS down_14d_rate,
    (advert_14d + 1.85e0) / (songs_14d + 100e0) * 1e3 AS advert_14d_rate,
    (trouble_14d + 2.32e0) / (songs_14d + 100e0) * 1e3 AS trouble_14d_rate,
    (trouble + 2.32e0) / (songs + 100e0) * 1e3 AS trouble_rate,
    (thumbs_down + 0.86e0) / (thumbs_up + thumbs_down + 5e0) AS down_share
  FROM totals
  WHERE songs > 0
)
SELECT
  user_id, cut_ms, label, last_read_ms,
  (CAST(:calendar_ms AS DOUBLE) - CAST(registration_ms AS DOUBLE)) / 864e5 AS age_days,
  CASE gender WHEN 'M' THEN 1e0 WHEN 'F' THEN 0e0 ELSE 0.5e0 END AS is_male,
  paid_songs / songs AS paid_share,
  quiet_days,
  sessions / (seen_days + 7e0) * 7e0 AS sessions_a_week,
  sessions_14d / 2e0 AS sessions_a_week_14d,
  songs / sessions AS songs_per_session,
  songs_14d / (songs + 50e0) AS songs_14d_share,
  thumbs_up_rate,
  thumbs_down_rate,
  adverts_rate,
  playlist_rate,
  friends_rate,
  home_rate,
  help_rate,
  settings_rate,
  errors_rate,
  downgrade_rate,
  upgrade_rate,
  about_rate,
  logout_rate,
  down_share,
  up_recent_rate,
  down_recent_rate,
  advert_recent_rate,
  trouble_rate,
  trouble_recent_rate,
  down_14d_rate,
  trouble_14d_rate,
  up_14d_rate - thumbs_up_rate AS up_trend,
  down_14d_rate - thumbs_down_rate AS down_trend,
  advert_14d_rate - adverts_rate AS advert_trend,
  trouble_14d_rate - trouble_rate AS trouble_trend
FROM rates
