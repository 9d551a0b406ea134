"""Looks at a lake as its readers find it: counts each table, and names what is wrong. As connections/lake/check-lake.ts does."""

from lake_tables import ARTISTS, EVENTS, SONGPLAYS, SONGS, TIME, USERS

TABLES = [EVENTS, SONGPLAYS, TIME, USERS, SONGS, ARTISTS]

# What must be in no table. Keys are checked besides: Parquet enforces none.
ORPHANS = {
    "plays have a user_id without a user": "SELECT * FROM songplays LEFT ANTI JOIN users USING (user_id)",
    "plays have a start_time without a time": "SELECT * FROM songplays LEFT ANTI JOIN time USING (start_time)",
    "times have no play": "SELECT * FROM time LEFT ANTI JOIN songplays USING (start_time)",
    "plays have a song_id without a song": (
        "SELECT * FROM (SELECT * FROM songplays WHERE song_id IS NOT NULL) LEFT ANTI JOIN songs USING (song_id)"
    ),
    "songs have an artist_id without an artist": "SELECT * FROM songs LEFT ANTI JOIN artists USING (artist_id)",
    "days of plays are days without events": "SELECT DISTINCT date FROM songplays EXCEPT SELECT DISTINCT date FROM events",
}


def check_lake(spark, store, expected):
    """The rows of each table, and what is wrong, in sentences."""
    counts, problems = {}, []
    missing = [table.name for table in TABLES if not store.list_parquet(store.url + table.name)]
    for table in TABLES:
        if table.name in missing:
            problems.append(f"{table.name} is not there")
            continue
        frame = spark.read.parquet(store.url + table.name)
        frame.createOrReplaceTempView(table.name)
        keys = "COUNT(*)" if table is EVENTS else f"COUNT(DISTINCT {', '.join(table.key)})"
        rows, distinct = spark.sql(f"SELECT COUNT(*), {keys} FROM {table.name}").first()
        counts[table.name] = rows
        if rows == 0:
            problems.append(f"{table.name} is empty")
        if distinct < rows:
            problems.append(f"{table.name} has {rows - distinct} rows too many: {', '.join(table.key)} is not unique")
    if not missing:
        orphans = {what: spark.sql(query).count() for what, query in ORPHANS.items()}
        problems += [f"{count} {what}" for what, count in orphans.items() if count > 0]
    for name, rows in expected.items():
        if counts.get(name) != rows:
            problems.append(f"{name} has {counts.get(name, 'no')} rows, and {rows} are expected")
    return counts, problems
