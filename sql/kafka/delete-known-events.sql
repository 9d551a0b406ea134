-- Of the batch, takes out the events that are known already.
DELETE FROM incoming_events USING events WHERE events.event_key = incoming_events.event_key
