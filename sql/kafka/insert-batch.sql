-- Keeps what became of a batch.
INSERT INTO kafka_batches (kafka_topic, ingested_at, messages, written, duplicates, dead_letters)
VALUES (:topic, CAST(:ingested_at AS TIMESTAMP), :messages, :written, :duplicates, :dead_letters)
