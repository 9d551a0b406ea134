"""Events into the days of the lake, one file a day: what a day's file knows already is left out, and a day with nothing new is not touched."""

from functools import reduce
from operator import and_
from typing import NamedTuple

from lake_tables import EVENTS, describe

KEY = (*EVENTS.key, "date")


class Staged(NamedTuple):
    """How many events are new, and the staged file of each day that gets some."""

    fresh: int
    files: dict


def stage_fresh(spark, store, events, days):
    """Stages the days' files with what is new in `events`, whose keys are there once, added to what they have."""
    known = read_days(spark, store, events.schema, days)
    fresh = (events if known is None else leave_out(events, known)).persist()
    try:
        counts = {str(row[0]): row[1] for row in fresh.groupBy("date").count().collect()}
        if not counts:
            return Staged(0, {})
        known = read_days(spark, store, fresh.schema, counts)
        files = store.stage(fresh if known is None else known.unionByName(fresh), EVENTS.name)
        return Staged(sum(counts.values()), {day: files[f"date={day}"] for day in counts})
    finally:
        fresh.unpersist()


def read_days(spark, store, schema, days):
    """The events that the lake has of these days; None when it has none."""
    table = store.url + EVENTS.name
    stored = store.list_parquet(table)
    files = [stored[name] for name in (f"date={day}/part-0.parquet" for day in days) if name in stored]
    return spark.read.schema(schema).option("basePath", table).parquet(*files) if files else None


def leave_out(events, known):
    """The events whose key is not known; NULL is a value of a key as any other."""
    keys = known.select(*[known[name].alias(f"known_{name}") for name in KEY])
    return events.join(keys, reduce(and_, [events[name].eqNullSafe(keys[f"known_{name}"]) for name in KEY]), "left_anti")


def put_in_place(store, staged, events):
    """Puts the files in place, each at once."""
    for day, file in sorted(staged.files.items()):
        store.put(file, EVENTS.file(day))
    if staged.files:
        store.put_text(describe(EVENTS, events), f"{EVENTS.name}/_schema.json")
