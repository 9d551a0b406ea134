-- Moves the partitions of a batch on. One that is not where the batch begins becomes NULL, which its column refuses: so the whole
-- list of statements fails when another ingest was there.
UPDATE kafka_positions
SET
  next_offset = CASE WHEN kafka_positions.next_offset = incoming.former_offset THEN incoming.next_offset END,
  moved_at = CAST(:moved_at AS TIMESTAMP)
FROM incoming_positions AS incoming
WHERE kafka_positions.kafka_topic = :topic AND kafka_positions.kafka_partition = incoming.kafka_partition
