-- Keeps what became of a batch, as the warehouse counts it: what is left in incoming_events was new.
INSERT INTO kafka_batches (kafka_topic, ingested_at, messages, written, duplicates, dead_letters)
SELECT
  CAST(:topic AS VARCHAR(256)), CAST(:ingested_at AS TIMESTAMP), CAST(:messages AS BIGINT), COUNT(*),
  CAST(:messages AS BIGINT) - CAST(:dead_letters AS BIGINT) - COUNT(*), CAST(:dead_letters AS BIGINT)
FROM incoming_events
