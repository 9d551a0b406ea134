"""Sparkify's data lake: raw JSON on S3 to Parquet tables, by the rules of the warehouse (docs/sparkify-counts.md).

Reads song_data and log_data, checks every record, builds songs, artists, users, songplays and time, checks these, and
only then puts them where readers look. It keeps to one file, so that `spark-submit s3://bucket/lake_etl.py` is all that EMR
needs. The SELECTs are those of sql/star/, word for word where Spark agrees with Redshift; a test compares them.

    spark-submit lake_etl.py --songs s3://sparkify/song_data/ --logs s3://sparkify/log_data/ --lake s3://my-lake/sparkify/
    spark-submit lake_etl.py --lake s3://my-lake/sparkify/ --check --expect songplays=6820 --expect users=97

The last line on stdout is JSON: {"songplays": 6820, …}. Exit code 1: too many bad records, or a check that failed.
"""

import argparse
import json
import re
import sys
import uuid

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

CORRUPT = "_corrupt_record"

EVENTS_SCHEMA = (
    "artist STRING, auth STRING, firstName STRING, gender STRING, itemInSession INT, lastName STRING, length DOUBLE, "
    "level STRING, location STRING, method STRING, page STRING, registration DOUBLE, sessionId INT, song STRING, "
    f"status INT, ts BIGINT, userAgent STRING, userId STRING, {CORRUPT} STRING"
)
SONGS_SCHEMA = (
    "num_songs INT, artist_id STRING, artist_latitude DOUBLE, artist_longitude DOUBLE, artist_location STRING, "
    f"artist_name STRING, song_id STRING, title STRING, duration DOUBLE, year INT, {CORRUPT} STRING"
)

# userId "" is a visitor who has not logged in. The columns are named as in the warehouse's staging tables.
STAGING_EVENTS = """
SELECT
  artist, auth, firstName AS firstname, gender, itemInSession AS iteminsession, lastName AS lastname, length, level,
  location, method, page, registration, sessionId AS sessionid, song, status, timestamp_millis(ts) AS ts,
  userAgent AS useragent, CAST(NULLIF(userId, '') AS INT) AS userid
FROM raw_events
WHERE problem IS NULL
"""

STAGING_SONGS = "SELECT * FROM raw_songs WHERE problem IS NULL"

SONGS = """
SELECT ranked.song_id, ranked.title, ranked.artist_id, ranked.year, ranked.duration
FROM (
  SELECT
    song_id, title, artist_id, year, duration,
    ROW_NUMBER() OVER (
      PARTITION BY song_id
      ORDER BY COALESCE(year, 0) DESC, title, artist_id, duration
    ) AS preference
  FROM staging_songs
  WHERE song_id IS NOT NULL
) AS ranked
WHERE ranked.preference = 1
"""

ARTISTS = """
SELECT
  ranked.artist_id, ranked.artist_name, ranked.artist_location, ranked.artist_latitude, ranked.artist_longitude
FROM (
  SELECT
    artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
    ROW_NUMBER() OVER (
      PARTITION BY artist_id
      ORDER BY
        CASE WHEN artist_latitude IS NOT NULL AND artist_longitude IS NOT NULL THEN 0 ELSE 1 END,
        CASE WHEN TRIM(artist_location) <> '' THEN 0 ELSE 1 END,
        COALESCE(year, 0) DESC,
        song_id
    ) AS preference
  FROM staging_songs
  WHERE artist_id IS NOT NULL
) AS ranked
WHERE ranked.preference = 1
"""

USERS = """
SELECT ranked.userid, ranked.firstname, ranked.lastname, ranked.gender, ranked.level
FROM (
  SELECT
    userid, firstname, lastname, gender, level,
    ROW_NUMBER() OVER (PARTITION BY userid ORDER BY ts DESC, iteminsession DESC, sessionid DESC) AS recency
  FROM staging_events
  WHERE userid IS NOT NULL
    AND ts IS NOT NULL
) AS ranked
WHERE ranked.recency = 1
"""

SONGPLAYS = """
SELECT
  MD5(CAST(ranked.sessionid AS VARCHAR(20)) || '-' || CAST(ranked.iteminsession AS VARCHAR(20))),
  ranked.ts,
  ranked.userid,
  ranked.level,
  ranked.song_id,
  ranked.artist_id,
  ranked.sessionid,
  ranked.location,
  ranked.useragent
FROM (
  SELECT
    e.ts, e.userid, e.level, e.sessionid, e.iteminsession, e.location, e.useragent,
    s.song_id, s.artist_id,
    ROW_NUMBER() OVER (
      PARTITION BY e.sessionid, e.iteminsession, e.userid, e.ts
      ORDER BY
        CASE WHEN s.song_id IS NULL THEN 1 ELSE 0 END,
        ABS(s.duration - e.length),
        s.song_id,
        s.artist_id
    ) AS match_rank
  FROM staging_events AS e
  LEFT JOIN staging_songs AS s
    ON s.title = e.song
    AND s.artist_name = e.artist
    AND ABS(s.duration - e.length) <= 0.001
  WHERE e.page = 'NextSong'
    AND e.userid IS NOT NULL
) AS ranked
WHERE ranked.match_rank = 1
"""

# Spark counts days from 1 = Sunday, the warehouse from 0.
TIME = """
SELECT
  plays.start_time,
  CAST(EXTRACT(HOUR FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(DAY FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(WEEK FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(MONTH FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(YEAR FROM plays.start_time) AS INTEGER),
  CAST(EXTRACT(DOW FROM plays.start_time) - 1 AS INTEGER)
FROM (SELECT DISTINCT start_time FROM songplays) AS plays
"""


class Table:
    """A table of the lake: its columns, its key (the first column), and the columns that cut it into folders."""

    def __init__(self, name, select, columns, partitions=()):
        self.name = name
        self.select = select
        self.columns = columns.split()
        self.key = self.columns[0]
        self.partitions = list(partitions)

    def build(self, spark):
        frame = spark.sql(self.select).toDF(*self.columns)
        if self.name == "songplays":
            frame = frame.withColumn("year", F.year("start_time")).withColumn("month", F.month("start_time"))
        return frame


def list_tables(songs_by_year):
    """The tables in the order they are built: time is made from songplays."""
    return [
        Table("songs", SONGS, "song_id title artist_id year duration", ["year"] if songs_by_year else ["year", "artist_id"]),
        Table("artists", ARTISTS, "artist_id name location latitude longitude"),
        Table("users", USERS, "user_id first_name last_name gender level"),
        Table(
            "songplays",
            SONGPLAYS,
            "songplay_id start_time user_id level song_id artist_id session_id location user_agent",
            ["year", "month"],
        ),
        Table("time", TIME, "start_time hour day week month year weekday", ["year", "month"]),
    ]


# What must be in no table. Keys are checked besides: Parquet enforces none.
ORPHANS = {
    "songplays.user_id without a user": "SELECT * FROM songplays LEFT ANTI JOIN users USING (user_id)",
    "songplays.start_time without a time": "SELECT * FROM songplays LEFT ANTI JOIN time USING (start_time)",
    "time.start_time without a play": "SELECT * FROM time LEFT ANTI JOIN songplays USING (start_time)",
    "songs.artist_id without an artist": "SELECT * FROM songs LEFT ANTI JOIN artists USING (artist_id)",
    "songplays.song_id without a song": (
        "SELECT * FROM (SELECT * FROM songplays WHERE song_id IS NOT NULL) LEFT ANTI JOIN songs USING (song_id)"
    ),
}


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="lake_etl.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--lake", required=True, help="where the tables go: s3://bucket/prefix/")
    parser.add_argument("--songs", help="prefix of the song files")
    parser.add_argument("--logs", help="prefix of the log files")
    parser.add_argument("--check", action="store_true", help="only check the tables in the lake")
    parser.add_argument("--expect", action="append", default=[], metavar="TABLE=ROWS", help="a count that must be met")
    parser.add_argument("--max-errors", type=int, default=0, help="bad records allowed; default 0")
    parser.add_argument("--partition-songs-by-year", action="store_true", help="a folder a year, not one an artist")
    parser.add_argument("--compression", choices=["snappy", "zstd", "gzip", "none"], default="snappy")
    parser.add_argument("--scheme", choices=["s3", "s3a"], help="write s3:// URLs with this scheme: s3a outside EMR")
    options = parser.parse_args(argv)
    if not options.check and (options.songs is None or options.logs is None):
        parser.error("give --songs and --logs, or --check")
    expected = [re.fullmatch(r"(\w+)=(\d+)", text) for text in options.expect]
    if None in expected:
        parser.error("--expect takes TABLE=ROWS, such as users=97")
    options.expect = {match[1]: int(match[2]) for match in expected}
    for name in ("lake", "songs", "logs"):
        url = getattr(options, name)
        if url is not None:
            url = url if options.scheme is None else re.sub(r"^s3[an]?://", f"{options.scheme}://", url)
            setattr(options, name, url.rstrip("/") + "/")
    return options


def read_json(spark, prefix, schema, problem):
    """The records below a prefix, with `problem` (NULL: none), `file` and the text of those that are no JSON."""
    reader = spark.read.option("recursiveFileLookup", "true").option("columnNameOfCorruptRecord", CORRUPT)
    frame = reader.schema(schema).json(prefix).withColumn("file", F.input_file_name())
    reason = f"CASE WHEN {CORRUPT} IS NOT NULL THEN 'not JSON, or a value of another type' {problem} END"
    # Spark parses only the columns that are asked for: kept, or the corrupt ones would be seen by one query and not by the next
    return frame.withColumn("problem", F.expr(reason)).persist(StorageLevel.MEMORY_AND_DISK)


def keep_bad_records(frames, target):
    """Writes bad records as JSON, with their file and the reason, and tells how many there are."""
    bad = [
        frame.filter("problem IS NOT NULL").select(
            "file", "problem", F.coalesce(F.col(CORRUPT), F.to_json(F.struct(*frame.drop(CORRUPT, "file", "problem").columns))).alias("record")
        )
        for frame in frames
    ]
    union = bad[0].unionByName(bad[1]).persist()
    count = union.count()
    if count > 0:
        union.coalesce(1).write.mode("overwrite").json(target)
    return count


def check_tables(spark, tables, expected):
    """Counts the tables (views by their names), and lists what is wrong with them, in sentences."""
    counts, problems = {}, []
    for table in tables:
        row = spark.sql(f"SELECT COUNT(*), COUNT({table.key}), COUNT(DISTINCT {table.key}) FROM {table.name}").first()
        counts[table.name] = row[0]
        if row[0] == 0:
            problems.append(f"{table.name} is empty")
        if row[1] < row[0]:
            problems.append(f"{table.name} has {row[0] - row[1]} rows without {table.key}")
        if row[2] < row[1]:
            problems.append(f"{table.name} has {row[1] - row[2]} rows too many: {table.key} is not unique")
    for title, query in ORPHANS.items():
        orphans = spark.sql(query).count()
        if orphans > 0:
            problems.append(f"{orphans} rows have a {title}")
    counts["matched_songplays"] = spark.sql("SELECT COUNT(song_id) FROM songplays").first()[0]
    for name, rows in expected.items():
        if counts.get(name) != rows:
            problems.append(f"{name} has {counts.get(name)} rows, and {rows} are expected")
    return counts, problems


def open_tables(spark, tables, folder):
    for table in tables:
        spark.read.parquet(folder + table.name).createOrReplaceTempView(table.name)


def write_tables(spark, tables, folder, compression):
    for table in tables:
        frame = table.build(spark)
        if table.name == "songplays":
            frame = frame.persist()
        frame.createOrReplaceTempView(table.name)
        # one file a partition, or every task would leave one in each
        frame = frame.repartition(*table.partitions) if table.partitions else frame.coalesce(1)
        writer = frame.write.mode("overwrite").option("compression", compression)
        writer.partitionBy(*table.partitions).parquet(folder + table.name)


def publish(spark, tables, staged, lake):
    """Puts the staged tables in the place of the old ones.

    S3 has no rename: this copies, table by table, and a reader in these seconds can see a table in part. Whatever fails before
    leaves the lake as it was; whatever fails in here is put right by running the job again.
    """
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path
    files = path(lake).getFileSystem(spark._jsc.hadoopConfiguration())
    for table in tables:
        target = path(lake + table.name)
        files.delete(target, True)
        if not files.rename(path(staged + table.name), target):
            raise RuntimeError(f"{staged}{table.name} could not be moved to {target}")
    files.delete(path(staged), True)


def run_etl(spark, options, tables):
    run = uuid.uuid4().hex
    events = read_json(
        spark,
        options.logs,
        EVENTS_SCHEMA,
        "WHEN userId <> '' AND CAST(userId AS INT) IS NULL THEN 'userId is not a number' "
        "WHEN page = 'NextSong' AND (ts IS NULL OR sessionId IS NULL OR itemInSession IS NULL) "
        "THEN 'a play without ts, sessionId or itemInSession'",
    )
    songs = read_json(spark, options.songs, SONGS_SCHEMA, "WHEN song_id IS NULL THEN 'a song without song_id'")
    kept = f"{options.lake}_bad_records/{run}"
    bad = keep_bad_records([events, songs], kept)
    if bad > options.max_errors:
        print(json.dumps({"bad_records": bad, "kept_in": kept}), flush=True)
        return fail([f"{bad} bad records, {options.max_errors} are allowed (--max-errors); they are in {kept}"])
    events.createOrReplaceTempView("raw_events")
    songs.createOrReplaceTempView("raw_songs")
    spark.sql(STAGING_EVENTS).createOrReplaceTempView("staging_events")
    spark.sql(STAGING_SONGS).createOrReplaceTempView("staging_songs")
    staged = f"{options.lake}_staging/{run}/"
    write_tables(spark, tables, staged, options.compression)
    open_tables(spark, tables, staged)
    counts, problems = check_tables(spark, tables, options.expect)
    if problems:
        return fail([*problems, f"the lake is as it was; the new tables are in {staged}"])
    publish(spark, tables, staged, options.lake)
    staging = {"staging_events": events.filter("problem IS NULL").count(), "staging_songs": songs.filter("problem IS NULL").count()}
    print(json.dumps({**counts, **staging, "bad_records": bad}), flush=True)
    return 0


def run_check(spark, options, tables):
    open_tables(spark, tables, options.lake)
    counts, problems = check_tables(spark, tables, options.expect)
    if problems:
        return fail(problems)
    print(json.dumps(counts), flush=True)
    return 0


def fail(problems):
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr, flush=True)
    return 1


def main(argv):
    options = parse_arguments(argv)
    tables = list_tables(options.partition_songs_by_year)
    builder = SparkSession.builder.appName("sparkify lake" + (" check" if options.check else ""))
    # timestamps are instants: without this, hours and weekdays would be those of the machine's zone
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    # without a second copy of each file: what a task that died leaves is in the staging folder, which is then not used
    builder = builder.config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
    spark = builder.getOrCreate()
    try:
        return run_check(spark, options, tables) if options.check else run_etl(spark, options, tables)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
