"""Messages of a topic as a frame: parsed into events, and what is no event as dead letters, the way activities/kafka/dead-letter.ts writes them."""

from pyspark.sql import Window
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, LongType, StringType, StructField, StructType

from parse_event import parse_event
from sparkify_sql import RAW_EVENTS, run_file

LONGEST_LETTER_BYTES = 900_000
TYPES = {"VARCHAR": StringType(), "INTEGER": IntegerType(), "BIGINT": LongType(), "DOUBLE": DoubleType()}
EVENT = StructType([StructField(name, TYPES[kind]) for name, kind in RAW_EVENTS.items()])
PARSED = StructType([StructField("event", EVENT), StructField("reason", StringType()), StructField("detail", StringType())])
# as activities/kafka/parse-event.ts has it
KEY = ("ts", "sessionId", "itemInSession", "userId")


def parse_messages(messages, max_bytes):
    """Each message with `parsed`: its event, or reason and detail. Keep the frame, or Python parses once for each use."""
    parse = F.udf(lambda value: parse_event(value, max_bytes), PARSED).asNondeterministic()
    return messages.select("partition", "offset", "timestamp", "key", "value", parse("value").alias("parsed"))


def list_days(parsed):
    """The days that there are events of."""
    day = F.expr("CAST(timestamp_millis(parsed.event.ts) AS DATE)").alias("day")
    return sorted(str(row.day) for row in parsed.filter("parsed.reason IS NULL").select(day).distinct().collect())


def build_events(spark, parsed, sql):
    """Makes the view `events`, the relation of sql/events: each key once, by its first message."""
    first = Window.partitionBy(*[f"parsed.event.{name}" for name in KEY]).orderBy("partition", "offset")
    events = parsed.filter("parsed.reason IS NULL").withColumn("copy", F.row_number().over(first)).filter("copy = 1")
    events.select("parsed.event.*").createOrReplaceTempView("raw_events")
    run_file(spark, sql, "events/spark.sql").createOrReplaceTempView("events")


def build_letters(parsed, topic):
    """The messages that are no events, as messages of the dead-letter topic."""
    texts = {
        "reason": "parsed.reason",
        "detail": "parsed.detail",
        "topic": F.lit(topic),
        "partition": F.col("partition").cast("string"),
        "offset": F.col("offset").cast("string"),
        "timestamp": F.expr("CAST(unix_millis(timestamp) AS STRING)"),
    }
    size = F.octet_length("value")
    # the whole message is where it was, as long as its topic keeps it
    is_cut = F.coalesce(size > LONGEST_LETTER_BYTES, F.lit(False))
    headers = F.array(*[header(name, text) for name, text in texts.items()])
    cut = F.array_union(headers, F.array(header("cut", size.cast("string"))))
    return parsed.filter("parsed.reason IS NOT NULL").select(
        "key",
        F.when(is_cut, F.expr(f"SUBSTRING(value, 1, {LONGEST_LETTER_BYTES})")).otherwise(F.col("value")).alias("value"),
        F.when(is_cut, cut).otherwise(headers).alias("headers"),
    )


def header(name, text):
    column = F.col(text) if isinstance(text, str) else text
    return F.struct(F.lit(name).alias("key"), column.cast("binary").alias("value"))
