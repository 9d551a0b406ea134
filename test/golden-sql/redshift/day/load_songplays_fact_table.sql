-- star/lock-songplays.sql
LOCK TABLE songplays;

-- star/delete-songplays.sql
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
DELETE FROM songplays
WHERE start_time >= CAST(:interval_start AS TIMESTAMP)
  AND start_time < CAST(:interval_end AS TIMESTAMP);

-- star/insert-songplays.sql
--   :interval_start = "2018-11-02T00:00:00.000Z"
--   :interval_end = "2018-11-03T00:00:00.000Z"
INSERT INTO songplays
  (songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location, user_agent)
SELECT
  MD5(CAST(ranked.sessionid AS VARCHAR(20)) || '-' || CAST(ranked.iteminsession AS VARCHAR(20))),
  ranked.ts,
  ranked.userid,
  ranked.level,
  ranked.song_id,
  ranked.artist_id,
  ranked.sessionid,
  ranked.location,
  ranked.useragent
FROM (
  SELECT
    e.ts, e.userid, e.level, e.sessionid, e.iteminsession, e.location, e.useragent,
    s.song_id, s.artist_id,
    ROW_NUMBER() OVER (
      PARTITION BY e.sessionid, e.iteminsession, e.userid, e.ts
      ORDER BY
        CASE WHEN s.song_id IS NULL THEN 1 ELSE 0 END,
        ABS(s.duration - e.length),
        s.song_id,
        s.artist_id
    ) AS match_rank
  FROM staging_events AS e
  LEFT JOIN staging_songs AS s
    ON s.title = e.song
    AND s.artist_name = e.artist
    AND ABS(s.duration - e.length) <= 0.001
  WHERE e.page = 'NextSong'
    AND e.userid IS NOT NULL
    AND e.ts >= CAST(:interval_start AS TIMESTAMP)
    AND e.ts < CAST(:interval_end AS TIMESTAMP)
) AS ranked
WHERE ranked.match_rank = 1;
