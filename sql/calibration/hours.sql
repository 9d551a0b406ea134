-- Songs and rows by hour of the day and day of the week, UTC.
SELECT
  hour,
  weekday,
  SUM(CASE WHEN page = 'NextSong' THEN 1 ELSE 0 END) AS songs,
  COUNT(*) AS all_rows
FROM events
GROUP BY hour, weekday
