-- First statement of the transaction that creates tables: two runs that start together must take turns,
-- because CREATE TABLE IF NOT EXISTS is not atomic between sessions on Postgres.
SELECT {{schema_lock}} AS locked
