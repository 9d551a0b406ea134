-- The relation `events` for DuckDB, out of raw_events: the keys of the event data, each with its type (ts and registration
-- as numbers of milliseconds). Every other query reads `events` and is the same on every engine; spark.sql makes the same
-- relation there. A visitor who has not logged in has userId '': here NULL. Times are UTC.
SELECT
  epoch_ms(CAST(ts AS BIGINT)) AS ts,
  CAST(ts AS BIGINT) AS ts_ms,
  CAST(epoch_ms(CAST(ts AS BIGINT)) AS DATE) AS day,
  CAST(ts // 86400000 AS INTEGER) AS day_number,
  CAST(ts // 3600000 % 24 AS INTEGER) AS hour,
  -- day 0 was a Thursday
  CAST((ts // 86400000 + 3) % 7 + 1 AS INTEGER) AS weekday,
  NULLIF(userId, '') AS user_id,
  sessionId AS session_id,
  itemInSession AS item_in_session,
  page,
  auth,
  method AS method,
  status,
  level AS level,
  location AS location,
  userAgent AS user_agent,
  firstName AS first_name,
  lastName AS last_name,
  gender,
  CAST(registration AS BIGINT) AS registration_ms,
  artist,
  song,
  length AS length
FROM raw_events
