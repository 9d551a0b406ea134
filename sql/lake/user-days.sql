-- What each day says of each user: the latest event of the day, by the order of users.sql and under the names of staging_events.
-- The latest of these over all days is the latest event of all, so `users` is made of them without reading every event again.
SELECT
  ranked.day, ranked.user_id AS userid, ranked.first_name AS firstname, ranked.last_name AS lastname, ranked.gender,
  ranked.level, ranked.ts, ranked.item_in_session AS iteminsession, ranked.session_id AS sessionid
FROM (
  SELECT
    day, user_id, first_name, last_name, gender, level, ts, item_in_session, session_id,
    ROW_NUMBER() OVER (PARTITION BY user_id, day ORDER BY ts DESC, item_in_session DESC, session_id DESC) AS recency
  FROM events
  WHERE user_id IS NOT NULL
) AS ranked
WHERE ranked.recency = 1
