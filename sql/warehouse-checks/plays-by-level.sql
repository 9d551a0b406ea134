-- Plays of paying and of other listeners, against how many there are.
SELECT CASE WHEN SUM(by_level.plays) = MAX(total.plays) THEN 'adds up' ELSE 'does not add up' END AS result
FROM (
  SELECT CASE WHEN level = 'paid' THEN 'paid' ELSE 'free' END AS level, COUNT(*) AS plays
  FROM songplays
  GROUP BY CASE WHEN level = 'paid' THEN 'paid' ELSE 'free' END
) AS by_level
CROSS JOIN (SELECT COUNT(*) AS plays FROM songplays) AS total
