"""What the Spark jobs share: the SQL of the package's sql/ folder, and the relation `events` that all of it reads.

A job finds it beside itself, or is given it with --py-files. The SQL comes from the folder that --sql names (a path, or a URL
of the cluster's file system, such as s3://bucket/jobs/sql/); default: the package's own, beside this file's folder.
"""

import os
import re

from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

CORRUPT = "_corrupt_record"

# As connections/duckdb/event-columns.ts has them. Records are read as text and converted one by one: a value of another
# type sets its record apart.
RAW_EVENTS = {
    "artist": "STRING",
    "auth": "STRING",
    "firstName": "STRING",
    "gender": "STRING",
    "itemInSession": "INT",
    "lastName": "STRING",
    "length": "DOUBLE",
    "level": "STRING",
    "location": "STRING",
    "method": "STRING",
    "page": "STRING",
    "registration": "DOUBLE",
    "sessionId": "BIGINT",
    "song": "STRING",
    "status": "INT",
    "ts": "BIGINT",
    "userAgent": "STRING",
    "userId": "STRING",
}
RAW_SONGS = {
    "num_songs": "INT",
    "artist_id": "STRING",
    "artist_latitude": "DOUBLE",
    "artist_longitude": "DOUBLE",
    "artist_location": "STRING",
    "artist_name": "STRING",
    "song_id": "STRING",
    "title": "STRING",
    "duration": "DOUBLE",
    "year": "INT",
}
EVENT_COLUMNS = (
    "ts ts_ms day day_number hour weekday user_id session_id item_in_session page auth method status level location "
    "user_agent first_name last_name gender registration_ms artist song length"
).split()

# What sets an event apart although each of its values has its type.
EVENT_RULES = (
    "WHEN page = 'NextSong' AND (sessionId IS NULL OR itemInSession IS NULL) THEN 'a play without sessionId or itemInSession'"
)


def configure(builder):
    """What all jobs need of a session: times are instants in UTC, also in the files that they write."""
    return builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")


def default_sql_folder():
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sql")


def read_sql(spark, folder, name):
    """The text of an SQL file below the folder, such as `lake/users.sql`."""
    if "://" not in folder:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(folder.rstrip("/") + "/" + name)
    stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).open(path)
    try:
        return jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()


def run_file(spark, folder, name, parameters=None):
    """The result of an SQL file as a DataFrame. Parameters go in for :name; those that the text does not use are left out."""
    text = read_sql(spark, folder, name)
    used = {key: value for key, value in (parameters or {}).items() if re.search(rf"(?<!:):{key}\b", text)}
    return spark.sql(text, args=used) if used else spark.sql(text)


def list_data_files(spark, source):
    """The data files below a path or URL; names that begin with `_` or `.` are none of the data's, and neither are manifests."""
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(source)
    files = path.getFileSystem(spark._jsc.hadoopConfiguration())
    if not files.exists(path):
        raise SystemExit(f"error: there is nothing at {source}")
    root = files.getFileStatus(path).getPath().toString()
    found = []
    listed = files.listFiles(path, True)
    while listed.hasNext():
        name = listed.next().getPath().toString()
        inner = name[len(root) :].strip("/").split("/")
        if not any(part.startswith(("_", ".")) for part in inner) and not name.endswith(".manifest.json"):
            found.append(name)
    return sorted(found)


def convert(name, kind):
    """A text as a value of a type, NULL if it is none. 1541044398796.0 is a whole number too; fractions are rounded."""
    if kind in ("INT", "BIGINT"):
        return f"TRY_CAST(ROUND(TRY_CAST(`{name}` AS DECIMAL(38, 6))) AS {kind})"
    return f"TRY_CAST(`{name}` AS {kind})"


def read_records(spark, source, types, required, rules=""):
    """JSON records as text, with `problem` (NULL: none), `file`, and the text of those that are no JSON."""
    schema = ", ".join([f"`{name}` STRING" for name in types] + [f"{CORRUPT} STRING"])
    reader = spark.read.option("recursiveFileLookup", "true").option("columnNameOfCorruptRecord", CORRUPT)
    frame = reader.schema(schema).json(source).withColumn("file", F.input_file_name())
    frame = frame.filter(~F.col("file").endswith(".manifest.json"))
    checks = [
        f"WHEN `{name}` IS NOT NULL AND {convert(name, kind)} IS NULL THEN '{name} is no {kind}'"
        for name, kind in types.items()
        if kind != "STRING"
    ]
    reason = f"CASE WHEN {CORRUPT} IS NOT NULL THEN 'not a JSON object' {' '.join(checks)} WHEN {required} IS NULL THEN 'no {required}' {rules} END"
    # Spark parses only the columns that are asked for: kept, or the corrupt ones would be seen by one query and not by the next
    return frame.withColumn("problem", F.expr(reason)).persist(StorageLevel.MEMORY_AND_DISK)


def good_records(frame, types):
    """The records without a problem, with their types."""
    return frame.filter("problem IS NULL").selectExpr(*[f"{convert(name, kind)} AS `{name}`" for name, kind in types.items()])


def bad_records(frame):
    """The others: file, problem, and the record as it came, or as JSON."""
    values = F.to_json(F.struct(*frame.drop(CORRUPT, "file", "problem").columns))
    return frame.filter("problem IS NOT NULL").select("file", "problem", F.coalesce(F.col(CORRUPT), values).alias("record"))


def create_events(spark, source, sql=None):
    """Makes the view `events` of JSON files, raw Parquet or a lake, and `bad_events`; the records of JSON, else None."""
    source = find_events_table(spark, source)
    files = list_data_files(spark, source)
    if not files:
        raise SystemExit(f"error: there are no JSON or Parquet files at {source}")
    records = None
    if files[0].endswith(".parquet"):
        frame = spark.read.parquet(source)
        spark.createDataFrame([], "file STRING, problem STRING, record STRING").createOrReplaceTempView("bad_events")
    else:
        records = read_records(spark, source, RAW_EVENTS, "ts", EVENT_RULES)
        bad_records(records).createOrReplaceTempView("bad_events")
        frame = good_records(records, RAW_EVENTS)
    if "userId" in frame.columns:
        frame.createOrReplaceTempView("raw_events")
        frame = run_file(spark, sql or default_sql_folder(), "events/spark.sql")
    else:
        # a lake's folder of a day is called date=…, since the table of times has a column day
        frame = frame.withColumnRenamed("date", "day") if "day" not in frame.columns else frame
        # what DuckDB has written comes as a time without a zone
        frame = frame.withColumn("ts", F.col("ts").cast("timestamp")).select(*EVENT_COLUMNS)
    frame.createOrReplaceTempView("events")
    return records


def find_events_table(spark, source):
    """In a lake's folder the events are one of several tables."""
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(source.rstrip("/") + "/events")
    return path.toString() if path.getFileSystem(spark._jsc.hadoopConfiguration()).exists(path) else source
