-- name: Errors and help by day
-- definition: Error events per 1,000 events, and Help events per 1,000 songs, by day. A day raises an alarm when its rate is
--   more than three standard deviations above the mean of the 14 days with events before it; at least seven are needed.
-- unit: events; rates per 1,000; alarm 1 or 0
WITH days AS (
  SELECT
    day,
    COUNT(*) AS requests,
    SUM(CASE WHEN page = 'Error' THEN 1 ELSE 0 END) AS errors,
    SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
    SUM(CASE WHEN page = 'Help' THEN 1 ELSE 0 END) AS helps
  FROM events
  WHERE user_id IS NOT NULL
  GROUP BY day
),
rates AS (
  SELECT
    day,
    requests,
    errors,
    songs,
    helps,
    1000e0 * errors / requests AS errors_per_1000,
    1000e0 * helps / NULLIF(songs, 0) AS helps_per_1000
  FROM days
),
limits AS (
  SELECT
    day,
    requests,
    errors,
    songs,
    helps,
    errors_per_1000,
    helps_per_1000,
    COUNT(*) OVER (ORDER BY day ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS days_before,
    AVG(errors_per_1000) OVER (ORDER BY day ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS errors_mean,
    STDDEV_SAMP(errors_per_1000) OVER (ORDER BY day ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS errors_sd,
    AVG(helps_per_1000) OVER (ORDER BY day ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS helps_mean,
    STDDEV_SAMP(helps_per_1000) OVER (ORDER BY day ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS helps_sd
  FROM rates
)
SELECT
  day,
  requests,
  errors,
  errors_per_1000,
  CASE WHEN days_before >= 7 THEN errors_mean + 3 * errors_sd END AS errors_limit,
  CASE WHEN days_before >= 7 AND errors_per_1000 > errors_mean + 3 * errors_sd THEN 1 ELSE 0 END AS errors_alarm,
  songs,
  helps,
  helps_per_1000,
  CASE WHEN days_before >= 7 THEN helps_mean + 3 * helps_sd END AS helps_limit,
  CASE WHEN days_before >= 7 AND helps_per_1000 > helps_mean + 3 * helps_sd THEN 1 ELSE 0 END AS helps_alarm
FROM limits
ORDER BY day
