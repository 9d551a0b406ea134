-- The relation `events` for Postgres and Redshift, out of staging_events. The columns are those of duckdb.sql. COPY has made
-- TIMESTAMPs of ts, in UTC: whole seconds and milliseconds are taken apart, since EXTRACT(EPOCH …) is an integer on Redshift.
-- Texts compare byte by byte, as on the other engines, whatever the database's language; Redshift does so without the COLLATE.
SELECT
  ts,
  CAST(EXTRACT(EPOCH FROM DATE_TRUNC('second', ts)) AS BIGINT) * 1000 + CAST(TO_CHAR(ts, 'MS') AS INTEGER) AS ts_ms,
  CAST(ts AS DATE) AS day,
  CAST(ts AS DATE) - CAST('1970-01-01' AS DATE) AS day_number,
  CAST(EXTRACT(HOUR FROM ts) AS INTEGER) AS hour,
  -- day 0 was a Thursday
  MOD(CAST(ts AS DATE) - CAST('1970-01-01' AS DATE) + 3, 7) + 1 AS weekday,
  CAST(userid AS VARCHAR(20)) COLLATE "C" AS user_id,
  sessionid AS session_id,
  iteminsession AS item_in_session,
  page COLLATE "C" AS page,
  auth COLLATE "C" AS auth,
  method COLLATE "C" AS method,
  status,
  level COLLATE "C" AS level,
  location COLLATE "C" AS location,
  useragent COLLATE "C" AS user_agent,
  firstname COLLATE "C" AS first_name,
  lastname COLLATE "C" AS last_name,
  gender COLLATE "C" AS gender,
  CAST(registration AS BIGINT) AS registration_ms,
  artist COLLATE "C" AS artist,
  song COLLATE "C" AS song,
  length
FROM staging_events
WHERE ts IS NOT NULL
