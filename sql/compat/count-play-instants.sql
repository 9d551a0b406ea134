-- The rule behind a published time count of 6813: distinct instants of NextSong events. The star schema
-- uses the same rule.
SELECT COUNT(*) AS instants
FROM (
  SELECT DISTINCT ts
  FROM staging_events
  WHERE page = 'NextSong'
) AS instants
