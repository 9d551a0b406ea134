-- kafka/check-accounts.sql
--   :topic = "events"
SELECT COUNT(*) AS found FROM (SELECT ledger.messages, ledger.written, ledger.duplicates, ledger.dead_letters, stored.stored
FROM (
  SELECT
    COALESCE(SUM(messages), 0) AS messages, COALESCE(SUM(written), 0) AS written, COALESCE(SUM(duplicates), 0) AS duplicates,
    COALESCE(SUM(dead_letters), 0) AS dead_letters
  FROM kafka_batches
  WHERE kafka_topic = :topic
) AS ledger
CROSS JOIN (SELECT COUNT(*) AS stored FROM events WHERE kafka_topic = :topic) AS stored
WHERE stored.stored <> ledger.messages - ledger.duplicates - ledger.dead_letters OR stored.stored <> ledger.written) AS offenders;
