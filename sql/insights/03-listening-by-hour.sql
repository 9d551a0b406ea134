-- name: Listening by hour and weekday
-- definition: Songs and hours of music by weekday (1 = Monday) and hour of their start, in UTC and by the listener's own
--   clock. A listener's clock is that of the state after the comma of the location; places elsewhere are left out of it.
-- unit: songs; hours of music
--
-- Clocks of the states of the USA: hours from UTC in winter, and 1 where clocks go forward in summer. A state in two
-- zones has that of most of its people. Summer time is the law since 2007: from 2 h on the second Sunday of March to 2 h
-- (1 h of winter time) on the first Sunday of November.
WITH states AS (
  SELECT state, winter_offset, has_summer_time
  FROM (
    VALUES
      ('CT', -5, 1), ('DC', -5, 1), ('DE', -5, 1), ('FL', -5, 1), ('GA', -5, 1), ('IN', -5, 1), ('KY', -5, 1),
      ('MA', -5, 1), ('MD', -5, 1), ('ME', -5, 1), ('MI', -5, 1), ('NC', -5, 1), ('NH', -5, 1), ('NJ', -5, 1),
      ('NY', -5, 1), ('OH', -5, 1), ('PA', -5, 1), ('RI', -5, 1), ('SC', -5, 1), ('VA', -5, 1), ('VT', -5, 1),
      ('WV', -5, 1), ('AL', -6, 1), ('AR', -6, 1), ('IA', -6, 1), ('IL', -6, 1), ('KS', -6, 1), ('LA', -6, 1),
      ('MN', -6, 1), ('MO', -6, 1), ('MS', -6, 1), ('ND', -6, 1), ('NE', -6, 1), ('OK', -6, 1), ('SD', -6, 1),
      ('TN', -6, 1), ('TX', -6, 1), ('WI', -6, 1), ('CO', -7, 1), ('ID', -7, 1), ('MT', -7, 1), ('NM', -7, 1),
      ('UT', -7, 1), ('WY', -7, 1), ('AZ', -7, 0), ('CA', -8, 1), ('NV', -8, 1), ('OR', -8, 1), ('WA', -8, 1),
      ('AK', -9, 1), ('HI', -10, 0), ('PR', -4, 0)
  ) AS s (state, winter_offset, has_summer_time)
),
songs AS (
  SELECT
    CASE
      WHEN POSITION(', ' IN location) > 0 THEN SUBSTRING(location FROM POSITION(', ' IN location) + 2 FOR 2)
    END AS state,
    CAST(FLOOR(1e0 * ts_ms / 3600000) AS INT) AS hour_number,
    COUNT(*) AS songs,
    SUM(CAST(length AS DECIMAL(18, 5))) AS seconds
  FROM events
  WHERE user_id IS NOT NULL AND page = 'NextSong'
  GROUP BY
    CASE
      WHEN POSITION(', ' IN location) > 0 THEN SUBSTRING(location FROM POSITION(', ' IN location) + 2 FOR 2)
    END,
    CAST(FLOOR(1e0 * ts_ms / 3600000) AS INT)
),
winter AS (
  SELECT s.songs, s.seconds, z.has_summer_time, s.hour_number + z.winter_offset AS hour_number
  FROM songs AS s
  JOIN states AS z ON z.state = s.state
),
winter_days AS (
  SELECT
    songs,
    seconds,
    has_summer_time,
    hour_number,
    MOD(hour_number, 24) AS hour,
    MOD(CAST(FLOOR(hour_number / 24e0) AS INT) + 3, 7) + 1 AS weekday,
    CAST('1970-01-01' AS DATE) + CAST(FLOOR(hour_number / 24e0) AS INT) AS day
  FROM winter
),
sundays AS (
  SELECT
    songs,
    seconds,
    has_summer_time,
    hour_number,
    hour,
    weekday,
    CAST(EXTRACT(MONTH FROM day) AS INT) AS month,
    CAST(EXTRACT(DAY FROM day) AS INT) - MOD(weekday, 7) AS last_sunday
  FROM winter_days
),
clocks AS (
  SELECT 'utc' AS clock, hour_number, songs, seconds
  FROM songs
  UNION ALL
  SELECT
    'local',
    hour_number + CASE
      WHEN has_summer_time = 0 THEN 0
      WHEN month BETWEEN 4 AND 10 THEN 1
      WHEN month = 3 AND last_sunday BETWEEN 8 AND 14 AND weekday = 7 AND hour < 2 THEN 0
      WHEN month = 3 AND last_sunday >= 8 THEN 1
      WHEN month = 11 AND last_sunday < 1 THEN 1
      WHEN month = 11 AND last_sunday BETWEEN 1 AND 7 AND weekday = 7 AND hour < 1 THEN 1
      ELSE 0
    END,
    songs,
    seconds
  FROM sundays
)
SELECT
  clock,
  MOD(CAST(FLOOR(hour_number / 24e0) AS INT) + 3, 7) + 1 AS weekday,
  MOD(hour_number, 24) AS hour,
  SUM(songs) AS songs,
  1e0 * SUM(seconds) / 3600 AS hours
FROM clocks
GROUP BY clock, MOD(CAST(FLOOR(hour_number / 24e0) AS INT) + 3, 7) + 1, MOD(hour_number, 24)
ORDER BY clock, weekday, hour
