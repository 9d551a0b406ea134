-- The events of a topic by the day on which they happened.
SELECT CAST(event_date AS VARCHAR(10)) AS day, COUNT(*) AS events
FROM events
WHERE kafka_topic = :topic
GROUP BY event_date
ORDER BY event_date
