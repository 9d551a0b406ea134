"""The churn features by Spark: the same SQL files as DuckDB runs (activities/churn/make-features.ts), for events that are too many for one machine.

The plan is that of activities/churn/features-plan.ts; a test compares the rows of both.
"""

from functools import reduce

from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from sparkify_sql import create_events, run_file

DAY_MS = 86_400_000
LANDMARK_DAYS = (14, 21, 28, 45)
WEEK_DAYS = (45, 46, 47, 48, 49, 50, 51)
HORIZON_DAYS = 14
ACTIVE_DAYS = 21
GAP_MS = DAY_MS


def list_tables(protocols):
    """The tables that protocols need: e2 also the week from which drift is measured."""
    return [table for protocol in protocols for table in (("e2", "week") if protocol == "e2" else (protocol,))]


def plan_features(table, start_ms, seed):
    """(cuts as (file, values) pairs, file of the features, their values)."""
    calendar = {"calendar_ms": start_ms}
    if table == "e0":
        return [("churn/cuts-everything.sql", {})], "churn/features-seed.sql", {"gap_ms": 0}
    if table == "e1":
        return [("churn/cuts-matched.sql", {"seed": seed})], "churn/features.sql", {"gap_ms": GAP_MS, **calendar}
    marks = [{"landmark_ms": start_ms + day * DAY_MS, "horizon_days": HORIZON_DAYS, "active_days": ACTIVE_DAYS} for day in (LANDMARK_DAYS if table == "e2" else WEEK_DAYS)]
    return [("churn/cuts-landmark.sql", values) for values in marks], "churn/features.sql", {"gap_ms": 0, **calendar}


def make_features(spark, options):
    """Writes e0.parquet, e1.parquet, … below --out. Returns the rows of each."""
    create_events(spark, options.events, options.sql)
    # kept, or the files would be parsed anew for every cut
    spark.table("events").persist(StorageLevel.MEMORY_AND_DISK).createOrReplaceTempView("events")
    first_day = spark.sql("SELECT MIN(day_number) FROM events WHERE user_id IS NOT NULL").first()[0]
    if first_day is None:
        raise ValueError("the events hold no user: there is nobody to predict")
    rows = {}
    for table in list_tables(options.protocols.split(",")):
        cuts, file, values = plan_features(table, first_day * DAY_MS, options.seed)
        frames = [run_file(spark, options.sql, name, cut) for name, cut in cuts]
        reduce(lambda a, b: a.unionByName(b), frames).createOrReplaceTempView("cuts")
        features = run_file(spark, options.sql, file, values).cache()
        late = features.filter(F.col("last_read_ms") > F.col("cut_ms") - values["gap_ms"]).first()
        if late is not None:
            raise ValueError(f"sql/{file} looks into the future: for user {late.user_id} it has read an event after what the cut allows")
        features.write.mode("overwrite").parquet(f"{options.out.rstrip('/')}/{table}.parquet")
        rows[table] = features.count()
        features.unpersist()
    return rows
