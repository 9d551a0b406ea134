-- name: Listening by hour and weekday
-- definition: Songs and hours of music by weekday (1 = Monday) and hour of their start, in UTC and by the listener's own
--   clock. A listener's clock is that of the state after the comma of the location; places elsewhere are left out of it.
-- unit: songs; hours of music
--
-- Clocks of the states of the USA: hours from UTC in winter, and 1 where clocks go forward in summer. A state in two
-- zones has that of most of its people. Summer time is the law since 2007: from 2 h on the second Sunday of March to 2 h
-- (1 h of winter time) on the first Sunday of November.
WITH states AS (
  SELECT 'CT' AS state, -5 AS winter_offset, 1 AS has_summer_time UNION ALL SELECT 'DC', -5, 1
  UNION ALL SELECT 'DE', -5, 1 UNION ALL SELECT 'FL', -5, 1 UNION ALL SELECT 'GA', -5, 1 UNION ALL SELECT 'IN', -5, 1
  UNION ALL SELECT 'KY', -5, 1 UNION ALL SELECT 'MA', -5, 1 UNION ALL SELECT 'MD', -5, 1 UNION ALL SELECT 'ME', -5, 1
  UNION ALL SELECT 'MI', -5, 1 UNION ALL SELECT 'NC', -5, 1 UNION ALL SELECT 'NH', -5, 1 UNION ALL SELECT 'NJ', -5, 1
  UNION ALL SELECT 'NY', -5, 1 UNION ALL SELECT 'OH', -5, 1 UNION ALL SELECT 'PA', -5, 1 UNION ALL SELECT 'RI', -5, 1
  UNION ALL SELECT 'SC', -5, 1 UNION ALL SELECT 'VA', -5, 1 UNION ALL SELECT 'VT', -5, 1 UNION ALL SELECT 'WV', -5, 1
  UNION ALL SELECT 'AL', -6, 1 UNION ALL SELECT 'AR', -6, 1 UNION ALL SELECT 'IA', -6, 1 UNION ALL SELECT 'IL', -6, 1
  UNION ALL SELECT 'KS', -6, 1 UNION ALL SELECT 'LA', -6, 1 UNION ALL SELECT 'MN', -6, 1 UNION ALL SELECT 'MO', -6, 1
  UNION ALL SELECT 'MS', -6, 1 UNION ALL SELECT 'ND', -6, 1 UNION ALL SELECT 'NE', -6, 1 UNION ALL SELECT 'OK', -6, 1
  UNION ALL SELECT 'SD', -6, 1 UNION ALL SELECT 'TN', -6, 1 UNION ALL SELECT 'TX', -6, 1 UNION ALL SELECT 'WI', -6, 1
  UNION ALL SELECT 'CO', -7, 1 UNION ALL SELECT 'ID', -7, 1 UNION ALL SELECT 'MT', -7, 1 UNION ALL SELECT 'NM', -7, 1
  UNION ALL SELECT 'UT', -7, 1 UNION ALL SELECT 'WY', -7, 1 UNION ALL SELECT 'AZ', -7, 0 UNION ALL SELECT 'CA', -8, 1
  UNION ALL SELECT 'NV', -8, 1 UNION ALL SELECT 'OR', -8, 1 UNION ALL SELECT 'WA', -8, 1 UNION ALL SELECT 'AK', -9, 1
  UNION ALL SELECT 'HI', -10, 0 UNION ALL SELECT 'PR', -4, 0
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
