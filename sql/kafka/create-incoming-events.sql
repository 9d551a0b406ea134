-- A batch on its way into events; gone at the end of its transaction.
CREATE TEMPORARY TABLE incoming_events (LIKE events)
