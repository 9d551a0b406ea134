-- Makes the partitions of a batch known that are not known yet, each where the batch begins.
INSERT INTO kafka_positions (kafka_topic, kafka_partition, next_offset, moved_at)
SELECT CAST(:topic AS VARCHAR(256)), incoming.kafka_partition, incoming.former_offset, CAST(:moved_at AS TIMESTAMP)
FROM incoming_positions AS incoming
WHERE NOT EXISTS (
  SELECT 1 FROM kafka_positions AS known
  WHERE known.kafka_topic = :topic AND known.kafka_partition = incoming.kafka_partition
)
