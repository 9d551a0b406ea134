-- Moves a partition on, if it is where the batch begins: no row is changed when another ingest has moved it.
UPDATE kafka_positions
SET next_offset = CAST(:next_offset AS BIGINT), moved_at = CAST(:moved_at AS TIMESTAMP)
WHERE kafka_topic = :topic AND kafka_partition = CAST(:partition AS INTEGER) AND next_offset = CAST(:former_offset AS BIGINT)
