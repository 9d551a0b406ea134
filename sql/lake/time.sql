-- Each instant at which a song started, once. The weekday counts from 0 = Sunday: engines number it differently, so it
-- comes with the event, where 7 is Sunday.
SELECT
  plays.start_time,
  CAST(EXTRACT(HOUR FROM plays.start_time) AS INTEGER) AS hour,
  CAST(EXTRACT(DAY FROM plays.start_time) AS INTEGER) AS day,
  CAST(EXTRACT(WEEK FROM plays.start_time) AS INTEGER) AS week,
  CAST(EXTRACT(MONTH FROM plays.start_time) AS INTEGER) AS month,
  CAST(EXTRACT(YEAR FROM plays.start_time) AS INTEGER) AS year,
  CAST(MOD(plays.weekday, 7) AS INTEGER) AS weekday
FROM (
  SELECT DISTINCT ts AS start_time, weekday FROM events WHERE page = 'NextSong' AND user_id IS NOT NULL
) AS plays
