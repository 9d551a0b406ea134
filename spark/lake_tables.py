"""The tables of the lake and their files, as connections/lake/lake-tables.ts has them: either engine goes on where the other stopped."""

import datetime
import json
import os
import re
from typing import NamedTuple, Optional

from pyspark.sql import functions as F

from sparkify_sql import run_file


class Table(NamedTuple):
    """A table: its SQL below sql/, its key, and of a table that is cut into days, what the day of a row is."""

    name: str
    sql: str
    key: tuple
    day: Optional[str] = None

    def file(self, day=None):
        """The file of the table, or of its day."""
        return f"{self.name}/part-0.parquet" if self.day is None else f"{self.name}/date={day}/part-0.parquet"

    def build(self, spark, sql):
        """What the SQL gives now; with a column `date`, which the name of the partition will hold, if it is cut into days."""
        frame = without_zones(run_file(spark, sql, self.sql))
        if self.day is None:
            return frame
        # the column `day` of the table of times is the day of the month, and stays
        return frame.withColumnRenamed("day", "date") if self.day == "day" else frame.withColumn("date", F.expr(self.day))


START = "CAST(start_time AS DATE)"
EVENTS = Table("events", "lake/events.sql", ("user_id", "session_id", "item_in_session", "ts"), "day")
SONGPLAYS = Table("songplays", "lake/songplays.sql", ("songplay_id",), START)
TIME = Table("time", "lake/time.sql", ("start_time",), START)
# what each day says of its users: `users` is made of it
USER_DAYS = Table("_user_days", "lake/user-days.sql", ("userid",), "day")
USERS = Table("users", "lake/users.sql", ("user_id",))
SONGS = Table("songs", "lake/songs.sql", ("song_id",))
ARTISTS = Table("artists", "lake/artists.sql", ("artist_id",))
# the catalogue as it was delivered: plays are matched with it, day by day
CATALOGUE = "_catalogue/part-0.parquet"

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp_ntz": "TIMESTAMP",
}


def without_zones(frame):
    """Instants as times without a zone, in UTC: as DuckDB writes them."""
    instants = [name for name, kind in frame.dtypes if kind == "timestamp"]
    return frame.withColumns({name: F.col(name).cast("timestamp_ntz") for name in instants}) if instants else frame


def describe(table, frame):
    """The text of `<table>/_schema.json`."""
    schema = {
        "table": table.name,
        "key": list(table.key),
        "partitionedBy": [] if table.day is None else [{"name": "date", "type": "DATE"}],
        "columns": [{"name": name, "type": DUCKDB_TYPES[kind]} for name, kind in frame.dtypes if name != "date"],
        "format": "parquet, zstd",
        "instants": "UTC",
        "sql": f"sql/{table.sql}",
    }
    return json.dumps(schema, indent=2) + "\n"


DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|(?:^|/|=)([0-9]{4})/([0-9]{2})/([0-9]{2})/")


def find_file_day(name):
    """`2018/11/2018-11-01-events.json`, `date=2018-11-01/x.json` and `2018/11/01/x.json` are of 2018-11-01; others of None."""
    found = list(DAY.finditer(name))
    if not found:
        return None
    day = "-".join(part for part in found[-1].groups() if part is not None)
    return day if is_day(day) else None


def find_path_day(file):
    """The same of a whole path or URL: its last name counts first."""
    return find_file_day(os.path.basename(file)) or find_file_day(file)


def is_day(text):
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def add_days(day, days):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days)).isoformat()


def list_days(start, end):
    """The days of [start, end)."""
    count = (datetime.date.fromisoformat(end) - datetime.date.fromisoformat(start)).days
    return [add_days(start, number) for number in range(count)]
