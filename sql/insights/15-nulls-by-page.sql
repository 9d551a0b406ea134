-- name: Missing values by page
-- definition: Share of a page's rows that have no user, location, user agent, gender, registration, artist, song or length.
-- unit: rows; shares from 0 to 1
SELECT
  COALESCE(page, '(none)') AS page,
  COUNT(*) AS number_of_rows,
  1 - 1e0 * COUNT(user_id) / COUNT(*) AS no_user,
  1 - 1e0 * COUNT(location) / COUNT(*) AS no_location,
  1 - 1e0 * COUNT(user_agent) / COUNT(*) AS no_user_agent,
  1 - 1e0 * COUNT(gender) / COUNT(*) AS no_gender,
  1 - 1e0 * COUNT(registration_ms) / COUNT(*) AS no_registration,
  1 - 1e0 * COUNT(artist) / COUNT(*) AS no_artist,
  1 - 1e0 * COUNT(song) / COUNT(*) AS no_song,
  1 - 1e0 * COUNT(length) / COUNT(*) AS no_length
FROM events
GROUP BY COALESCE(page, '(none)')
ORDER BY page
