-- NextSong events of the interval that have a user but no row in songplays. No rows = none lost.
SELECT e.sessionid, e.iteminsession, e.ts
FROM staging_events AS e
LEFT JOIN songplays AS p
  ON p.songplay_id = MD5(CAST(e.sessionid AS VARCHAR(20)) || '-' || CAST(e.iteminsession AS VARCHAR(20)))
WHERE e.page = 'NextSong'
  AND e.userid IS NOT NULL
  AND e.ts >= CAST(:interval_start AS TIMESTAMP)
  AND e.ts < CAST(:interval_end AS TIMESTAMP)
  AND p.songplay_id IS NULL
ORDER BY e.sessionid, e.iteminsession
