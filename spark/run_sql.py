"""Runs SQL files of the package with Spark over the relation `events`, and writes the result of each.

    spark-submit run_sql.py --events s3://my-lake/sparkify/ --output s3://my-lake/insights/ insights/active-users.sql
    spark-submit run_sql.py --events log_data/ --songs song_data/ --output out/ --format parquet lake/users.sql lake/songs.sql
    spark-submit run_sql.py --events log_data/ --parameters '{"cut_day": 17850}' --output out/ churn/features.sql

A result is OUTPUT/<name of the file>.json (one object a line), .csv, or a folder .parquet. Each result is also a view for the
files after it, named after its file with _ for -. The last line on stdout is JSON: {"active-users": 30, "bad_records": 0}.
"""

import argparse
import csv
import datetime
import decimal
import io
import json
import os
import sys
import time

from pyspark.sql import SparkSession

from sparkify_sql import (
    EVENTS,
    SONGS,
    bad_records,
    configure,
    create_events,
    default_sql_folder,
    good_records,
    list_data_files,
    read_records,
    run_file,
)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="run_sql.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="SQL files below the SQL folder, such as lake/users.sql")
    parser.add_argument("--events", required=True, help="raw JSON or Parquet, or a lake: a path or URL")
    parser.add_argument("--songs", help="raw song files, for the view staging_songs")
    parser.add_argument("--sql", default=default_sql_folder(), help="the folder of SQL files: a path or URL")
    parser.add_argument("--parameters", type=json.loads, default={}, help="values for :name, a JSON object")
    parser.add_argument("--output", required=True, help="where the results go: a path or URL of a folder")
    parser.add_argument("--format", choices=["json", "csv", "parquet"], default="json")
    return parser.parse_args(argv)


def create_staging(spark, options):
    """The views that sql/lake reads beside `events`."""
    run_file(spark, options.sql, "lake/staging-events.sql").createOrReplaceTempView("staging_events")
    if options.songs is not None:
        records = read_records(spark, list(list_data_files(spark, options.songs).values()), SONGS)
        good_records(records, SONGS).createOrReplaceTempView("staging_songs")


def to_plain(value):
    """As DuckDB's client has it: dates and instants as ISO text, decimals as numbers, no NaN."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {key: to_plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(each) for each in value]
    return value


def to_text(names, rows, form):
    if form == "json":
        return "".join(json.dumps(dict(zip(names, row)), ensure_ascii=False) + "\n" for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return text.getvalue()


def write_text(spark, url, text):
    jvm = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(url)
    stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path, True)
    try:
        stream.write(bytearray(text.encode("utf-8")))
    finally:
        stream.close()


def write_result(spark, frame, target, form):
    """Writes a result and tells how many rows it has. JSON and CSV pass through the driver: results, not data."""
    if form == "parquet":
        frame.persist().write.mode("overwrite").option("compression", "zstd").parquet(f"{target}.parquet")
        return frame.count()
    rows = [[to_plain(value) for value in row] for row in frame.collect()]
    write_text(spark, f"{target}.{form}", to_text(frame.columns, rows, form))
    return len(rows)


def main(argv):
    options = parse_arguments(argv)
    os.environ["TZ"] = "UTC"  # Python shows instants in the zone of the machine
    time.tzset()
    spark = configure(SparkSession.builder.appName("sparkify sql")).getOrCreate()
    try:
        records = create_events(spark, options.events, options.sql)
        create_staging(spark, options)
        counts = {}
        for file in options.files:
            name = os.path.splitext(os.path.basename(file))[0]
            frame = run_file(spark, options.sql, file, options.parameters)
            counts[name] = write_result(spark, frame, f"{options.output.rstrip('/')}/{name}", options.format)
            if name != "events":
                frame.createOrReplaceTempView(name.replace("-", "_"))
        bad = 0 if records is None else bad_records(spark, records, EVENTS).count()
        print(json.dumps({**counts, "bad_records": bad}), flush=True)
        return 0
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
