-- name: Top songs
-- definition: The fifty songs, each told apart by its title and artist, with most plays in the last thirty days of the data: plays, distinct
--   listeners, share of all plays, rank (equal plays share one), rank in the thirty days before, and places gained since.
-- unit: plays; listeners; share from 0 to 1
WITH plays AS (
  SELECT e.user_id, e.song, e.artist, CASE WHEN e.day_number > l.last_day - 30 THEN 1 ELSE 0 END AS is_recent
  FROM events AS e
  CROSS JOIN (SELECT MAX(day_number) AS last_day FROM events WHERE user_id IS NOT NULL) AS l
  WHERE e.user_id IS NOT NULL
    AND e.page = 'NextSong'
    AND e.song IS NOT NULL AND e.artist IS NOT NULL
    AND e.day_number > l.last_day - 60
),
counted AS (
  SELECT is_recent, song, artist, COUNT(*) AS plays, COUNT(DISTINCT user_id) AS listeners
  FROM plays
  GROUP BY is_recent, song, artist
),
ranked AS (
  SELECT
    is_recent,
    song,
    artist,
    plays,
    listeners,
    1e0 * plays / SUM(plays) OVER (PARTITION BY is_recent) AS share,
    RANK() OVER (PARTITION BY is_recent ORDER BY plays DESC) AS place
  FROM counted
)
SELECT
  r.place,
  r.song,
  r.artist,
  r.plays,
  r.listeners,
  r.share,
  p.place AS previous_place,
  p.place - r.place AS places_gained
FROM ranked AS r
LEFT JOIN ranked AS p ON p.is_recent = 0 AND p.song = r.song AND p.artist = r.artist
WHERE r.is_recent = 1
ORDER BY place, song, artist
LIMIT 50
