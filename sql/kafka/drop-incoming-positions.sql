-- Makes room for the next batch of the session.
DROP TABLE incoming_positions
