-- Where each partition of a topic goes on.
SELECT kafka_partition, next_offset FROM kafka_positions WHERE kafka_topic = :topic
