-- schema/lock-schema.sql
SELECT 1 AS locked;

-- schema/create-staging-events.sql
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
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-staging-songs.sql
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
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-songplays.sql
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
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-users.sql
CREATE TABLE IF NOT EXISTS users (
  user_id INTEGER NOT NULL PRIMARY KEY,
  first_name VARCHAR(256),
  last_name VARCHAR(256),
  gender VARCHAR(8),
  level VARCHAR(16)
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-songs.sql
CREATE TABLE IF NOT EXISTS songs (
  song_id VARCHAR(32) NOT NULL PRIMARY KEY,
  title VARCHAR(1024),
  artist_id VARCHAR(32),
  year INTEGER,
  duration DOUBLE PRECISION
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-artists.sql
CREATE TABLE IF NOT EXISTS artists (
  artist_id VARCHAR(32) NOT NULL PRIMARY KEY,
  name VARCHAR(1024),
  location VARCHAR(1024),
  latitude DOUBLE PRECISION,
  longitude DOUBLE PRECISION
) DISTSTYLE AUTO SORTKEY AUTO;

-- schema/create-time.sql
CREATE TABLE IF NOT EXISTS time (
  start_time TIMESTAMP NOT NULL PRIMARY KEY,
  hour INTEGER NOT NULL,
  day INTEGER NOT NULL,
  week INTEGER NOT NULL,
  month INTEGER NOT NULL,
  year INTEGER NOT NULL,
  weekday INTEGER NOT NULL
) DISTSTYLE AUTO SORTKEY AUTO;
