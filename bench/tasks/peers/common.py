"""What the scripts of the peers share: services and their CPU, the marks of tasks, and a line of JSON a sample. Linux only."""
import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 900
ASK_EVERY_S = 20
BUSY_TRIES = 60
ASK_AGAIN_S = 0.25

# so that what was started is stopped when the benchmark is
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, help="an empty folder")
    parser.add_argument("--shapes", required=True, help="chain_10,chain_100,fan_100")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--also-pid", type=int, action="append", default=[], help="another process whose CPU counts")
    args = parser.parse_args()
    os.environ["BENCH_MARKS"] = os.path.join(args.work, "marks")
    return args


def count_tasks(shape):
    kind, size = shape.split("_")
    return int(size) if kind == "chain" else int(size) + 2


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def program(name):
    """A program of the virtual environment that runs this script."""
    return os.path.join(os.path.dirname(sys.executable), name)


def read_stats():
    """Parent and CPU seconds, ended children included, of each process."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            stats[int(pid)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return stats


def list_tree(stats, roots):
    found, todo = set(), list(roots)
    while todo:
        pid = todo.pop()
        if pid in stats and pid not in found:
            found.add(pid)
            todo += [child for child, (parent, _) in stats.items() if parent == pid]
    return found


class Services:
    """The processes of a peer."""

    def __init__(self, args):
        self.args, self.children = args, []

    def start(self, *command, env=None):
        name = os.path.basename(command[0]) + str(len(self.children))
        log = open(os.path.join(self.args.work, name + ".log"), "wb")
        self.children.append(
            subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})}, cwd=self.args.work)
        )

    def cpu_s(self):
        stats = read_stats()
        tree = list_tree(stats, [child.pid for child in self.children] + self.args.also_pid)
        return sum(stats[pid][1] for pid in tree)

    def stop(self):
        tree = list_tree(read_stats(), [child.pid for child in self.children])
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                pass
        for pid in tree:  # what they have left behind
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def call(url, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = "Bearer " + token
    data = None if body is None else json.dumps(body).encode()
    for tries_left in reversed(range(BUSY_TRIES)):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503 or tries_left == 0:
                raise
            time.sleep(ASK_AGAIN_S)  # its database is locked for the moment


def wait_for(condition, every_s=0.25):
    """The first true answer; while a service starts, an error is none."""
    last = None
    end = time.time() + PATIENCE_S
    while time.time() < end:
        try:
            answer = condition()
            if answer:
                return answer
        except Exception as error:
            last = error
        time.sleep(every_s)
    raise SystemExit(f"gave up waiting: {last!r}")


def read_marks(run):
    """When the tasks of a run began: each appends `time run`."""
    try:
        with open(os.environ["BENCH_MARKS"]) as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        return []
    return [float(at) for at, of in lines if of == run]


def run_samples(args, services, trigger, read_end):
    """`trigger(shape)` starts a run and returns its id; `read_end(shape, id)` when it ended in success, or None."""

    def wait_for_starts(shape, run):
        """Asking the server costs it time, so until all tasks have begun it is asked rarely, and only whether the run has failed."""
        asked = time.time()
        while len(read_marks(run)) < count_tasks(shape):
            time.sleep(0.1)
            if time.time() - asked > ASK_EVERY_S:
                read_end(shape, run)
                asked = time.time()

    def sample(shape):
        cpu, begin = services.cpu_s(), time.time()
        run = trigger(shape)
        wait_for_starts(shape, run)
        end = wait_for(lambda: read_end(shape, run))
        return {
            "shape": shape,
            "wallMs": (end - begin) * 1000,
            "cpuMs": (services.cpu_s() - cpu) * 1000,
            "firstTaskMs": (min(read_marks(run)) - begin) * 1000,
        }

    sample("chain_10")  # to warm it
    for shape in args.shapes.split(","):
        for _ in range(args.turns):
            print(json.dumps(sample(shape)), flush=True)
