"""The loader of the original project, written anew as it worked: one file at a time, row by row, a commit for each file.

pandas reads a file, and each of its rows becomes an INSERT of its own: songs and artists; of the log, for events of the page NextSong alone,
time, users, and songplays after a SELECT for the song and its artist. Reads the folders song_data and log_data below its argument, and connects
by the PG* variables of the environment, whose search path says into which schema. Prints "loaded" once the catalogue is there.
"""

import sys
from pathlib import Path

import pandas
import psycopg2

TABLES = """
CREATE TABLE songplays (songplay_id SERIAL PRIMARY KEY, start_time TIMESTAMP NOT NULL, user_id INTEGER NOT NULL, level VARCHAR,
  song_id VARCHAR, artist_id VARCHAR, session_id INTEGER, location VARCHAR, user_agent VARCHAR);
CREATE TABLE users (user_id INTEGER PRIMARY KEY, first_name VARCHAR, last_name VARCHAR, gender VARCHAR, level VARCHAR);
CREATE TABLE songs (song_id VARCHAR PRIMARY KEY, title VARCHAR, artist_id VARCHAR, year INTEGER, duration DOUBLE PRECISION);
CREATE TABLE artists (artist_id VARCHAR PRIMARY KEY, name VARCHAR, location VARCHAR, latitude DOUBLE PRECISION, longitude DOUBLE PRECISION);
CREATE TABLE time (start_time TIMESTAMP PRIMARY KEY, hour INTEGER, day INTEGER, week INTEGER, month INTEGER, year INTEGER, weekday INTEGER);
"""
INSERT_SONG = "INSERT INTO songs VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
INSERT_ARTIST = "INSERT INTO artists VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
INSERT_TIME = "INSERT INTO time VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
INSERT_USER = "INSERT INTO users VALUES (%s, %s, %s, %s, %s) ON CONFLICT (user_id) DO UPDATE SET level = EXCLUDED.level"
INSERT_PLAY = """INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
FIND_SONG = """SELECT s.song_id, a.artist_id FROM songs AS s JOIN artists AS a ON a.artist_id = s.artist_id
WHERE s.title = %s AND a.name = %s AND s.duration = %s"""


def plain(values):
    """psycopg2 takes Python's numbers, not numpy's; what is missing is NULL."""
    values = [value.item() if hasattr(value, "item") else value for value in values]
    return [None if value != value else value for value in values]


def load_song_file(cursor, file):
    frame = pandas.read_json(file, lines=True)
    songs = frame[["song_id", "title", "artist_id", "year", "duration"]]
    cursor.execute(INSERT_SONG, plain(songs.values[0]))
    artists = frame[["artist_id", "artist_name", "artist_location", "artist_latitude", "artist_longitude"]]
    cursor.execute(INSERT_ARTIST, plain(artists.values[0]))


def load_log_file(cursor, file):
    frame = pandas.read_json(file, lines=True)
    plays = frame[frame["page"] == "NextSong"]
    start = pandas.to_datetime(plays["ts"], unit="ms")
    parts = {
        "start_time": start,
        "hour": start.dt.hour,
        "day": start.dt.day,
        "week": start.dt.isocalendar().week,
        "month": start.dt.month,
        "year": start.dt.year,
        "weekday": start.dt.day_of_week,
    }
    for _, row in pandas.DataFrame(parts).iterrows():
        cursor.execute(INSERT_TIME, plain(row))
    for _, row in plays[["userId", "firstName", "lastName", "gender", "level"]].iterrows():
        cursor.execute(INSERT_USER, [int(row["userId"]), row["firstName"], row["lastName"], row["gender"], row["level"]])
    for _, row in plays.iterrows():
        cursor.execute(FIND_SONG, (row["song"], row["artist"], row["length"]))
        song_id, artist_id = cursor.fetchone() or (None, None)
        moment = pandas.to_datetime(row["ts"], unit="ms")
        play = [moment, int(row["userId"]), row["level"], song_id, artist_id, row["sessionId"], row["location"], row["userAgent"]]
        cursor.execute(INSERT_PLAY, play)


def load_folder(connection, folder, load_file):
    cursor = connection.cursor()
    for file in sorted(folder.rglob("*.json")):
        load_file(cursor, file)
        connection.commit()


def main():
    data = Path(sys.argv[1])
    connection = psycopg2.connect("")
    connection.cursor().execute(TABLES)
    connection.commit()
    load_folder(connection, data / "song_data", load_song_file)
    print("loaded", flush=True)
    load_folder(connection, data / "log_data", load_log_file)
    connection.close()


main()
