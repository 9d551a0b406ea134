-- star/lock-users.sql
LOCK TABLE users;

-- star/delete-users.sql
DELETE FROM users;

-- star/insert-users.sql
INSERT INTO users (user_id, first_name, last_name, gender, level)
SELECT ranked.userid, ranked.firstname, ranked.lastname, ranked.gender, ranked.level
FROM (
  SELECT
    userid, firstname, lastname, gender, level,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY ts DESC, iteminsession DESC, sessionid DESC) AS recency
  FROM staging_events
  WHERE userid IS NOT NULL
    AND ts IS NOT NULL
) AS ranked
WHERE ranked.recency = 1;
