-- One row per NextSong event of the interval that has a user. The catalogue is joined from staging, as the
-- songs table is filled later. LEFT JOIN: a play of an unknown song is still a play. Of several matching
-- releases only the closest in length counts, then the lowest id, so the answer is the same every time.
-- The partition holds the whole identity of an event: an event delivered twice is one play, while two
-- events that merely share session and item collide in songplay_id and are reported.
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
WHERE ranked.match_rank = 1
