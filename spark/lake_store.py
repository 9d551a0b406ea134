"""Where a lake is kept: a folder, or a prefix on S3, with the names and the promises of connections/lake/lake-store.ts.

Each partition is one file of a fixed name. It is put in place at once: by a rename in a folder, by an upload on S3, where an
object is there when its upload has ended. A reader finds the old file or the new one.
"""

import os
import shutil
import tempfile
import uuid

from sparkify_sql import read_text

STAGING = "_staging"


class Refused(Exception):
    """Why the lake was left as it was."""


class LakeStore:
    """Opens the lake at a path or URL that ends in a slash; close it."""

    def __init__(self, spark, url):
        self._spark = spark
        self._jvm = spark._jvm
        self._path = self._jvm.org.apache.hadoop.fs.Path
        root = self._path(url)
        self._files = root.getFileSystem(spark._jsc.hadoopConfiguration())
        scheme = self._files.getUri().getScheme()
        if scheme not in ("file", "s3", "s3a"):
            raise SystemExit(f"error: {url} is on {scheme}, where nothing is put in place at once: give a folder or s3://…")
        self.url = url
        # None on S3
        self.folder = root.toUri().getPath() if scheme == "file" else None
        self._forget_staged()  # what a job that was killed has left; two at a time are not allowed
        self.staging = f"{url}{STAGING}/spark-{uuid.uuid4().hex}/"
        if self.folder is None:
            self._temporary = tempfile.mkdtemp(prefix="airtempo-lake-")
        else:
            self._temporary = self._path(self.staging).toUri().getPath()
            os.makedirs(self._temporary)

    def put(self, staged, name):
        """Puts a file of Spark's in place under a name such as `events/date=2018-11-01/part-0.parquet`."""
        if self.folder is not None:
            return self._rename(self._path(staged).toUri().getPath(), name)
        local = os.path.join(self._temporary, uuid.uuid4().hex)
        # not streamed from place to place: a stream that breaks would end as an object that is cut short
        self._files.copyToLocalFile(False, self._path(staged), self._path(f"file:{local}"), True)
        if os.path.getsize(local) != self._files.getFileStatus(self._path(staged)).getLen():
            raise RuntimeError(f"{staged} did not arrive whole")
        return self._upload(local, name)

    def put_text(self, text, name):
        """Puts a text in place."""
        local = os.path.join(self._temporary, uuid.uuid4().hex)
        with open(local, "w", encoding="utf-8") as file:
            file.write(text)
        return self._upload(local, name) if self.folder is None else self._rename(local, name)

    def remove(self, name):
        """Removes a file; none there is no error."""
        if self.folder is None:
            self._files.delete(self._path(self.url + name), False)
        elif os.path.exists(self.folder + "/" + name):
            os.remove(self.folder + "/" + name)

    def read_text(self, name):
        """The text of a small file; None when there is none."""
        return read_text(self._spark, self.url + name)

    def stage(self, frame, name):
        """Writes a frame aside: one file for each day, if it has a `date`, else one; told by their names in the lake."""
        target = self.staging + name
        by_day = "date" in frame.columns
        # one file a partition, or every task would leave one in each
        writer = (frame.repartition("date") if by_day else frame.repartition(1)).write.option("compression", "zstd").mode("overwrite")
        (writer.partitionBy("date") if by_day else writer).parquet(target)
        return {file.rpartition("/")[0]: url for file, url in self.list_parquet(target).items()}

    def list_parquet(self, url):
        """The Parquet files below a folder, by their names below it."""
        folder = self._path(url)
        if not self._files.exists(folder):
            return {}
        root = self._files.getFileStatus(folder).getPath().toString()
        found, listed = {}, self._files.listFiles(folder, True)
        while listed.hasNext():
            file = listed.next().getPath().toString()
            if file.endswith(".parquet"):
                found[file[len(root) :].strip("/")] = file
        return found

    def close(self):
        """Removes what was staged."""
        self._files.delete(self._path(self.staging), True)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _rename(self, file, name):
        """Content first, name then: after a power cut too, the name stands for all of the file."""
        target = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(file, "r+b") as opened:
            os.fsync(opened.fileno())
        os.replace(file, target)

    def _upload(self, file, name):
        self._files.copyFromLocalFile(True, True, self._path(f"file:{file}"), self._path(self.url + name))

    def _forget_staged(self):
        place = self._path(f"{self.url}{STAGING}")
        if not self._files.exists(place):
            return
        for status in self._files.listStatus(place):
            if status.getPath().getName().startswith("spark-"):
                self._files.delete(status.getPath(), True)
