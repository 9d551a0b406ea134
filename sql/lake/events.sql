-- The events as they were delivered, one row each, made plain. What came twice is here twice: songplays counts it once.
SELECT
  ts, ts_ms, day, day_number, hour, weekday, user_id, session_id, item_in_session, page, auth, method, status, level,
  location, user_agent, first_name, last_name, gender, registration_ms, artist, song, length
FROM events
