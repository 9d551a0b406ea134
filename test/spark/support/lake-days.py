"""Runs spark/lake_etl.py several times in one session: lake-days.py STEPS, a JSON file with a list of {"args", "snapshot"}.

Prints a line of JSON for each: its exit code, what it said on stderr, and the lake's files with their content's hash and time. A
step with a snapshot leaves a copy of the lake there.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../spark"))
import lake_etl  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from sparkify_sql import configure  # noqa: E402


def list_files(lake):
    found = {}
    for folder, _, names in os.walk(lake):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, lake)] = [hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mtime_ns]
    return found


def run_step(spark, step):
    options = lake_etl.parse_arguments(step["args"])
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = lake_etl.run(spark, options)
    if "snapshot" in step:
        shutil.copytree(options.lake, step["snapshot"])
    print(json.dumps({"code": code, "said": said.getvalue(), "files": list_files(options.lake)}), flush=True)


spark = configure(SparkSession.builder).getOrCreate()
with open(sys.argv[1], encoding="utf-8") as file:
    for step in json.load(file):
        run_step(spark, step)
spark.stop()
