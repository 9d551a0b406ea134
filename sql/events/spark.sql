-- The relation `events` for Spark, out of raw_events: the keys of the event data, each with its type (ts and registration as
-- numbers of milliseconds). The columns are those of duckdb.sql. The session's time zone has to be UTC.
SELECT
  timestamp_millis(ts) AS ts,
  ts AS ts_ms,
  CAST(timestamp_millis(ts) AS DATE) AS day,
  CAST(ts DIV 86400000 AS INT) AS day_number,
  CAST(ts DIV 3600000 % 24 AS INT) AS hour,
  -- day 0 was a Thursday
  CAST((ts DIV 86400000 + 3) % 7 + 1 AS INT) AS weekday,
  NULLIF(userId, '') AS user_id,
  sessionId AS session_id,
  itemInSession AS item_in_session,
  page,
  auth,
  method,
  status,
  level,
  location,
  userAgent AS user_agent,
  firstName AS first_name,
  lastName AS last_name,
  gender,
  CAST(registration AS BIGINT) AS registration_ms,
  artist,
  song,
  length
FROM raw_events
