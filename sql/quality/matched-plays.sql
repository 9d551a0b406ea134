-- How many plays the catalogue explains, to report rather than to assert: a catalogue of 71 songs explains
-- one play in thousands, the whole Million Song Dataset nearly all.
SELECT
  COUNT(*) AS plays,
  COUNT(song_id) AS matched,
  COUNT(*) - COUNT(song_id) AS unmatched
FROM songplays
