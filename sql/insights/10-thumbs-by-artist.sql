-- name: Thumbs by artist
-- definition: Artists with at least 20 thumbs, with the share of ups, smoothed as (up + 1) / (up + down + 2). A thumb is
--   for the song that was last started in its session.
-- unit: thumbs; share from 0 to 1
WITH songs AS (
  SELECT
    user_id,
    session_id,
    page,
    MAX(CASE WHEN page = 'NextSong' THEN item_in_session END) OVER (
      PARTITION BY user_id, session_id
      ORDER BY item_in_session
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS song_item
  FROM events
  WHERE user_id IS NOT NULL AND page IN ('NextSong', 'Thumbs Up', 'Thumbs Down')
),
counted AS (
  SELECT
    s.artist,
    SUM(CASE WHEN t.page = 'Thumbs Up' THEN 1 ELSE 0 END) AS up,
    SUM(CASE WHEN t.page = 'Thumbs Down' THEN 1 ELSE 0 END) AS down
  FROM songs AS t
  JOIN events AS s
    ON s.user_id = t.user_id
    AND s.session_id = t.session_id
    AND s.item_in_session = t.song_item
    AND s.page = 'NextSong'
  WHERE t.page <> 'NextSong' AND s.artist IS NOT NULL
  GROUP BY s.artist
  HAVING COUNT(*) >= 20
)
SELECT artist, up, down, (up + 1e0) / (up + down + 2) AS ratio
FROM counted
ORDER BY ratio DESC, up DESC, artist
