"""Events of a Kafka topic into the lake, each exactly once: what the operator kafka_ingest does, with Spark (docs/kafka.md).

Reads on where the lake is (`_positions/<topic>.json`, ADR 36), by Structured Streaming: to the end that the topic has at the start
(--trigger available-now), or for good, a batch each so often. What is no event goes to the dead-letter topic. Needs the connector
spark-sql-kafka-0-10, the package's sql/ folder (--sql), and as --py-files sparkify_sql.py, lake_*.py, kafka_*.py and parse_event.py.

    spark-submit stream_events.py --brokers 127.0.0.1:9092 --topic events --lake s3://my-lake/events/ --trigger available-now

Kafka's own settings, such as those to sign in, come as JSON in the environment (KAFKA_CLIENT_SETTINGS) or from a private file
(--settings), never as arguments. The last line on stdout is JSON: {"messages": 8056, …}. Exit code 1: refused, with the reason.
"""

import argparse
import contextlib
import json
import os
import re
import sys

from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

import sparkify_sql as raw
from kafka_ingest import Ingest
from kafka_topic import Brokers
from lake_store import LakeStore, Refused

SETTINGS = "KAFKA_CLIENT_SETTINGS"
TOPIC = re.compile(r"(?!\.{1,2}$)[\w.-]{1,249}", re.ASCII)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="stream_events.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--topic", required=True)
    parser.add_argument("--lake", required=True, help="s3://bucket/prefix/, or a folder; of its own, with one topic")
    parser.add_argument("--brokers", help="host:port, separated by commas")
    parser.add_argument("--settings", help=f"path or URL of a JSON file with Kafka's settings; else they are in {SETTINGS}")
    parser.add_argument("--trigger", default="30 seconds", help='"available-now", or the time from batch to batch; default "30 seconds"')
    parser.add_argument("--dlq", help="topic of the dead letters; default: the topic with .dlq behind its name")
    parser.add_argument("--batch-messages", type=int, default=2_000_000, help="messages of a batch at most; default 2,000,000")
    parser.add_argument("--max-message-bytes", type=int, default=2**20, help="longer messages are dead letters; default 1 MiB")
    parser.add_argument("--allow-loss", action="store_true", help="go on when messages were deleted before they were read")
    parser.add_argument("--sql", default=raw.default_sql_folder(), help="the folder of SQL files: a path or URL")
    parser.add_argument("--scheme", choices=["s3", "s3a"], help="write s3:// URLs with this scheme: s3a outside EMR")
    options = parser.parse_args(argv)
    options.dlq = options.dlq or f"{options.topic}.dlq"
    for topic in (options.topic, options.dlq):
        if not TOPIC.fullmatch(topic):
            parser.error(f"{topic} is no name of a topic")
    for name in ("lake", "settings", "sql"):
        url = getattr(options, name)
        if url is not None and options.scheme is not None:
            setattr(options, name, re.sub(r"^s3[an]?://", f"{options.scheme}://", url))
    options.lake = options.lake.rstrip("/") + "/"
    return options


def read_settings(spark, options):
    """Kafka's settings: those of --brokers, the file, or the environment."""
    if options.brokers is not None:
        return {"bootstrap.servers": options.brokers}
    text = os.environ.get(SETTINGS) if options.settings is None else raw.read_text(spark, options.settings)
    if text is None:
        raise Refused(f"there are no settings of Kafka: give --brokers, --settings, or {SETTINGS} in the environment")
    return json.loads(text)


def ingest(spark, store, brokers, options):
    """What became of the messages."""
    ingest = Ingest(spark, store, brokers, options)
    try:
        ingest.run()
    except StreamingQueryException:
        if ingest.refused is None:
            raise
        raise ingest.refused from None
    return ingest.result()


def run(spark, options):
    """Does what the options say; the exit code."""
    with contextlib.ExitStack() as opened:
        try:
            brokers = opened.enter_context(contextlib.closing(Brokers(spark, read_settings(spark, options))))
            store = opened.enter_context(contextlib.closing(LakeStore(spark, options.lake)))
            print(json.dumps(ingest(spark, store, brokers, options)), flush=True)
            return 0
        except Refused as refused:
            print(f"error: {refused}", file=sys.stderr, flush=True)
            return 1


def quieten(spark):
    """Of each task that Python works in it would say that it must not be interrupted: a stream that ends is not read on anyway."""
    levels = spark._jvm.org.apache.logging.log4j
    levels.core.config.Configurator.setLevel("org.apache.spark.sql.kafka010.consumer.KafkaDataConsumer", levels.Level.ERROR)


def main(argv):
    options = parse_arguments(argv)
    builder = raw.configure(SparkSession.builder.appName(f"airtempo kafka {options.topic}"))
    # as lake_etl.py: what a task that died leaves is in the staging folder, which is then not used
    builder = builder.config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    quieten(spark)
    try:
        return run(spark, options)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
