-- The events as they came through Kafka, once each. event_key is what an event is known by: time, session, item and user as
-- one text, which is never NULL and grows with time; the operator kafka_ingest writes it.
CREATE TABLE IF NOT EXISTS events (
  event_key VARCHAR(320) NOT NULL PRIMARY KEY,
  event_date DATE NOT NULL,
  ts TIMESTAMP NOT NULL,
  user_id VARCHAR(256),
  session_id BIGINT,
  item_in_session INTEGER,
  page VARCHAR(4096),
  auth VARCHAR(4096),
  method VARCHAR(4096),
  status INTEGER,
  level VARCHAR(4096),
  location VARCHAR(4096),
  user_agent VARCHAR(4096),
  first_name VARCHAR(4096),
  last_name VARCHAR(4096),
  gender VARCHAR(4096),
  registration TIMESTAMP,
  artist VARCHAR(4096),
  song VARCHAR(4096),
  length DOUBLE PRECISION,
  kafka_topic VARCHAR(256) NOT NULL,
  kafka_partition INTEGER NOT NULL,
  kafka_offset BIGINT NOT NULL
) {{ddl_suffix}}
