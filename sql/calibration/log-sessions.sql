-- A row for each session: its events, whoever they are of.
SELECT session_id, COUNT(*) AS events
FROM events
GROUP BY session_id
