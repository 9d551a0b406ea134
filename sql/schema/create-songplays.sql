-- The fact: one row per song played. songplay_id is derived from the event, so loading again writes the
-- same ids. song_id and artist_id are NULL where the catalogue does not know the song.
-- Redshift declares keys without enforcing them; the quality checks do that.
CREATE TABLE IF NOT EXISTS songplays (
  songplay_id VARCHAR(32) NOT NULL PRIMARY KEY,
  start_time TIMESTAMP NOT NULL,
  user_id INTEGER NOT NULL,
  level VARCHAR(16),
  song_id VARCHAR(32),
  artist_id VARCHAR(32),
  session_id INTEGER NOT NULL,
  location VARCHAR(1024),
  user_agent VARCHAR(1024)
) {{ddl_suffix}}
