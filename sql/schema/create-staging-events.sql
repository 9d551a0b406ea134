-- The log files as they came, one row per JSON object.
-- The columns are the JSON keys in lower case (firstname, not first_name): COPY ... JSON 'auto ignorecase'
-- pairs a key with a column by its letters alone, while plain 'auto' is case-sensitive and would leave
-- firstName, itemInSession, sessionId, userAgent and userId silently NULL.
-- ts is a TIMESTAMP, filled through TIMEFORMAT 'epochmillisecs', so that no other statement does epoch
-- arithmetic. registration stays a number of milliseconds: the files write it as 1540919166796.0.
-- VARCHAR(n) counts bytes on Redshift, hence the room. userid "" of logged-out visitors loads as NULL.
CREATE TABLE IF NOT EXISTS staging_events (
  artist VARCHAR(1024),
  auth VARCHAR(32),
  firstname VARCHAR(256),
  gender VARCHAR(8),
  iteminsession INTEGER,
  lastname VARCHAR(256),
  length DOUBLE PRECISION,
  level VARCHAR(16),
  location VARCHAR(1024),
  method VARCHAR(16),
  page VARCHAR(64),
  registration DOUBLE PRECISION,
  sessionid INTEGER,
  song VARCHAR(1024),
  status INTEGER,
  ts TIMESTAMP,
  useragent VARCHAR(1024),
  userid INTEGER
) {{ddl_suffix}}
