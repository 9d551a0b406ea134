"""What spark/churn.py does beside training, in one Spark: features of the same SQL, a planted leak, scores with reasons.

    spark-submit churn-on-spark.py FOLDER      with few.parquet, features/ and current/; leaves spark-features/, scores.json, candidate/
"""

import contextlib
import io
import json
import sys

import churn
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def run(*argv):
    """The exit code, and what was said on stderr."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = churn.main(list(argv))
    return {"code": code, "said": said.getvalue()}


def plant(folder):
    spark = SparkSession.builder.getOrCreate()
    frame = spark.read.parquet(f"{folder}/features/e1.parquet")
    frame.withColumn("planted", F.col("label") * 2.0 + F.rand(1)).write.mode("overwrite").parquet(f"{folder}/planted/e1.parquet")
    lacking = spark.read.parquet(f"{folder}/features/e2.parquet").drop("thumbs_up_rate").limit(10)
    lacking.write.mode("overwrite").parquet(f"{folder}/lacking.parquet")


def confuse(folder):
    """Features whose labels before the test landmark have no cause: a model that learns from them knows nothing."""
    spark = SparkSession.builder.getOrCreate()
    frame = spark.read.parquet(f"{folder}/features/e2.parquet")
    test = frame.agg(F.max("cut_ms")).first()[0]
    label = F.when(F.col("cut_ms") < test, (F.rand(1) < 0.2).cast("int")).otherwise(F.col("label"))
    frame.withColumn("label", label).write.mode("overwrite").parquet(f"{folder}/confused/e2.parquet")
    spark.read.parquet(f"{folder}/features/week.parquet").write.mode("overwrite").parquet(f"{folder}/confused/week.parquet")


def main(folder):
    features = run("features", "--events", f"{folder}/few.parquet", "--out", f"{folder}/spark-features", "--protocols", "e1,e2")
    plant(folder)
    leak = run("train", "--features", f"{folder}/planted", "--out", f"{folder}/planted-model", "--protocols", "e1")
    model = f"{folder}/current"
    lacking = run("score", "--features", f"{folder}/lacking.parquet", "--model", model, "--out", f"{folder}/none.json")
    scores = run("score", "--features", f"{folder}/features/scoring.parquet", "--model", model, "--out", f"{folder}/scores.json")
    confuse(folder)
    small = ["--protocols", "e2", "--trees", "1", "--boosts", "1", "--bootstraps", "40"]
    compared = run("train", "--features", f"{folder}/confused", "--out", f"{folder}/candidate", "--against", model, *small)
    print(json.dumps({"compared": compared, "features": features, "leak": leak, "lacking": lacking, "scores": scores}))


if __name__ == "__main__":
    main(sys.argv[1])
