"""Days of Sparkify's data lake: raw JSON to Parquet, by the rules of the warehouse (docs/lake.md). What local_data_lake does with
DuckDB, with Spark: the same files, and the same rows.

Reads the song files, and the log files of the days from --from until before --to, and puts these days in place of the lake's: events,
songplays and time of each day, and users, songs and artists anew. Its modules are sparkify_sql.py and the other lake_*.py here
(--py-files), and it needs the package's sql/ folder, which --sql names: a path, or a URL such as s3://bucket/jobs/sql/.

    spark-submit lake_etl.py --songs s3://sparkify/song_data/ --logs s3://sparkify/log_data/ --lake s3://my-lake/sparkify/ \\
      --from 2018-11-01 --to 2018-12-01
    spark-submit lake_etl.py --lake s3://my-lake/sparkify/ --check --expect songplays=6820 --expect users=97

The last line on stdout is JSON: {"days": 30, …}. Exit code 1: too many bad records, no file of these days, plays that share a key,
or a check that failed.
"""

import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import sparkify_sql as raw
from lake_check import check_lake
from lake_store import LakeStore, Refused
from lake_tables import (
    ARTISTS,
    CATALOGUE,
    EVENTS,
    SONGPLAYS,
    SONGS,
    TIME,
    USER_DAYS,
    USERS,
    add_days,
    describe,
    find_file_day,
    find_path_day,
    is_day,
    list_days,
)

# So many days are put in place at a time.
PUTS_AT_ONCE = 8


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="lake_etl.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--lake", required=True, help="where the tables are: s3://bucket/prefix/, or a folder")
    parser.add_argument("--songs", help="prefix of the song files")
    parser.add_argument("--logs", help="prefix of the log files; a day in a file's name is the day it was delivered")
    parser.add_argument("--from", dest="start", metavar="DAY", help="the first day, UTC, such as 2018-11-01")
    parser.add_argument("--to", dest="end", metavar="DAY", help="the first day no more")
    parser.add_argument("--sql", default=raw.default_sql_folder(), help="the folder of SQL files: a path or URL")
    parser.add_argument("--check", action="store_true", help="check the tables as readers find them, after what is written")
    parser.add_argument("--expect", action="append", default=[], metavar="TABLE=ROWS", help="a count that --check must find")
    parser.add_argument("--max-errors", type=int, default=0, help="bad records allowed; default 0")
    parser.add_argument("--scheme", choices=["s3", "s3a"], help="write s3:// URLs with this scheme: s3a outside EMR")
    options = parser.parse_args(argv)
    written = [options.songs, options.logs, options.start, options.end]
    if None in written and not (options.check and written == [None] * 4):
        parser.error("give --songs, --logs, --from and --to, or --check alone")
    for day in (options.start, options.end):
        if day is not None and not is_day(day):
            parser.error(f"{day} is no day: write it as 2018-11-01")
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


def keep_bad_records(store, name, rows):
    """Puts bad records in place as JSON lines; a file of an earlier run goes when there are none."""
    if not rows:
        return store.remove(name)
    lines = sorted([row.file, row.problem, row.record] for row in rows)
    texts = [dict(zip(("file", "problem", "record"), line)) for line in lines]
    return store.put_text("".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in texts), name)


def refuse_too_many(count, options, kept):
    if count > options.max_errors:
        raise Refused(
            f"{count} bad records, {options.max_errors} are allowed (--max-errors): the lake is as it was, "
            f"and they are in {options.lake}{kept} with their files and reasons"
        )


def put_table(spark, store, table, sql):
    """Builds a table that is one file, and puts it and its schema in place."""
    frame = table.build(spark, sql)
    store.put(store.stage(frame, table.name)[""], table.file())
    store.put_text(describe(table, frame), f"{table.name}/_schema.json")


def write_catalogue(spark, store, options):
    """Rebuilds songs and artists from the whole catalogue; how many of its records are bad."""
    files = list(raw.list_data_files(spark, options.songs).values())
    if not files:
        raise Refused(f"{options.songs} has no song file")
    records = raw.read_records(spark, files, raw.SONGS)
    bad = raw.bad_records(spark, records, raw.SONGS).collect()
    kept = "_bad_records/songs.jsonl"
    keep_bad_records(store, kept, bad)
    refuse_too_many(len(bad), options, kept)
    frame = raw.good_records(records, raw.SONGS)
    store.put(store.stage(frame, "_catalogue")[""], CATALOGUE)
    frame.createOrReplaceTempView("staging_songs")
    for table in (ARTISTS, SONGS):
        put_table(spark, store, table, options.sql)
    spark.read.parquet(store.url + CATALOGUE).createOrReplaceTempView("staging_songs")
    records.unpersist()
    return len(bad)


def choose_files(spark, options):
    """The files that can hold events of the days, by their names, and the days that have one.

    A file is delivered on the day of its name or around it: its neighbours are read for events of the day as well. One without a
    day in its name counts for every day.
    """
    first, last = add_days(options.start, -1), options.end
    files = raw.list_data_files(spark, raw.find_events_table(spark, options.logs))
    days = {name: find_file_day(name) for name in files}
    chosen = {name: day for name, day in days.items() if day is None or first <= day <= last}
    named = set(chosen.values())
    return set(chosen), [day for day in list_days(options.start, options.end) if None in named or day in named]


def keep_bad_days(store, bad, days):
    """Keeps each day's bad records in a file of its own, and those of files without a day in one; counts them."""
    found = {day: [] for day in [*days, None]}
    for row in bad:
        # those of a neighbour's file are kept by the run of its day
        found.get(find_path_day(row.file), []).append(row)
    for day, rows in found.items():
        keep_bad_records(store, f"_bad_records/{day or 'undated'}.jsonl", rows)
    return sum(len(rows) for rows in found.values())


def stage_events(spark, store, options, files, days):
    """Parses the files once and stages the days' events, which are then the view `events`; how many records are bad."""
    records = raw.create_events(spark, options.logs, options.sql, files.__contains__)
    bad = 0
    if records is not None:
        bad = keep_bad_days(store, raw.bad_records(spark, records, raw.EVENTS).collect(), days)
        refuse_too_many(bad, options, "_bad_records/")
    frame = EVENTS.build(spark, options.sql)
    staged = store.stage(frame.filter(F.col("date").isin(days)), EVENTS.name)
    if records is not None:
        records.unpersist()
    again = spark.read.schema(frame.schema).parquet(store.staging + EVENTS.name)
    again.withColumnRenamed("date", "day").select(*raw.EVENT_COLUMNS).createOrReplaceTempView("events")
    return {"bad": bad, "staged": staged, "frame": frame}


def refuse_shared_keys(spark, store, frame):
    """A play's key names one play of a day, or two events that are not the same share it."""
    plays = spark.read.schema(frame.schema).parquet(store.staging + SONGPLAYS.name)
    counts = plays.groupBy("date").agg(F.count("*").alias("plays"), F.countDistinct("songplay_id").alias("keys"))
    for row in counts.filter("plays <> keys").orderBy("date").limit(1).collect():
        raise Refused(
            f"{row.plays} plays of {row.date} have {row.keys} keys: events that are not the same share user, session and item. "
            f"The days are as they were in {store.url}"
        )


def write_days(spark, store, options):
    """Stages the days' tables, checks them, and puts day by day in place; then makes users of all days."""
    files, days = choose_files(spark, options)
    if not days:
        raise Refused(
            f"{options.logs} has no file of a day from {options.start} until before {options.end}. "
            "Wait for it, or check the place and the names of its files"
        )
    events = stage_events(spark, store, options, files, days)
    raw.run_file(spark, options.sql, "lake/staging-events.sql").createOrReplaceTempView("staging_events")
    staged, frames = {}, {EVENTS: events["frame"]}
    for table in (SONGPLAYS, TIME, USER_DAYS):
        frames[table] = table.build(spark, options.sql)
        staged[table] = store.stage(frames[table], table.name)
    staged[EVENTS] = events["staged"]  # put in place last
    refuse_shared_keys(spark, store, frames[SONGPLAYS])

    def put_day(day):
        for table, urls in staged.items():
            file = urls.get(f"date={day}")
            if file is None:
                store.remove(table.file(day))
            else:
                store.put(file, table.file(day))

    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        list(pool.map(put_day, days))
    for table in (EVENTS, SONGPLAYS, TIME):
        store.put_text(describe(table, frames[table]), f"{table.name}/_schema.json")
    if store.list_parquet(store.url + USER_DAYS.name):
        spark.read.parquet(store.url + USER_DAYS.name).createOrReplaceTempView("staging_events")
        put_table(spark, store, USERS, options.sql)
    return {"days": len(days), "bad_records": events["bad"]}


def run(spark, options):
    """Does what the options say; the exit code."""
    store = LakeStore(spark, options.lake)
    try:
        result = {}
        if options.logs is not None:
            bad_songs = write_catalogue(spark, store, options)
            result = write_days(spark, store, options)
            result["bad_records"] += bad_songs
        if options.check:
            counts, problems = check_lake(spark, store, options.expect)
            result.update(counts)
            if problems:
                raise Refused("\nerror: ".join(problems))
        print(json.dumps(result), flush=True)
        return 0
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr, flush=True)
        return 1
    finally:
        store.close()
        spark.catalog.clearCache()


def main(argv):
    options = parse_arguments(argv)
    builder = raw.configure(SparkSession.builder.appName("sparkify lake"))
    # without a second copy of each file: what a task that died leaves is in the staging folder, which is then not used
    builder = builder.config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
    spark = builder.getOrCreate()
    try:
        return run(spark, options)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
