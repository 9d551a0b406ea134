"""Sparkify's data lake: raw JSON on S3 to Parquet tables, by the rules of the warehouse (docs/sparkify-counts.md).

Reads song_data and log_data, checks every record, builds events, songs, artists, users, songplays and time by the SQL of
sql/lake/, checks these, and only then puts them where readers look. It needs sparkify_sql.py beside it or in --py-files, and
the package's sql/ folder, which --sql names: a path, or a URL such as s3://bucket/jobs/sql/.

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

from sparkify_sql import (
    RAW_SONGS,
    bad_records,
    configure,
    create_events,
    default_sql_folder,
    good_records,
    read_records,
    run_file,
)


class Table:
    """A table of the lake: its key, if it has one, and the columns that cut it into folders."""

    def __init__(self, name, key, partitions=()):
        self.name = name
        self.key = key
        self.partitions = list(partitions)

    def build(self, spark, sql):
        frame = run_file(spark, sql, f"lake/{self.name}.sql")
        if self.name == "events":
            # every table may have a folder date=…; the table of times has a column day
            frame = frame.withColumnRenamed("day", "date")
        if self.name == "songplays":
            frame = frame.withColumn("year", F.year("start_time")).withColumn("month", F.month("start_time"))
        return frame


def list_tables(songs_by_year):
    """The tables in the order they are built."""
    return [
        Table("events", None, ["date"]),
        Table("songs", "song_id", ["year"] if songs_by_year else ["year", "artist_id"]),
        Table("artists", "artist_id"),
        Table("users", "user_id"),
        Table("songplays", "songplay_id", ["year", "month"]),
        Table("time", "start_time", ["year", "month"]),
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
    parser.add_argument("--sql", default=default_sql_folder(), help="the folder of SQL files: a path or URL")
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
    for name in ("lake", "songs", "logs", "sql"):
        url = getattr(options, name)
        if url is not None:
            url = url if options.scheme is None else re.sub(r"^s3[an]?://", f"{options.scheme}://", url)
            setattr(options, name, url.rstrip("/") + "/")
    return options


def keep_bad_records(frames, target):
    """Writes bad records as JSON, with their file and the reason, and tells how many there are."""
    bad = [bad_records(frame) for frame in frames]
    union = bad[0].unionByName(bad[1]).persist()
    count = union.count()
    if count > 0:
        union.coalesce(1).write.mode("overwrite").json(target)
    return count


def check_tables(spark, tables, expected):
    """Counts the tables (views by their names), and lists what is wrong with them, in sentences."""
    counts, problems = {}, []
    for table in tables:
        key = table.key or "1"
        row = spark.sql(f"SELECT COUNT(*), COUNT({key}), COUNT(DISTINCT {key}) FROM {table.name}").first()
        counts[table.name] = row[0]
        if row[0] == 0:
            problems.append(f"{table.name} is empty")
        if row[1] < row[0]:
            problems.append(f"{table.name} has {row[0] - row[1]} rows without {table.key}")
        if table.key is not None and row[2] < row[1]:
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


def write_tables(spark, tables, folder, options):
    for table in tables:
        frame = table.build(spark, options.sql)
        # one file a partition, or every task would leave one in each
        frame = frame.repartition(*table.partitions) if table.partitions else frame.coalesce(1)
        writer = frame.write.mode("overwrite").option("compression", options.compression)
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
    events = create_events(spark, options.logs, options.sql)
    songs = read_records(spark, options.songs, RAW_SONGS, "song_id")
    kept = f"{options.lake}_bad_records/{run}"
    bad = keep_bad_records([events, songs], kept)
    if bad > options.max_errors:
        print(json.dumps({"bad_records": bad, "kept_in": kept}), flush=True)
        return fail([f"{bad} bad records, {options.max_errors} are allowed (--max-errors); they are in {kept}"])
    run_file(spark, options.sql, "lake/staging-events.sql").createOrReplaceTempView("staging_events")
    good_records(songs, RAW_SONGS).createOrReplaceTempView("staging_songs")
    staged = f"{options.lake}_staging/{run}/"
    write_tables(spark, tables, staged, options)
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
    builder = configure(builder)
    # without a second copy of each file: what a task that died leaves is in the staging folder, which is then not used
    builder = builder.config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
    spark = builder.getOrCreate()
    try:
        return run_check(spark, options, tables) if options.check else run_etl(spark, options, tables)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
