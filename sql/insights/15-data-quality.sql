-- name: Data quality
-- definition: Rows; rows without a user; rows that repeat the key (user, session, item, time) of another; rows of a page that
--   is none of the 22 known ones; rows after the user's Cancellation Confirmation; songs without artist, title or length;
--   rows of a user's session that are older than one before them by item; users registered after their first event. The
--   share is of all rows, of songs, or of users.
-- unit: rows or users; share from 0 to 1
WITH rows_and_pages AS (
  SELECT
    COUNT(*) AS all_rows,
    COUNT(CASE WHEN user_id IS NULL THEN 1 END) AS without_user,
    COUNT(CASE WHEN page = 'NextSong' THEN 1 END) AS songs,
    COUNT(CASE WHEN page = 'NextSong' AND (artist IS NULL OR song IS NULL OR length IS NULL) THEN 1 END) AS bare_songs,
    COUNT(
      CASE
        WHEN page IN (
          'NextSong', 'Home', 'Thumbs Up', 'Thumbs Down', 'Add to Playlist', 'Add Friend', 'Roll Advert', 'Login',
          'Logout', 'Help', 'About', 'Error', 'Settings', 'Save Settings', 'Upgrade', 'Submit Upgrade', 'Downgrade',
          'Submit Downgrade', 'Register', 'Submit Registration', 'Cancel', 'Cancellation Confirmation'
        ) THEN NULL
        ELSE 1
      END
    ) AS unknown_pages
  FROM events
),
keys AS (
  SELECT COALESCE(SUM(n - 1), 0) AS repeated
  FROM (
    SELECT COUNT(*) AS n
    FROM events
    GROUP BY user_id, session_id, item_in_session, ts_ms
  ) AS k
),
users AS (
  SELECT
    user_id,
    MIN(ts_ms) AS first_ms,
    MIN(registration_ms) AS registration_ms,
    MIN(CASE WHEN page = 'Cancellation Confirmation' THEN ts_ms END) AS cancel_ms
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY user_id
),
user_totals AS (
  SELECT COUNT(*) AS users, COUNT(CASE WHEN registration_ms > first_ms THEN 1 END) AS registered_late
  FROM users
),
ghosts AS (
  SELECT COUNT(*) AS after_cancel
  FROM events AS e
  JOIN users AS u ON u.user_id = e.user_id
  WHERE e.ts_ms > u.cancel_ms
),
ordered AS (
  SELECT
    ts_ms,
    MAX(ts_ms) OVER (
      PARTITION BY user_id, session_id
      ORDER BY item_in_session
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_before
  FROM events
  WHERE user_id IS NOT NULL
),
disorder AS (
  SELECT COUNT(CASE WHEN ts_ms < latest_before THEN 1 END) AS out_of_order
  FROM ordered
),
checks AS (
  SELECT 1 AS position, 'rows' AS what, all_rows AS found, all_rows AS among
  FROM rows_and_pages
  UNION ALL
  SELECT 2, 'rows without a user', without_user, all_rows
  FROM rows_and_pages
  UNION ALL
  SELECT 3, 'rows with a repeated key', k.repeated, r.all_rows
  FROM rows_and_pages AS r
  CROSS JOIN keys AS k
  UNION ALL
  SELECT 4, 'rows of an unknown page', unknown_pages, all_rows
  FROM rows_and_pages
  UNION ALL
  SELECT 5, 'rows after a cancellation', g.after_cancel, r.all_rows
  FROM rows_and_pages AS r
  CROSS JOIN ghosts AS g
  UNION ALL
  SELECT 6, 'rows older than one before them', d.out_of_order, r.all_rows
  FROM rows_and_pages AS r
  CROSS JOIN disorder AS d
  UNION ALL
  SELECT 7, 'songs without artist, title or length', bare_songs, songs
  FROM rows_and_pages
  UNION ALL
  SELECT 8, 'users registered after their first event', registered_late, users
  FROM user_totals
)
SELECT position, what, found, among, 1e0 * found / NULLIF(among, 0) AS share
FROM checks
ORDER BY position
