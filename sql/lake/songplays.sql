-- One row per NextSong event that has a user. LEFT JOIN: a play of an unknown song is still a play. Of several matching
-- releases only the closest in length counts, then the lowest id, so the answer is the same every time. The partition holds
-- the whole identity of an event: an event delivered twice is one play. Unlike the warehouse's, the key holds the user:
-- in the 18-column data two users may have sessions of one number.
SELECT
  MD5(ranked.userid || '-' || CAST(ranked.sessionid AS VARCHAR(20)) || '-' || CAST(ranked.iteminsession AS VARCHAR(20))) AS songplay_id,
  ranked.ts AS start_time,
  ranked.userid AS user_id,
  ranked.level,
  ranked.song_id,
  ranked.artist_id,
  ranked.sessionid AS session_id,
  ranked.location,
  ranked.useragent AS user_agent
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
) AS ranked
WHERE ranked.match_rank = 1
