-- How the plays spread over the hours of the day, against how many there are: the two must be the same.
SELECT CASE WHEN SUM(by_hour.plays) = MAX(total.plays) THEN 'adds up' ELSE 'does not add up' END AS result
FROM (
  SELECT t.hour, COUNT(*) AS plays
  FROM songplays AS p
  JOIN time AS t ON t.start_time = p.start_time
  GROUP BY t.hour
) AS by_hour
CROSS JOIN (SELECT COUNT(*) AS plays FROM songplays) AS total
