-- Tells the ingest how many events of the batch were new.
SELECT COUNT(*) AS written FROM incoming_events
