-- Makes a partition known, at the first of its messages.
INSERT INTO kafka_positions (kafka_topic, kafka_partition, next_offset, moved_at)
SELECT
  CAST(:topic AS VARCHAR(256)), CAST(:partition AS INTEGER), CAST(:next_offset AS BIGINT), CAST(:moved_at AS TIMESTAMP)
WHERE NOT EXISTS (
  SELECT 1 FROM kafka_positions WHERE kafka_topic = :topic AND kafka_partition = CAST(:partition AS INTEGER)
)
