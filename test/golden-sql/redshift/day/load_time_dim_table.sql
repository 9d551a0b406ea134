-- star/lock-time.sql
LOCK TABLE time;

-- star/delete-time.sql
DELETE FROM time;

-- star/insert-time.sql
INSERT INTO time (start_time, hour, day, week, month, year, weekday)
SELECT
  plays.start_time,
  CAST(EXTRACT(HOUR FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(DAY FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(WEEK FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(MONTH FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(YEAR FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(DOW FROM plays.start_time) AS INTEGER)
FROM (SELECT DISTINCT start_time FROM songplays) AS plays;
