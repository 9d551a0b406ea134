"""One writer at a time in a lake that is a folder: the lock file of connections/file-lock.ts, which the ingest takes as well.

A lock whose process has died is taken over. On S3 there is no lock: one ingest at a time is for whoever starts them.
"""

import contextlib
import json
import os
import socket
import time
import uuid

TIMEOUT_S = 600
LOOK_AGAIN_S = 0.05
# of another machine, which cannot be asked
FOREIGN_S = 60
# without content: its process died as it made it
EMPTY_S = 2
GUARD_S = 10


@contextlib.contextmanager
def lake_lock(folder):
    """Held inside `with`. Raises TimeoutError when another process keeps it."""
    path = os.path.join(folder, "_ingest.lock")
    token = uuid.uuid4().hex
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "startedAtMs": round(time.time() * 1000), "token": token}
    os.makedirs(folder, exist_ok=True)
    until = time.monotonic() + TIMEOUT_S
    while not create(path, json.dumps(owner)):
        if is_stale(path):
            remove_stale(path)
        if time.monotonic() > until:
            raise TimeoutError(f"{path} has been held for {TIMEOUT_S} s: wait for the other ingest, or remove the file if there is none")
        time.sleep(LOOK_AGAIN_S)
    try:
        yield
    finally:
        if read_owner(path).get("token") == token:
            os.remove(path)


def create(path, content):
    """Makes a file that must not exist; False when it does."""
    try:
        with open(path, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        return True
    except FileExistsError:
        return False


def read_owner(path):
    try:
        with open(path, encoding="utf-8") as file:
            owner = json.load(file)
        return owner if isinstance(owner, dict) else {}
    except (OSError, ValueError):
        return {}


def age(path):
    try:
        return time.time() - os.stat(path).st_mtime
    except FileNotFoundError:
        return 0


def is_stale(path):
    owner = read_owner(path)
    if not isinstance(owner.get("pid"), int):
        return age(path) > EMPTY_S
    if owner.get("host") != socket.gethostname():
        return age(path) > FOREIGN_S
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return owner["pid"] == os.getpid()  # a dead one's that had our id


def remove_stale(path):
    """Two that saw it dead must not both remove it, or the second removes the lock of the first: a guard lets one at a time look again."""
    guard = f"{path}.takeover"
    if not create(guard, ""):
        if age(guard) > GUARD_S:
            remove(guard)
        return
    try:
        if is_stale(path):
            remove(path)
    finally:
        remove(guard)


def remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
