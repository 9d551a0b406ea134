-- How many songs are among the first 228,108 and 432,877 plays, and how many plays the most played song has.
WITH plays AS (
  SELECT song, ROW_NUMBER() OVER (ORDER BY ts_ms, user_id, item_in_session) AS number
  FROM events
  WHERE page = 'NextSong'
),
first_plays AS (
  SELECT
    song,
    SUM(CASE WHEN number <= 228108 THEN 1 ELSE 0 END) AS plays_mini,
    SUM(CASE WHEN number <= 432877 THEN 1 ELSE 0 END) AS plays_medium,
    COUNT(*) AS plays
  FROM plays
  GROUP BY song
)
SELECT
  SUM(CASE WHEN plays_mini > 0 THEN 1 ELSE 0 END) AS songs_mini,
  SUM(CASE WHEN plays_medium > 0 THEN 1 ELSE 0 END) AS songs_medium,
  MAX(plays) AS top_plays
FROM first_plays
