-- row_count songplays
SELECT COUNT(*) AS found FROM "songplays";

-- not_null songplays(songplay_id, start_time, user_id, session_id)
SELECT COUNT(*) AS found FROM (SELECT "songplay_id", "start_time", "user_id", "session_id" FROM "songplays" WHERE "songplay_id" IS NULL OR "start_time" IS NULL OR "user_id" IS NULL OR "session_id" IS NULL) AS offenders;

-- unique songplays(songplay_id)
SELECT COUNT(*) AS found FROM (SELECT "songplay_id", COUNT(*) AS occurrences FROM "songplays" GROUP BY "songplay_id" HAVING COUNT(*) > 1) AS offenders;

-- unique users(user_id)
SELECT COUNT(*) AS found FROM (SELECT "user_id", COUNT(*) AS occurrences FROM "users" GROUP BY "user_id" HAVING COUNT(*) > 1) AS offenders;

-- unique songs(song_id)
SELECT COUNT(*) AS found FROM (SELECT "song_id", COUNT(*) AS occurrences FROM "songs" GROUP BY "song_id" HAVING COUNT(*) > 1) AS offenders;

-- unique artists(artist_id)
SELECT COUNT(*) AS found FROM (SELECT "artist_id", COUNT(*) AS occurrences FROM "artists" GROUP BY "artist_id" HAVING COUNT(*) > 1) AS offenders;

-- unique time(start_time)
SELECT COUNT(*) AS found FROM (SELECT "start_time", COUNT(*) AS occurrences FROM "time" GROUP BY "start_time" HAVING COUNT(*) > 1) AS offenders;

-- foreign_key songplays.user_id -> users.user_id
--   :start = "2018-11-02T00:00:00.000Z"
--   :end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT child."user_id", COUNT(*) AS occurrences FROM "songplays" AS child LEFT JOIN "users" AS parent ON parent."user_id" = child."user_id" WHERE child."user_id" IS NOT NULL AND parent."user_id" IS NULL AND child."start_time" >= CAST(:start AS TIMESTAMP) AND child."start_time" < CAST(:end AS TIMESTAMP) GROUP BY child."user_id") AS offenders;

-- foreign_key songplays.song_id -> songs.song_id
--   :start = "2018-11-02T00:00:00.000Z"
--   :end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT child."song_id", COUNT(*) AS occurrences FROM "songplays" AS child LEFT JOIN "songs" AS parent ON parent."song_id" = child."song_id" WHERE child."song_id" IS NOT NULL AND parent."song_id" IS NULL AND child."start_time" >= CAST(:start AS TIMESTAMP) AND child."start_time" < CAST(:end AS TIMESTAMP) GROUP BY child."song_id") AS offenders;

-- foreign_key songplays.artist_id -> artists.artist_id
--   :start = "2018-11-02T00:00:00.000Z"
--   :end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT child."artist_id", COUNT(*) AS occurrences FROM "songplays" AS child LEFT JOIN "artists" AS parent ON parent."artist_id" = child."artist_id" WHERE child."artist_id" IS NOT NULL AND parent."artist_id" IS NULL AND child."start_time" >= CAST(:start AS TIMESTAMP) AND child."start_time" < CAST(:end AS TIMESTAMP) GROUP BY child."artist_id") AS offenders;

-- foreign_key songplays.start_time -> time.start_time
--   :start = "2018-11-02T00:00:00.000Z"
--   :end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT child."start_time", COUNT(*) AS occurrences FROM "songplays" AS child LEFT JOIN "time" AS parent ON parent."start_time" = child."start_time" WHERE child."start_time" IS NOT NULL AND parent."start_time" IS NULL AND child."start_time" >= CAST(:start AS TIMESTAMP) AND child."start_time" < CAST(:end AS TIMESTAMP) GROUP BY child."start_time") AS offenders;

-- quality/lost-plays.sql
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT e.sessionid, e.iteminsession, e.ts
FROM staging_events AS e
LEFT JOIN songplays AS p
  ON p.songplay_id = MD5(CAST(e.sessionid AS VARCHAR(20)) || '-' || CAST(e.iteminsession AS VARCHAR(20)))
WHERE e.page = 'NextSong'
  AND e.userid IS NOT NULL
  AND e.ts >= CAST(:interval_start AS TIMESTAMP)
  AND e.ts < CAST(:interval_end AS TIMESTAMP)
  AND p.songplay_id IS NULL
ORDER BY e.sessionid, e.iteminsession) AS offenders;

-- quality/invented-plays.sql
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT p.songplay_id, p.start_time
FROM songplays AS p
LEFT JOIN staging_events AS e
  ON e.sessionid = p.session_id
  AND e.ts = p.start_time
  AND e.userid = p.user_id
  AND e.page = 'NextSong'
WHERE p.start_time >= CAST(:interval_start AS TIMESTAMP)
  AND p.start_time < CAST(:interval_end AS TIMESTAMP)
  AND e.sessionid IS NULL
ORDER BY p.start_time, p.songplay_id) AS offenders;

-- quality/time-without-plays.sql
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
SELECT COUNT(*) AS found FROM (SELECT t.start_time
FROM time AS t
LEFT JOIN songplays AS p ON p.start_time = t.start_time
WHERE p.start_time IS NULL
  AND t.start_time >= CAST(:interval_start AS TIMESTAMP)
  AND t.start_time < CAST(:interval_end AS TIMESTAMP)
ORDER BY t.start_time) AS offenders;

-- freshness songplays.start_time
SELECT CAST(MAX("start_time") AS VARCHAR(64)) AS newest FROM "songplays";
