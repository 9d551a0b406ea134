-- What became of the messages of each batch, written in the batch's own transaction: messages = written + duplicates + dead_letters.
CREATE TABLE IF NOT EXISTS kafka_batches (
  kafka_topic VARCHAR(256) NOT NULL,
  ingested_at TIMESTAMP NOT NULL,
  messages BIGINT NOT NULL,
  written BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  dead_letters BIGINT NOT NULL
) {{ddl_suffix}}
