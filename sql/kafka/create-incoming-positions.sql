-- From where to where a batch moves each of its partitions; gone at the end of its transaction.
CREATE TEMPORARY TABLE incoming_positions (
  kafka_partition INTEGER NOT NULL,
  former_offset BIGINT NOT NULL,
  next_offset BIGINT NOT NULL
)
