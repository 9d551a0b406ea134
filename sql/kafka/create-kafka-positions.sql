-- Where the ingest of each partition goes on. A row moves in the transaction that writes the messages before it.
CREATE TABLE IF NOT EXISTS kafka_positions (
  kafka_topic VARCHAR(256) NOT NULL,
  kafka_partition INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  moved_at TIMESTAMP NOT NULL,
  PRIMARY KEY (kafka_topic, kafka_partition)
) {{ddl_suffix}}
