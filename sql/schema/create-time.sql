-- The instants at which a song started, in UTC. week is the ISO week; weekday runs from 0 = Sunday to 6.
CREATE TABLE IF NOT EXISTS time (
  start_time TIMESTAMP NOT NULL PRIMARY KEY,
  hour INTEGER NOT NULL,
  day INTEGER NOT NULL,
  week INTEGER NOT NULL,
  month INTEGER NOT NULL,
  year INTEGER NOT NULL,
  weekday INTEGER NOT NULL
) {{ddl_suffix}}
