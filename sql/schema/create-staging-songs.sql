-- The song files as they came, one row per JSON object. The columns are the JSON keys.
-- DOUBLE PRECISION, because a bare NUMERIC is NUMERIC(18,0) on Redshift and COPY would cut off the
-- decimals of durations and coordinates.
CREATE TABLE IF NOT EXISTS staging_songs (
  num_songs INTEGER,
  artist_id VARCHAR(32),
  artist_latitude DOUBLE PRECISION,
  artist_longitude DOUBLE PRECISION,
  artist_location VARCHAR(1024),
  artist_name VARCHAR(1024),
  song_id VARCHAR(32),
  title VARCHAR(1024),
  duration DOUBLE PRECISION,
  year INTEGER
) {{ddl_suffix}}
