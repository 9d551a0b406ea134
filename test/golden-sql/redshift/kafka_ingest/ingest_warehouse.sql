-- kafka/create-events.sql
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
) DISTSTYLE AUTO SORTKEY AUTO;

-- kafka/create-kafka-positions.sql
CREATE TABLE IF NOT EXISTS kafka_positions (
  kafka_topic VARCHAR(256) NOT NULL,
  kafka_partition INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  moved_at TIMESTAMP NOT NULL,
  PRIMARY KEY (kafka_topic, kafka_partition)
) DISTSTYLE AUTO SORTKEY AUTO;

-- kafka/create-kafka-batches.sql
CREATE TABLE IF NOT EXISTS kafka_batches (
  kafka_topic VARCHAR(256) NOT NULL,
  ingested_at TIMESTAMP NOT NULL,
  messages BIGINT NOT NULL,
  written BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  dead_letters BIGINT NOT NULL
) DISTSTYLE AUTO SORTKEY AUTO;

-- kafka/select-positions.sql
--   :topic = "events"
SELECT kafka_partition, next_offset FROM kafka_positions WHERE kafka_topic = :topic;

-- kafka/lock-positions.sql
LOCK TABLE kafka_positions;

-- kafka/create-incoming-positions.sql
CREATE TEMPORARY TABLE incoming_positions (
  kafka_partition INTEGER NOT NULL,
  former_offset BIGINT NOT NULL,
  next_offset BIGINT NOT NULL
);

-- list the positions
--   :partition_0 = 0
--   :former_0 = 0
--   :next_0 = 100000
INSERT INTO incoming_positions (kafka_partition, former_offset, next_offset) VALUES (:partition_0, :former_0, :next_0);

-- kafka/insert-new-positions.sql
--   :topic = "events"
--   :moved_at = "2018-11-02 00:00:00.000"
INSERT INTO kafka_positions (kafka_topic, kafka_partition, next_offset, moved_at)
SELECT CAST(:topic AS VARCHAR(256)), incoming.kafka_partition, incoming.former_offset, CAST(:moved_at AS TIMESTAMP)
FROM incoming_positions AS incoming
WHERE NOT EXISTS (
  SELECT 1 FROM kafka_positions AS known
  WHERE known.kafka_topic = :topic AND known.kafka_partition = incoming.kafka_partition
);

-- kafka/move-positions.sql
--   :moved_at = "2018-11-02 00:00:00.000"
--   :topic = "events"
UPDATE kafka_positions
SET
  next_offset = CASE WHEN kafka_positions.next_offset = incoming.former_offset THEN incoming.next_offset END,
  moved_at = CAST(:moved_at AS TIMESTAMP)
FROM incoming_positions AS incoming
WHERE kafka_positions.kafka_topic = :topic AND kafka_positions.kafka_partition = incoming.kafka_partition;

-- kafka/create-incoming-events.sql
CREATE TEMPORARY TABLE incoming_events (LIKE events);

-- COPY
COPY "incoming_events" ("event_key", "event_date", "ts", "user_id", "session_id", "item_in_session", "page", "auth", "method", "status", "level", "location", "user_agent", "first_name", "last_name", "gender", "registration", "artist", "song", "length", "kafka_topic", "kafka_partition", "kafka_offset")
FROM 's3://sparkify-stage/ingest/events/batch.json.gz'
IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftRole'
FORMAT AS JSON 'auto'
TIMEFORMAT 'auto'
GZIP
COMPUPDATE OFF
STATUPDATE OFF;

-- kafka/delete-known-events.sql
DELETE FROM incoming_events USING events WHERE events.event_key = incoming_events.event_key;

-- kafka/insert-incoming-events.sql
INSERT INTO events (
  event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent,
  first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset
)
SELECT
  event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent,
  first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset
FROM incoming_events;

-- kafka/insert-counted-batch.sql
--   :topic = "events"
--   :ingested_at = "2018-11-02 00:00:00.000"
--   :messages = 100000
--   :dead_letters = 0
INSERT INTO kafka_batches (kafka_topic, ingested_at, messages, written, duplicates, dead_letters)
SELECT
  CAST(:topic AS VARCHAR(256)), CAST(:ingested_at AS TIMESTAMP), CAST(:messages AS BIGINT), COUNT(*),
  CAST(:messages AS BIGINT) - CAST(:dead_letters AS BIGINT) - COUNT(*), CAST(:dead_letters AS BIGINT)
FROM incoming_events;

-- kafka/count-incoming-events.sql
SELECT COUNT(*) AS written FROM incoming_events;

-- kafka/drop-incoming-events.sql
DROP TABLE incoming_events;

-- kafka/drop-incoming-positions.sql
DROP TABLE incoming_positions;
