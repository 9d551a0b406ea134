-- The ten who listen most and are not among the users. No rows = all of them are known.
SELECT top.user_id
FROM (
  SELECT user_id, COUNT(*) AS plays
  FROM songplays
  GROUP BY user_id
  ORDER BY plays DESC, user_id
  LIMIT 10
) AS top
LEFT JOIN users AS u ON u.user_id = top.user_id
WHERE u.user_id IS NULL
ORDER BY top.user_id
