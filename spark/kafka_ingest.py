"""From a topic into the lake, batch by batch: a batch is announced in the positions file, its days are put in place, the positions move.

After a crash in between exactly the announced messages are merged again, which adds what is missing, and the announced counts are
taken: ADR 35, and 36 for why the positions and not Spark's checkpoint say where to begin.
"""

import contextlib
import json
import sys

from kafka_messages import build_events, build_letters, list_days, parse_messages
from kafka_topic import Bounds
from lake_lock import lake_lock
from lake_merge import Staged, put_in_place, stage_fresh
from lake_positions import NO_COUNTS, Pending, Positions, add_counts, read_positions, write_positions
from lake_store import Refused
from lake_tables import EVENTS
from sparkify_sql import read_text


class Ingest:
    """`options` are those of stream_events.py."""

    def __init__(self, spark, store, brokers, options):
        self._spark = spark
        self._store = store
        self._brokers = brokers
        self._options = options
        self._checkpoint = f"{store.staging}checkpoint"
        self._counts = NO_COUNTS
        self._batches = 0
        self._lost = 0
        # up to where the messages were in the lake when this run last looked
        self._at = {}
        # why a batch was refused: Spark hands on the text of an error, not the error
        self.refused = None

    def run(self):
        """Ends a batch that was announced, then reads on: to the end of the topic, or for good."""
        bounds = self._brokers.read_bounds(self._options.topic)
        pending = self._read_positions().pending
        if pending is not None:
            self._finish(bounds, pending)
        self._stream(bounds)

    def result(self):
        positions = {str(partition): self._at[partition] for partition in sorted(self._at)}
        return {**self._counts, "batches": self._batches, "lost": self._lost, "positions": positions}

    def _finish(self, bounds, pending):
        ends = pending.next
        starts = self._begin({partition: bounds.get(partition, Bounds(0, 0)) for partition in ends})
        messages = self._from_kafka(self._spark.read, {partition: min(starts[partition], ends[partition]) for partition in starts})
        assigned = messages.option("assign", json.dumps({self._options.topic: sorted(starts)}))
        self._write(assigned.option("endingOffsets", self._describe(ends)).load(), ends, pending.counts)

    def _stream(self, bounds):
        messages = (
            self._from_kafka(self._spark.readStream, self._begin(bounds))
            .option("subscribe", self._options.topic)
            .option("maxOffsetsPerTrigger", self._options.batch_messages)
            .load()
        )
        trigger = {"availableNow": True} if self._options.trigger == "available-now" else {"processingTime": self._options.trigger}
        # the checkpoint is of this run alone: it tells how far a batch goes
        query = messages.writeStream.foreachBatch(self._take).option("checkpointLocation", self._checkpoint).trigger(**trigger).start()
        query.awaitTermination()

    def _begin(self, bounds):
        """Where each partition is to be read on, by the lake's positions."""
        known = self._read_positions().next
        self._at = {partition: known.get(partition, first) for partition, (first, _) in bounds.items()}
        starts = choose_starts(self._options.topic, bounds, self._at, self._options.allow_loss)
        self._lost += sum(starts[partition] - self._at[partition] for partition in starts)
        return starts

    def _from_kafka(self, reader, starts):
        return (
            reader.format("kafka")
            .options(**self._brokers.options)
            .option("startingOffsets", self._describe(starts))
            .option("failOnDataLoss", str(not self._options.allow_loss).lower())
            # parsing takes more than reading: all cores are to do it, however few partitions there are
            .option("minPartitions", self._spark.sparkContext.defaultParallelism)
            .option("groupIdPrefix", "airtempo")
        )

    def _describe(self, offsets):
        return json.dumps({self._options.topic: {str(partition): offset for partition, offset in offsets.items()}})

    def _take(self, messages, batch_id):
        """A batch of the stream."""
        try:
            # Spark writes down how far a batch goes before it begins with it
            lines = read_text(self._spark, f"{self._checkpoint}/offsets/{batch_id}").splitlines()
            ends = json.loads(lines[-1])[self._options.topic]
            self._write(messages, {int(partition): offset for partition, offset in ends.items()})
        except Refused as refused:
            self.refused = refused
            raise

    def _write(self, messages, ends, announced=None):
        """Merges what is not in the lake yet. `announced` are the counts of a batch that was begun before."""
        with self._lock():
            former = self._read_positions()
            if former.pending is not None and former.pending.next != ends:
                raise Refused("another ingest was killed in the middle of a batch: start this one again, and it ends that batch first")
            begins = {partition: former.next.get(partition, self._at.get(partition, 0)) for partition in ends}
            behind = [partition for partition in ends if begins[partition] < self._at.get(partition, 0)]
            if behind:
                raise Refused(f"the positions of partition {behind[0]} in {self._store.url} have gone back: start this one again")
            moved = {partition: end for partition, end in ends.items() if end > begins[partition]}
            if moved:
                self._merge(leave_out_known(messages, begins, self._at), former, begins, moved, announced)
            self._at.update({partition: max(ends[partition], begins[partition]) for partition in ends})

    def _merge(self, messages, former, begins, moved, announced):
        parsed = parse_messages(messages, self._options.max_message_bytes).persist()
        try:
            found, dead = parsed.selectExpr("COUNT(*)", "COUNT(parsed.reason)").first()
            if dead > 0:
                self._send_letters(build_letters(parsed, self._options.topic))
            build_events(parsed.sparkSession, parsed, self._options.sql)
            events = EVENTS.build(parsed.sparkSession, self._options.sql)
            days = list_days(parsed) if found > dead else []
            staged = stage_fresh(parsed.sparkSession, self._store, events, days) if days else Staged(0, {})
            counts = announced or {"messages": found, "written": staged.fresh, "duplicates": found - dead - staged.fresh, "deadLetters": dead}
            if announced is None:
                next_now = {**{partition: begins[partition] for partition in moved}, **former.next}
                self._write_positions(Positions(next_now, former.counts, Pending(moved, counts)))
            put_in_place(self._store, staged, events)
            self._write_positions(Positions({**former.next, **moved}, add_counts(former.counts, counts)))
        finally:
            parsed.unpersist()
        self._counts = add_counts(self._counts, counts)
        self._batches += 1
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        print(f"batch {self._batches}: {said}, {len(staged.files)} days", file=sys.stderr, flush=True)

    def _send_letters(self, letters):
        self._brokers.ensure_topic(self._options.dlq)
        letters.write.format("kafka").options(**self._brokers.options).option("topic", self._options.dlq).save()

    def _lock(self):
        return contextlib.nullcontext() if self._store.folder is None else lake_lock(self._store.folder)

    def _read_positions(self):
        return read_positions(self._store, self._options.topic)

    def _write_positions(self, positions):
        write_positions(self._store, self._options.topic, positions)


def choose_starts(topic, bounds, known, allow_loss):
    """Where to read on, as activities/kafka/ingest-topic.ts chooses it. Raises Refused when messages are gone."""
    for partition, (first, end) in bounds.items():
        where = f"partition {partition} of topic {topic} is to be read on at offset {known[partition]}"
        if known[partition] > end:
            raise Refused(f"{where}, and ends at {end}: it was made anew, or has lost messages. Remove the topic's positions to read it from its start")
        if known[partition] < first and not allow_loss:
            raise Refused(f"{where}, and its messages before {first} are gone. Allow the loss with --allow-loss, and let the topic keep messages longer")
    return {partition: max(known[partition], first) for partition, (first, _) in bounds.items()}


def leave_out_known(messages, begins, at):
    """Without the messages that another ingest has brought into the lake since this one looked."""
    if all(begin <= at.get(partition, 0) for partition, begin in begins.items()):
        return messages
    return messages.filter(" OR ".join(f"(partition = {partition} AND offset >= {begin})" for partition, begin in begins.items()))
