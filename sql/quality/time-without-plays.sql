-- Instants of the interval in the time table at which no song started. No rows = the table holds plays only.
SELECT t.start_time
FROM time AS t
LEFT JOIN songplays AS p ON p.start_time = t.start_time
WHERE p.start_time IS NULL
  AND t.start_time >= CAST(:interval_start AS TIMESTAMP)
  AND t.start_time < CAST(:interval_end AS TIMESTAMP)
ORDER BY t.start_time
