"""What the Spark jobs share: the SQL of the package's sql/ folder, and the relation `events` that all of it reads.

A job finds it beside itself, or is given it with --py-files. The SQL comes from the folder that --sql names (a path, or a URL
of the cluster's file system, such as s3://bucket/jobs/sql/); default: the package's own, beside this file's folder.
"""

import os
import re
from typing import NamedTuple

from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

CORRUPT = "_corrupt_record"


class RawSchema(NamedTuple):
    """JSON records: their keys with DuckDB's types, the key that none can do without, and what else sets one apart."""

    types: dict
    required: str
    rules: str = ""


# As connections/duckdb/event-columns.ts has them. Records are read as text and converted one by one: a value of another
# type sets its record apart.
RAW_EVENTS = {
    "artist": "VARCHAR",
    "auth": "VARCHAR",
    "firstName": "VARCHAR",
    "gender": "VARCHAR",
    "itemInSession": "INTEGER",
    "lastName": "VARCHAR",
    "length": "DOUBLE",
    "level": "VARCHAR",
    "location": "VARCHAR",
    "method": "VARCHAR",
    "page": "VARCHAR",
    "registration": "DOUBLE",
    "sessionId": "BIGINT",
    "song": "VARCHAR",
    "status": "INTEGER",
    "ts": "BIGINT",
    "userAgent": "VARCHAR",
    "userId": "VARCHAR",
}
RAW_SONGS = {
    "num_songs": "INTEGER",
    "artist_id": "VARCHAR",
    "artist_latitude": "DOUBLE",
    "artist_longitude": "DOUBLE",
    "artist_location": "VARCHAR",
    "artist_name": "VARCHAR",
    "song_id": "VARCHAR",
    "title": "VARCHAR",
    "duration": "DOUBLE",
    "year": "INTEGER",
}
EVENT_COLUMNS = (
    "ts ts_ms day day_number hour weekday user_id session_id item_in_session page auth method status level location "
    "user_agent first_name last_name gender registration_ms artist song length"
).split()

EVENTS = RawSchema(
    RAW_EVENTS,
    "ts",
    # what sets an event apart although each of its values has its type
    "WHEN page = 'NextSong' AND (sessionId IS NULL OR itemInSession IS NULL) THEN 'a play without sessionId or itemInSession'",
)
SONGS = RawSchema(RAW_SONGS, "song_id")

DATA_NAME = re.compile(r"\.((json|jsonl|ndjson)(\.gz)?|parquet)$")


def configure(builder):
    """What all jobs need of a session: times are instants in UTC, also in the files that they write."""
    return builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")


def default_sql_folder():
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sql")


def read_text(spark, url):
    """The text of a file of the cluster's file system; None when there is none."""
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(url)
    files = path.getFileSystem(spark._jsc.hadoopConfiguration())
    if not files.exists(path):
        return None
    stream = files.open(path)
    try:
        return jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()


def read_sql(spark, folder, name):
    """The text of an SQL file below the folder, such as `lake/users.sql`."""
    if "://" not in folder:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    url = folder.rstrip("/") + "/" + name
    text = read_text(spark, url)
    if text is None:
        raise SystemExit(f"error: there is no {url}")
    return text


def run_file(spark, folder, name, parameters=None):
    """The result of an SQL file as a DataFrame. Parameters go in for :name; those that the text does not use are left out."""
    text = read_sql(spark, folder, name)
    used = {key: value for key, value in (parameters or {}).items() if re.search(rf"(?<!:):{key}\b", text)}
    return spark.sql(text, args=used) if used else spark.sql(text)


def list_data_files(spark, source):
    """The data files below a path or URL, by their names below it: JSON and Parquet, as connections/duckdb/source-files.ts has them.

    Names that begin with `_` or `.` are none of the data's, and neither are manifests.
    """
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(source)
    files = path.getFileSystem(spark._jsc.hadoopConfiguration())
    if not files.exists(path):
        raise SystemExit(f"error: there is nothing at {source}")
    root = files.getFileStatus(path).getPath().toString()
    found = {}
    listed = files.listFiles(path, True)
    while listed.hasNext():
        url = listed.next().getPath().toString()
        name = url[len(root) :].strip("/") or url.split("/")[-1]
        hidden = any(part.startswith(("_", ".")) for part in name.split("/"))
        if not hidden and not name.endswith(".manifest.json") and DATA_NAME.search(name):
            found[name] = url
    return dict(sorted(found.items()))


def convert(name, kind):
    """A text as a value of a type, NULL if it is none. 1541044398796.0 is a whole number too; fractions are rounded."""
    if kind in ("INTEGER", "BIGINT"):
        return f"TRY_CAST(ROUND(TRY_CAST(`{name}` AS DECIMAL(38, 6))) AS {kind})"
    return f"TRY_CAST(`{name}` AS {'STRING' if kind == 'VARCHAR' else kind})"


def judge_lines(spark, files, schema):
    """JSON lines: each key as text, with `file`, the line as `record`, and `problem` (NULL: none)."""
    keys = ", ".join([f"`{name}` STRING" for name in schema.types] + [f"{CORRUPT} STRING"])
    lines = (
        spark.read.text(files)
        .filter("TRIM(value) <> ''")
        .select(
            # Spark tells names as they are in URLs, where + stands for itself; those of this machine become paths
            F.expr("REGEXP_REPLACE(URL_DECODE(REPLACE(INPUT_FILE_NAME(), '+', '%2B')), '^file:/+', '/')").alias("file"),
            F.col("value").alias("record"),
            F.from_json("value", keys, {"columnNameOfCorruptRecord": CORRUPT}).alias("parsed"),
        )
        .select("file", "record", "parsed.*")
    )
    checks = [
        f"WHEN `{name}` IS NOT NULL AND {convert(name, kind)} IS NULL THEN '{name} is no {kind}'"
        for name, kind in schema.types.items()
        if kind != "VARCHAR"
    ]
    reason = (
        f"CASE WHEN {CORRUPT} IS NOT NULL OR LTRIM(record) NOT LIKE '{{%' THEN 'not a JSON object' {' '.join(checks)} "
        f"WHEN {schema.required} IS NULL THEN 'no {schema.required}' {schema.rules} END"
    )
    return lines.withColumn("problem", F.expr(reason)).drop(CORRUPT)


def read_records(spark, files, schema):
    """JSON lines without their text, parsed once and kept until they are unpersisted."""
    return judge_lines(spark, files, schema).drop("record").persist(StorageLevel.MEMORY_AND_DISK)


def good_records(frame, schema):
    """The records without a problem, with their types."""
    return frame.filter("problem IS NULL").selectExpr(
        *[f"{convert(name, kind)} AS `{name}`" for name, kind in schema.types.items()]
    )


def bad_records(spark, records, schema):
    """The others: file, problem, and the record as it came. Their files are read again, for the text."""
    files = [row[0] for row in records.filter("problem IS NOT NULL").select("file").distinct().collect()]
    if not files:
        return spark.createDataFrame([], "file STRING, problem STRING, record STRING")
    return judge_lines(spark, files, schema).filter("problem IS NOT NULL").select("file", "problem", "record")


def create_events(spark, source, sql=None, takes=None):
    """Makes the view `events` of JSON files, raw Parquet or a lake; the records of JSON, else None.

    `takes` chooses files by their names below the source; default: all.
    """
    source = find_events_table(spark, source)
    files = [url for name, url in list_data_files(spark, source).items() if takes is None or takes(name)]
    if not files:
        raise SystemExit(f"error: there are no JSON or Parquet files at {source}")
    records = None
    if files[0].endswith(".parquet"):
        # a folder tells what its partitions are
        frame = spark.read.parquet(source) if takes is None else spark.read.parquet(*files)
    else:
        records = read_records(spark, files, EVENTS)
        frame = good_records(records, EVENTS)
    if "userId" in frame.columns:
        frame.createOrReplaceTempView("raw_events")
        frame = run_file(spark, sql or default_sql_folder(), "events/spark.sql")
    else:
        # a lake's folder of a day is called date=…, since the table of times has a column day
        frame = frame.withColumnRenamed("date", "day") if "day" not in frame.columns else frame
        # what a lake has comes as a time without a zone
        frame = frame.withColumn("ts", F.col("ts").cast("timestamp")).select(*EVENT_COLUMNS)
    frame.createOrReplaceTempView("events")
    return records


def find_events_table(spark, source):
    """In a lake's folder the events are one of several tables."""
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(source.rstrip("/") + "/events")
    return path.toString() if path.getFileSystem(spark._jsc.hadoopConfiguration()).exists(path) else source
