-- The events under the names of the warehouse's staging table, so that the rules of sql/star hold here word for word.
SELECT
  artist,
  auth,
  first_name AS firstname,
  gender,
  item_in_session AS iteminsession,
  last_name AS lastname,
  length,
  level,
  location,
  method,
  page,
  session_id AS sessionid,
  song,
  status,
  ts,
  user_agent AS useragent,
  user_id AS userid
FROM events
