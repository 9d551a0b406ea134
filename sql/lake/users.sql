-- Everyone with a user id on any page, also those who never played a song. The latest event decides the
-- level; the session number breaks ties between events of one instant.
SELECT ranked.userid AS user_id, ranked.firstname AS first_name, ranked.lastname AS last_name, ranked.gender, ranked.level
FROM (
  SELECT
    userid, firstname, lastname, gender, level,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY ts DESC, iteminsession DESC, sessionid DESC) AS recency
  FROM staging_events
  WHERE userid IS NOT NULL
    AND ts IS NOT NULL
) AS ranked
WHERE ranked.recency = 1
