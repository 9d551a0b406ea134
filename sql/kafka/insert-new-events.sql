-- Of the batch, the events that are not known yet. Keys are unique within a batch.
INSERT INTO events (
  event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent,
  first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset
)
SELECT
  incoming.event_key, incoming.event_date, incoming.ts, incoming.user_id, incoming.session_id, incoming.item_in_session,
  incoming.page, incoming.auth, incoming.method, incoming.status, incoming.level, incoming.location, incoming.user_agent,
  incoming.first_name, incoming.last_name, incoming.gender, incoming.registration, incoming.artist, incoming.song,
  incoming.length, incoming.kafka_topic, incoming.kafka_partition, incoming.kafka_offset
FROM incoming_events AS incoming
WHERE NOT EXISTS (SELECT 1 FROM events AS known WHERE known.event_key = incoming.event_key)
