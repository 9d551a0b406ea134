-- What the ledger of batches says of a topic, and what its tables have of it.
SELECT ledger.messages, ledger.written, ledger.duplicates, ledger.dead_letters, stored.stored, stored.days
FROM (
  SELECT
    COALESCE(SUM(messages), 0) AS messages, COALESCE(SUM(written), 0) AS written, COALESCE(SUM(duplicates), 0) AS duplicates,
    COALESCE(SUM(dead_letters), 0) AS dead_letters
  FROM kafka_batches
  WHERE kafka_topic = :topic
) AS ledger
CROSS JOIN (
  SELECT COUNT(*) AS stored, COUNT(DISTINCT event_date) AS days FROM events WHERE kafka_topic = :topic
) AS stored
