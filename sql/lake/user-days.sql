-- What a day says of each user: the latest event of the day, by the order of users.sql. The latest of these over all days is
-- the latest event of all, so `users` can be made of them without reading every event again.
SELECT
  ranked.userid, ranked.firstname, ranked.lastname, ranked.gender, ranked.level, ranked.ts, ranked.iteminsession,
  ranked.sessionid
FROM (
  SELECT
    userid, firstname, lastname, gender, level, ts, iteminsession, sessionid,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY ts DESC, iteminsession DESC, sessionid DESC) AS recency
  FROM staging_events
  WHERE userid IS NOT NULL
    AND ts IS NOT NULL
) AS ranked
WHERE ranked.recency = 1
