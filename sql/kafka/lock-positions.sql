-- Batches take turns from here to the commit; readers are not held up.
LOCK TABLE kafka_positions {{lock_mode}}
