-- Takes over what is left of the batch. Keys are unique within a batch.
INSERT INTO events (
  event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent,
  first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset
)
SELECT
  event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent,
  first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset
FROM incoming_events
