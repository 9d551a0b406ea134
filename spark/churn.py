"""Sparkify's churn model: makes features, trains, tests and saves a model, or scores users with a saved one. Here and on EMR.

Trains on feature tables in Parquet (e0, e1, e2 and week below --features), made by sql/churn/; what they mean is in docs/churn.md.

    spark-submit churn.py features --events s3://lake/ --sql s3://lake/sql/ --out s3://lake/churn/features/
    spark-submit churn.py train --features s3://lake/churn/features/ --out s3://lake/churn/model/
    spark-submit churn.py score --features s3://lake/churn/features/scoring.parquet --model s3://lake/churn/model/ --out s3://…/scores.json

Its modules are sparkify_sql.py and the other churn_*.py here (--py-files on EMR). It needs numpy and scikit-learn beside PySpark.
Exit code 2: the data cannot be used as they are, such as a feature that tells the label.
"""

import argparse
import hashlib
import json
import re
import sys

from churn_protocols import run_e0, run_e1  # first: it says how many threads numpy's and scikit-learn's code may use

import numpy as np
import sklearn
from churn_features import DAY_MS, LANDMARK_DAYS, make_features
from churn_metrics import evaluate, refuse_leaks
from churn_mllib import MODEL_CLASSES, collect_scores, run_e2, score, to_vectors
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sparkify_sql import configure, default_sql_folder

NO_FEATURES = ("user_id", "cut_ms", "label", "last_read_ms")


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="churn.py", description=__doc__.split("\n\n")[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    tables = modes.add_parser("features", help="make the feature tables of events")
    tables.add_argument("--events", required=True, help="raw JSON or Parquet, or a lake: a path or URL")
    tables.add_argument("--sql", default=default_sql_folder(), help="the folder of SQL files: a path or URL")
    tables.add_argument("--protocols", default="e0,e1,e2")
    tables.add_argument("--seed", type=int, default=1, help="draws the cuts of E1; default 1")
    train = modes.add_parser("train", help="train, test and save")
    train.add_argument("--protocols", default="e0,e1,e2", help="which to run; e2 also makes the model")
    train.add_argument("--seeds", type=int, default=100, help="splits of E0; default 100")
    train.add_argument("--e0-trees", type=int, default=50, help="trees of E0's random forests; default 50")
    train.add_argument("--folds", type=int, default=5)
    train.add_argument("--repeats", type=int, default=3, help="repeats of E1's cross-validation; default 3")
    train.add_argument("--trees", type=int, default=100, help="trees of a random forest; default 100")
    train.add_argument("--boosts", type=int, default=40, help="rounds of MLlib's gradient-boosted trees; default 40")
    train.add_argument("--bootstraps", type=int, default=500)
    train.add_argument("--cost-miss", type=float, default=10, help="what a churner who was not contacted costs; default 10")
    train.add_argument("--cost-contact", type=float, default=1, help="what a contact costs; default 1")
    train.add_argument("--against", default="", help="a saved model, if there is one: the new one is compared with it on the users of the test landmark")
    train.add_argument("--leak-limit", type=float, default=0.95, help="AUC above which one feature is a leak; default .95")
    users = modes.add_parser("score", help="score users with a saved model")
    users.add_argument("--model", required=True, help="what train has written")
    users.add_argument("--scored-on", help="a date, put into every line")
    for mode in (train, users):
        mode.add_argument("--features", required=True)
    for mode in (tables, train, users):
        mode.add_argument("--out", required=True)
        mode.add_argument("--scheme", choices=["s3", "s3a"], help="write s3:// URLs with this scheme: s3a outside EMR")
    options = parser.parse_args(argv)
    for name in ("features", "out", "model", "against", "events", "sql"):
        url = getattr(options, name, None)
        if url is not None and options.scheme is not None:
            setattr(options, name, re.sub(r"^s3[an]?://", f"{options.scheme}://", url))
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def write_text(spark, url, text):
    """One file, on whatever file system the URL names."""
    path = spark._jvm.org.apache.hadoop.fs.Path(url)
    stream = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path, True)
    stream.write(bytearray(text, "utf8"))
    stream.close()


def read_text(spark, url):
    return "\n".join(row.value for row in spark.read.text(url).collect())


def exists(spark, url):
    path = spark._jvm.org.apache.hadoop.fs.Path(url)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()).exists(path)


def read_features(spark, url):
    frame = spark.read.parquet(url)
    names = [field.name for field in frame.schema.fields if field.name not in NO_FEATURES]
    return frame, names


def collect_rows(frame, names):
    rows = frame.orderBy("user_id", "cut_ms").select("label", F.array(*[F.col(name).cast("double") for name in names]).alias("x")).collect()
    return np.array([row.x for row in rows], dtype=float), np.array([row.label for row in rows])


def to_arrays(frame, names):
    x, y = collect_rows(frame, names)
    if len(y) == 0 or min(y.sum(), len(y) - y.sum()) < 5:
        raise ValueError(f"{len(y)} rows with {int(y.sum())} churners: each class needs 5 rows or more. Use more users")
    if not np.isfinite(x).all():
        bad = [name for name, column in zip(names, x.T) if not np.isfinite(column).all()]
        raise ValueError(f"missing or infinite values in {', '.join(bad)}")
    return x, y


def describe_features(x, week, names):
    """The schema that goes with the model: the order of the features, their medians, and the bins of the week that begins with the test, for measuring drift."""
    return [
        {"name": name, "median": float(np.median(column)), "mean": float(column.mean()), **describe_bins(week[:, i])}
        for i, (name, column) in enumerate(zip(names, x.T))
    ]


def describe_bins(column):
    """Tenths as bins that end at their edge, and the share of rows in each; values that are frequent make fewer bins, none of them empty."""
    edges = np.unique(np.percentile(column, range(10, 100, 10), method="inverted_cdf"))
    edges = edges[edges < column.max()]
    counts = np.bincount(np.searchsorted(edges, column), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "shares": (counts / len(column)).tolist()}


def hash_files(spark, folder):
    """sha256 of each file below a folder, by its path in it."""
    rows = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(folder)
    marker = "/" + folder.rstrip("/").rsplit("/", 1)[-1] + "/"
    hashed = rows.select("path", F.sha2("content", 256).alias("sha256")).orderBy("path").collect()
    return {row.path.rsplit(marker, 1)[-1]: row.sha256 for row in hashed}


def train(spark, options):
    protocols = options.protocols.split(",")
    features, out = options.features.rstrip("/"), options.out.rstrip("/")
    report = {"version": 1, "software": {"spark": spark.version, "scikit_learn": sklearn.__version__, "numpy": np.__version__}}
    if "e0" in protocols:
        frame, names = read_features(spark, f"{features}/e0.parquet")
        report["e0"] = run_e0(*to_arrays(frame, names), options.seeds, options.e0_trees, say)
    if "e1" in protocols:
        frame, names = read_features(spark, f"{features}/e1.parquet")
        x, y = to_arrays(frame, names)
        refuse_leaks(x, y, names, options.leak_limit)
        report["e1"] = run_e1(x, y, names, options, say)
    if "e2" in protocols:
        frame, names = read_features(spark, f"{features}/e2.parquet")
        x, y = to_arrays(frame, names)
        refuse_leaks(x, y, names, options.leak_limit)
        report["e2"], name, model = run_e2(spark, frame, names, options, say)
        if options.against and exists(spark, f"{options.against.rstrip('/')}/schema.json"):
            report["comparison"] = compare_models(spark, frame, names, model, report["e2"], options)
        week, _ = collect_rows(spark.read.parquet(f"{features}/week.parquet"), names)
        about = {"model": name, "threshold": report["e2"]["chosen"]["threshold"], "calendar_ms": calendar_of(report["e2"]), "rows": report["e2"]["users"]}
        report["production"] = save_model(spark, out, model, about, describe_features(x, week, names))
    write_text(spark, f"{out}/metrics.json", json.dumps(report, allow_nan=False))
    return report


def compare_models(spark, frame, names, model, e2, options):
    """The new model beside a saved one on the users of the test landmark, whose future neither has seen."""
    say("E2, comparing with the current model")
    schema, sha256 = read_schema(spark, options.against)
    missing = [feature["name"] for feature in schema["features"] if feature["name"] not in names]
    if missing:
        return {"against": sha256, "unusable": f"it needs {', '.join(missing)}"}
    tested = frame.filter(F.col("cut_ms") == e2["test_landmark"])
    # each model has learnt ages as of its own calendar
    days = (schema["calendar_ms"] - calendar_of(e2)) / DAY_MS
    aged = tested.withColumn("age_days", F.col("age_days") + F.lit(float(days)))
    y, candidate = collect_scores(model, to_vectors(tested, names, "user_id", "label"))
    order = [feature["name"] for feature in schema["features"]]
    _, current = collect_scores(load_model(options.against, schema), to_vectors(aged, order, "user_id", "label"))
    models, differences = evaluate(y, {"candidate": candidate, "current": current}, options.bootstraps, seed=3)
    return {
        "against": sha256,
        "users": len(y),
        "churners": int(y.sum()),
        "bootstraps": options.bootstraps,
        "models": models,
        "differences": differences,
    }


def read_schema(spark, folder):
    """The schema of a saved model, and its hash, which stands for the model."""
    text = read_text(spark, f"{folder.rstrip('/')}/schema.json")
    return json.loads(text), hashlib.sha256(text.encode()).hexdigest()


def load_model(folder, schema):
    return MODEL_CLASSES[schema["model"]].load(f"{folder.rstrip('/')}/model")


def calendar_of(e2):
    """The date on which the ages of registrations were taken: the midnight from which the landmarks count."""
    return e2["train_landmarks"][0] - LANDMARK_DAYS[0] * DAY_MS


def save_model(spark, out, model, about, features):
    """The model's files and its schema, whose hash stands for all of it."""
    model.write().overwrite().save(f"{out}/model")
    files = hash_files(spark, f"{out}/model")
    text = json.dumps({**about, "files_sha256": files, "features": features}, indent=1)
    write_text(spark, f"{out}/schema.json", text)
    return {
        "model": about["model"],
        "engine": "Spark MLlib",
        "threshold": about["threshold"],
        "schema_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "files_sha256": files,
    }


def score_users(spark, options):
    schema, sha256 = read_schema(spark, options.model)
    frame = spark.read.parquet(options.features)
    missing = [feature["name"] for feature in schema["features"] if feature["name"] not in frame.columns]
    if missing:
        raise ValueError(f"the features lack {', '.join(missing)}, which the model was trained with: make them by the same sql/churn/")
    model = load_model(options.model, schema)
    about = {"model_sha256": sha256, **({} if options.scored_on is None else {"scored_on": options.scored_on})}
    rows = [{**about, **row, "above_threshold": row["score"] >= schema["threshold"]} for row in score(frame, model, schema["features"])]
    write_text(spark, options.out, "".join(json.dumps(row) + "\n" for row in rows))
    return rows


def main(argv):
    options = parse_arguments(argv)
    spark = configure(SparkSession.builder.appName(f"sparkify churn {options.mode}")).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        if options.mode == "features":
            print(json.dumps({"out": options.out, "rows": make_features(spark, options)}), flush=True)
        elif options.mode == "train":
            report = train(spark, options)
            print(json.dumps({"out": options.out, "protocols": [p for p in ("e0", "e1", "e2") if p in report]}), flush=True)
        else:
            print(json.dumps({"out": options.out, "users": len(score_users(spark, options))}), flush=True)
        return 0
    except ValueError as problem:
        say(f"error: {problem}")
        return 2
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
