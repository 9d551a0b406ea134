-- The songs of the catalogue, one row each. year is 0 where the catalogue does not know it.
CREATE TABLE IF NOT EXISTS songs (
  song_id VARCHAR(32) NOT NULL PRIMARY KEY,
  title VARCHAR(1024),
  artist_id VARCHAR(32),
  year INTEGER,
  duration DOUBLE PRECISION
) {{ddl_suffix}}
