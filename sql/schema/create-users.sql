-- Who uses the app: one row per user, with the level after the latest event.
CREATE TABLE IF NOT EXISTS users (
  user_id INTEGER NOT NULL PRIMARY KEY,
  first_name VARCHAR(256),
  last_name VARCHAR(256),
  gender VARCHAR(8),
  level VARCHAR(16)
) {{ddl_suffix}}
