-- Takes out the plays of the interval, so that loading it again replaces them.
DELETE FROM songplays
WHERE start_time >= CAST(:interval_start AS TIMESTAMP)
  AND start_time < CAST(:interval_end AS TIMESTAMP)
