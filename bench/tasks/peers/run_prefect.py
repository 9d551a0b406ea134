"""Prefect 3 with a server of its own on SQLite, and a process that serves the flows. Run it with the Python of its venv."""
import datetime
import os
import sys
import time

from common import Services, call, free_port, parse_args, program, run_samples, wait_for

args = parse_args()
port = free_port()
api = f"http://127.0.0.1:{port}/api"
os.environ.update(
    PREFECT_HOME=args.work,
    PREFECT_API_URL=api,
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    PREFECT_LOGGING_LEVEL="WARNING",
    PYTHONDONTWRITEBYTECODE="1",
)
services = Services(args)
ids = {}


def find_deployments():
    found = {each["name"]: each["id"] for each in call(api + "/deployments/filter", {})}
    return found if len(found) == 2 else None


def trigger(shape):
    kind, size = shape.split("_")
    run = f"bench{time.time_ns()}"
    body = {"parameters": {"size": int(size), "run": run}, "state": {"type": "SCHEDULED"}, "idempotency_key": run}
    ids[run] = call(f"{api}/deployments/{deployments[kind]}/create_flow_run", body)["id"]
    return run


def read_end(shape, run):
    answer = call(f"{api}/flow_runs/{ids[run]}")
    if answer["state_type"] in ("FAILED", "CRASHED"):
        raise SystemExit(f"{shape} failed")
    return answer["state_type"] == "COMPLETED" and datetime.datetime.fromisoformat(answer["end_time"]).timestamp()


try:
    services.start(program("prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port))
    wait_for(lambda: call(api + "/health"))
    services.start(sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "prefect_shapes.py"))
    deployments = wait_for(find_deployments)
    run_samples(args, services, trigger, read_end)
finally:
    services.stop()
