-- The relation `events` for Postgres and Redshift, out of staging_events. The columns are those of duckdb.sql. COPY has made
-- TIMESTAMPs of ts, in UTC: whole seconds and milliseconds are taken apart, since EXTRACT(EPOCH …) is an integer on Redshift.
SELECT
  ts,
  CAST(EXTRACT(EPOCH FROM DATE_TRUNC('second', ts)) AS BIGINT) * 1000 + CAST(TO_CHAR(ts, 'MS') AS INTEGER) AS ts_ms,
  CAST(ts AS DATE) AS day,
  CAST(ts AS DATE) - CAST('1970-01-01' AS DATE) AS day_number,
  CAST(EXTRACT(HOUR FROM ts) AS INTEGER) AS hour,
  -- day 0 was a Thursday
  MOD(CAST(ts AS DATE) - CAST('1970-01-01' AS DATE) + 3, 7) + 1 AS weekday,
  CAST(userid AS VARCHAR(20)) AS user_id,
  sessionid AS session_id,
  iteminsession AS item_in_session,
  page,
  auth,
  method,
  status,
  level,
  location,
  useragent AS user_agent,
  firstname AS first_name,
  lastname AS last_name,
  gender,
  CAST(registration AS BIGINT) AS registration_ms,
  artist,
  song,
  length
FROM staging_events
WHERE ts IS NOT NULL
